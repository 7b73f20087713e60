"""What one person gets to read of what is kept of them, on both databases. Constructed people."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.event import Stated
from integration.crypto import fingerprint
from integration.db import from_ms, reading, sightings, signals, transaction
from integration.db.events import NOBODY, events
from integration.db.sightings import Seen, Stage
from integration.pipeline import joining
from integration.pipeline.browsing import Heard
from integration.pipeline.joining import By
from integration.pipeline.statements import Said, Statements, Voice
from integration.privacy import access
from integration.privacy.person import Wanted
from integration.privacy.unread import Unread
from tests.rig.shop import DATASET, SECRET_KEY, Bench, Shop

EMAIL, IP, TOKEN = "mira.vogel@example.com", "203.0.113.27", "checkouttoken0001"
NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return bench.shop("shopify", consent_mode="assumed")


def buy(shop: Shop, order_id: str, email: str = EMAIL, **changes: Any) -> None:
    body = json.loads(shop.sample("orders/paid", "card", order_id=order_id))
    someone = {"email": email, "contact_email": email, "customer": None, "checkout_token": TOKEN + order_id}
    shop.tell("orders/paid", json.dumps({**body, **someone, **changes}).encode())


def by_email(shop: Shop, email: str = EMAIL) -> Wanted:
    return Wanted(frozenset([fingerprint(SECRET_KEY, store=shop.id, kind="email", value=email)]), ())


def read(shop: Shop, wanted: Wanted) -> str:
    with reading(shop.bench.engine) as connection:
        return access.of_person(connection, shop.bench.sealer, shop.row, wanted, NOW).decode()


def hear(shop: Shop, sealed: str, order_id: str) -> None:
    with transaction(shop.bench.engine) as connection:
        signals.keep(connection, shop.id, joining.key(By.CHECKOUT, TOKEN + order_id), sealed)


def sealed(shop: Shop, heard: Heard) -> str:
    return shop.bench.sealer.seal(heard.encoded(), store=shop.id, column=signals.SEALED)


def change(shop: Shop, subject: str, **values: Any) -> None:
    with transaction(shop.bench.engine) as connection:
        mine = sa.and_(events.c.store_id == shop.id, events.c.subject == subject)
        connection.execute(sa.update(events).where(mine).values(values))


def test_a_person_reads_what_they_bought_what_is_known_and_who_was_told(shop: Shop) -> None:
    buy(shop, "1")
    buy(shop, "2", email="somebody.else@example.com")
    shop.bench.deliver()

    text = read(shop, by_email(shop))
    told = json.loads(text)

    (event,) = told["events"]
    assert (told["store"]["address"], told["made_at"]) == (shop.row.domain, "2026-12-01T08:00:00Z")
    assert (event["name"], event["value"], event["currency"]) == ("Purchase", "102.10", "EUR")
    assert [one["quantity"] for one in event["products"]]
    assert event["known"]["hash of the e-mail address"] == hashlib.sha256(EMAIL.encode()).hexdigest()
    assert event["known"]["IP address"] == IP
    (fate,) = event["told_to_meta"]
    assert (fate["state"], fate["dataset"]) == ("delivered", DATASET)
    assert datetime.fromisoformat(fate["delivered_at"])
    assert EMAIL not in text
    assert text.startswith("{\n  ")


def test_a_refund_names_nobody_and_is_found_by_its_order(shop: Shop) -> None:
    refund = json.loads(shop.sample("refunds/create", "partial"))
    buy(shop, str(refund["order_id"]))
    shop.tell("refunds/create", json.dumps(refund).encode())

    found = {one["name"]: one["known"] for one in json.loads(read(shop, by_email(shop)))["events"]}
    assert set(found) == {"Purchase", "Refund"}
    assert found["Refund"] == access.NOBODY


def test_who_else_named_themselves_in_their_checkout_is_another_person(shop: Shop) -> None:
    buy(shop, "1")
    buy(shop, "2", email="somebody.else@example.com", checkout_token=TOKEN + "1")
    buy(shop, "3", email="third@example.com", checkout_token=TOKEN + "1")
    change(shop, "3", **NOBODY)

    told = json.loads(read(shop, by_email(shop)))
    assert [one["id"] for one in told["events"]] == ["1", "3"]


def test_who_was_forgotten_is_found_by_the_order_with_what_they_said(shop: Shop) -> None:
    buy(shop, "1")
    at = int(NOW.timestamp() * 1000)
    stated = Statements(marketing=Said(Stated.REFUSED, Voice.SCRIPT, at), sale_of_data=Said(Stated.REFUSED, Voice.GPC))
    change(shop, "1", stated=stated.encoded(), **NOBODY)

    assert json.loads(read(shop, by_email(shop)))["events"] == []
    (event,) = json.loads(read(shop, Wanted(frozenset(), ("1",))))["events"]
    assert event["consent"]["marketing"] == {
        "said": "refused",
        "by": "the script in the storefront",
        "when": "2026-12-01T08:00:00Z",
    }
    assert event["consent"]["sale_of_data"]["by"] == "the browser's Global Privacy Control"


def test_what_their_browser_told_us_and_meta_is_found_by_the_checkout_even_where_no_order_came(shop: Shop) -> None:
    buy(shop, "1")
    hear(shop, sealed(shop, Heard(fbp="fb.1.1.2", page="https://tea.example/")), "1")
    hear(shop, sealed(shop, Heard(fbp="fb.1.1.3")), "somebody else's")
    with transaction(shop.bench.engine) as connection:
        early = sealed(shop, Heard(ip="203.0.113.99"))
        signals.keep(connection, shop.id, joining.key(By.ORDER, "77"), early)

        proof = joining.key(By.CHECKOUT, TOKEN + "1")
        sightings.keep(connection, Seen(shop.id, DATASET, "Purchase", "1", proof), Stage.SENT)
        sightings.keep(connection, Seen(shop.id, DATASET, "Purchase", "2", "another's"), Stage.SENT)

    told = json.loads(read(shop, by_email(shop)))
    (one,), (seen,) = told["signals"], told["told_by_the_browser"]
    assert (seen["name"], seen["id"], seen["dataset"]) == ("Purchase", "1", DATASET)
    assert datetime.fromisoformat(seen["sent_to_meta_at"])
    assert (one["known"]["Meta's browser id"], one["known"]["page"]) == ("fb.1.1.2", "https://tea.example/")
    assert datetime.fromisoformat(one["first_told_at"]) > from_ms(0) + timedelta(days=1)
    (early_one,) = json.loads(read(shop, Wanted(frozenset(), ("77",))))["signals"]
    assert early_one["known"] == {"IP address": "203.0.113.99"}


def test_a_seal_that_does_not_open_is_named_and_keeps_nothing_else_back(shop: Shop) -> None:
    buy(shop, "1")
    buy(shop, "2")
    hear(shop, "broken", "1")
    change(shop, "1", user_data="broken")

    told = json.loads(read(shop, by_email(shop)))
    by_order = {one["id"]: one["known"] for one in told["events"]}
    assert by_order["1"] == access.SEALED_SHUT
    assert by_order["2"]["IP address"] == IP
    assert [one["known"] for one in told["signals"]] == [access.SEALED_SHUT]


def test_another_stores_rows_are_nobodys_here(shop: Shop) -> None:
    other = shop.bench.shop("shopify", "coffee.myshopify.com", consent_mode="assumed", dataset="100000000000002")
    buy(other, "1")
    hear(other, sealed(other, Heard(fbp="fb.1.1.9")), "1")

    theirs = Wanted(by_email(other).hmacs | by_email(shop).hmacs, ("1",))
    told = json.loads(read(shop, theirs))
    assert (told["events"], told["signals"]) == ([], [])
    assert len(json.loads(read(other, theirs))["events"]) == 1


def test_a_message_nobody_could_read_is_counted_and_says_what_it_says_only_where_it_is_theirs(shop: Shop) -> None:
    known = {"theirs": (b'{"email": "mira', True), "somebody's": (b'{"id": 7', False), "shut": (None, False)}
    bodies = [Unread(pk, topic, NOW, *known[topic]) for pk, topic in enumerate(known)]
    with reading(shop.bench.engine) as connection:
        told = json.loads(access.of_person(connection, shop.bench.sealer, shop.row, by_email(shop), NOW, bodies))

    assert {one["of"]: one["text"] for one in told["messages_nobody_could_read"]} == {
        "theirs": '{"email": "mira',
        "somebody's": access.MAYBE_ANOTHERS,
        "shut": access.SEALED_SHUT,
    }
    assert {one["received_at"] for one in told["messages_nobody_could_read"]} == {"2026-12-01T08:00:00Z"}
