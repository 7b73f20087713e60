"""What is kept of a person and of their consent, in words for that person. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from integration.pipeline.browsing import Heard
from integration.pipeline.identity import Person
from integration.pipeline.statements import Said, Voice

# Meta's keys in words.
_KEYS = {
    "em": "hash of the e-mail address",
    "ph": "hash of the phone number",
    "fn": "hash of the first name",
    "ln": "hash of the last name",
    "db": "hash of the date of birth",
    "ge": "hash of the gender",
    "ct": "hash of the city",
    "st": "hash of the state or region",
    "zp": "hash of the postcode",
    "country": "hash of the country",
    "external_id": "hash of the shop's customer number",
    "client_ip_address": "IP address",
    "client_user_agent": "browser (as it names itself)",
    "fbc": "Meta's click id",
    "fbp": "Meta's browser id",
}
# What is kept beside them, and what a browser told of itself.
_BESIDE = {
    "fbc": _KEYS["fbc"],
    "fbp": _KEYS["fbp"],
    "ip": _KEYS["client_ip_address"],
    "user_agent": _KEYS["client_user_agent"],
    "page": "page",
    "country": "country, for the rules of consent",
    "state": "state or region, for the rules of consent",
    "marketing": "said of marketing",
    "marketing_at": "when this was said of marketing",
    "sale_of_data": "said of the sale of data",
    "sale_at": "when this was said of the sale of data",
    "default_marketing": "what the shop's own default says of marketing",
    "gpc": "the browser sent Global Privacy Control",
}
_MOMENTS = frozenset({"marketing_at", "sale_at"})  # milliseconds since 1970
_VOICES = {
    Voice.ORDER: "the order, cart or checkout",
    Voice.SCRIPT: "the script in the storefront",
    Voice.GPC: "the browser's Global Privacy Control",
}


def known(one: Person | Heard) -> dict[str, Any]:
    """What an opened seal holds, each by its word; what has none yet goes by its own name rather than unsaid."""
    beside: dict[str, Any] = msgspec.to_builtins(one)
    keys = beside.pop("user_data", {})
    return {
        **{_KEYS.get(key, key): text for key, text in keys.items()},
        **{_BESIDE.get(name, name): _value(name, value) for name, value in beside.items()},
    }


def _value(name: str, value: Any) -> Any:
    return _of_ms(value) if name in _MOMENTS else value


def stated(answer: Said | None) -> Mapping[str, Any] | str:
    """One answer, by whom it was given and when."""
    if answer is None:
        return "nothing was stated"
    when = None if answer.at is None else _of_ms(answer.at)
    return {"said": answer.word, "by": _VOICES[answer.by], "when": when}


def _of_ms(milliseconds: int) -> str | None:
    return moment(datetime.fromtimestamp(milliseconds / 1000, UTC))


def moment(time: datetime | None) -> str | None:
    """A time in UTC, to the second."""
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if time else None
