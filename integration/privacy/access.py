"""What is kept of one person, written so that this person can read it."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from integration.crypto import Sealer
from integration.db import Connection, access, heard, signals
from integration.db.access import Deed, Fate, Seen
from integration.db.signals import Kept
from integration.db.stores import Store
from integration.errors import SealBroken
from integration.meta.mapping import Facts, decode_facts
from integration.pipeline import browsing, statements
from integration.pipeline.scribe import unseal_person
from integration.privacy import person, words
from integration.privacy.person import Wanted
from integration.privacy.unread import Unread

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
MAYBE_ANOTHERS = "This may be of somebody else, so what it says is not shown. It is deleted within days."
NOBODY = "Nothing of the person is kept with this event (any more)."


def of_person(
    connection: Connection,
    sealer: Sealer,
    store: Store,
    wanted: Wanted,
    now: datetime,
    unread: Sequence[Unread] = (),
) -> bytes:
    """All that is kept of whom `wanted` names: UTF-8 JSON for people to read. `unread`: bodies nobody could read that may
    tell of them. A seal that does not open is said to be one, and keeps nothing else back. Raises Unavailable.
    """
    deeds = access.deeds_of(connection, store.id, wanted.hmacs, wanted.order_ids, now)
    became: dict[int, list[Fate]] = {}
    for fate in access.fates(connection, store.id, [deed.id for deed in deeds]):
        became.setdefault(fate.event_pk, []).append(fate)
    keys = person.keys(deeds, wanted.order_ids)
    told = heard.by_keys(connection, {store.id: keys}).values()
    account = {
        "what_this_is": WHAT_THIS_IS,
        "store": {"address": store.domain, "platform": store.platform},
        "made_at": words.moment(now),
        "events": [_event(sealer, store, deed, became.get(deed.id, ())) for deed in deeds],
        "signals": [_signal(sealer, one) for one in sorted(told, key=lambda one: one.first_at)],
        "told_by_the_browser": [_seen(one) for one in access.seen_of(connection, store.id, keys)],
        "messages_nobody_could_read": [_unread(one) for one in unread],
        "not_kept": NOT_KEPT,
    }
    return json.dumps(account, ensure_ascii=False, indent=2).encode() + b"\n"


def _event(sealer: Sealer, store: Store, deed: Deed, fates: Sequence[Fate]) -> dict[str, Any]:
    facts = decode_facts(deed.facts)
    return {
        "name": deed.event_name,
        "id": deed.event_id,
        "order": facts.number or deed.order_id,
        "when": words.moment(deed.placed_at),
        "received_at": words.moment(deed.received_at),
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
        "marketing": words.stated(stated.marketing),
        "sale_of_data": words.stated(stated.sale_of_data),
        "the_shop's_default_for_marketing": stated.default_marketing,
    }


def _fate(fate: Fate) -> dict[str, Any]:
    return {
        "dataset": fate.dataset_id,
        "state": fate.state,
        "reason": fate.reason,
        "ruling": fate.ruling,
        "delivered_at": words.moment(fate.delivered_at),
    }


def _known(sealer: Sealer, store: Store, deed: Deed) -> Mapping[str, Any] | str:
    if deed.user_data is None:
        return NOBODY
    try:
        return words.known(unseal_person(sealer, store.id, deed.user_data))
    except SealBroken:
        return SEALED_SHUT


def _signal(sealer: Sealer, kept: Kept) -> dict[str, Any]:
    times = {"first_told_at": words.moment(kept.first_at), "last_told_at": words.moment(kept.last_at)}
    try:
        opened = sealer.unseal(kept.sealed, store=kept.store_id, column=signals.SEALED)
    except SealBroken:
        return {**times, "known": SEALED_SHUT}
    return {**times, "known": words.known(browsing.decode(opened))}


def _seen(one: Seen) -> dict[str, Any]:
    return {
        "name": one.event_name,
        "id": one.event_id,
        "dataset": one.dataset_id,
        "first_seen_at": words.moment(one.first_at),
        "sent_to_meta_at": words.moment(one.sent_at),
    }


def _unread(one: Unread) -> dict[str, Any]:
    """A message of the shop's, word for word as it came, where it is of nobody else."""
    text = SEALED_SHUT if one.body is None else one.body.decode(errors="replace") if one.surely else MAYBE_ANOTHERS
    return {"of": one.topic, "received_at": words.moment(one.received_at), "text": text}
