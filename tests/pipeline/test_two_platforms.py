"""The same shopper gets the same ruling, whichever platform and whichever voice passed their answer on: every combination."""

import json
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, NamedTuple

import pytest

from connectors import registry
from connectors.event import Event, Stated
from integration.pipeline import beacon_words
from integration.pipeline.beacon_words import Caller
from integration.pipeline.browsing import Heard
from integration.pipeline.consent import Shopper, decide, ruling
from integration.pipeline.own_pages import OwnPages
from integration.pipeline.prepare import StoreView, prepare
from integration.pipeline.qualify import Horizon
from integration.store_settings import ConsentMode, LimitedDataUse, StoreSettings

NOW = datetime.now(UTC).replace(microsecond=0)
PLACES = (("DE", None), ("US", "CA"), ("JP", None), (None, None))
WORDS = (None, True, False)
STATED = {None: Stated.UNSTATED, True: Stated.GRANTED, False: Stated.REFUSED}
IP, AGENT = "203.0.113.9", "Mozilla/5.0"


class Answer(NamedTuple):
    """True: yes, False: no, None: not a word."""

    marketing: bool | None
    sale_of_data: bool | None

    @property
    def words(self) -> dict[str, bool]:
        return {name: word for name, word in self._asdict().items() if word is not None}


ANSWERS = [Answer(*words) for words in product(WORDS, WORDS)]


def shopify(country: str | None, state: str | None, frozen: dict[str, bool]) -> Event:
    body = _staged("shopify", "orders/paid")
    address = {"country_code": country, "province_code": state, "city": "Here"} if country else None
    attributes = [{"name": "_tandem_consent", "value": json.dumps(frozen)}] if frozen else []
    changes = {"billing_address": address, "shipping_address": None, "note_attributes": attributes, "browser_ip": IP}
    customer = {**body["customer"], "default_address": None}
    return _parsed("shopify", "orders/paid", {**body, **changes, "customer": customer})


def woocommerce(country: str | None, state: str | None, frozen: dict[str, bool]) -> Event:
    body = _staged("woocommerce", "order.created")
    billing = {**body["billing"], "country": country or "", "state": state or ""}
    shipping = {**body["shipping"], "country": "", "state": ""}
    meta = [*body["meta_data"], *([{"key": "_tandem_consent", "value": frozen}] if frozen else [])]
    changes = {"billing": billing, "shipping": shipping, "meta_data": meta, "customer_ip_address": IP}
    return _parsed("woocommerce", "order.created", {**body, **changes})


def _staged(platform: str, topic: str) -> Any:
    body = registry.sample(platform, topic, "card")
    staged = registry.get(platform).restage(
        body, order_id="5001", placed_at=NOW - timedelta(minutes=5), domain="x.example"
    )
    return json.loads(staged)


def _parsed(platform: str, topic: str, body: Any) -> Event:
    (event, *_) = registry.get(platform).parse(topic, json.dumps(body).encode())
    assert isinstance(event, Event)
    return event


def browser(words: dict[str, bool], *, opts_out: bool = False) -> Heard:
    """What the beacon keeps of a storefront's script."""
    body = json.dumps({"checkout_token": "a", "consent": words}).encode()
    return beacon_words.signal(body, Caller(IP, AGENT, opts_out), OwnPages(frozenset()), NOW).heard


ORDERS = (shopify, woocommerce)


def voices(answer: Answer, place: tuple[str | None, str | None]) -> list[tuple[str, Event, Heard | None]]:
    """Every way in which one and the same answer may reach us."""
    marketing = {name: word for name, word in answer.words.items() if name == "marketing"}
    ways: list[tuple[str, Event, Heard | None]] = []
    for order in ORDERS:
        ways.append((f"{order.__name__}'s order", order(*place, answer.words), None))
        ways.append((f"{order.__name__}'s script", order(*place, {}), browser(answer.words)))
        ways.append((f"both of {order.__name__}", order(*place, answer.words), browser(answer.words)))
        if answer.sale_of_data is False:
            ways.append((f"{order.__name__}'s GPC", order(*place, {}), browser(marketing, opts_out=True)))
    return ways


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place[0] or "unknown")
def test_the_same_answer_gets_the_same_ruling_by_every_voice_of_every_platform(
    place: tuple[str | None, str | None],
) -> None:
    asked = 0
    for answer in ANSWERS:
        expected = Shopper(STATED[answer.marketing], STATED[answer.sale_of_data], *place, has_ip=True)
        for who, event, heard in voices(answer, place):
            for mode, limited in product(ConsentMode, LimitedDataUse):
                settings = StoreSettings().changed({"consent_mode": mode.value, "limited_data_use": limited.value})
                store = StoreView("shop.example.com", "abcdefgh", settings)
                one = prepare(event, store, Horizon(NOW, NOW - timedelta(days=1)), heard=heard)
                for over in (False, True):
                    got = ruling(decide(one.person.shopper, mode, limited, patience_over=over))
                    assert got == ruling(decide(expected, mode, limited, patience_over=over)), (
                        who,
                        answer,
                        mode,
                        limited,
                    )
                    asked += 1
    assert asked == (len(ANSWERS) * 6 + 3 * 2) * 9 * 2
