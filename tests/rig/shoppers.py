"""People with traces everywhere in a store's tables, and the search for what is left of one."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from connectors.event import PrivacyKind, PrivacyRequest
from integration.crypto import fingerprint
from integration.db import metadata, reading, sightings, signals, transaction
from integration.db.sightings import Seen, Stage
from integration.errors import SealBroken
from integration.pipeline import joining
from integration.pipeline.browsing import Heard
from integration.pipeline.joining import By
from tests.rig.shop import DATASET, SECRET_KEY, Shop

# What keeps keyed HMACs on purpose: whom not to bring back, and whom a request was about.
_PROVES = {("tombstones", "hmac"), ("privacy_requests", "people")}


@dataclass(frozen=True)
class Shopper:
    """Somebody who shops at `shop`. Constructed."""

    shop: Shop
    name: str
    order_id: str
    customer_id: str
    phone: str

    @property
    def email(self) -> str:
        return f"{self.name}@canary.example.com"

    @property
    def ip(self) -> str:
        return f"203.0.113.{self.order_id[-2:]}"

    def demand(self, kind: PrivacyKind = PrivacyKind.CUSTOMER_ERASURE, **named: Any) -> PrivacyRequest:
        """Theirs, by everything, or by what is `named` alone."""
        whole = {"customer_id": self.customer_id, "email": self.email, "phone": self.phone}
        return PrivacyRequest(kind, site=self.shop.row.domain, **(named or whole))

    def told(self, topic: str, case: str, *, age: timedelta = timedelta(minutes=5), **changes: Any) -> bytes:
        """A body about them."""
        body = json.loads(self.shop.sample(topic, case, order_id=self.order_id, age=age))
        them = {"id": int(self.customer_id), "email": self.email, "phone": self.phone, "first_name": self.name}
        known = {"email": self.email, "phone": self.phone, "customer": them, "contact_email": self.email}
        return json.dumps({**body, **known, **changes}).encode()

    def shops(self) -> "Shopper":
        """Begins a checkout, orders, gets some money back; their browser tells, and one body cannot be read."""
        self.shop.tell("checkouts/create", self.told("checkouts/create", "with_email"))
        order = self.told("orders/paid", "card")
        self.shop.tell("orders/paid", order)
        refund = json.loads(self.shop.sample("refunds/create", "partial", order_id=self.order_id))
        self.shop.tell("refunds/create", json.dumps(refund).encode())
        self.shop.tell("orders/updated", self.told("orders/updated", "partially_refunded")[:-20])
        self.browses(json.loads(order)["checkout_token"])
        return self

    def browses(self, checkout_token: str) -> None:
        """What the beacon keeps of their browser, by their checkout and their order."""
        heard = Heard(fbp="fb.1.1794854000500.1", ip=self.ip, user_agent=f"Mozilla/5.0 ({self.name})")
        sealed = self.shop.bench.sealer.seal(heard.encoded(), store=self.shop.id, column=signals.SEALED)
        keys = [joining.key(By.CHECKOUT, checkout_token), joining.key(By.ORDER, self.order_id)]
        with transaction(self.shop.bench.engine) as connection:
            for key in keys:
                signals.keep(connection, self.shop.id, key, sealed)
            seen = Seen(self.shop.id, DATASET, "Purchase", self.order_id, keys[1])
            sightings.keep(connection, seen, Stage.SENT)

    @property
    def marks(self) -> set[str]:
        """By which they can be found: as they are, hashed for Meta, keyed for us, and by the keys of the beacon."""
        digits = self.phone.removeprefix("+")
        plain = {self.email, self.name, digits, self.customer_id}
        hashed = {hashlib.sha256(text.encode()).hexdigest() for text in plain}
        kinds = {"email": self.email, "phone": digits, "customer": self.customer_id}
        keyed = {fingerprint(SECRET_KEY, store=self.shop.id, kind=kind, value=value) for kind, value in kinds.items()}
        return plain | hashed | keyed | {self.ip, joining.key(By.ORDER, self.order_id)}

    def found(self) -> set[str]:
        """The columns of the whole database in which anything of them is, seals opened."""
        return {column for column, text in every_text(self.shop) if any(mark in text for mark in self.marks)}


def every_text(shop: Shop) -> list[tuple[str, str]]:
    """Each text there is in the database, as "table.column" and opened, but for what proves an erasure."""
    texts = []
    with reading(shop.bench.engine) as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(sa.select(table)).mappings():
                store_id = row.get("store_id", row["id"] if table.name == "stores" else None) or ""
                for name, value in row.items():
                    if isinstance(value, str) and (table.name, name) not in _PROVES:
                        column = f"{table.name}.{name}"
                        texts.append((column, _opened(shop, value, store_id, column).casefold()))
    return texts


def _opened(shop: Shop, text: str, store_id: str, column: str) -> str:
    try:
        return shop.bench.sealer.unseal(text, store=store_id, column=column).decode(errors="replace")
    except SealBroken:
        return text


def now() -> datetime:
    return datetime.now(UTC)
