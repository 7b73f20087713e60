"""Where stores are connected: the use-cases on a real database, speaking with the stand-in for Shopify."""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sa
import urllib3

from connectors.access import App
from connectors.outbound import Outbound
from connectors.shopify import addresses
from integration import db
from integration.crypto import Sealer, new_key
from integration.db import alerts, chores, grants, metadata, reading, stores, surveys, transaction
from integration.db.chores import Chore
from integration.db.grants import KeptGrant
from integration.db.stores import Store
from integration.stores import grants as tokens
from integration.stores import install, upkeep
from integration.stores.platforms import Platforms
from tests.rig.standin import SHOP, StandIn

PLATFORM = "shopify"
PUBLIC_URL = "http://127.0.0.1:8000"


@dataclass
class Office:
    """Connects stores, and keeps them connected; no process and no HTTP of ours in between."""

    engine: db.Engine
    standin: StandIn
    sealer: Sealer = field(default_factory=lambda: Sealer([new_key()]))
    public_url: str = PUBLIC_URL

    @property
    def app(self) -> App:
        """As the configuration would give it."""
        options = {addresses.ADMIN_URL: self.standin.url, addresses.SUBSCRIPTIONS: addresses.BY_API}
        return App(self.standin.key, (self.standin.secret,), self.public_url, options)

    @property
    def platforms(self) -> Platforms:
        """What the use-cases are given."""
        return Platforms(self.engine, self.sealer, Outbound(stand_ins=(self.standin.url,)), {PLATFORM: self.app})

    def begun(self, shop: str = SHOP, *, browser: str = "one browser") -> str:
        """An installation is begun, and the merchant consents: the query with which the platform sends them back."""
        address = install.begin(self.platforms, PLATFORM, f"shop={shop}", browser=browser, now=now())
        return consented(address)

    def installed(self, shop: str = SHOP) -> Store:
        """Connected through the consent page."""
        query = self.begun(shop)
        return install.finish(self.platforms, PLATFORM, query, browser="one browser", now=now())

    def arrived(self, shop: str = SHOP) -> Store:
        """Connected by opening our page in the admin."""
        return install.arrive(self.platforms, PLATFORM, self.standin.session(shop), now())

    def look_after(self, moment: datetime | None = None) -> int:
        """Do the chores that are due."""
        owner = secrets.token_hex(4)
        return upkeep.run_due(self.platforms, owner, seconds=30.0, now=lambda: moment or now())

    def make_due(self, *kinds: str) -> None:
        """As if their time had come; all of them where none is named."""
        table = chores.chores
        wanted = table.c.kind.in_(kinds) if kinds else sa.true()
        with transaction(self.engine) as connection:
            connection.execute(sa.update(table).where(wanted).values(due_at=datetime(2020, 1, 1, tzinfo=UTC)))

    def store(self, shop: str = SHOP) -> Store:
        """As the database has it."""
        with reading(self.engine) as connection:
            found = stores.by_domain(connection, PLATFORM, shop)
        assert found
        return found

    def grant(self, shop: str = SHOP) -> KeptGrant | None:
        with reading(self.engine) as connection:
            return grants.of_store(connection, self.store(shop).id)

    def token(self, shop: str = SHOP) -> str:
        """What we hold, unsealed."""
        kept = self.grant(shop)
        assert kept
        return tokens.open_pair(self.platforms, kept).token

    def chores(self, shop: str = SHOP) -> dict[str, Chore]:
        """What is planned, by kind."""
        with reading(self.engine) as connection:
            return {one.kind: one for one in chores.of_store(connection, self.store(shop).id)}

    def alerts(self) -> dict[str, str]:
        """Sentences, by kind."""
        with reading(self.engine) as connection:
            return {row.kind: row.sentence for row in alerts.everything(connection, 100)}

    def survey(self, shop: str = SHOP) -> Any:
        with reading(self.engine) as connection:
            return surveys.of_store(connection, self.store(shop).id)

    def change_grant(self, **values: Any) -> None:
        """Its row, as time or an accident would leave it."""
        with transaction(self.engine) as connection:
            connection.execute(sa.update(grants.grants).values(values))

    def everything(self) -> str:
        """All that is stored, as text."""
        with reading(self.engine) as connection:
            return "\n".join(
                str(tuple(row)) for table in metadata.sorted_tables for row in connection.execute(sa.select(table))
            )


def now() -> datetime:
    return datetime.now(UTC)


def consented(address: str) -> str:
    """The merchant clicks on install on the consent page: the query with which the platform sends them back."""
    with urllib3.PoolManager(retries=False, timeout=10.0) as pool:
        answer = pool.request_encode_body(
            "POST", address, fields={"decision": "install"}, encode_multipart=False, redirect=False
        )
    assert answer.status == 302, answer.data
    return urlsplit(answer.headers["Location"]).query


def value(query: str, name: str) -> str:
    """One value of a query."""
    return parse_qs(query)[name][0]
