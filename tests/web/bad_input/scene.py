"""The webhook endpoint with a real database behind it, and the posts that try it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from connectors import registry
from integration.db import metadata, reading, reports
from integration.db.events import events
from integration.db.webhooks import quarantine
from integration.meta import mapping
from integration.pipeline import identity
from tests.rig.shop import Bench, Shop

SIGNATURE = {"shopify": "X-Shopify-Hmac-Sha256", "woocommerce": "X-WC-Webhook-Signature"}
TOPIC = {"shopify": "X-Shopify-Topic", "woocommerce": "X-WC-Webhook-Topic"}
DELIVERY_ID = {"shopify": "X-Shopify-Webhook-Id", "woocommerce": "X-WC-Webhook-Delivery-ID"}
SHOP = "X-Shopify-Shop-Domain"
PAID_TOPIC = {"shopify": "orders/paid", "woocommerce": "order.updated"}
PAID_SAMPLE = {"shopify": ("orders/paid", "card"), "woocommerce": ("order.created", "card")}
PLATFORMS = tuple(PAID_TOPIC)
DOMAINS = {"shopify": "row{}.myshopify.com", "woocommerce": "row{}.example.com"}
UNAUTHORIZED = {"error": "unauthorized"}
ACCEPTED, IGNORED, DUPLICATE, QUARANTINED = (
    (200, word) for word in ("accepted", "ignored", "duplicate", "quarantined")
)
both_platforms = pytest.mark.parametrize("platform", PLATFORMS)


def status(answer: TestResponse) -> tuple[int, str]:
    """Code and word of an answer that has a word."""
    return answer.status_code, answer.json["status"]


@dataclass(frozen=True)
class Post:
    """One request, before it leaves."""

    shop: Shop
    path: str
    body: bytes
    headers: Mapping[str, str]
    method: str = "POST"
    environ: Mapping[str, Any] = field(default_factory=dict)

    @property
    def platform(self) -> str:
        return self.shop.platform

    @property
    def signature(self) -> str:
        return self.headers[SIGNATURE[self.platform]]

    def but(self, **headers: str | None) -> "Post":
        """The same with other headers, named like X_Shopify_Topic; None takes one away."""
        changes = {name.replace("_", "-"): text for name, text in headers.items()}
        kept = {**self.headers, **changes}
        return replace(self, headers={name: text for name, text in kept.items() if text is not None})

    def signed_as(self, text: str | None) -> "Post":
        return self.but(**{SIGNATURE[self.platform]: text})

    def with_body(self, body: bytes, *, secret: str | None = None) -> "Post":
        """Another body, signed anew."""
        return replace(self, body=body).signed_by(self.shop.secret if secret is None else secret)

    def signed_by(self, secret: str) -> "Post":
        connector = registry.get(self.platform)
        told = connector.sign("any", self.body, secret, "any.example.com")
        return self.signed_as(told[SIGNATURE[self.platform]])


@dataclass
class Scene:
    """An application and its database; each row gets stores of its own."""

    client: FlaskClient
    bench: Bench
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def shop(self, platform: str, **more: Any) -> Shop:
        number = next(self._numbers)
        more.setdefault("consent_mode", "assumed")
        more.setdefault("dataset", str(10**15 + number))
        more.setdefault("since", datetime.now(UTC) - timedelta(days=60))
        return self.bench.shop(platform, DOMAINS[platform].format(number), **more)

    def order_id(self) -> str:
        """An id nobody had before."""
        return str(7_000_000 + next(self._numbers))

    def document(self, shop: Shop, *, age: timedelta = timedelta(minutes=5)) -> dict[str, Any]:
        """The body of a paid order that nobody told of before."""
        return json.loads(shop.sample(*PAID_SAMPLE[shop.platform], order_id=self.order_id(), age=age))

    def post(self, shop: Shop, body: bytes | None = None, topic: str | None = None) -> Post:
        """A well-signed request, by default about a paid order."""
        body = json.dumps(self.document(shop)).encode() if body is None else body
        connector = registry.get(shop.platform)
        headers = connector.sign(topic or PAID_TOPIC[shop.platform], body, shop.secret, shop.row.domain)
        return Post(shop, connector.webhook_path(shop.row.webhook_key), body, headers)

    def send(self, post: Post) -> TestResponse:
        return self.client.open(
            post.path, method=post.method, data=post.body, headers=dict(post.headers), environ_overrides=post.environ
        )

    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        counted = [sa.select(sa.func.count()).select_from(table).scalar_subquery() for table in metadata.sorted_tables]
        with reading(self.bench.engine) as connection:
            row = connection.execute(sa.select(*counted)).one()
        return {table.name: number for table, number in zip(metadata.sorted_tables, row, strict=True)}

    def rows(self, shop: Shop) -> list[dict[str, Any]]:
        """The shop's deliveries, oldest first."""
        with reading(self.bench.engine) as connection:
            return [dict(row) for row in reports.listing(connection, store_id=shop.id)]

    def states(self, shop: Shop) -> list[tuple[str, str, str | None]]:
        """Name, state and reason of each of the shop's deliveries."""
        return [(row["event_name"], row["status"], row["reason"]) for row in self.rows(shop)]

    def will_tell(self, shop: Shop) -> dict[str, Any]:
        """The shop's one event as it will leave."""
        with reading(self.bench.engine) as connection:
            row = connection.execute(sa.select(events).where(events.c.store_id == shop.id)).one()
        opened = self.bench.sealer.unseal(row.user_data, store=shop.id, column="events.user_data")
        return mapping.server_event(
            event_name=row.event_name,
            event_id=row.event_id,
            event_time=row.event_time,
            kept=mapping.decode_facts(row.facts),
            person=identity.decode(opened).user_data,
            settings=shop.row.settings,
        ).payload()

    def told(self, shop: Shop) -> dict[str, Any]:
        """What reached Meta's door of the shop's one event, once everything due has left."""
        self.bench.sandbox.reset()
        self.bench.deliver()
        (row,) = self.rows(shop)
        (event,) = [one for one in self.bench.sandbox.events() if one["dataset_id"] == row["dataset_id"]]
        return event["payload"]

    def quarantined(self, shop: Shop) -> bytes:
        """The one body that was set aside for the shop, unsealed."""
        with reading(self.bench.engine) as connection:
            sealed = connection.execute(
                sa.select(quarantine.c.body).where(quarantine.c.store_id == shop.id)
            ).scalar_one()
        return self.bench.sealer.unseal(sealed, store=shop.id, column="quarantine.body")
