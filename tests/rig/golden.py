"""Constructed bodies and their golden files: what `parse` tells, as JSON that people can read.

`<topic, each sign as _>__<case>.json` is a body, `<the same>.event.json` its golden file: a list of messages, each with
the name of its class, amounts and words as text, times in ISO 8601; or, where `parse` raises, a list of one with the
error's class and its sentence.
"""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

import connectors
from connectors.contract import Connector
from connectors.errors import ConnectorError
from connectors.event import Message

ROOMS = Path(connectors.__file__).parent
_OF_WHOM = ("shop_id", "shop_domain", "triggered_at", "cart_token")


def bodies(connector: Connector) -> list[Path]:
    """The platform's constructed bodies."""
    found = (ROOMS / connector.name / "fixtures").glob("*__*.json")
    return sorted(path for path in found if not path.name.endswith(".event.json"))


def golden_of(body: Path) -> Path:
    """The golden file of a body."""
    return body.with_suffix(".event.json")


def topic_of(connector: Connector, body: Path) -> str:
    """The topic a body is named after, in the platform's spelling. Raises LookupError for one it does not follow."""
    word = body.name.partition("__")[0]
    for topic in connector.topics:
        if word == "".join(letter if letter.isalnum() else "_" for letter in topic):
            return topic
    raise LookupError(f"{connector.name} follows no topic that is written {word}.")


def outcome(connector: Connector, topic: str, body: bytes) -> list[dict[str, Any]]:
    """What a golden file holds of this body."""
    try:
        messages = connector.parse(topic, body)
    except ConnectorError as error:
        return [{"message": type(error).__name__, "says": str(error)}]
    return [{"message": type(message).__name__} | plain(parts(message)) for message in messages]


def parts(message: Message) -> dict[str, Any]:
    """A message as dicts, its amounts and times untouched; of which shop it is, only where it tells."""
    found: dict[str, Any] = msgspec.to_builtins(message, builtin_types=(datetime, Decimal))
    return {key: value for key, value in found.items() if value is not None or key not in _OF_WHOM}


def plain(value: Any) -> Any:
    """The same in JSON's own types."""
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [plain(member) for member in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | str) else value
