"""Whose data a page shows: every route there is, walked as its own merchant, as another one, as an operator, as nobody.

The routes are the application's own; `every_route.py` has a place for each, and one that has none fails here.
"""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
import urllib3

from connectors.event import PrivacyKind
from integration import config
from integration.app import create_app
from integration.crypto import Sealer
from integration.db import alerts, changes, metadata, operators, privacy_requests, reading, transact, transaction
from integration.db.changes import By
from integration.db.events import events
from integration.db.privacy_requests import SEALED_EXPORT
from integration.stores import operators as operator_keys
from integration.stores import settings
from tests.rig.own_page import OwnPage
from tests.rig.pages import Browser, Pages, session
from tests.web.every_route import DONE, OPERATORS, PUBLIC, STORE_PAGES, Entry

OWN, ADMIN, OPERATOR = "/store", "/shopify/app", "/operator/stores/<store_id>"
LOOKER = "looker"


def rules() -> list[tuple[str, str]]:
    """Each route of the application as it is in development, which has the most: method and path."""
    with tempfile.TemporaryDirectory() as directory:
        environ = {"DATABASE_URL": f"sqlite:///{directory}/t.db", "REDIS_URL": f"unix://{directory}/nobody.sock"}
        app = create_app(config.load(environ, data_dir=Path(directory)))
    found = [(method, rule.rule) for rule in app.url_map.iter_rules() for method in rule.methods or ()]
    return sorted({(method, path) for method, path in found if method not in ("HEAD", "OPTIONS")})


def behind(path: str) -> str | None:
    """What stands behind a way's base; None for an address that is no page of a store."""
    for base in (OPERATOR, ADMIN, OWN):
        if path == base or path.startswith(f"{base}/"):
            return path.removeprefix(base)
    return None


RULES = rules()
DOORS = sorted({(method, door) for method, path in RULES if (door := behind(path)) is not None})
PAGES = [door for door in DOORS if door[0] == "GET"]
DEEDS = [door for door in DOORS if door[0] != "GET"]


@dataclass(frozen=True)
class Kept:
    """A store with something of everything, and the words by which each of it would be known again."""

    id: str
    domain: str
    words: tuple[str, ...]
    ids: Mapping[str, int]


def filled(pages: Pages, name: str, order_id: str) -> tuple[OwnPage, Kept]:
    """A WooCommerce store of which much is known."""
    store = OwnPage.of(pages, f"{name}-shop.example.com")
    dataset = f"55{order_id}"
    store.attach(dataset)
    store.order(order_id)
    now, sealer = datetime.now(UTC), pages.office.sealer
    asked = privacy_requests.Asked(
        *(store.id, "woocommerce", "x", PrivacyKind.CUSTOMER_DATA, privacy_requests.MERCHANT, now),
        *(now + timedelta(days=30), None, ()),
    )
    with transaction(pages.engine) as connection:
        alerts.raise_one(
            connection, store_id=store.id, kind="of-a-test", sentence=f"Something is the matter at {name}.", at=now
        )
        changes.record(connection, store.id, By(f"who-{name}", changes.OWN), f"what-{name}")
        export = privacy_requests.add(connection, asked)
        sealed = sealer.seal(json.dumps({"of": f"person-of-{name}"}).encode(), store=store.id, column=SEALED_EXPORT)
        privacy_requests.change(connection, export, done_at=now, export=sealed)
        event = connection.execute(sa.select(events.c.id).where(events.c.store_id == store.id)).scalars().first()
    assert event
    words = (order_id, dataset, f"{name}-shop", f"at {name}.", f"who-{name}", f"what-{name}", f"person-of-{name}")
    return store, Kept(store.id, store.domain, words, {"event": event, "export": export})


@dataclass
class Town:
    """Two merchants, an operator, and nobody."""

    pages: Pages
    mine: OwnPage
    kept: Kept
    other: OwnPage
    others: Kept

    def operator(self) -> Browser:
        browser = self.pages.browser()
        now = datetime.now(UTC)

        def enter(connection: sa.Connection) -> str:
            key = operator_keys.renew(connection, LOOKER, By("a test", changes.COMMAND_LINE))
            answer = operator_keys.enter(connection, LOOKER, key, network=None, instead_of=None, now=now)
            assert answer.token
            return answer.token

        browser.cookies["tandem-operator"] = transact(self.pages.engine, enter)
        return browser

    def rows(self, store_id: str) -> dict[str, list[tuple[object, ...]]]:
        """All that is kept of a store, but for who is signed in to it."""
        with reading(self.pages.engine) as connection:
            found = {}
            for table in metadata.sorted_tables:
                column = table.c.id if table.name == "stores" else table.c.get("store_id")
                if column is not None and table.name != "sessions":
                    rows = connection.execute(sa.select(table).where(column == store_id))
                    found[table.name] = sorted((tuple(row) for row in rows), key=repr)
            return found


@pytest.fixture(scope="module")
def town(pages: Pages) -> Town:
    with transaction(pages.engine) as connection:
        if not connection.execute(
            sa.select(operators.operators.c.id).where(operators.operators.c.name == LOOKER)
        ).first():
            operator_keys.add(connection, LOOKER, By("a test", changes.COMMAND_LINE), datetime.now(UTC))
    (mine, kept), (other, others) = filled(pages, "alpha", "7770001"), filled(pages, "omega", "8880002")
    return Town(pages, mine, kept, other, others)


def filled_path(path: str, entry: Entry, kept: Kept) -> str:
    """The path with this store's ids in it."""
    for name, of in entry.fills.items():
        path = path.replace(f"<int:{name}>", str(kept.ids[of])).replace(f"<{name}>", str(kept.ids[of]))
    assert "<" not in path, f"every_route.py does not say what fills {path}"
    return path


def sent(browser: Browser, method: str, path: str, entry: Entry, **headers: str) -> urllib3.BaseHTTPResponse:
    body = urlencode(dict(entry.form)) if method == "POST" else None
    told = {"Content-Type": "application/x-www-form-urlencoded", **headers} if body is not None else headers
    return browser.ask(method, path, body, **told)


def test_every_route_has_a_place_here_and_every_place_a_route() -> None:
    others = {path for _, path in RULES if behind(path) is None}
    assert (others - {*PUBLIC, *OPERATORS}, {*PUBLIC, *OPERATORS} - others) == (set(), set())
    assert (set(DOORS) - set(STORE_PAGES), set(STORE_PAGES) - set(DOORS)) == (set(), set())
    assert all(PUBLIC.values())


@pytest.mark.parametrize(("method", "path"), [one for one in RULES if one[1] in OPERATORS])
def test_operators_pages_are_operators_alone(town: Town, method: str, path: str) -> None:
    for browser in (town.pages.browser(), town.mine.browser()):
        answer = sent(browser, method, path, Entry(), Origin=town.pages.url)
        assert (answer.status, answer.headers["Location"]) == (303, "/operator/sign-in")
        assert not [word for word in town.kept.words if word in answer.data.decode()]
    assert sent(town.operator(), method, path, Entry(), Origin=town.pages.url).status == 200


def test_every_page_of_a_store_is_there_by_every_way_in() -> None:
    for base in (OWN, ADMIN, OPERATOR):
        assert {(method, behind(path)) for method, path in RULES if path.startswith(base)} == set(DOORS)


@pytest.mark.parametrize(("method", "door"), PAGES)
def test_its_own_merchant_reads_a_page_and_an_operator_does_too(town: Town, method: str, door: str) -> None:
    entry = STORE_PAGES[method, door]
    path = filled_path(door, entry, town.kept)
    own = sent(town.mine.browser(), method, f"{OWN}{path}", entry)
    assert own.status in entry.statuses, own.data.decode()[:500]
    looked = sent(town.operator(), method, f"/operator/stores/{town.kept.id}{path}", entry)
    assert looked.status in (entry.looked or entry.statuses)


@pytest.mark.parametrize(("method", "door"), DOORS)
def test_t17_nobody_reads_or_changes_another_s_store(town: Town, method: str, door: str) -> None:
    """With the ids of that store in the path, and its id in the query and the form; signed in elsewhere, and not at all."""
    entry, before = STORE_PAGES[method, door], town.rows(town.kept.id)
    path = filled_path(door, entry, town.kept)
    named = urlencode({"store_id": town.kept.id, "store": town.kept.domain})
    odd = entry._replace(form={**entry.form, "store_id": town.kept.id})
    shop = town.pages.connected()
    strangers = [
        (town.pages.browser(), OWN, {"Origin": town.pages.url}),
        (town.pages.browser(), ADMIN, {}),
        (town.pages.browser(), f"/operator/stores/{town.kept.id}", {"Origin": town.pages.url}),
        (town.mine.browser(), f"/operator/stores/{town.kept.id}", {"Origin": town.pages.url}),
        (town.mine.browser(), ADMIN, {"Origin": town.pages.url}),
        (town.operator(), OWN, {"Origin": town.pages.url}),
        (town.operator(), ADMIN, {"Origin": town.pages.url}),
    ]
    answers = [(sent(browser, method, f"{base}{path}?{named}", odd, **told), base) for browser, base, told in strangers]
    assert {answer.status for answer, _ in answers} <= {303, 302, 401, 403}, [(a.status, b) for a, b in answers]

    neighbours = [
        (town.other.browser(), OWN, {"Origin": town.pages.url}),
        (town.pages.browser(), ADMIN, {"Authorization": f"Bearer {session(shop)}"}),
    ]
    if door != "/disconnect":  # they may do to their own what they do here
        answers += [
            (sent(browser, method, f"{base}{path}?{named}", odd, **told), base) for browser, base, told in neighbours
        ]
    for answer, base in answers:
        told = answer.data.decode()
        assert not [word for word in town.kept.words if word in told], (base, answer.status)
        if entry.fills:
            assert answer.status in (302, 303, 401, 403, 404), (base, answer.status)
    assert town.rows(town.kept.id) == before


@pytest.mark.parametrize(("method", "door"), DEEDS)
def test_t18_no_other_site_and_no_operator_does_anything(town: Town, method: str, door: str) -> None:
    entry, before = STORE_PAGES[method, door], town.rows(town.kept.id)
    path = filled_path(door, entry, town.kept)
    merchant, shop = town.mine.browser(), town.pages.connected()
    for headers in ({}, {"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site", "Origin": town.pages.url}):
        assert sent(merchant, method, f"{OWN}{path}", entry, **headers).status == 403
    by_address = sent(town.pages.browser(), method, f"{ADMIN}{path}?id_token={session(shop)}&shop={shop}", entry)
    assert by_address.status == 401
    looked = town.operator()
    for headers in ({}, {"Origin": town.pages.url}):
        assert sent(looked, method, f"/operator/stores/{town.kept.id}{path}", entry, **headers).status == 403
    after = town.rows(town.kept.id)
    assert [name for name in after if after[name] != before[name]] == []


@pytest.mark.parametrize(("method", "door"), DEEDS)
def test_its_own_merchant_does_what_a_page_offers_and_it_is_written_down(pages: Pages, method: str, door: str) -> None:
    entry = STORE_PAGES[method, door]
    number = DEEDS.index((method, door))
    store, kept = filled(pages, f"own{number}", f"99900{number:02}")
    path = filled_path(door, entry, kept)
    if entry.observing:
        transact(pages.engine, lambda it: settings.change(it, store.row, {"state": "observing"}, now=datetime.now(UTC)))
    with reading(pages.engine) as connection:
        before = len(changes.of_store(connection, store.id, before=None, most=100))

    answer = sent(store.browser(), method, f"{OWN}{path}", entry, Origin=pages.url)

    assert answer.status in entry.statuses, answer.data.decode()[:500]
    with reading(pages.engine) as connection:
        after = len(changes.of_store(connection, store.id, before=None, most=100))
    if answer.status in (*DONE, 200) and not entry.unwritten:
        assert after > before, "nobody would know who did it"


def test_an_operator_s_look_is_written_down_once_an_hour(town: Town) -> None:
    looker = town.operator()
    for path in ("", "/privacy", "/coverage"):
        assert looker.get(f"/operator/stores/{town.others.id}{path}").status == 200
    with reading(town.pages.engine) as connection:
        told = changes.of_store(connection, town.others.id, before=None, most=100)
    assert [(one.who, one.surface) for one in told if one.what == "looked at the store"] == [(LOOKER, "operator")]


def test_t17_the_seal_of_one_store_opens_nothing_of_another(town: Town) -> None:
    """The walk would not notice a download that another store's id unseals."""
    with reading(town.pages.engine) as connection:
        sealed = privacy_requests.by_id(connection, town.kept.ids["export"])
    assert sealed
    assert sealed.export
    sealer: Sealer = town.pages.office.sealer
    with pytest.raises(Exception, match="seal"):
        sealer.unseal(sealed.export, store=town.others.id, column=SEALED_EXPORT)
