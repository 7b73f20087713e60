"""The store's own page in a real browser: in by the plugin's link, and every button by a real form.

A page that the policy forbids something complains in the browser's console; no test here allows that.
"""

from collections.abc import Iterator

import pytest

from integration.db import chores, clock, stores, transaction
from tests.rig import browser
from tests.rig.node import Node
from tests.rig.own_page import OwnPage
from tests.rig.pages import Pages
from tests.web.conftest import _migrated


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Once, on SQLite, is enough: what a browser sees does not depend on the database."""
    url = f"sqlite:///{tmp_path_factory.mktemp('browser') / 'tandem.db'}"
    _migrated(url)
    return url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Node]:
    with browser.running("browser_store.mjs") as found:
        yield found


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def merchant(request: pytest.FixtureRequest, chromium: Node) -> Node:
    """A browser nobody has used yet; all of the page works without scripts too."""
    chromium.ask("fresh", scripts=request.param)
    return chromium


def came_in(store: OwnPage, merchant: Node) -> str:
    merchant.ask("open", url=f"{store.pages.url}{store.code()}")
    return merchant.ask("read")


def test_the_plugin_s_link_leads_to_the_page_and_leaves_no_code_in_the_address(pages: Pages, merchant: Node) -> None:
    store = OwnPage.of(pages)
    assert f"Connected to {store.domain}" in came_in(store, merchant)
    assert merchant.ask("url") == f"{pages.url}/store"
    assert merchant.ask("troubles") == []


def test_check_again_and_sign_out_are_forms_that_a_browser_may_send(pages: Pages, merchant: Node) -> None:
    store = OwnPage.of(pages)
    came_in(store, merchant)

    assert merchant.ask("click", text="Check again") == f"{pages.url}/store"
    assert "Webhooks being set up" in " ".join(merchant.ask("read", until="being set up").split())
    assert merchant.ask("click", text="Sign out") == f"{pages.url}/sign-in"
    merchant.ask("open", url=f"{pages.url}/store")
    assert merchant.ask("url") == f"{pages.url}/sign-in"
    assert merchant.ask("troubles") == []


def test_a_store_is_disconnected_by_two_clicks(pages: Pages, merchant: Node) -> None:
    store = OwnPage.of(pages)
    came_in(store, merchant)
    merchant.ask("open", url=f"{pages.url}/store/disconnect")
    merchant.ask("click", text="Disconnect")
    assert f"Nothing of {store.domain} goes to Meta any more." in merchant.ask("read", until="Disconnected")
    assert store.row.uninstalled_at is not None


def test_the_page_follows_what_is_done_and_leads_away_once_nobody_is_signed_in(pages: Pages, chromium: Node) -> None:
    store = OwnPage.of(pages)
    chromium.ask("fresh")
    came_in(store, chromium)
    chromium.ask("click", text="Check again")

    for kind in (chores.SUBSCRIPTIONS, chores.PIXEL, chores.ORDERS, chores.SURVEY):
        store.chore(kind, done=True)
    assert "Webhooks subscribed" in chromium.ask("read", until="Webhooks subscribed")

    store.browser().ask("POST", "/store/disconnect", Origin=pages.url)
    assert "there is no password" in chromium.ask("read", until="there is no password", seconds=30)
    assert chromium.ask("url") == f"{pages.url}/sign-in"


def test_a_step_of_the_setup_ticks_while_somebody_looks(pages: Pages, chromium: Node) -> None:
    store = OwnPage.of(pages)
    store.attach("100000000000042")
    chromium.ask("fresh")
    came_in(store, chromium)
    chromium.ask("open", url=f"{pages.url}/store/setup")
    assert "no browser was heard yet" in chromium.ask("read")
    with transaction(pages.engine) as connection:
        connection.execute(stores.stores.update().where(stores.stores.c.id == store.id).values(storefront_at=clock()))
    assert "Browsers in your shop are heard." in chromium.ask("read", until="are heard")
    assert chromium.ask("troubles") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_telephone_nothing_is_wider_than_the_page(pages: Pages, chromium: Node, scheme: str) -> None:
    store = OwnPage.of(pages, f"a-shop-with-a-rather-long-name-in-{scheme}-and-without-any-spaces.example.com")
    store.chore(chores.PIXEL, trouble="The plugin is not active: " + "x" * 200)
    store.order("1042")
    pixels = [{"plugin": "x" * 60, "name": "x" * 60, "ids": ["1" * 32, "2" * 32]}]
    store.call("state", {"plugin": "1.0.0", "pixels": pixels})
    chromium.ask("fresh", width=360, scheme=scheme)
    came_in(store, chromium)
    assert chromium.ask("overflow") <= 0
    chromium.ask("open", url=f"{pages.url}/store/setup")
    assert chromium.ask("overflow") <= 0
