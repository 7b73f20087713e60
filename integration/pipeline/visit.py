"""One verified webhook on its way into the database: written at once where it is the usual one, else with care."""

from collections.abc import Sequence
from enum import StrEnum
from itertools import groupby

import msgspec

from connectors.event import Event, Message, PrivacyRequest, StoreUninstalled
from integration import failpoints
from integration.crypto import Sealer, fingerprint
from integration.db import (
    Connection,
    Engine,
    alerts,
    arrivals,
    datasets,
    reading,
    stores,
    tasks,
    transact,
    transaction,
    webhooks,
)
from integration.db.arrivals import Arrival, Begun
from integration.db.datasets import Dataset
from integration.db.stores import Store
from integration.pipeline.browsing import Heard
from integration.pipeline.erased import order_hmac, without_erased
from integration.pipeline.ledger import Ledger, Told
from integration.pipeline.letter import Letter
from integration.pipeline.listening import forget_heard, heard_of, stop_waiting
from integration.pipeline.memory import Known
from integration.pipeline.prepare import Prepared, prepare
from integration.pipeline.qualify import Horizon, NotYet
from integration.pipeline.scribe import Scribe
from integration.pipeline.whose import Whose, warning, whose

_QUARANTINED_BODY = "quarantine.body"


class Outcome(StrEnum):
    """How a well-signed webhook was taken."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    QUARANTINED = "quarantined"


class Reply(msgspec.Struct, frozen=True):
    """The answer to the platform: always 200."""

    status: Outcome
    reason: str | None = None


class Visit(msgspec.Struct, frozen=True):
    """A verified letter to a store as it is `known` (None: to none that we know)."""

    engine: Engine
    sealer: Sealer
    secret_key: str
    letter: Letter
    known: Known | None

    def at_once(self) -> Reply | None:
        """Write the usual webhook: one event that may be told, of a store with datasets, for the first time. None for
        any other, and where the store is not `known` as it is: then nothing is written.
        """
        if self.known is None or len(self.letter.messages) != 1:
            return None
        (event,) = self.letter.messages
        store, attached = self.known.store, self.known.datasets
        # A paused dataset is kept as it is while something is held for it, which takes a lock.
        if store.uninstalled_at is not None or not attached or any(one.paused for one in attached):
            return None
        if not isinstance(event, Event) or not self._is_ours(event, store):
            return None
        return self._write_at_once(event, self.known)

    def _write_at_once(self, event: Event, known: Known) -> Reply | None:
        prepared = self._prepare(event, known)
        if self.letter.again or prepared.borrows_person or isinstance(prepared.verdict, NotYet):
            return None
        scribe = self._scribe(known.store, known.datasets)
        if known.store.hears_browsers and (prepared.lacks_a_browser or scribe.withholds(prepared)):
            return None
        openings = scribe.openings(prepared, {})
        arrival = Arrival(
            store_id=known.store.id,
            version=known.store.version,
            order_hmac=order_hmac(self.secret_key, known.store.id, event),
            receipt={
                "topic": self.letter.topic,
                "body_sha256": self.letter.digest,
                "delivery_id": self.letter.delivery_id,
                "outcome": Outcome.ACCEPTED.value,
            },
            event=scribe.row(event, prepared),
            deliveries=[
                Begun(pk, one.state.value, one.reason, one.delay, one.ruling) for pk, one in openings if pk is not None
            ],
        )
        failpoints.reach("ingest.before_commit")
        if not arrivals.write(self.engine, arrival):
            return None
        self._meet_browsers(known.store, [(event, prepared)])
        return Reply(Outcome.ACCEPTED, openings[0][1].reason)

    def take(self) -> Reply:
        """Write down what the letter tells, if this store is the one it speaks of."""
        messages = self.letter.messages
        demands = [message for message in messages if isinstance(message, PrivacyRequest)]
        if self.known is None or (self.known.store.uninstalled_at is not None and not demands):
            return self._unserved(demands)
        known = self.known
        foreign = next((message for message in messages if not self._is_ours(message, known.store)), None)
        if foreign is not None:
            return self._other_site(known.store, foreign)
        reply, told = transact(self.engine, lambda connection: self._write_all(connection, known, messages))
        if self._agreed_meanwhile(known, told):
            self.letter.again = True
            reply, told = transact(self.engine, lambda connection: self._write_all(connection, known, messages))
        self._meet_browsers(known.store, told)
        return reply

    def _agreed_meanwhile(self, known: Known, told: Sequence[Told]) -> bool:
        """Whether a browser's yes was kept while an order was being withheld, and so did not find it."""
        scribe = self._scribe(known.store, ())
        withheld = [event for event, prepared in told if scribe.withholds(prepared)]
        if not withheld or not known.store.hears_browsers:
            return False
        with reading(self.engine) as connection:
            return any(not scribe.withholds(self._prepare_heard(connection, event, known)) for event in withheld)

    def _meet_browsers(self, store: Store, told: Sequence[Told]) -> None:
        """To be done once the events are committed: what browsers told of them may be waited for, or is not to be kept."""
        scribe = self._scribe(store, ())
        refused = [event for event, prepared in told if prepared.erased or scribe.withholds(prepared)]
        forget_heard(self.engine, self.sealer, store, refused)
        stop_waiting(self.engine, store, [event for event, _ in told])

    def _write_all(
        self, connection: Connection, known: Known, messages: Sequence[Message]
    ) -> tuple[Reply, Sequence[Told]]:
        fresh = self._record(connection, known.store, Outcome.ACCEPTED, None) or self.letter.again
        again = [message for message in messages if fresh or _timeless(message)]
        if not again:
            return Reply(Outcome.DUPLICATE), ()
        found = [message for message in again if isinstance(message, Event)]
        told = [(event, self._prepare_heard(connection, event, known)) for event in found]
        told = without_erased(connection, self.secret_key, known.store.id, told)
        reasons = self._enter(connection, known, told)
        for message in again:
            if not isinstance(message, Event):
                self._add_task(connection, message, known.store.id)
        failpoints.reach("ingest.before_commit")
        return Reply(Outcome.ACCEPTED, next((reason for reason in reasons if reason), None)), told

    def _enter(self, connection: Connection, known: Known, told: Sequence[Told]) -> list[str | None]:
        """An order before its refunds, which ask what became of it."""
        if not told:
            return []
        ledger = Ledger(connection, self._scribe(known.store, _datasets(connection, known.store)))
        alike = groupby(told, key=_name)
        return [reason for _, some in alike for reason in ledger.enter(list(some))]

    def _prepare_heard(self, connection: Connection, event: Event, known: Known) -> Prepared:
        """With what a browser told of it, where that decides something, or it is read again because of that."""
        prepared, store = self._prepare(event, known), known.store
        asks = prepared.lacks_a_browser or self._scribe(store, ()).lacks_a_yes(prepared)
        if self.letter.again or (store.hears_browsers and asks):
            browser = heard_of(connection, self.sealer, store.id, event)
            return self._prepare(event, known, browser) if browser else prepared
        return prepared

    def _prepare(self, event: Event, known: Known, browser: Heard | None = None) -> Prepared:
        def keyed(kind: str, value: str) -> str:
            return fingerprint(self.secret_key, store=known.store.id, kind=kind, value=value)

        return prepare(event, known.view, Horizon(self.letter.now, known.store.since), keyed, browser)

    def _scribe(self, store: Store, attached: Sequence[Dataset]) -> Scribe:
        return Scribe(store, attached, self.sealer, self.letter.now)

    def _add_task(self, connection: Connection, message: PrivacyRequest | StoreUninstalled, owner: str | None) -> None:
        if isinstance(message, StoreUninstalled):
            message = msgspec.structs.replace(message, triggered_at=self.letter.claimed.triggered_at)
        payload = msgspec.json.encode(message)
        tasks.add_once(
            connection,
            store_id=owner,
            platform=self.letter.connector.name,
            site=message.site,
            digest=fingerprint(self.secret_key, store=owner or "", kind="task", value=payload.decode()),
            kind=tasks.PRIVACY_REQUEST if isinstance(message, PrivacyRequest) else tasks.STORE_UNINSTALLED,
            sealed=self.sealer.seal(payload, store=owner or "", column=tasks.SEALED_PAYLOAD),
            at=self.letter.now,
        )

    def _unserved(self, demands: Sequence[PrivacyRequest]) -> Reply:
        """A store that is not, or no longer, connected: only what the law demands is kept."""
        if not demands:
            return Reply(Outcome.IGNORED, "this store is not connected")
        with transaction(self.engine) as connection:
            for demand in demands:
                self._add_task(connection, demand, self.known.store.id if self.known else None)
        return Reply(Outcome.ACCEPTED)

    def _is_ours(self, message: Message, store: Store) -> bool:
        """As `whose` says. Only where it cannot say, the database is asked whether the shop in the body's address is
        another one of ours: a domain that nobody connected proves nothing.
        """
        answer = whose(message, store, sent_by=self.letter.claimed.site)
        if answer is not Whose.DOUBTFUL or not isinstance(message, Event):
            return answer is Whose.OURS
        with reading(self.engine) as connection:
            return stores.by_domain(connection, store.platform, message.shop_domain or "") is None

    def _other_site(self, store: Store, message: Message) -> Reply:
        self._alert(store, "other_site", warning(message, store, sent_by=self.letter.claimed.site))
        return Reply(Outcome.IGNORED, "other site")

    def access_lost(self, sentence: str) -> Reply:
        """The platform can no longer read this store's orders for us."""
        if self.known is not None:
            self._alert(self.known.store, "access_lost", sentence)
        return Reply(Outcome.IGNORED, sentence)

    def _alert(self, store: Store, kind: str, sentence: str) -> None:
        with transaction(self.engine) as connection:
            alerts.raise_one(connection, store_id=store.id, kind=kind, sentence=sentence, at=self.letter.now)

    def quarantine(self, reason: str) -> Reply:
        """Signed but unreadable: kept sealed for the merchant to see; asking the platform again would not help."""
        if self.known is None or self.known.store.uninstalled_at is not None:
            return self._unserved([])
        store, body = self.known.store, self.letter.body
        with transaction(self.engine) as connection:
            self._record(connection, store, Outcome.QUARANTINED, reason)
            webhooks.set_aside(
                connection,
                store_id=store.id,
                topic=self.letter.topic,
                body_sha256=self.letter.digest,
                reason=reason,
                sealed_body=self.sealer.seal(body, store=store.id, column=_QUARANTINED_BODY),
                size=len(body),
                at=self.letter.now,
            )
        return Reply(Outcome.QUARANTINED, reason)

    def _record(self, connection: Connection, store: Store, outcome: Outcome, reason: str | None) -> bool:
        return webhooks.record(
            connection,
            store_id=store.id,
            topic=self.letter.topic,
            body_sha256=self.letter.digest,
            delivery_id=self.letter.delivery_id,
            outcome=outcome,
            reason=reason,
            at=self.letter.now,
        )


def _name(told: Told) -> str:
    return told[1].event_name


def _datasets(connection: Connection, store: Store) -> list[Dataset]:
    """A store's datasets. A paused one is kept as it is: resumed meanwhile, nobody would find what we hold for it."""
    found = datasets.of_store(connection, store.id)
    return datasets.of_store(connection, store.id, kept=True) if any(one.paused for one in found) else found


def _timeless(message: Message) -> bool:
    """Whether a body may rightly come twice: {"id": 86} is the same text at each deletion of that order, and
    shop/redact at each farewell of that shop.
    """
    return not isinstance(message, Event) or message.updated_at is message.placed_at is None
