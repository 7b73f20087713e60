"""A merchant connects a shop with a real browser: our form, the shop's login and approval, and back to the store's page.

A page that the policy forbids something complains in the browser's console; no test here allows that.
"""

from collections.abc import Iterator

import pytest

from tests.rig import browser
from tests.rig.node import Node
from tests.rig.pages import Pages
from tests.rig.woostore import WooStore
from tests.web.conftest import _migrated

CONNECT = "/woocommerce/connect"
ADDRESS = "The address of your store"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Once, on SQLite, is enough: what a browser sees does not depend on the database."""
    url = f"sqlite:///{tmp_path_factory.mktemp('browser') / 'tandem.db'}"
    _migrated(url)
    return url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Node]:
    with browser.running("browser_handover.mjs") as found:
        yield found


@pytest.fixture
def woostore(pages: Pages) -> Iterator[WooStore]:
    with WooStore.running(app_url=pages.url) as found:
        yield found


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def merchant(request: pytest.FixtureRequest, chromium: Node) -> Node:
    """A browser nobody has used yet."""
    chromium.ask("fresh", scripts=request.param)
    return chromium


def signs_in_there(merchant: Node, woostore: WooStore) -> None:
    """The shop asks who it is."""
    assert merchant.ask("url", part="/wc-auth/v1/login").startswith(woostore.url)
    merchant.ask("type", label="Username", text="admin")
    merchant.ask("type", label="Password", text="password")
    merchant.ask("click", text="Login")


def test_from_the_form_to_the_store_s_page(pages: Pages, woostore: WooStore, merchant: Node) -> None:
    merchant.ask("open", url=f"{pages.url}{CONNECT}")
    merchant.ask("type", label=ADDRESS, text=woostore.url)
    merchant.ask("click", text="Go on")
    signs_in_there(merchant, woostore)
    merchant.ask("follow", text="Approve")

    assert merchant.ask("url", part="/store") == f"{pages.url}/store"
    assert f"Connected to {woostore.root.partition('://')[2]}" in merchant.ask("read")
    assert [one for one in merchant.ask("troubles") if one["url"].startswith(pages.url)] == []
    assert [key["permissions"] for key in woostore.keyring()] == ["read_write"]


def test_the_button_in_the_shop_s_admin_leads_straight_to_the_approval(
    pages: Pages, woostore: WooStore, chromium: Node
) -> None:
    """The browser says where it comes from, though no more than the origin."""
    chromium.ask("fresh")
    chromium.ask("open", url=f"{woostore.url}/wp-login.php")
    chromium.ask("type", label="Username", text="admin")
    chromium.ask("type", label="Password", text="password")
    chromium.ask("click", text="Log In")
    chromium.ask("follow", text="Connect Tandem")
    assert chromium.ask("url", part="/wc-auth/v1/authorize").startswith(woostore.url)
    chromium.ask("follow", text="Approve")

    assert chromium.ask("url", part="/store") == f"{pages.url}/store"


def test_who_denies_is_told_that_nothing_was_connected(pages: Pages, woostore: WooStore, chromium: Node) -> None:
    chromium.ask("fresh")
    chromium.ask("open", url=f"{pages.url}{CONNECT}?store={woostore.url}")
    chromium.ask("click", text="Go on")
    signs_in_there(chromium, woostore)
    chromium.ask("follow", text="Deny")

    assert chromium.ask("url", part="/woocommerce/return").startswith(f"{pages.url}/woocommerce/return?")
    assert "You did not approve Tandem in" in chromium.ask("read")
    chromium.ask("follow", text="Begin again")
    assert chromium.ask("url") == f"{pages.url}{CONNECT}"
    assert woostore.keyring() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_telephone_nothing_is_wider_than_the_page(pages: Pages, chromium: Node, scheme: str) -> None:
    chromium.ask("fresh", width=360, scheme=scheme)
    chromium.ask("open", url=f"{pages.url}{CONNECT}")
    assert chromium.ask("overflow") <= 0
    chromium.ask("type", label=ADDRESS, text="x" * 300)
    chromium.ask("click", text="Go on")
    assert chromium.ask("overflow") <= 0
    assert "The address must name a host by its domain" in chromium.ask("read")
