"""What is kept of one person, written so that this person can read it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from integration.crypto import Sealer
from integration.db import Connection, archive, from_ms, heard, signals
from integration.db.archive import Deed, Fate
from integration.db.signals import Kept
from integration.db.stores import Store
from integration.errors import SealBroken
from integration.meta.mapping import Facts, decode_facts
from integration.pipeline import browsing, joining, statements
from integration.pipeline.browsing import Heard
from integration.pipeline.identity import Person
from integration.pipeline.joining import By
from integration.pipeline.scribe import unseal_person
from integration.pipeline.statements import Said, Voice
from integration.privacy.person import Wanted

WHAT_THIS_IS = (
    "This is all that Tandem keeps of one person for the shop named here. Tandem tells Meta (Facebook, Instagram) of the "
    "shop's orders, as far as the shopper's consent and the law allow it."
)
NOT_KEPT = (
    "Names, e-mail addresses, phone numbers and postal addresses are not kept as such: of them only hashes (SHA-256) are. "
    "To find these entries again, keyed fingerprints of the e-mail address, the phone number and the customer number are "
    "kept beside them."
)
SEALED_SHUT = "This is kept encrypted, and does not open with Tandem's present keys."
NOBODY = "Nothing of the person is kept with this event (any more)."

# Meta's keys in words.
_KEYS = {
    "em": "hash of the e-mail address",
    "ph": "hash of the phone number",
    "fn": "hash of the first name",
    "ln": "hash of the last name",
    "db": "hash of the date of birth",
    "ge": "hash of the gender",
    "ct": "hash of the city",
    "st": "hash of the state or region",
    "zp": "hash of the postcode",
    "country": "hash of the country",
    "external_id": "hash of the shop's customer number",
    "client_ip_address": "IP address",
    "client_user_agent": "browser (as it names itself)",
    "fbc": "Meta's click id",
    "fbp": "Meta's browser id",
}
# What is kept beside them, and what a browser told of itself.
_BESIDE = {
    "fbc": _KEYS["fbc"],
    "fbp": _KEYS["fbp"],
    "ip": _KEYS["client_ip_address"],
    "user_agent": _KEYS["client_user_agent"],
    "page": "page",
    "country": "country, for the rules of consent",
    "state": "state or region, for the rules of consent",
    "marketing": "said of marketing",
    "marketing_at": "when this was said of marketing",
    "sale_of_data": "said of the sale of data",
    "sale_at": "when this was said of the sale of data",
    "default_marketing": "what the shop's own default says of marketing",
    "gpc": "the browser sent Global Privacy Control",
}
_MOMENTS = frozenset({"marketing_at", "sale_at"})  # milliseconds since 1970
_VOICES = {
    Voice.ORDER: "the order, cart or checkout",
    Voice.SCRIPT: "the script in the storefront",
    Voice.GPC: "the browser's Global Privacy Control",
}


def of_person(connection: Connection, sealer: Sealer, store: Store, wanted: Wanted, now: datetime) -> bytes:
    """All that is kept of whom `wanted` names: UTF-8 JSON for people to read. A seal that does not open is said to be
    one, and keeps nothing else back. Raises Unavailable.
    """
    deeds = archive.deeds_of(connection, store.id, wanted.hmacs, wanted.order_ids)
    became: dict[int, list[Fate]] = {}
    for fate in archive.fates(connection, store.id, [deed.id for deed in deeds]):
        became.setdefault(fate.event_pk, []).append(fate)
    told = heard.by_keys(connection, {store.id: _keys(deeds, wanted)}).values()
    account = {
        "what_this_is": WHAT_THIS_IS,
        "store": {"address": store.domain, "platform": store.platform},
        "made_at": _time(now),
        "events": [_event(sealer, store, deed, became.get(deed.id, ())) for deed in deeds],
        "signals": [_signal(sealer, one) for one in sorted(told, key=lambda one: one.first_at)],
        "not_kept": NOT_KEPT,
    }
    return json.dumps(account, ensure_ascii=False, indent=2).encode() + b"\n"


def _keys(deeds: Iterable[Deed], wanted: Wanted) -> set[str]:
    """By which browsers may have told of them; of an order that is not in the ledger (yet), too."""
    found = {key for deed in deeds for key in joining.keys(deed.checkout_key, deed.cart_key, deed.order_id)}
    return found | {joining.key(By.ORDER, order_id) for order_id in wanted.order_ids}


def _event(sealer: Sealer, store: Store, deed: Deed, fates: Sequence[Fate]) -> dict[str, Any]:
    facts = decode_facts(deed.facts)
    return {
        "name": deed.event_name,
        "id": deed.event_id,
        "order": facts.number or deed.order_id,
        "when": _time(deed.placed_at),
        "received_at": _time(deed.received_at),
        "value": deed.value,
        "currency": deed.currency,
        "products": _products(facts),
        "page": facts.page,
        "paid_by": facts.payment,
        "only_a_test": deed.test,
        "region": deed.region,
        "consent": _consent(statements.decode(deed.stated)),
        "told_to_meta": [_fate(fate) for fate in fates],
        "known": _known(sealer, store, deed),
    }


def _products(facts: Facts) -> list[dict[str, Any]]:
    return [
        {
            "product_id": line.product_id,
            "variant_id": line.variant_id,
            "sku": line.sku,
            "quantity": line.quantity,
            "price": str(line.price),
        }
        for line in facts.lines
    ]


def _consent(stated: statements.Statements) -> dict[str, Any]:
    return {
        "marketing": _said(stated.marketing),
        "sale_of_data": _said(stated.sale_of_data),
        "the_shop's_default_for_marketing": stated.default_marketing,
    }


def _said(said: Said | None) -> Mapping[str, Any] | str:
    if said is None:
        return "nothing was stated"
    return {"said": said.word, "by": _VOICES[said.by], "when": None if said.at is None else _time(from_ms(said.at))}


def _fate(fate: Fate) -> dict[str, Any]:
    return {
        "dataset": fate.dataset_id,
        "state": fate.state,
        "reason": fate.reason,
        "ruling": fate.ruling,
        "delivered_at": _time(fate.delivered_at),
    }


def _known(sealer: Sealer, store: Store, deed: Deed) -> Mapping[str, Any] | str:
    if deed.user_data is None:
        return NOBODY
    try:
        return _in_words(unseal_person(sealer, store.id, deed.user_data))
    except SealBroken:
        return SEALED_SHUT


def _signal(sealer: Sealer, kept: Kept) -> dict[str, Any]:
    times = {"first_told_at": _time(kept.first_at), "last_told_at": _time(kept.last_at)}
    try:
        opened = sealer.unseal(kept.sealed, store=kept.store_id, column=signals.SEALED)
    except SealBroken:
        return {**times, "known": SEALED_SHUT}
    return {**times, "known": _in_words(browsing.decode(opened))}


def _in_words(one: Person | Heard) -> dict[str, Any]:
    """Whatever is known, each by its word; what has none yet is shown by its own name rather than kept back."""
    beside: dict[str, Any] = msgspec.to_builtins(one)
    keys = beside.pop("user_data", {})
    return {
        **{_KEYS.get(key, key): text for key, text in keys.items()},
        **{_BESIDE.get(name, name): _moment(name, value) for name, value in beside.items()},
    }


def _moment(name: str, value: Any) -> Any:
    return _time(from_ms(value)) if name in _MOMENTS else value


def _time(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if moment else None
