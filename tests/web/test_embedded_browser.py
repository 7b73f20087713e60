"""Our page in a real browser, inside two admins: the stand-in's, and one that others wrote and that knows nothing of ours.

A page that the policy forbids something complains in the browser's console; no test here allows that.
"""

import base64
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.rig import browser
from tests.rig.node import Node
from tests.rig.pages import Pages, serving, session
from tests.rig.service import eventually, free_port
from tests.rig.standin import KEY, SECRET, StandIn
from tests.web.conftest import _migrated


@pytest.fixture(scope="module")
def chromium() -> Iterator[Node]:
    with browser.running("browser_embedded.mjs") as found:
        yield found


@pytest.fixture
def admin(chromium: Node) -> Node:
    """A browser nobody has used yet."""
    chromium.ask("fresh")
    return chromium


@pytest.fixture(scope="module")
def shown(pages: Pages) -> Pages:
    """Once, on SQLite, is enough: what a browser sees does not depend on the database."""
    return pages


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('browser') / 'tandem.db'}"
    _migrated(url)
    return url


def home(pages: Pages, shop: str) -> str:
    return f"{pages.shopify.url}/store/{shop.partition('.')[0]}/apps/{KEY}"


def of(admin: Node, pages: Pages, path: str) -> list[dict[str, Any]]:
    """The answers of ours at that path."""
    return [one for one in admin.ask("asked") if (one["origin"], one["path"]) == (pages.url, path)]


def expired(shop: str) -> str:
    now = int(time.time())
    return session(shop, exp=now - 60, nbf=now - 120, iat=now - 120)


def test_installed_by_one_click_the_page_is_there_and_follows_what_is_done(shown: Pages, admin: Node) -> None:
    shop = shown.shop()
    shown.shopify.order(shop, count=2, silent=True)
    admin.ask("open", url=home(shown, shop))
    admin.ask("click", text="Install app")
    assert f"Connected to {shop}. Tandem is observing" in admin.ask("read", until="Connected")

    shown.office.look_after()

    text = admin.ask("read", until="Webhooks subscribed")
    assert "Webhooks subscribed" in text
    assert "2 orders since" in text
    asked = of(admin, shown, "/shopify/app/state")
    assert {(one["status"], one["bearer"], one["cookie"]) for one in asked} == {(200, True, False)}
    assert admin.ask("cookies") == []
    assert admin.ask("troubles") == []


def test_once_nothing_is_under_way_the_page_asks_no_more_until_told_to(shown: Pages, admin: Node) -> None:
    shop = shown.connected()
    shown.office.look_after()
    admin.ask("open", url=home(shown, shop))
    assert "Webhooks subscribed" in admin.ask("read", until="Webhooks subscribed")
    time.sleep(4)
    assert of(admin, shown, "/shopify/app/state") == []

    admin.ask("press", text="Check again")
    assert eventually(lambda: [one["status"] for one in of(admin, shown, "/shopify/app/again")] == [303])
    assert eventually(lambda: of(admin, shown, "/shopify/app/state"))
    assert admin.ask("troubles") == []


def test_installed_by_the_consent_page_it_ends_in_the_admin(shown: Pages, admin: Node) -> None:
    shop = shown.shop()
    asked = admin.ask("open", url=f"{shown.url}/shopify/install?shop={shop}")
    assert asked["url"].startswith(f"{shown.shopify.url}/{shop}/admin/oauth/authorize?")
    assert admin.ask("cookies") == ["tandem-install"]

    assert admin.ask("click", text="Install app") == home(shown, shop)

    assert shop in admin.ask("read", until="Connected")
    assert admin.ask("cookies") == ["tandem-install"]  # until it ends by itself: another tab may need it
    assert admin.ask("troubles") == []


def test_an_installation_that_begins_in_the_frame_leaves_it_by_a_click(shown: Pages, admin: Node) -> None:
    """Where the browser lets no page leave its frame by itself, there is a link; the cookie is set at the top only."""
    shop = shown.connected()
    admin.ask("lose", word="breakout.js")
    admin.ask("open", url=home(shown, shop))
    admin.ask("read", until="Connected")
    admin.ask("go", url=f"{shown.url}/shopify/install?shop={shop}&embedded=1")
    assert "goes on outside this frame" in admin.ask("read", until="outside this frame")
    assert admin.ask("cookies") == []

    admin.ask("press", text="Go on", role="link")

    assert eventually(lambda: admin.ask("cookies")) == ["tandem-install"]
    assert "/admin/oauth/authorize" in eventually(lambda: admin.ask("top"))


def test_an_expired_token_is_replaced_by_way_of_the_bounce_page(shown: Pages, admin: Node) -> None:
    shop = shown.connected()
    admin.ask("open", url=home(shown, shop))
    admin.ask("read", until="Connected")
    admin.ask("go", url=f"{shown.url}/shopify/app?embedded=1&shop={shop}&id_token={expired(shop)}")

    assert eventually(lambda: [one["status"] for one in of(admin, shown, "/shopify/app")] == [200, 302, 200])
    assert shop in admin.ask("read", until="Connected")
    assert [one["status"] for one in of(admin, shown, "/shopify/bounce")] == [200]
    assert admin.ask("troubles") == []


def test_without_the_admin_s_script_the_page_still_shows_and_says_so(shown: Pages, admin: Node) -> None:
    shop = shown.connected()
    admin.ask("lose", word="app-bridge")
    admin.ask("open", url=home(shown, shop))

    text = admin.ask("read", until="does not answer")

    assert f"Connected to {shop}" in text
    assert "The admin around this page does not answer" in text
    assert "Check again" not in text
    assert of(admin, shown, "/shopify/app/state") == []


def test_without_the_admin_s_script_the_bounce_page_says_what_to_do(shown: Pages, admin: Node) -> None:
    shop = shown.connected()
    admin.ask("lose", word="app-bridge")
    admin.ask("open", url=home(shown, shop))
    admin.ask("go", url=f"{shown.url}/shopify/app?embedded=1&shop={shop}")
    assert "could not be opened here" in admin.ask("read", until="could not be opened")


def test_while_our_service_is_away_the_page_stays_and_asks_again_later(shown: Pages, admin: Node) -> None:
    shop = shown.connected()
    admin.ask("open", url=home(shown, shop))
    admin.ask("read", until="being set up")
    admin.ask("lose", word="app/state")
    time.sleep(4)
    assert "being set up" in admin.ask("read")


def test_t19_another_site_cannot_frame_the_page(shown: Pages, admin: Node) -> None:
    shop = shown.connected()
    admin.ask("frame_elsewhere", url=f"{shown.url}/shopify/app?shop={shop}&id_token={session(shop)}")

    assert any("frame-ancestors" in one for one in eventually(lambda: admin.ask("troubles")))
    assert shop not in admin.ask("read", until=shop, seconds=2)


@pytest.mark.parametrize("width", [360, 1100])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_its_frame(shown: Pages, admin: Node, width: int, scheme: str) -> None:
    shop = shown.shop()
    shown.shopify.order(shop, count=5, silent=True)
    shown.office.arrived(shop)
    shown.office.look_after()
    shown.shopify.order(shop, count=2)
    admin.ask("fresh", width=width, scheme=scheme)
    admin.ask("open", url=home(shown, shop))
    admin.ask("read", until="Webhooks subscribed")
    assert admin.ask("overflow") <= 0


def test_in_an_admin_that_others_wrote_with_tokens_that_others_signed(
    shopify: StandIn, database: str, tmp_path: Path, admin: Node
) -> None:
    """@getverdict/mock-bridge opens our page without a token, and its script knows nothing of a bounce page."""
    port, shop = free_port(), "independent.myshopify.com"
    outside = f"http://localhost:{port}"
    told = {"SHOPIFY_ADMIN_URL": outside, "SHOPIFY_APP_BRIDGE_URL": f"{outside}/app-bridge.js"}
    with serving(database, tmp_path, shopify, **told) as pages:
        pages.office.arrived(shop)
        url = admin.ask(
            "mock",
            port=port,
            appUrl=pages.url,
            appPath="/shopify/app",
            clientId=KEY,
            clientSecret=SECRET,
            shop=shop,
            host=base64.b64encode(f"admin.shopify.com/store/{shop.partition('.')[0]}".encode()).decode(),
        )
        admin.ask("open", url=url)
        assert f"Connected to {shop}" in admin.ask("read", until="Connected")
        assert eventually(lambda: of(admin, pages, "/shopify/app/state"))

        asked = of(admin, pages, "/shopify/app/state")
        assert {(one["status"], one["bearer"], one["cookie"]) for one in asked} == {(200, True, False)}
        assert [one["status"] for one in of(admin, pages, "/shopify/bounce")] == [200]

        admin.ask("go", url=f"{pages.url}/shopify/app?embedded=1&shop={shop}&id_token={expired(shop)}")
        assert eventually(lambda: [one["status"] for one in of(admin, pages, "/shopify/app")] == [302, 200, 302, 200])
        assert shop in admin.ask("read", until="Connected")
        assert not [one for one in admin.ask("troubles") if "Content Security Policy" in one]
