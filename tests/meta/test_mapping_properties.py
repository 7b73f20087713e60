"""From any body a connector takes to what Meta would be told: nothing on the way breaks, and it is fit to be told."""

import json
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import registry
from connectors.errors import ConnectorError
from connectors.event import Event
from integration.meta import mapping
from integration.pipeline import consent, identity
from integration.pipeline.prepare import Prepared, StoreView, prepare
from integration.pipeline.qualify import Counts, Horizon, Never, NotYet
from integration.store_settings import ConsentMode, LimitedDataUse, StoreSettings, ValueBasis
from tests.rig import any_json

each_platform = pytest.mark.parametrize("platform", any_json.PLATFORMS)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SHA256 = re.compile(r"[0-9a-f]{64}")
HASHED = ("em", "ph", "fn", "ln", "ct", "st", "zp", "country", "external_id")
SETTINGS = [
    StoreSettings().changed(values)
    for values in (
        {},
        {"purchase_when": "placed", "include_sources": "pos,draft,subscription,other", "cod_when": "paid"},
        {
            "event_id_template": "{store_key}-{order_number}-{order_id}",
            "content_id_template": "{sku}",
            "phone_country": "DE",
        },
        {"content_id_template": "shopify_US_{product_id}_{variant_id}", "limited_data_use": "always"},
        *({"value_basis": str(basis)} for basis in ValueBasis),
    )
]
HORIZONS = (Horizon(NOW, None), Horizon(NOW, NOW - timedelta(days=30)))


def events_of(platform: str, topic: str, body: bytes) -> list[Event]:
    try:
        return [one for one in registry.get(platform).parse(topic, body) if isinstance(one, Event)]
    except ConnectorError:
        return []


def check_all(platform: str, topic: str, body: bytes) -> Iterator[tuple[Prepared, dict[str, Any]]]:
    """Every event of a body in all settings; what was prepared and what Meta would be told."""
    for event, settings, horizon in product(events_of(platform, topic, body), SETTINGS, HORIZONS):
        prepared = prepare(event, StoreView("shop.example.com", "0123abcd", settings), horizon)
        payload = told(prepared, settings)
        check_prepared(prepared, event, settings)
        check_payload(payload)
        yield prepared, payload


def told(prepared: Prepared, settings: StoreSettings) -> dict[str, Any]:
    """As it would leave, whatever the verdict: settings may change while it waits."""
    verdict = prepared.verdict
    event_time = verdict.event_time if isinstance(verdict, Counts) else NOW
    assert event_time <= NOW
    kept = mapping.decode_facts(prepared.facts.encoded())
    assert kept == prepared.facts
    return mapping.server_event(
        event_name=prepared.event_name,
        event_id=prepared.event_id,
        event_time=event_time,
        kept=kept,
        person=prepared.person.user_data,
        settings=settings,
    ).payload()


def check_prepared(prepared: Prepared, event: Event, settings: StoreSettings) -> None:
    assert isinstance(prepared.verdict, Counts | NotYet | Never)
    assert 0 < len(prepared.event_id) <= 255
    assert "\x00" not in prepared.event_id + prepared.facts.encoded()
    assert identity.decode(prepared.person.encoded()) == prepared.person
    keyed = identity.fingerprints(event, settings, lambda kind, value: f"{kind}:{value}")
    assert set(keyed) == {"email_hmac", "phone_hmac", "customer_hmac"}
    for mode, limited, over in product(ConsentMode, LimitedDataUse, (True, False)):
        consent.decide(prepared.person.shopper, mode, limited, patience_over=over)


def check_payload(payload: dict[str, Any]) -> None:
    written = json.dumps(payload, allow_nan=False)
    assert json.loads(written) == json.loads(msgspec.json.encode(payload))
    custom, user = payload["custom_data"], payload["user_data"]
    assert ("value" in custom) == ("currency" in custom)
    numbers = [custom.get("value", 0), *(one["item_price"] for one in custom.get("contents", []))]
    assert all(math.isfinite(number) and number >= 0 for number in numbers)
    assert all(0 < one["quantity"] <= 1_000_000 and one["id"] for one in custom.get("contents", []))
    assert len(custom.get("contents", [])) <= mapping.MAX_CONTENTS
    assert all(SHA256.fullmatch(user[key]) for key in HASHED if key in user)
    assert all(isinstance(text, str) and text for text in user.values())
    assert len(user.get("client_user_agent", "")) <= 1_000


@each_platform
@any_json.body_settings(8)
@given(data=st.data())
def test_a_known_body_with_anything_in_it_is_told_or_not_and_never_breaks(platform: str, data: st.DataObject) -> None:
    for _ in check_all(platform, *data.draw(any_json.mutated(platform))):
        pass


@each_platform
@any_json.body_settings(24)
@given(data=st.data())
def test_a_body_made_of_the_platforms_words_never_breaks(platform: str, data: st.DataObject) -> None:
    for _ in check_all(platform, *data.draw(any_json.invented(platform))):
        pass


# --- whatever else stands in a body, nothing of its person is kept in clear ---

TELLING = re.compile(r"e?mail|phone|(first|last)_name|name|address_?[12]|street|city|zip|postcode", re.IGNORECASE)
PERSON = ("customer", "billing", "shipping", "billing_address", "shipping_address", "email", "phone", "contact_email")


def texts_of(value: Any, key: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield from texts_of(member, name)
    elif isinstance(value, str) and TELLING.fullmatch(key):
        yield value


def personal(body: bytes) -> set[str]:
    """What the constructed bodies tell of people, where it is long enough to be nobody else's."""
    document = json.loads(body)
    found = {text for key in PERSON for text in texts_of(document.get(key), key)}
    return {text for text in found if len(text) > (4 if text.upper() != text.lower() else 7)}


@each_platform
@any_json.body_settings(8)
@given(data=st.data())
def test_nothing_of_the_person_is_kept_or_told_in_clear(platform: str, data: st.DataObject) -> None:
    canaries = set().union(*(personal(seed.body) for seed in any_json.seeds(platform)))
    assert len(canaries) > 20
    for prepared, payload in check_all(platform, *data.draw(any_json.mutated(platform))):
        kept = prepared.facts.encoded() + prepared.event_id + repr(prepared.verdict)
        hashed = prepared.person.encoded().decode()
        written = kept + hashed + json.dumps(payload, ensure_ascii=False)
        assert not [canary for canary in canaries if canary in written]
