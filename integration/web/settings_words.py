"""What pages call the settings, their values, and the deeds of the change log. Pure.

Long: one table a setting, each value with what it means.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from connectors.event import Source
from integration.db.changes import ADMIN, COMMAND_LINE, ITSELF, LINK, OPERATOR, OWN
from integration.store_settings import (
    PRESET,
    Carrier,
    ConsentMode,
    LimitedDataUse,
    PixelOwner,
    Route,
    ValueBasis,
    When,
)
from integration.web import consent_words
from integration.web.privacy_words import FIELDS

Option = tuple[str, str] | tuple[str, str, str]

LABELS: Mapping[str, str] = MappingProxyType(
    {
        "purchase_when": "An order counts as a purchase",
        "cod_when": "An order with cash on delivery counts",
        "include_sources": "Orders from elsewhere that are told too",
        "refunds": "Tell Meta of refunds",
        "registrations": "Registrations",
        "routing": "Who tells each event",
        "pixel": "The Pixel in your storefront",
        "pixel_carrier": "How Tandem’s Pixel reaches Meta inside a platform’s sandbox",
        "value_basis": "The value of an order",
        "event_id_template": "The id of a purchase",
        "content_id_template": "The id of a product",
        "consent_mode": "Consent mode",
        "limited_data_use": "Limited data use",
        "phone_country": "Country of phone numbers without one",
        "leave_out": "Kept back of a person",
        "never_named": "Items that are never named",
        "state": "Tandem",
        "reason": "Reason",
        "to": "Addresses",
    }
)

WHEN: Sequence[Option] = (
    (When.PAID, "When it is paid", "Card payments count at once; a bank transfer when the money is there."),
    (When.PLACED, "When it is placed", "Orders that are never paid count too; what Meta was told stays with Meta."),
)
COD: Sequence[Option] = (
    (When.PLACED, "When it is placed", "Meta learns of it at once, though some parcels come back unpaid."),
    (When.PAID, "When it is paid", "The courier’s money may come after the seven days in which Meta takes an event."),
)
SOURCES: Mapping[str, str] = MappingProxyType(
    {
        Source.POS: "Sold in a shop (point of sale)",
        Source.DRAFT: "Made by hand by your staff",
        Source.SUBSCRIPTION: "Renewals of a subscription",
        Source.OTHER: "Made by another app or channel",
    }
)
ROUTES: Mapping[str, str] = MappingProxyType(
    {
        Route.BOTH: "Pixel and server",
        Route.SERVER: "Server only",
        Route.PIXEL: "Pixel only",
        Route.OFF: "Nobody",
    }
)
PIXELS: Sequence[Option] = (
    (PixelOwner.OURS, "Tandem’s own Pixel tells Meta", "It uses the same ids as the server, so Meta counts one."),
    (PixelOwner.OTHER, "Another Pixel tells Meta", "Tandem’s stays silent. Meta counts one only if both use one id."),
    (PixelOwner.NONE, "No Pixel tells Meta", "Only the server tells purchases. Browsing is not told at all."),
)
CARRIERS: Sequence[Option] = (
    (Carrier.FBQ, "By Meta’s own script", "Meta’s script loads inside the sandbox and tells what it is given."),
    (
        Carrier.IMAGE,
        "By an image request",
        "Meta’s documented request. It carries no cookie of your shop, so Meta has less to know a browser by.",
    ),
)
BASES: Mapping[str, str] = MappingProxyType(
    {
        ValueBasis.TOTAL: "The total",
        ValueBasis.WITHOUT_SHIPPING: "Without shipping",
        ValueBasis.WITHOUT_TAX: "Without tax",
        ValueBasis.SUBTOTAL: "The items alone",
    }
)
BASES_MEAN: Mapping[str, str] = MappingProxyType(
    {
        ValueBasis.TOTAL: "What the buyer pays, with shipping and tax.",
        ValueBasis.WITHOUT_SHIPPING: "The total less shipping.",
        ValueBasis.WITHOUT_TAX: "The total less tax.",
        ValueBasis.SUBTOTAL: "What the shop calls its subtotal, after discounts.",
    }
)
MODES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        ConsentMode.REGIONAL: ("Regional", "In the EEA, the UK and Switzerland nothing is told without a yes."),
        ConsentMode.STRICT: ("Strict", "Nothing is told of anybody without a yes."),
        ConsentMode.ASSUMED: ("Assumed", "You vouch that your shoppers consent: silence counts as yes, a no stands."),
    }
)
LIMITED: Sequence[Option] = (
    (
        LimitedDataUse.AUTO,
        "Where a shopper refused the sale of data",
        "In the United States Meta then uses less of it.",
    ),
    (LimitedDataUse.ALWAYS, "Always", "Meta is asked to use less of every event, and applies it where its terms say."),
    (LimitedDataUse.NEVER, "Never", "After such a no the event is not told at all."),
)

_SWITCH = {"on": "yes", "off": "no"}
_STATES = {"live": "tells Meta", "observing": "observes"}


def _of(options: Sequence[Option]) -> Mapping[str, str]:
    return {option[0]: option[1] for option in options}


_VALUES: Mapping[str, Mapping[str, str]] = {
    "purchase_when": _of(WHEN),
    "cod_when": _of(COD),
    "refunds": _SWITCH,
    "registrations": _SWITCH,
    "pixel": _of(PIXELS),
    "pixel_carrier": _of(CARRIERS),
    "value_basis": BASES,
    "consent_mode": {mode: name for mode, (name, _) in MODES.items()},
    "limited_data_use": _of(LIMITED),
    "state": _STATES,
}
_LISTS: Mapping[str, Mapping[str, str]] = {
    "include_sources": SOURCES,
    "leave_out": {str(one): words for one, words in FIELDS.items()},
}
_SURFACES: Mapping[str, str] = MappingProxyType(
    {
        OWN: "your store’s page",
        ADMIN: "the platform’s admin",
        OPERATOR: "the operator’s pages",
        COMMAND_LINE: "the command line",
        LINK: "an invitation link",
        ITSELF: "Tandem itself",
    }
)


class Side(NamedTuple):
    """One value before and after, in words; "" for nothing."""

    label: str
    before: str
    after: str


def surface(word: str) -> str:
    """By which way something was done."""
    return _SURFACES.get(word, word)


def sides(before: Mapping[str, str | None], after: Mapping[str, str | None]) -> Sequence[Side]:
    """What a line of the change log says, value by value. A routing is told event by event, as far as it changed."""
    found: list[Side] = []
    for name in {**before, **after}:
        was, is_now = before.get(name) or "", after.get(name) or ""
        if name == "routing":
            found += _routes(was, is_now)
        else:
            found.append(Side(label(name), value(name, was), value(name, is_now)))
    return found


def label(name: str) -> str:
    """What a setting is called; of what is none, its own name."""
    return LABELS.get(name) or consent_words.capital(name)


def value(name: str, text: str) -> str:
    """What a setting's value is called."""
    if name in _LISTS and text:
        return ", ".join(_LISTS[name].get(part, part) for part in text.split(","))
    return _VALUES.get(name, {}).get(text, text)


def _routes(was: str, is_now: str) -> Sequence[Side]:
    before, after = (dict(part.split("=", 1) for part in text.split(",") if "=" in part) for text in (was, is_now))
    changed = [one for one in {**PRESET, **before, **after} if before.get(one) != after.get(one)]
    return [Side(one, *(ROUTES.get(said.get(one, ""), "") for said in (before, after))) for one in changed]
