"""Who asks reads what is theirs, and who is erased loses just that: the same events, signals and sightings. Constructed
people, on both databases.
"""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.event import PrivacyKind, PrivacyRequest
from integration.db import reading, sightings, signals, theirs, transaction
from integration.db.events import NOBODY, events
from integration.db.sightings import Seen, Stage
from integration.pipeline import joining
from integration.pipeline.browsing import Heard
from integration.pipeline.joining import By
from integration.pipeline.qualify import ERASED
from integration.privacy import access, erasure, person
from tests.rig.erasing import erase_person
from tests.rig.shop import DATASET, SECRET_KEY, Bench, Shop

MIRA, ELSE = "mira.vogel@example.com", "somebody.else@example.com"
CHECKOUT, CART = "checkouttoken0001", "carttoken0001"
ORDERS = {"mail": "9001", "guest": "9002", "withheld": "9003", "else": "9004", "handed on": "9005"}


def now() -> datetime:
    return datetime.now(UTC)


def told(shop: Shop, topic: str, case: str, order_id: str, email: str | None, **changes: Any) -> None:
    body = json.loads(shop.sample(topic, case, order_id=order_id))
    nobody = dict.fromkeys(("customer", "phone", "billing_address", "shipping_address"))
    whose = {"email": email, "contact_email": email, **nobody, "checkout_token": None, "cart_token": None}
    shop.tell(topic, json.dumps({**body, **whose, **changes}).encode())


def refunded(shop: Shop, order_id: str) -> None:
    body = json.loads(shop.sample("refunds/create", "partial", order_id=order_id))
    shop.tell("refunds/create", json.dumps({**body, "id": int(order_id) + 1000}).encode())


@pytest.fixture
def shop(bench: Bench) -> Shop:
    """Mira's order, found by her e-mail, with the checkout and the cart it came of; a guest's, found by its id alone;
    one that was withheld, of the same checkout; refunds of all three. And others, of the same checkout and cart.
    """
    shop = bench.shop("shopify", consent_mode="assumed")
    told(shop, "orders/paid", "card", ORDERS["mail"], MIRA, checkout_token=CHECKOUT, cart_token=CART)
    told(shop, "orders/paid", "card", ORDERS["guest"], None, browser_ip="203.0.113.9")
    told(shop, "orders/paid", "card", ORDERS["withheld"], MIRA, checkout_token=CHECKOUT)
    told(shop, "orders/paid", "card", ORDERS["else"], ELSE, checkout_token=CHECKOUT)
    told(shop, "orders/paid", "card", ORDERS["handed on"], ELSE, cart_token=CART)
    told(shop, "checkouts/create", "with_email", "1", MIRA, token="typed")
    told(shop, "checkouts/create", "with_email", "1", MIRA, token="cart", cart_token=CART)
    for name in ("mail", "guest", "withheld", "else"):
        refunded(shop, ORDERS[name])
    with transaction(bench.engine) as connection:
        nameless = events.c.subject.in_([ORDERS["withheld"], "cart"])
        connection.execute(sa.update(events).where(nameless).values(**{**NOBODY, "stated": "{}"}))
        for key in _keys(CHECKOUT, ORDERS["guest"], "9077", "another"):
            sealed = bench.sealer.seal(Heard(fbp=key[:8]).encoded(), store=shop.id, column=signals.SEALED)
            signals.keep(connection, shop.id, key, sealed)
            sightings.keep(connection, Seen(shop.id, DATASET, "Purchase", key[:8], key), Stage.SENT)
    return shop


def _keys(checkout: str, *orders: str) -> list[str]:
    return [joining.key(By.CHECKOUT, checkout), *(joining.key(By.ORDER, order) for order in orders)]


def shown(shop: Shop, asked: PrivacyRequest) -> dict[str, set[str]]:
    """What the person gets to read."""
    with reading(shop.bench.engine) as connection:
        whole = erasure.with_all_orders(connection, shop.row, asked, SECRET_KEY, now())
        wanted = person.wanted(whole, shop.row, SECRET_KEY)
        account = json.loads(access.of_person(connection, shop.bench.sealer, shop.row, wanted, now()))
    return {
        "events": {f"{one['name']} {one['id']}" for one in account["events"]},
        "signals": {one["known"]["Meta's browser id"] for one in account["signals"]},
        "sightings": {one["id"] for one in account["told_by_the_browser"]},
    }


def left(shop: Shop) -> dict[str, set[str]]:
    """What nobody was erased from: events whose deliveries may leave, and what browsers told."""
    with reading(shop.bench.engine) as connection:
        by_key = (signals.signals.c.join_key, sightings.sightings.c.proof_key)
        keys = [{key[:8] for key in connection.execute(sa.select(column)).scalars()} for column in by_key]
    kept = {f"{row['event_name']} {row['event_id']}" for row in shop.bench.rows() if row["reason"] != ERASED}
    return {"events": kept, "signals": keys[0], "sightings": keys[1]}


def marks(*keys: str) -> set[str]:
    return {key[:8] for key in keys}


BY_MAIL = {"Purchase 9001", "Purchase 9003", "Refund refund_10001", "Refund refund_10003"} | {
    f"InitiateCheckout {token}" for token in ("typed", "cart")
}
BY_ORDER = {"Purchase 9002", "Refund refund_10002"}
CASES: dict[str, tuple[dict[str, Any], set[str], set[str]]] = {
    "by e-mail": ({"email": MIRA}, BY_MAIL, marks(_keys(CHECKOUT)[0])),
    "by the id of a guest's order": ({"order_ids": ("9002",)}, BY_ORDER, marks(_keys("", "9002")[1])),
    "by both, and an order we never heard of": (
        {"email": MIRA, "order_ids": ("9002", "9077")},
        BY_MAIL | BY_ORDER,
        marks(*_keys(CHECKOUT, "9002", "9077")),
    ),
}


def test_the_refund_of_an_order_that_names_nobody_any_more_is_found_by_its_checkout(shop: Shop) -> None:
    hmacs = person.wanted(PrivacyRequest(PrivacyKind.CUSTOMER_DATA, None, email=MIRA), shop.row, SECRET_KEY).hmacs
    with reading(shop.bench.engine) as connection:
        found = theirs.of_person(connection, shop.id, hmacs, (), now())
    assert ORDERS["withheld"] in {one.order_id for one in found if one.checkout_key is None}


@pytest.mark.parametrize("case", CASES)
def test_what_a_person_is_shown_is_what_is_erased_of_them(shop: Shop, case: str) -> None:
    named, of_events, of_browsers = CASES[case]
    asked = PrivacyRequest(PrivacyKind.CUSTOMER_ERASURE, None, **named)
    before, read = left(shop), shown(shop, asked)
    erase_person(shop.bench.engine, shop.bench.sealer, SECRET_KEY, shop.row, asked, now())
    after = left(shop)

    assert read == {"events": of_events, "signals": of_browsers, "sightings": of_browsers}
    assert {name: before[name] - after[name] for name in before} == read
