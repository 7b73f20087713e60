"""One webhook as it was posted, or read from a store: what every judgement of it begins with."""

import hashlib
from datetime import datetime

import msgspec

from connectors.contract import Connector, Identity
from connectors.event import Message

_MAX_TOPIC = 100


class Letter(msgspec.Struct):
    """What was posted. However often it is judged, it is read and hashed once."""

    connector: Connector
    claimed: Identity
    body: bytes
    now: datetime
    again: bool = False  # read from the store once more: that an equal body was taken is no reason to leave it
    _messages: list[Message] | None = None
    _digest: str | None = None

    @property
    def messages(self) -> list[Message]:
        """What the body tells. Raises MalformedPayload, NotUsed or AccessLost."""
        if self._messages is None:
            self._messages = self.connector.parse(self.claimed.topic, self.body)
        return self._messages

    @property
    def digest(self) -> str:
        """By which a copy is known."""
        if self._digest is None:
            self._digest = hashlib.sha256(self.body).hexdigest()
        return self._digest

    @property
    def topic(self) -> str:
        """As long as the column."""
        return self.claimed.topic[:_MAX_TOPIC]

    @property
    def delivery_id(self) -> str | None:
        """Recorded, never trusted."""
        return (self.claimed.delivery_id or "")[:_MAX_TOPIC] or None
