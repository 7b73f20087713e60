"""Walk 1: a webhook becomes rows, in one transaction, before it is answered. Nothing here waits for Meta or Redis."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from connectors import registry
from connectors.contract import Connector, Identity, WebhookRequest
from connectors.errors import AccessLost, MalformedPayload, NotUsed, Unidentified
from connectors.event import Event, Message, PrivacyRequest, StoreUninstalled
from integration import failpoints
from integration.crypto import Sealer, fingerprint
from integration.db import Connection, Engine, alerts, datasets, reading, stores, tasks, transact, transaction, webhooks
from integration.db.datasets import Dataset
from integration.db.stores import Store
from integration.errors import NotFound
from integration.pipeline.ledger import Ledger
from integration.pipeline.prepare import StoreView, prepare
from integration.pipeline.qualify import Horizon

_QUARANTINED_BODY = "quarantine.body"
_TASK = "tasks.payload"
_MAX_TOPIC = 100
_KEY = re.compile(r"[0-9a-f]{1,64}", re.ASCII)


class Outcome(StrEnum):
    """How a well-signed webhook was taken."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to the platform: always 200."""

    status: Outcome
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Receiver:
    """Takes webhooks. `app_secrets` maps a platform to the signing secrets its app has, newest first."""

    engine: Engine
    sealer: Sealer
    secret_key: str
    app_secrets: Mapping[str, Sequence[str]]

    def receive(self, platform: str, request: WebhookRequest, now: datetime) -> Reply:
        """Verify, parse, judge, write down.

        Raises InvalidSignature (401, nothing stored), NotFound for an unknown webhook address (404),
        and Unavailable while the database is away (503: the platform may try again).
        """
        connector = registry.get(platform)
        try:
            claimed = connector.identify(request)
        except Unidentified as reason:
            # The platform's own word counts though it names no store we could know: it must not be sent again.
            connector.verify(request, self.app_secrets.get(connector.name, ()))
            return Reply(Outcome.IGNORED, str(reason))
        store = self._find(connector, claimed)
        if connector.is_ping(request):
            return Reply(Outcome.IGNORED, "a ping")
        connector.verify(request, self._secrets(connector, store))
        visit = _Visit(self, connector, claimed, store, request.body, now)
        try:
            messages = connector.parse(claimed.topic, request.body)
        except NotUsed as reason:
            return Reply(Outcome.IGNORED, str(reason))
        except AccessLost as reason:
            return visit.access_lost(str(reason))
        except MalformedPayload as reason:
            return visit.quarantine(str(reason))
        return visit.take(messages)

    def _find(self, connector: Connector, claimed: Identity) -> Store | None:
        if claimed.key is not None and not _KEY.fullmatch(claimed.key):
            raise NotFound("No store has this webhook address.")
        with reading(self.engine) as connection:
            if claimed.key is None:
                return stores.by_domain(connection, connector.name, claimed.domain or "")
            store = stores.by_webhook_key(connection, connector.name, claimed.key)
        if store is None:
            raise NotFound("No store has this webhook address.")
        return store

    def _secrets(self, connector: Connector, store: Store | None) -> Sequence[str]:
        """A store's own secret alone, where it has one: the app's must not open a store that another key guards."""
        if store is not None and store.sealed_secret is not None:
            return [self.sealer.unseal(store.sealed_secret, store=store.id, column=stores.SEALED_SECRET).decode()]
        return self.app_secrets.get(connector.name, ())


@dataclass(frozen=True, slots=True)
class _Visit:
    """One verified webhook, on its way into the database."""

    receiver: Receiver
    connector: Connector
    claimed: Identity
    store: Store | None
    body: bytes
    now: datetime

    def take(self, messages: Sequence[Message]) -> Reply:
        """Write down what the body told, if this store is the one it speaks of."""
        demands = [message for message in messages if isinstance(message, PrivacyRequest)]
        if self.store is None or (self.store.uninstalled_at is not None and not demands):
            return self._unserved(demands)
        if any(not self._is_ours(message, self.store) for message in messages):
            return self._other_site(self.store)
        store = self.store
        return transact(self.receiver.engine, lambda connection: self._write_all(connection, store, messages))

    def _write_all(self, connection: Connection, store: Store, messages: Sequence[Message]) -> Reply:
        fresh = self._record(connection, store, Outcome.ACCEPTED, None)
        again = [message for message in messages if fresh or _timeless(message)]
        if not again:
            return Reply(Outcome.DUPLICATE)
        reasons = [self._write(connection, store, message) for message in again]
        failpoints.reach("ingest.before_commit")
        return Reply(Outcome.ACCEPTED, next((reason for reason in reasons if reason), None))

    def _write(self, connection: Connection, store: Store, message: Message) -> str | None:
        if isinstance(message, Event):
            view = StoreView(store.domain, store.short_key, store.settings)
            prepared = prepare(message, view, Horizon(self.now, store.since))
            return self._ledger(connection, store).enter(message, prepared)
        self._add_task(connection, message, store.id)
        return None

    def _ledger(self, connection: Connection, store: Store) -> Ledger:
        return Ledger(
            connection=connection,
            store=store,
            datasets=_datasets(connection, store),
            sealer=self.receiver.sealer,
            secret_key=self.receiver.secret_key,
            now=self.now,
        )

    def _add_task(self, connection: Connection, message: PrivacyRequest | StoreUninstalled, owner: str | None) -> None:
        personal = isinstance(message, PrivacyRequest)
        payload = msgspec.json.encode(message)
        tasks.add_once(
            connection,
            store_id=owner,
            platform=self.connector.name,
            site=message.site,
            digest=fingerprint(self.receiver.secret_key, store=owner or "", kind="task", value=payload.decode()),
            kind=tasks.PRIVACY_REQUEST if personal else tasks.STORE_UNINSTALLED,
            sealed=self.receiver.sealer.seal(payload, store=owner or "", column=_TASK) if personal else None,
            at=self.now,
        )

    def _unserved(self, demands: Sequence[PrivacyRequest]) -> Reply:
        """A store that is not, or no longer, connected: only what the law demands is kept."""
        if not demands:
            return Reply(Outcome.IGNORED, "this store is not connected")
        with transaction(self.receiver.engine) as connection:
            for demand in demands:
                self._add_task(connection, demand, self.store.id if self.store else None)
        return Reply(Outcome.ACCEPTED)

    def _is_ours(self, message: Message, store: Store) -> bool:
        """A staging copy signs as validly as the live shop: the host in the body, else in the headers, must be the
        store's. A body that would end or erase something has to name its store.
        """
        site = message.site or self.claimed.site
        return site == store.domain if site else isinstance(message, Event)

    def _other_site(self, store: Store) -> Reply:
        sentence = (
            f"Webhooks for {store.domain} arrive from another site, probably a copy of the shop. "
            "They are ignored. Remove the webhooks there, or connect it as a store of its own."
        )
        self._alert(store, "other_site", sentence)
        return Reply(Outcome.IGNORED, "other site")

    def access_lost(self, sentence: str) -> Reply:
        """The platform can no longer read this store's orders for us."""
        if self.store is not None:
            self._alert(self.store, "access_lost", sentence)
        return Reply(Outcome.IGNORED, sentence)

    def _alert(self, store: Store, kind: str, sentence: str) -> None:
        with transaction(self.receiver.engine) as connection:
            alerts.raise_one(connection, store_id=store.id, kind=kind, sentence=sentence, at=self.now)

    def quarantine(self, reason: str) -> Reply:
        """Signed but unreadable: kept sealed for the merchant to see; asking the platform again would not help."""
        if self.store is None or self.store.uninstalled_at is not None:
            return self._unserved([])
        with transaction(self.receiver.engine) as connection:
            self._record(connection, self.store, Outcome.QUARANTINED, reason)
            webhooks.set_aside(
                connection,
                store_id=self.store.id,
                topic=self._topic,
                body_sha256=self._digest,
                reason=reason,
                sealed_body=self.receiver.sealer.seal(self.body, store=self.store.id, column=_QUARANTINED_BODY),
                size=len(self.body),
                at=self.now,
            )
        return Reply(Outcome.QUARANTINED, reason)

    def _record(self, connection: Connection, store: Store, outcome: Outcome, reason: str | None) -> bool:
        return webhooks.record(
            connection,
            store_id=store.id,
            topic=self._topic,
            body_sha256=self._digest,
            delivery_id=(self.claimed.delivery_id or "")[:_MAX_TOPIC] or None,
            outcome=outcome,
            reason=reason,
            at=self.now,
        )

    @property
    def _topic(self) -> str:
        return self.claimed.topic[:_MAX_TOPIC]

    @property
    def _digest(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


def _datasets(connection: Connection, store: Store) -> list[Dataset]:
    """A store's datasets. A paused one is kept as it is: resumed meanwhile, nobody would find what we hold for it."""
    found = datasets.of_store(connection, store.id)
    return datasets.of_store(connection, store.id, kept=True) if any(one.paused for one in found) else found


def _timeless(message: Message) -> bool:
    """Whether a body may rightly come twice: {"id": 86} is the same text at each deletion of that order, and
    shop/redact at each farewell of that shop.
    """
    return not isinstance(message, Event) or message.updated_at is message.placed_at is None
