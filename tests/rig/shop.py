"""A bench: receiver and drain on a real database and the stand-in for Meta, and the shop that posts to them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors import registry
from connectors.contract import WebhookRequest
from integration import db
from integration.crypto import Sealer, new_key
from integration.db import reading, reports, stores, transaction
from integration.meta.client import GraphClient
from integration.pipeline.deliver import Drain
from integration.pipeline.memory import Memory
from integration.pipeline.receive import Receiver, Reply
from integration.pipeline.sweep import sweep
from integration.stores import connect, credentials, settings
from tests.rig.sandbox import Sandbox

SECRET_KEY = "a secret key for the tests only"
DOMAINS = {"shopify": "tea.myshopify.com", "woocommerce": "shop.example.com"}
DATASET = "100000000000001"


@dataclass
class Bench:
    """The service without processes: what a webhook does, and what a job does, called by hand."""

    engine: db.Engine
    sandbox: Sandbox
    sealer: Sealer = field(default_factory=lambda: Sealer([new_key()]))
    app_secrets: dict[str, Sequence[str]] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)

    def shop(self, platform: str = "shopify", domain: str | None = None, **more: Any) -> "Shop":
        """A connected, live store; with a dataset unless `dataset=None`. Further words are its settings."""
        dataset, code = more.pop("dataset", DATASET), more.pop("test_event_code", None)
        since = more.pop("since", datetime.now(UTC) - timedelta(days=30))
        with transaction(self.engine) as connection:
            new = connect.NewStore(
                platform, DOMAINS[platform] if domain is None else domain, more.pop("secret", None), since
            )
            connected = connect.add_store(
                connection,
                new,
                sealer=self.sealer,
                app_secrets=self.app_secrets,
                now=datetime.now(UTC),
                production=False,
            )
            settings.change(connection, connected.store, more, now=datetime.now(UTC))
        shop = Shop(self, connected.store.id, platform, connected.webhook_secret)
        if dataset:
            shop.attach(dataset, test_event_code=code)
        return shop

    def receive(self, platform: str, request: WebhookRequest, now: datetime | None = None) -> Reply:
        """What the webhook endpoint does."""
        receiver = Receiver(self.engine, self.sealer, SECRET_KEY, self.app_secrets, self.memory)
        return receiver.receive(platform, request, now or datetime.now(UTC))

    def deliver(self) -> int:
        """What a job does, until nothing is due."""
        sweep(self.engine)
        client = GraphClient(self.sandbox.url, "v26.0")
        return Drain(self.engine, self.sealer, client, owner=secrets.token_hex(4)).run(budget=60, linger=0)

    def rows(self, event_name: str | None = None) -> list[dict[str, Any]]:
        """The ledger's deliveries, oldest first."""
        with reading(self.engine) as connection:
            found = [dict(row) for row in reports.listing(connection)]
        return [row for row in found if event_name in (None, row["event_name"])]

    def states(self, event_name: str | None = None) -> list[tuple[str, str | None]]:
        """State and reason of each delivery, oldest first."""
        return [(row["status"], row["reason"]) for row in self.rows(event_name)]


@dataclass
class Shop:
    """A store that tells us things."""

    bench: Bench
    id: str
    platform: str
    secret: str

    @property
    def row(self) -> stores.Store:
        """As the database has it."""
        with reading(self.bench.engine) as connection:
            found = stores.by_id(connection, self.id)
        assert found
        return found

    def set(self, **values: str) -> None:
        """Change settings, as `tandem store set` does."""
        with transaction(self.bench.engine) as connection:
            settings.change(connection, self.row, values, now=datetime.now(UTC))

    def attach(self, dataset: str = DATASET, token: str = "good-token", test_event_code: str | None = None) -> None:
        """Add a dataset or renew its token, as `tandem dataset add` does."""
        with transaction(self.bench.engine) as connection:
            credentials.attach(
                connection,
                self.row,
                dataset,
                token,
                sealer=self.bench.sealer,
                test_event_code=test_event_code,
                now=datetime.now(UTC),
            )

    def request(self, topic: str, body: bytes, *, secret: str | None = None) -> WebhookRequest:
        """The signed request."""
        connector = registry.get(self.platform)
        signed = connector.sign(topic, body, secret or self.secret, self.row.domain)
        headers = {name.lower(): text for name, text in signed.items()}
        key = self.row.webhook_key if "<" in connector.webhook_path("<key>") else None
        return WebhookRequest(body, headers, key)

    def tell(self, topic: str, body: bytes, *, secret: str | None = None, now: datetime | None = None) -> Reply:
        """Post one webhook."""
        return self.bench.receive(self.platform, self.request(topic, body, secret=secret), now)

    def sample(
        self, topic: str, case: str, *, order_id: str | None = "5001", age: timedelta = timedelta(minutes=5)
    ) -> bytes:
        """One of our fixtures, about order `order_id`, placed `age` ago, told by this store."""
        connector = registry.get(self.platform)
        body = registry.sample(self.platform, topic, case)
        placed_at = datetime.now(UTC) - age
        return connector.restage(body, order_id=order_id, placed_at=placed_at, domain=self.row.domain)
