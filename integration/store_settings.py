"""What a merchant may decide for a store: names, values and defaults of CONTRACT's settings. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar

from connectors.event import Source
from integration.errors import InvalidSetting

E = TypeVar("E", bound=StrEnum)


class When(StrEnum):
    """From which moment an order counts."""

    PAID = "paid"
    PLACED = "placed"


class ValueBasis(StrEnum):
    """Which part of an order's money is told as its value."""

    TOTAL = "total"
    WITHOUT_SHIPPING = "without_shipping"
    WITHOUT_TAX = "without_tax"
    SUBTOTAL = "subtotal"


class PixelOwner(StrEnum):
    """Whose Pixel tells Purchase on this store."""

    OURS = "ours"
    OTHER = "other"
    NONE = "none"


class ConsentMode(StrEnum):
    """What is needed before an event may leave."""

    REGIONAL = "regional"
    STRICT = "strict"
    ASSUMED = "assumed"


class LimitedDataUse(StrEnum):
    """When Meta is asked to process an event in its limited way."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class Route(StrEnum):
    """Who tells Meta of an event: the storefront's Pixel, our server, both under one id, or nobody."""

    PIXEL = "pixel"
    SERVER = "server"
    BOTH = "both"
    OFF = "off"

    @property
    def by_pixel(self) -> bool:
        """Whether the Pixel tells it."""
        return self in (Route.PIXEL, Route.BOTH)

    @property
    def by_server(self) -> bool:
        """Whether the server tells it."""
        return self in (Route.SERVER, Route.BOTH)


# The usual table. Browsing is told by the Pixel alone: no webhook says anything of it.
PRESET: Mapping[str, Route] = MappingProxyType(
    {
        "PageView": Route.PIXEL,
        "ViewContent": Route.PIXEL,
        "Search": Route.PIXEL,
        "AddToCart": Route.PIXEL,
        "AddPaymentInfo": Route.PIXEL,
        "InitiateCheckout": Route.BOTH,
        "Purchase": Route.BOTH,
        "Lead": Route.BOTH,
    }
)
_MOST_PATTERNS, _LONGEST_PATTERN = 100, 100
_BROWSING = frozenset({"PageView", "ViewContent", "Search", "AddToCart", "AddPaymentInfo"})


class Field(StrEnum):
    """What of a person a merchant may keep back, in a merchant's words."""

    EMAIL = "email"
    PHONE = "phone"
    NAME = "name"
    CITY = "city"
    STATE = "state"
    POSTCODE = "postcode"
    COUNTRY = "country"
    CUSTOMER_ID = "customer_id"
    IP = "ip"
    USER_AGENT = "user_agent"
    CLICK = "click"
    BROWSER_ID = "browser_id"


class Carrier(StrEnum):
    """How a Pixel in a platform's sandbox tells Meta: by Meta's own script, or by Meta's documented image request."""

    FBQ = "fbq"
    IMAGE = "image"


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """One store's settings, each with its default."""

    purchase_when: When = When.PAID
    cod_when: When = When.PLACED
    event_id_template: str = "{order_id}"
    value_basis: ValueBasis = ValueBasis.TOTAL
    content_id_template: str = "{variant_id}"
    refunds: bool = True
    registrations: bool = False
    include_sources: frozenset[Source] = frozenset()
    phone_country: str | None = None
    pixel: PixelOwner = PixelOwner.OURS
    consent_mode: ConsentMode = ConsentMode.REGIONAL
    limited_data_use: LimitedDataUse = LimitedDataUse.AUTO
    routing: tuple[tuple[str, Route], ...] = tuple(PRESET.items())
    pixel_carrier: Carrier = Carrier.FBQ
    leave_out: frozenset[Field] = frozenset()  # never kept, never told
    never_named: tuple[str, ...] = ()  # patterns of ids and SKUs of items that are never named

    def route(self, event_name: str) -> Route:
        """Who tells an event; what the table does not name (a refund) is the server's alone."""
        return dict(self.routing).get(event_name, Route.SERVER)

    def changed(self, values: Mapping[str, str]) -> "StoreSettings":
        """A copy with the given settings, read from text. Raises InvalidSetting."""
        return replace(self, **{name: parse(name, text) for name, text in values.items()})

    def as_text(self) -> dict[str, str]:
        """Every setting as the text `changed` reads, for storage and for people."""
        return {one.name: _written(getattr(self, one.name)) for one in fields(self)}


def parse(name: str, text: str) -> Any:
    """The typed value of one setting. Raises InvalidSetting with the values it could take."""
    try:
        read = _PARSERS[name]
    except KeyError:
        known = ", ".join(sorted(_PARSERS))
        raise InvalidSetting(f"There is no setting {name!r}. Settings are: {known}, state.") from None
    try:
        return read(text.strip())
    except ValueError as error:
        raise InvalidSetting(f"{name} cannot be {text!r}: {error}") from None


def _written(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(one if isinstance(one, str) else f"{one[0]}={one[1]}" for one in value)
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, frozenset):
        return ",".join(sorted(value))
    return "" if value is None else str(value)


def _choice(kind: type[E]) -> Callable[[str], E]:
    def read(text: str) -> E:
        if text not in set(kind):
            raise ValueError(f"it is one of {', '.join(kind)}.")
        return kind(text)

    return read


def _switch(text: str) -> bool:
    if text not in ("on", "off"):
        raise ValueError("it is on or off.")
    return text == "on"


def _template(*names: str, required: str = "") -> Callable[[str], str]:
    known = {f"{{{name}}}" for name in names}

    def read(text: str) -> str:
        if not text or len(text) > 100 or not text.isprintable():
            raise ValueError("it is a text of 1 to 100 characters, all printable.")
        used = re.findall(r"\{[^{}]*\}", text)
        if set(used) - known or re.search(r"[{}]", re.sub(r"\{[^{}]*\}", "", text)):
            raise ValueError(f"it may hold {', '.join(sorted(known))}.")
        if required not in text:
            raise ValueError(f"it must hold {required}.")
        if not used:
            raise ValueError(f"it must hold one of {', '.join(sorted(known))}.")
        return text

    return read


def _sources(text: str) -> frozenset[Source]:
    allowed = set(Source) - {Source.WEBSITE}
    given = {part.strip() for part in text.split(",") if part.strip()}
    if given - set(allowed):
        raise ValueError(f"it is a comma list of {', '.join(sorted(allowed))}.")
    return frozenset(Source(part) for part in given)


def _country(text: str) -> str | None:
    if text and not re.fullmatch(r"[A-Za-z]{2}", text):
        raise ValueError("it is a two-letter country code like DE, or empty.")
    return text.upper() or None


def _routing(text: str) -> tuple[tuple[str, Route], ...]:
    """What is not named keeps its place in the usual table."""
    given = dict(PRESET)
    for part in filter(None, (one.strip() for one in text.split(","))):
        event_name, _, route = (one.strip() for one in part.partition("="))
        if event_name not in PRESET:
            raise ValueError(f"it is a comma list like Purchase=both, of {', '.join(PRESET)}.")
        given[event_name] = _choice(Route)(route)
        if event_name in _BROWSING and given[event_name].by_server:
            raise ValueError(f"no webhook tells of {event_name}: it is told by the pixel, or off.")
    return tuple(given.items())


def _fields(text: str) -> frozenset[Field]:
    given = {part.strip() for part in text.split(",") if part.strip()}
    if given - set(Field):
        raise ValueError(f"it is a comma list of {', '.join(Field)}.")
    return frozenset(Field(part) for part in given)


def _patterns(text: str) -> tuple[str, ...]:
    given = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if len(given) > _MOST_PATTERNS or any(len(one) > _LONGEST_PATTERN or not one.isprintable() for one in given):
        raise ValueError(
            f"it is a comma list of at most {_MOST_PATTERNS} ids or SKUs of up to {_LONGEST_PATTERN} letters, * for any."
        )
    return given


_PARSERS: dict[str, Callable[[str], Any]] = {
    "purchase_when": _choice(When),
    "cod_when": _choice(When),
    "event_id_template": _template("order_id", "order_number", "store_key", required="{order_id}"),
    "value_basis": _choice(ValueBasis),
    "content_id_template": _template("variant_id", "product_id", "sku"),
    "refunds": _switch,
    "registrations": _switch,
    "include_sources": _sources,
    "phone_country": _country,
    "pixel": _choice(PixelOwner),
    "consent_mode": _choice(ConsentMode),
    "limited_data_use": _choice(LimitedDataUse),
    "routing": _routing,
    "pixel_carrier": _choice(Carrier),
    "leave_out": _fields,
    "never_named": _patterns,
}
