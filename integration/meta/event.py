"""What Meta will be told, in Meta's terms: event names, user_data keys, and one server event ready to be sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

PURCHASE, INITIATE_CHECKOUT, REFUND = "Purchase", "InitiateCheckout", "Refund"

# https://developers.facebook.com/docs/marketing-api/conversions-api/using-the-api
MAX_BATCH = 1_000

# The order is the order of the bits in the ledger's key mask: append only.
USER_DATA_KEYS = (
    *("em", "ph", "fn", "ln", "db", "ge", "ct", "st", "zp", "country"),
    *("external_id", "client_ip_address", "client_user_agent", "fbc", "fbp"),
)
_BITS = {key: 1 << place for place, key in enumerate(USER_DATA_KEYS)}
BROWSER_KEYS = frozenset({"client_ip_address", "client_user_agent"})

# Meta answers 2804050 to user_data that holds nothing beyond one of these sets
# (https://developers.facebook.com/docs/marketing-api/conversions-api/best-practices).
_TOO_BROAD = (
    frozenset({"ct", "country", "st", "zp", "ge", "client_user_agent"}),
    frozenset({"db", "client_user_agent"}),
    frozenset({"fn", "ge"}),
    frozenset({"ln", "ge"}),
)
_BROAD = frozenset().union(*_TOO_BROAD)


class LimitedData(msgspec.Struct, frozen=True):
    """Meta's limited data use: 0/0 lets Meta locate by IP; else 1 (USA) and the state's own code."""

    country: int = 0
    state: int = 0


class ServerEvent(msgspec.Struct, frozen=True):
    """One event as the Conversions API takes it. `user_data` is hashed where Meta wants hashes."""

    event_name: str
    event_id: str
    event_time: datetime
    action_source: str
    user_data: Mapping[str, str]
    custom_data: Mapping[str, Any] = msgspec.field(default_factory=dict)
    event_source_url: str | None = None
    limited: LimitedData | None = None

    def payload(self) -> dict[str, Any]:
        """The JSON object that leaves: event_time in whole seconds, keys without a value left out."""
        told: dict[str, Any] = {
            "event_name": self.event_name,
            "event_id": self.event_id,
            "event_time": int(self.event_time.timestamp()),
            "action_source": self.action_source,
            "user_data": dict(self.user_data),
            "custom_data": dict(self.custom_data),
        }
        if self.event_source_url:
            told["event_source_url"] = self.event_source_url
        if self.limited:
            told["data_processing_options"] = ["LDU"]
            told["data_processing_options_country"] = self.limited.country
            told["data_processing_options_state"] = self.limited.state
        return told


def encode(event: ServerEvent) -> bytes:
    """The JSON object that leaves, as bytes: a thousand of them are held while their call is under way."""
    return msgspec.json.encode(event.payload())


def key_mask(user_data: Mapping[str, str]) -> int:
    """Which keys are present, one bit each in the order of USER_DATA_KEYS."""
    return sum(filter(None, map(_BITS.get, user_data)))


def is_sufficient(user_data: Mapping[str, str]) -> bool:
    """Whether Meta accepts an event with this customer information."""
    present = user_data.keys()
    if not present <= _BROAD:
        return True
    return bool(present) and not any(present <= broad for broad in _TOO_BROAD)
