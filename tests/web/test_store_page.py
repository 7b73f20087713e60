"""The page of a store that is in no admin: what it says, in which state, of whom; and what its two buttons do."""

import json
import re
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from integration.db import alerts, chores, deliveries, events, metadata, reading, stores, sweeps, transaction
from tests.rig.own_page import OwnPage
from tests.rig.pages import Pages, Read

HOSTILE = '"><svg/onload=alert(1)></script><script>alert(1)</script>{{ 7 * 7 }}'
NO_PLUGIN = "The Tandem plugin is not active in this shop."


def rows(pages: Pages) -> list[tuple[object, ...]]:
    with reading(pages.engine) as connection:
        return [tuple(row) for table in metadata.sorted_tables for row in connection.execute(sa.select(table))]


def arrived(store: OwnPage, *seconds: float | None) -> None:
    """Its last orders came so long after they were placed; None: found by asking."""
    told = [{"order_id": str(number), "seconds": one} for number, one in enumerate(seconds)]
    with transaction(store.pages.engine) as connection:
        sweeps.begin(connection, store.id, datetime.now(UTC))
        mine = sa.update(sweeps.sweeps).where(sweeps.sweeps.c.store_id == store.id)
        connection.execute(mine.values(arrivals=json.dumps(told)))


def test_it_says_whose_page_it_is_and_that_nothing_goes_to_meta_yet(pages: Pages) -> None:
    store = OwnPage.of(pages)
    page = store.page()
    assert f"Connected to {store.domain}. Tandem is observing" in page.text
    assert "No events yet. They appear here within seconds of the store’s first order." in page.text
    assert [form["action"] for form in page.all("form")] == ["/sign-out", "/store/again"]


def test_the_steps_are_said_in_a_merchant_s_words(pages: Pages) -> None:
    store = OwnPage.of(pages)
    for kind in (chores.SUBSCRIPTIONS, chores.PIXEL, chores.ORDERS):
        store.chore(kind, done=True)
    text = store.page().text
    assert "Webhooks subscribed Looked after every hour, last on" in text
    assert "Plugin at work Looked after every hour, last on" in text
    assert "Lost orders looked for Last on" in text
    assert "Download the plugin" not in text


def test_it_says_how_webhooks_arrive(pages: Pages) -> None:
    store = OwnPage.of(pages)
    store.chore(chores.SUBSCRIPTIONS, done=True)
    store.chore(chores.ORDERS, done=True)
    arrived(store, 3.0, 3.0)
    assert (
        "Webhooks arrive 3 seconds after the order. Tandem also asks your shop every 15 minutes." in store.page().text
    )
    arrived(store, None, None, None)
    assert "did not come by webhook" in store.page().text
    assert "did not come by webhook" in store.call("state", {"plugin": "1.0.0"}).json()["arrivals"]


def test_where_the_plugin_is_not_it_is_offered_and_that_is_no_fault(pages: Pages) -> None:
    store = OwnPage.of(pages)
    store.chore(chores.PIXEL, trouble=NO_PLUGIN)

    page = store.page()

    assert "Plugin not at work yet Your orders reach Tandem without it." in page.text
    assert NO_PLUGIN in page.text
    elsewhere = {"/store/senders", "/store/coverage", "/store/pixel", "/store/privacy", "/store/disconnect"}
    assert {link["href"] for link in page.all("a")} >= {"/woocommerce/plugin.zip", *elsewhere}
    assert "trouble" not in str([element for element in page.elements if element[0] in ("p", "svg")])


def test_a_plugin_that_was_at_work_and_is_no_more_is_trouble(pages: Pages) -> None:
    store = OwnPage.of(pages)
    store.chore(chores.PIXEL, trouble=NO_PLUGIN, done=True)
    page = store.page()
    assert f"Plugin could not be looked after {NO_PLUGIN} Last seen at work on" in page.text
    assert {"class": "error"} in page.all("p")
    assert "Download the plugin" in page.text


def test_it_says_who_else_tells_meta_by_the_plugin_s_word(pages: Pages) -> None:
    store = OwnPage.of(pages)
    assert "Who else tells Meta" not in store.page().text
    store.call("state", {"plugin": "1.0.0"})
    assert "No other plugin that Tandem knows." in store.page().text

    pixels = [
        {"plugin": "pixelyoursite", "name": "PixelYourSite", "ids": ["1234567890", "GTM-ABC123"]},
        {"plugin": "facebook-for-woocommerce", "name": "Meta for WooCommerce", "ids": []},
    ]
    store.call("state", {"plugin": "1.0.0", "pixels": pixels, "cron_disabled": True})
    text = store.page().text
    assert "PixelYourSite tells 1234567890, GTM-ABC123" in text
    assert "Meta for WooCommerce shows no dataset" in text
    assert "scheduled tasks are switched off in your shop" in text


def test_t17_one_store_s_page_shows_nothing_of_another(pages: Pages) -> None:
    mine, other = OwnPage.of(pages), OwnPage.of(pages)
    for store, number, name in ((mine, "31042", "MinePixel"), (other, "32042", "OtherPixel")):
        store.order(number)
        store.call("state", {"plugin": "1.0.0", "pixels": [{"plugin": "x", "name": name, "ids": []}]})
        with transaction(pages.engine) as connection:
            alerts.keep(connection, store_id=store.id, kind="other", sentence=f"Look at {name}.", at=datetime.now(UTC))

    browser = mine.browser()
    for path in (
        "/store",
        "/store/state",
        "/store/disconnect",
        f"/store?id={other.id}",
        f"/store/state?shop={other.domain}",
    ):
        told = browser.get(path).data.decode()
        for word in (other.id, other.domain, other.public_key, "32042", "OtherPixel"):
            assert word not in told
    assert "31042" in mine.page(browser).text
    assert "Look at MinePixel." in mine.page(browser).text


def test_t22_words_that_would_rather_be_elements_stay_words(pages: Pages) -> None:
    """Whatever a plugin reports, a platform or Meta worded, and a sentence quotes."""
    harmless, hostile = (seeded(OwnPage.of(pages), word) for word in ("word", HOSTILE))
    assert alike(hostile) == alike(harmless)
    assert hostile.text.count("svg/onload") >= 5
    assert "{{ 7 * 7 }}" in hostile.text


def alike(page: Read) -> list[str]:
    """Its elements, the number of the event left out of the link to it, and its times, which are each store's own."""
    return [re.sub(r"/store/events/\d+", "/store/events/n", str(one)) for one in page.elements if one[0] != "time"]


def seeded(store: OwnPage, word: str) -> Read:
    pages = store.pages
    store.order("1042")
    store.chore(chores.PIXEL, trouble=word, done=True)
    told = dict.fromkeys(("plugin", "wordpress", "woocommerce", "php", "home", "environment"), word)
    pixels = [{"plugin": word, "name": word, "ids": ["1234567890", word]}]
    assert store.call("state", {**told, "pixels": pixels, "cron_disabled": True}).status == 200
    with transaction(pages.engine) as connection:
        for kind in ("needs_reconnect", "other"):
            alerts.keep(connection, store_id=store.id, kind=kind, sentence=word, at=datetime.now(UTC))
        for table, name in (
            (events.events, "event_name"),
            (events.events, "order_id"),
            (deliveries.deliveries, "reason"),
        ):
            mine = sa.update(table).where(table.c.store_id == store.id)
            connection.execute(mine.values({name: word[: min(60, table.c[name].type.length)]}))
        mine = sa.update(stores.stores).where(stores.stores.c.id == store.id)
        connection.execute(mine.values(domain=f"{word}{store.id}"))
    return store.page()


def test_check_again_plans_what_is_done_for_a_new_store_and_not_twice(pages: Pages) -> None:
    store = OwnPage.of(pages)
    browser = store.browser()

    again = browser.ask("POST", "/store/again", Origin=pages.url)

    assert (again.status, again.headers["Location"], again.data) == (303, "/store", b"")
    page = store.page(browser)
    assert "Webhooks being set up" in page.text
    assert page.busy() == "yes"
    assert next(button for button in page.all("button") if button.get("id") == "again").keys() >= {"disabled"}
    before = rows(pages)
    assert browser.ask("POST", "/store/again", Origin=pages.url).status == 303
    assert rows(pages) == before


def test_what_changes_on_the_page_can_be_asked_for_alone(pages: Pages) -> None:
    browser = OwnPage.of(pages).browser()
    told = browser.get("/store/state").data.decode().strip()
    assert told.startswith('<div data-busy="no">')
    assert told in browser.get("/store").data.decode()


def test_disconnecting_is_asked_about_first(pages: Pages) -> None:
    store = OwnPage.of(pages)
    browser = store.browser()
    before = rows(pages)
    page = Read(browser.get("/store/disconnect").data.decode())
    assert f"Disconnect {store.domain}?" in page.text
    assert [form["action"] for form in page.all("form")] == ["/sign-out", "/store/disconnect"]
    assert rows(pages) == before
    assert store.row.uninstalled_at is None


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.com"}, {"Sec_Fetch_Site": "cross-site"}], ids=str)
def test_t18_no_other_site_disconnects_a_store(pages: Pages, headers: dict[str, str]) -> None:
    store = OwnPage.of(pages)
    assert store.browser().ask("POST", "/store/disconnect", **headers).status == 403
    assert store.row.uninstalled_at is None


def test_disconnected_the_store_is_let_go_and_everybody_signed_out(pages: Pages) -> None:
    store, other = OwnPage.of(pages), OwnPage.of(pages)
    browser, elsewhere, theirs = store.browser(), store.browser(), other.browser()

    answer = browser.ask("POST", "/store/disconnect", Origin=pages.url)

    text = Read(answer.data.decode()).text
    assert (answer.status, browser.cookies) == (200, {})
    assert f"Nothing of {store.domain} goes to Meta any more." in text
    assert "Delete the webhooks and the keys whose names begin with Tandem" in text, (
        "an operator had connected it: we have no keys"
    )
    assert store.row.uninstalled_at is not None
    assert elsewhere.get("/store").status == 303
    assert theirs.get("/store").status == 200
    assert other.row.uninstalled_at is None


def test_who_is_not_signed_in_disconnects_nothing(pages: Pages) -> None:
    for method in ("GET", "POST"):
        answer = pages.browser().ask(method, "/store/disconnect", Origin=pages.url)
        assert (answer.status, answer.headers["Location"]) == (303, "/sign-in")
