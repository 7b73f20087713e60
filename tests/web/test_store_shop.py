"""The page, the plugin's calls and the shop behind them together, with the stand-in for WooCommerce and its own plugin."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from integration.db import transact
from integration.db.stores import Store
from integration.stores import sessions
from tests.rig.own_page import nonce
from tests.rig.pages import Browser, Pages, Read, path_of
from tests.rig.wooffice import Wooffice
from tests.rig.woostore import WooStore


@pytest.fixture(scope="module")
def shop() -> Iterator[WooStore]:
    with WooStore.running() as found:
        yield found


@dataclass
class Connected:
    """A shop, its store, and its merchant's signed-in browser."""

    shop: WooStore
    office: Wooffice
    store: Store
    browser: Browser

    def text(self) -> str:
        return Read(self.browser.get("/store").data.decode()).text

    def again(self) -> None:
        """The button is pressed, and what it asks for is done."""
        assert self.browser.ask("POST", "/store/again", Origin=self.browser.url).status == 303
        self.office.look_after()


@pytest.fixture
def connected(pages: Pages, shop: WooStore) -> Connected:
    shop.reset()
    shop.plugin(installed=False)
    shop.order("card", count=2, silent=True)
    office = Wooffice(pages.engine, shop, sealer=pages.office.sealer, public_url=pages.url)
    begun, key = office.begun(shop.url), shop.key()
    office.takes(begun, consumer_key=key["consumer_key"], consumer_secret=key["consumer_secret"])
    store = office.returns(begun)
    office.look_after()
    browser = pages.browser()
    browser.cookies["tandem-session"] = transact(pages.engine, lambda it: sessions.begin(it, store.id))
    return Connected(shop, office, store, browser)


def test_without_the_plugin_all_else_is_there_and_the_plugin_is_offered(connected: Connected) -> None:
    text = connected.text()
    assert "Webhooks subscribed" in text
    assert "Lost orders looked for" in text
    assert "2 orders since" in text
    assert "Plugin not at work yet Your orders reach Tandem without it." in text


def test_once_it_is_installed_it_is_found_by_checking_again_and_signs_the_merchant_in(
    connected: Connected, pages: Pages
) -> None:
    connected.shop.plugin(installed=True)
    connected.again()
    assert "Plugin at work" in connected.text()

    told = connected.shop.call("state", body={"plugin": "1.0.0"})
    assert (told["status"], told["json"]["standing"]) == (200, "observing")
    way_in = connected.shop.call("sign-in", body={"nonce": nonce(), "user": "1"})["json"]["url"]
    newcomer = pages.browser()
    assert newcomer.get(path_of(way_in)).headers["Location"] == "/store"
    assert newcomer.get("/store").status == 200


def test_a_plugin_whose_clock_is_off_by_more_than_five_minutes_is_not_believed(connected: Connected) -> None:
    connected.shop.plugin(installed=True)
    connected.again()
    statuses = [connected.shop.call("orders", body={"order_ids": []}, ahead=by)["status"] for by in (-290, 290, 330)]
    assert statuses == [200, 200, 401]


def test_disconnecting_takes_the_webhooks_away_and_what_the_plugin_knows(connected: Connected, pages: Pages) -> None:
    connected.shop.plugin(installed=True)
    connected.again()
    assert connected.shop.webhooks()
    assert connected.shop.connection()

    told = Read(connected.browser.ask("POST", "/store/disconnect", Origin=pages.url).data.decode()).text

    assert "A key whose name begins with Tandem is still in the admin of" in told
    assert (connected.shop.webhooks(), connected.shop.connection()) == ([], None)


def test_where_the_shop_lets_us_in_no_more_the_merchant_is_told_what_is_left_to_do(
    connected: Connected, pages: Pages
) -> None:
    connected.shop.revoke()
    told = Read(connected.browser.ask("POST", "/store/disconnect", Origin=pages.url).data.decode()).text
    assert (
        f"Delete the webhooks and the keys whose names begin with Tandem in the admin of {connected.store.domain}"
        in told
    )
    assert connected.browser.get("/store").status == 303
