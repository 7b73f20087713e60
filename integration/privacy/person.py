"""Whom a request about personal data is about, as the ledger's columns and the tombstones know them. Pure."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from connectors.event import Customer, PrivacyRequest
from integration.crypto import fingerprint
from integration.db.access import Deed
from integration.db.stores import Store
from integration.db.theirs import Theirs
from integration.db.tombstones import ORDER
from integration.meta import mapping
from integration.pipeline import identity, joining
from integration.pipeline.joining import By

_WHOLE_PHONE = re.compile(r"(\+|00)[\s0-9()./-]*[0-9]{3}")


class Wanted(NamedTuple):
    """Keyed HMACs of a person's e-mail, phone and customer id, and the ids of orders that were named."""

    hmacs: frozenset[str]
    order_ids: tuple[str, ...]


def wanted(demand: PrivacyRequest, store: Store, secret_key: str) -> Wanted:
    """Whom a demand is about. What cannot be normalised is in no column either, so it finds nobody."""

    def keyed(kind: str, value: str) -> str:
        return fingerprint(secret_key, store=store.id, kind=kind, value=value)

    given = Customer(id=demand.customer_id, email=demand.email, phone=demand.phone)
    normalised = mapping.normalised(given, store.settings.phone_country)
    found = identity.fingerprints_of(normalised, demand.customer_id, keyed)
    return Wanted(frozenset(filter(None, found.values())), demand.order_ids)


def is_whole_phone(text: str) -> bool:
    """Whether a phone number names its country. One that does not would be read as of the store's own country, and the
    ledger read it as of the customer's: it would find nobody, or a stranger.
    """
    return bool(_WHOLE_PHONE.match(text.strip()))


def order_hmac(secret_key: str, store_id: str, order_id: str) -> str:
    """By which an order is known once its person is erased."""
    return fingerprint(secret_key, store=store_id, kind=ORDER, value=order_id)


def people(wanted: Wanted, secret_key: str, store_id: str) -> frozenset[str]:
    """All keyed HMACs of a person: of themselves, and of the orders named."""
    return wanted.hmacs | {order_hmac(secret_key, store_id, order_id) for order_id in wanted.order_ids}


def keys(theirs: Iterable[Theirs | Deed], order_ids: Iterable[str] = ()) -> set[str]:
    """By which browsers may have told of these events; and of orders that are not in the ledger (yet), too."""
    found = {key for one in theirs for key in joining.keys(one.checkout_key, one.cart_key, one.order_id)}
    return found | {joining.key(By.ORDER, order_id) for order_id in order_ids}
