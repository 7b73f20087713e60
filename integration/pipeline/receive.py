"""Walk 1: a webhook becomes rows, in one transaction, before it is answered. Nothing here waits for Meta or Redis.

A store that told something before is remembered, so the usual webhook is judged without asking the database. What comes
of it is only written where the memory is still true; everything else is judged afresh, by what the database says now.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connectors import registry
from connectors.contract import Connector, Identity, WebhookRequest
from connectors.errors import AccessLost, ConnectorError, MalformedPayload, NotUsed, Unidentified
from integration.crypto import Sealer
from integration.db import Engine
from integration.db.stores import Store
from integration.errors import NotFound, SealBroken
from integration.pipeline.letter import Letter
from integration.pipeline.memory import Address, Known, Memory
from integration.pipeline.signers import own_secrets
from integration.pipeline.visit import Outcome, Reply, Visit

__all__ = ["Outcome", "Receiver", "Reply"]

_KEY = re.compile(r"[0-9a-f]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Receiver:
    """Takes webhooks. `app_secrets` maps a platform to the signing secrets its app has, newest first."""

    engine: Engine
    sealer: Sealer
    secret_key: str
    app_secrets: Mapping[str, Sequence[str]]
    memory: Memory = field(default_factory=Memory)

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
        address, letter = _address(connector, claimed), Letter(connector, claimed, request.body, now)
        remembered = self.memory.recall(address)
        reply = self._by_memory(request, letter, remembered) if remembered else None
        if reply is not None:
            return reply
        known = self.memory.look_up(self.engine, address)
        if known is None and address.key is not None:
            raise NotFound("No store has this webhook address.")
        return self._by_now(request, letter, known, tried=remembered)

    def recover(self, store: Store, topic: str, body: bytes, now: datetime, *, again: bool = False) -> Reply:
        """Take a notification that we read from the store's own API, as if it had been posted: there is nothing to verify,
        and all else is alike, so that an order is told once whichever way it comes, and in which order. `again`: that an
        equal one was taken before is no reason to leave it.

        A body that we cannot take through a fault of ours is an exception, as ever; `set_aside` keeps it. Raises
        Unavailable while the database is away.
        """
        letter, known = self._asked_for(store, topic, body, now)
        letter.again = again
        return self._judged(letter, known, tried=None)

    def set_aside(self, store: Store, topic: str, body: bytes, now: datetime, *, reason: str) -> Reply:
        """Keep a body of the store's API in quarantine, sealed. Raises Unavailable."""
        return self._visit(*self._asked_for(store, topic, body, now)).quarantine(reason)

    def _asked_for(self, store: Store, topic: str, body: bytes, now: datetime) -> tuple[Letter, Known | None]:
        claimed = Identity(topic, key=store.webhook_key)
        address = Address(store.platform, key=store.webhook_key)
        letter = Letter(registry.get(store.platform), claimed, body, now)
        return letter, self.memory.look_up(self.engine, address)

    def _by_memory(self, request: WebhookRequest, letter: Letter, remembered: Known) -> Reply | None:
        """The usual webhook of a store we remember. None for all else: a memory refuses nobody, and ends nothing."""
        if letter.connector.is_ping(request):
            return None
        try:
            letter.connector.verify(request, self._secrets(letter.connector, remembered))
            return self._visit(letter, remembered).at_once()
        except (ConnectorError, SealBroken):
            return None

    def _by_now(self, request: WebhookRequest, letter: Letter, known: Known | None, *, tried: Known | None) -> Reply:
        """Any webhook, by what the database says now of its store; `tried`: by what it was tried to be written at once."""
        if letter.connector.is_ping(request):
            return Reply(Outcome.IGNORED, "a ping")
        letter.connector.verify(request, self._secrets(letter.connector, known))
        return self._judged(letter, known, tried=tried)

    def _judged(self, letter: Letter, known: Known | None, *, tried: Known | None) -> Reply:
        visit = self._visit(letter, known)
        try:
            again = known and tried and known.store.version == tried.store.version
            return (None if again else visit.at_once()) or visit.take()
        except NotUsed as reason:
            return Reply(Outcome.IGNORED, str(reason))
        except AccessLost as reason:
            return visit.access_lost(str(reason))
        except MalformedPayload as reason:
            return visit.quarantine(str(reason))

    def _visit(self, letter: Letter, known: Known | None) -> Visit:
        return Visit(self.engine, self.sealer, self.secret_key, letter, known)

    def _secrets(self, connector: Connector, known: Known | None) -> Sequence[str]:
        """A store's own secrets alone, where it has any: the app's must not open a store that another key guards."""
        own = own_secrets(self.sealer, known.store) if known is not None else ()
        return own or self.app_secrets.get(connector.name, ())


def _address(connector: Connector, claimed: Identity) -> Address:
    """Raises NotFound for a key that nobody can have."""
    if claimed.key is not None and not _KEY.fullmatch(claimed.key):
        raise NotFound("No store has this webhook address.")
    return Address(connector.name, None if claimed.key is not None else claimed.domain, claimed.key)
