"""The operator's own pages: for operators alone, over all stores, and true when the broker is away."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from integration import queues
from integration.db import alerts, changes, metadata, reading, transact, transaction
from integration.db.changes import By
from integration.db.deliveries import deliveries
from integration.db.stores import stores
from integration.stores import operators
from tests.rig import valkey as rig
from tests.rig.own_page import OwnPage
from tests.rig.pages import Browser, Pages, Read, serving
from tests.rig.standin import StandIn

running_valkey, valkey = rig.running_valkey, rig.valkey

COOKIE = "tandem-operator"
PATHS = ("/operator", "/operator/queues", "/operator/dead-letters", "/operator/alerts", "/operator/system")
FILES = tuple(f"/operator/{name}.csv" for name in ("stores", "queues", "dead-letters", "alerts", "system"))
_numbers = itertools.count(9001)
BY = By("root", changes.COMMAND_LINE)


def everything(pages: Pages) -> list[tuple[object, ...]]:
    with reading(pages.engine) as connection:
        return [tuple(row) for table in metadata.sorted_tables for row in connection.execute(sa.select(table))]


@pytest.fixture(scope="module")
def key(pages: Pages) -> str:
    return transact(pages.engine, lambda it: operators.add(it, "ada", BY, datetime.now(UTC)))


@pytest.fixture
def browser(pages: Pages, key: str) -> Iterator[Browser]:
    """One that is signed in."""
    now = datetime.now(UTC)

    def enter(connection: sa.Connection) -> operators.Answer:
        return operators.enter(connection, "ada", key, network="198.51.100.1", instead_of=None, now=now)

    found = pages.browser()
    token = transact(pages.engine, enter).token
    assert token
    found.cookies[COOKIE] = token
    return found


def read(browser: Browser, path: str) -> Read:
    answer = browser.get(path)
    assert answer.status == 200, answer.data
    return Read(answer.data.decode())


def failing(store: OwnPage, state: str, reason: str, orders: int = 1) -> None:
    """So many of its orders came to that."""
    for _ in range(orders):
        store.order(str(next(_numbers)))
    with transaction(store.pages.engine) as connection:
        mine = sa.and_(deliveries.c.store_id == store.id, deliveries.c.state.not_in(("dead", "ambiguous", "expired")))
        connection.execute(sa.update(deliveries).where(mine).values(state=state, reason=reason, next_at=None))


@pytest.mark.parametrize("path", [*PATHS, *FILES])
def test_each_is_for_operators_alone_kept_by_nobody_and_framed_by_nobody(
    pages: Pages, browser: Browser, path: str
) -> None:
    shown = browser.get(path)
    assert shown.status == 200
    assert shown.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in shown.headers["Content-Security-Policy"]
    assert browser.ask("HEAD", path).status == 405
    assert browser.ask("POST", path, Origin=pages.url).status == 405
    for other in (pages.browser(), OwnPage.of(pages).browser()):
        answer = other.get(path)
        assert (answer.status, answer.headers["Location"], answer.data) == (303, "/operator/sign-in", b"")


@pytest.mark.parametrize("path", ["/store", "/store/senders", "/store/privacy", "/store/state"])
def test_an_operators_cookie_opens_no_merchants_page(pages: Pages, browser: Browser, path: str) -> None:
    browser.cookies["tandem-session"] = browser.cookies[COOKIE]
    assert browser.get(path).status in (303, 401)
    before = everything(pages)
    assert browser.ask("POST", path, Origin=pages.url).status in (303, 405)
    assert everything(pages) == before


def test_an_operator_sees_a_store_and_changes_nothing_there(pages: Pages, browser: Browser) -> None:
    store = OwnPage.of(pages)
    store.order("7001")
    assert store.domain in read(browser, f"/operator/stores/{store.id}").text
    before = everything(pages)
    for path in ("/again", "/disconnect", "/senders/live", "/settings/consent"):
        answer = browser.ask("POST", f"/operator/stores/{store.id}{path}", Origin=pages.url)
        assert answer.status in (403, 404, 405), path
    assert everything(pages) == before
    assert [browser.get(f"/operator/stores/{name}").status for name in ("nobody", "%00", "st_%00/events")] == [404] * 3
    # A page that asks again once nobody is signed in would else be given the sign-in page to show inside it.
    assert pages.browser().get(f"/operator/stores/{store.id}/state").status == 401
    stranger = OwnPage.of(pages).browser().get(f"/operator/stores/{store.id}")
    assert (stranger.status, stranger.headers["Location"]) == (303, "/operator/sign-in")


def test_that_an_operator_looked_is_written_once_in_an_hour(pages: Pages, browser: Browser) -> None:
    store = OwnPage.of(pages)

    def looks() -> list[datetime]:
        with reading(pages.engine) as connection:
            found = changes.of_store(connection, store.id, before=None, most=50)
        return [
            one.at for one in found if (one.who, one.surface, one.what) == ("ada", "operator", "looked at the store")
        ]

    for _ in range(2):
        read(browser, f"/operator/stores/{store.id}")
        browser.get(f"/operator/stores/{store.id}/senders")
    assert len(looks()) <= 2, "two, where a new hour began between"
    with transaction(pages.engine) as connection:
        mine = sa.update(changes.changes).where(changes.changes.c.store_id == store.id)
        connection.execute(mine.values(at=looks()[0] - timedelta(hours=1)))
    before = len(looks())
    read(browser, f"/operator/stores/{store.id}")
    assert len(looks()) == before + 1


def test_who_is_removed_sees_nothing_from_then_on(pages: Pages) -> None:
    now = datetime.now(UTC)
    his = transact(pages.engine, lambda it: operators.add(it, "bob", BY, now))
    browser = pages.browser()
    browser.cookies[COOKIE] = (
        transact(
            pages.engine,
            lambda it: operators.enter(it, "bob", his, network="198.51.100.2", instead_of=None, now=now),
        ).token
        or ""
    )
    assert read(browser, "/operator/system").all("table")
    with transaction(pages.engine) as connection:
        operators.remove(connection, "bob", BY, now)
    assert browser.get("/operator").status == 303


def test_stores_are_searched_filtered_and_led_on_to_and_a_name_is_only_a_name(pages: Pages, browser: Browser) -> None:
    store = OwnPage.of(pages, "needle.example.com")
    failing(store, "dead", "Meta said no.", 2)
    with transaction(pages.engine) as connection:
        connection.execute(sa.update(stores).where(stores.c.id == store.id).values(domain="<b>=needle.example.com"))

    page = read(browser, "/operator?q=NEEDLE")

    assert "<b>=needle.example.com" in page.text
    assert not page.all("b")
    links = [link["href"] for link in page.all("a")]
    assert f"/operator/stores/{store.id}" in links
    assert f"/operator/dead-letters?store={store.id}&state=dead" in links
    assert "No store is like that." in read(browser, "/operator?q=needle&only=live").text
    assert "<b>=needle.example.com" in read(browser, "/operator?q=needle&only=failed").text
    assert read(browser, "/operator?q=%00&only=nonsense").all("table")


def test_many_stores_are_shown_page_by_page(pages: Pages, browser: Browser) -> None:
    for _ in range(52):
        OwnPage.of(pages)
    first = read(browser, "/operator")
    (onward,) = [link["href"] for link in first.all("a") if link.get("rel") == "next"]
    second = read(browser, onward)

    def shown(page: Read) -> list[str]:
        return [link["href"] for link in page.all("a") if link["href"].startswith("/operator/stores/st_")]

    assert len(shown(first)) == 50
    assert shown(second)
    assert not set(shown(first)) & set(shown(second))


def test_dead_letters_say_why_what_mends_them_and_lead_to_the_event(pages: Pages, browser: Browser) -> None:
    store, other = OwnPage.of(pages), OwnPage.of(pages)
    failing(store, "dead", "The purchase has no currency.")
    failing(store, "ambiguous", "Meta may have counted it.")
    failing(other, "expired", "Too old.")

    page = read(browser, f"/operator/dead-letters?store={store.domain}")
    assert "The purchase has no currency." in page.text
    assert "Look the order up in Events Manager." in page.text
    assert "Too old." not in page.text
    (event, *_) = [link["href"] for link in page.all("a") if "/events/" in link["href"]]
    assert read(browser, event).text

    dead = read(browser, f"/operator/dead-letters?store={store.id}&state=dead")
    assert "Meta may have counted it." not in dead.text.partition("Why")[0]
    assert (
        "Nothing that failed is like that."
        in read(browser, f"/operator/dead-letters?store={store.id}&state=expired").text
    )
    assert browser.get("/operator/dead-letters?store=nobody.example.com").status == 404
    for odd in ("before=x", "before=99999999999999999999", "state=pending", "reason=%00", "store=%00"):
        assert browser.get(f"/operator/dead-letters?{odd}").status == 200, odd


def test_alerts_of_all_stores_stand_together(pages: Pages, browser: Browser) -> None:
    store = OwnPage.of(pages)
    with transaction(pages.engine) as connection:
        at = datetime.now(UTC)
        alerts.raise_one(connection, store_id=store.id, kind="other_site", sentence="=Odd <i>words</i>.", at=at)
    page = read(browser, "/operator/alerts?kind=other_site")
    assert f"{store.domain} Other site =Odd <i>words</i>." in page.text
    assert not page.all("i")
    assert "'=Odd <i>words</i>." in browser.get("/operator/alerts.csv").data.decode("utf-8-sig")
    assert browser.get("/operator/alerts?said=99999999999999999&id=1").status == 200
    of_another = read(browser, f"/operator/alerts?store={OwnPage.of(pages).id}")
    assert "Nothing is wrong there." in of_another.text
    assert store.domain in read(browser, f"/operator/alerts?store={store.id}").text


def test_without_a_broker_the_queues_page_says_so_and_shows_what_is_due(pages: Pages, browser: Browser) -> None:
    store = OwnPage.of(pages)
    store.attach("3003")
    store.order("8001")
    with transaction(pages.engine) as connection:
        mine = sa.update(deliveries).where(deliveries.c.store_id == store.id)
        ancient = datetime.now(UTC) - timedelta(days=900)
        connection.execute(mine.values(state="pending", next_at=ancient))

    page = read(browser, "/operator/queues")

    assert "The broker at REDIS_URL does not answer" in page.text
    assert f"{store.domain} 3003 900 days ago A worker takes it next." in page.text


def test_with_a_broker_the_queues_page_says_how_full_they_are_and_who_is_missing(
    database: str, shopify: StandIn, valkey: rig.Valkey, tmp_path: Path, browser: Browser
) -> None:
    with (
        serving(database, tmp_path, shopify, REDIS_URL=valkey.url) as served,
        queues.connect(valkey.url, hurry=False) as connection,
    ):
        queues.Bell(connection).wake()
        worker = queues.listener(connection)
        worker.register_birth()
        page = read(Browser(served.url, browser.cookies), "/operator/queues")
        worker.register_death()
    assert "Nobody listens to the queue tandem-chores: the steward is not running." in page.text
    assert "Nobody listens to the queue tandem:" not in page.text
    assert "tandem sends to Meta 1 just now 0" in page.text
    assert f"{worker.name} tandem" in page.text


def test_the_system_says_what_it_is_and_why_it_is_not_ready(pages: Pages, browser: Browser) -> None:
    page = read(browser, "/operator/system")
    assert "does not answer" in page.text, "these pages run without a broker"
    assert "As long as that is so, /readyz says 503." in page.text
    told = dict(
        line.split(",", 1) for line in browser.get("/operator/system.csv").data.decode("utf-8-sig").splitlines()
    )
    assert told["Its schema"] == told["The newest schema"]
    assert told["Encryption keys"] == "1"
