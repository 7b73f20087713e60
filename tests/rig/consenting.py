"""Shops at the stand-ins whose shoppers say yes or no, connected by the merchant's own flow to a running service: what is
bought there, what its browser says of it, and what became of it here and at Meta.

Long: what the platforms have in common, and how each differs, side by side.
"""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import sqlalchemy as sa

from integration import db
from integration.crypto import Sealer, fingerprint
from integration.db import reading, stores
from integration.db.deliveries import deliveries
from integration.db.events import events
from integration.db.stores import Store
from tests.rig.merchants import hands_keys_over, installs_by_consent
from tests.rig.sandbox import Sandbox
from tests.rig.service import Service, eventually
from tests.rig.shop import Bench, Shop
from tests.rig.shoppers import every_text
from tests.rig.standin import StandIn
from tests.rig.woostore import WooStore

YES, NO = {"marketing": True}, {"marketing": False}
NOT_FOR_SALE = {"marketing": True, "sale_of_data": False}


@dataclass(frozen=True)
class Bought:
    """One order. `named`: by what its own browser names it to us; `body`: as its webhook tells it."""

    order_id: str
    email: str
    named: Mapping[str, str]
    body: dict[str, Any]

    @property
    def address(self) -> str:
        """Of its browser, and of no other."""
        return f"2001:db8:77::{0x1000 + int(self.order_id) % 0x8000:x}"

    @property
    def fbp(self) -> str:
        return f"fb.1.1764500000000.{self.order_id}77"

    @property
    def hashed(self) -> str:
        """As Meta is told of the buyer."""
        return hashlib.sha256(self.email.lower().encode()).hexdigest()


@dataclass
class Selling(ABC):
    """A connected, live store whose merchant decides nothing about consent: it goes by the shopper's part of the world."""

    service: Service
    meta: Sandbox
    engine: db.Engine
    sealer: Sealer
    secret_key: str
    domain: str
    dataset: str
    platform: ClassVar[str]

    def opens(self) -> None:
        """Connect it, and let it go live; a browser speaks, so that those of later orders are waited for."""
        self.connect()
        shop = Shop(self.bench, self.store.id, self.platform, "")
        shop.attach(self.dataset)
        shop.set(state="live", consent_mode="regional")
        self.says(self.place(frozen=YES), YES)

    @abstractmethod
    def connect(self) -> None: ...

    @abstractmethod
    def place(self, country: str = "DE", frozen: Mapping[str, Any] | None = None) -> Bought:
        """An order of somebody there; `frozen`: what they said of their data, as it is written into the order."""

    @abstractmethod
    def tell(self, bought: Bought) -> None:
        """The shop tells of it, unless it did so at once."""

    @abstractmethod
    def refused(self) -> Bought:
        """An order that is told, of a German who said no in the browser before; what they say next names it in one way."""

    @abstractmethod
    def changes(self, bought: Bought) -> None:
        """The shop tells of it again, in other words."""

    @abstractmethod
    def asked_for(self, bought: Bought) -> int:
        """How many times the shop was asked for this one order."""

    @property
    def store(self) -> Store:
        with reading(self.engine) as connection:
            found = stores.by_domain(connection, self.platform, self.domain)
        assert found
        return found

    def sold(self) -> Bought:
        """An order that Meta was told of."""
        bought = self.place(frozen=YES)
        self.tell(bought)
        self.says(bought, YES)
        assert self.purchase(bought)
        assert self.becomes(bought, "delivered")
        return bought

    def says(self, bought: Bought, consent: Mapping[str, Any], *, gpc: bool = False) -> None:
        """What the script in the storefront says of its browser, from the page of this order."""
        told = {**bought.named, "fbp": bought.fbp, "consent": consent}
        sent = {"X-Forwarded-For": bought.address, "User-Agent": f"Mozilla/5.0 ({bought.order_id})"}
        sent |= {"Sec-GPC": "1"} if gpc else {}
        url = f"{self.service.url}/s/{self.store.public_key}/signal"
        assert self.service.pool.request("POST", url, body=json.dumps(told), headers=sent).status == 204

    def payloads(self, bought: Bought) -> list[dict[str, Any]]:
        """What Meta was told of its buyer, of whatever event."""
        told = [one["payload"] for one in self.meta.events() if one["dataset_id"] == self.dataset]
        return [one for one in told if one["user_data"].get("em") == bought.hashed]

    def purchase(self, bought: Bought) -> dict[str, Any]:
        """The one Purchase that Meta was told under its id, as soon as there is one; {} where there is none for long."""
        return eventually(lambda: self.purchases(bought), 15) and self.purchases(bought)[0]

    def purchases(self, bought: Bought) -> list[dict[str, Any]]:
        events = [one for one in self.meta.events() if one["dataset_id"] == self.dataset]
        return [one["payload"] for one in events if one["event_id"] == bought.order_id]

    def state(self, bought: Bought) -> str | None:
        """Of its Purchase."""
        return self._row(bought).get("status")

    def attempts(self, bought: Bought) -> int:
        """How many calls to Meta had it in them."""
        return self._row(bought).get("attempts", 0)

    def _row(self, bought: Bought) -> dict[str, Any]:
        rows = self.bench.rows("Purchase")
        return next((row for row in rows if row["order_id"] == bought.order_id), {})

    def rows_of(self, bought: Bought) -> list[str]:
        """All that the ledger has of its order, for whoever reads a failure."""
        joined = sa.select(deliveries, events).join(events, events.c.id == deliveries.c.event_pk)
        with reading(self.engine) as connection:
            found = connection.execute(joined.where(events.c.order_id == bought.order_id)).mappings()
            return [f"{name}={value}" for row in found for name, value in row.items()]

    def becomes(self, bought: Bought, *states: str) -> bool:
        """Whether its Purchase comes into one of these states."""
        return bool(eventually(lambda: self.state(bought) in states, 30))

    @property
    def bench(self) -> Bench:
        return Bench(self.engine, self.meta, self.sealer)

    def traces(self, bought: Bought) -> set[str]:
        """The columns of the whole database in which anything of its buyer is, seals opened."""
        hmacs = {fingerprint(self.secret_key, store=self.store.id, kind="email", value=bought.email.lower())}
        marks = {bought.email.lower(), bought.hashed, bought.address, f".{bought.order_id}77", *hmacs}
        texts = every_text(Shop(self.bench, self.store.id, self.platform, ""))
        return {column for column, text in texts if any(mark in text for mark in marks)}


@dataclass
class SellingByShopify(Selling):
    """The webhook comes when it is told to, so that a browser may speak before it."""

    standin: StandIn
    platform: ClassVar[str] = "shopify"

    def connect(self) -> None:
        self.standin.create(self.domain, country="DE", currency="EUR")
        installs_by_consent(self.service, self.domain)

    def place(self, country: str = "DE", frozen: Mapping[str, Any] | None = None) -> Bought:
        (order_id,) = self.standin.order(self.domain, country=country, silent=True)
        body = next(one for one in self.standin.orders(self.domain) if str(one["id"]) == order_id)
        if frozen is not None:
            body["note_attributes"] = [{"name": "_tandem_consent", "value": json.dumps(frozen)}]
        named = {"checkout_token": body["checkout_token"], "cart_token": body["cart_token"]}
        return Bought(order_id, body["email"], named, body)

    def tell(self, bought: Bought) -> None:
        self._webhook("orders/paid", bought.body)

    def refused(self) -> Bought:
        bought = self.place()
        self.says(bought, NO)
        self.tell(bought)
        return replace(bought, named={"cart_token": bought.named["cart_token"]})

    def changes(self, bought: Bought) -> None:
        self._webhook("orders/updated", bought.body | {"updated_at": _later(bought.body["updated_at"])})

    def asked_for(self, bought: Bought) -> int:
        asked = self.standin.requests("order")
        return sum(bought.order_id in json.dumps(one["body"]) for one in asked)

    def redacts(self, bought: Bought) -> None:
        """The buyer asked the merchant to be forgotten."""
        customer = {name: bought.body["customer"][name] for name in ("id", "email", "phone")}
        named = {"shop_domain": self.domain, "customer": customer, "orders_to_redact": [bought.body["id"]]}
        self._webhook("customers/redact", named)

    def leaves(self) -> None:
        """The merchant removes the app, and two days later Shopify asks for all of it to be erased."""
        self.standin.uninstall(self.domain)
        assert eventually(lambda: self.store.uninstalled_at, 30)
        self._webhook("shop/redact", {"shop_domain": self.domain})

    def _webhook(self, topic: str, body: dict[str, Any]) -> None:
        self.standin.webhook(topic, self.domain, body=body)
        assert self.standin.webhooks(topic)[-1]["status"] == 200


def _later(moment: str) -> str:
    return moment.replace("Z", ".500Z")


@dataclass
class SellingByWooCommerce(Selling):
    """With our plugin, which writes what the shopper said into the order and signs its pages."""

    woo: WooStore
    platform: ClassVar[str] = "woocommerce"

    def connect(self) -> None:
        self.woo.site(country="DE", currency="EUR")
        self.woo.plugin()
        hands_keys_over(self.service, self.woo)
        assert eventually(lambda: self.woo.connection() and len(self.woo.webhooks()) >= 4, 60)

    def place(self, country: str = "DE", frozen: Mapping[str, Any] | None = None) -> Bought:
        (number,) = self.woo.order(country=country, consent=frozen and {**frozen, "source": "wp-consent-api"})
        body, named = self.woo.told(number), {"order_id": str(number), "proof": self.woo.page_token(number)}
        begun = next((one["value"] for one in body["meta_data"] if one["key"] == "_tandem_checkout_token"), None)
        named |= {"checkout_token": begun} if begun else {}
        return Bought(str(number), body["billing"]["email"], named, body)

    def tell(self, bought: Bought) -> None:
        """The shop's queue did so."""

    def refused(self) -> Bought:
        return self.place(frozen=NO)

    def changes(self, bought: Bought) -> None:
        self.woo.act(int(bought.order_id), "complete")
        assert self.woo.sent("delivery")[-1]["status"] == 200

    def asked_for(self, bought: Bought) -> int:
        return len(self.woo.requests(f"/orders/{bought.order_id}"))
