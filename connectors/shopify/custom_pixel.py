"""The custom pixel a merchant pastes into Shopify's admin: the file in storefront/custom-pixel with a store's plan in it.

Pure: a plan in, text out.
"""

import dataclasses
import hashlib
import json
import re
from functools import cache
from pathlib import Path

from connectors.access import PixelPlan
from connectors.errors import Declined

VERSION = "1"
NOT_PROVEN = (
    "Not proven in a real shop yet: Shopify’s sandbox keeps the page’s address and cookies from Meta’s script. "
    "We hand over the cookies."
)
STEPS = (
    "In Shopify’s admin, open Settings, Customer events, and choose “Add custom pixel”. Name it Tandem.",
    "Set permission to Required: Marketing. Set data sale as your own policy says.",
    "Replace everything in the code field by the text below, save, and choose Connect.",
)

_FILE = Path(__file__).parent / "storefront" / "custom-pixel" / "tandem-pixel.js"
# Notes for readers of the repository; a shopper's browser need not carry them. The first three lines stay.
_NOTES = re.compile(r"/\*\*[\s\S]*?\*/ ?|^ +//.*\n|^// @ts-check\n|^ +(?=\S)", re.MULTILINE)
_PLACES = re.compile(r"__(VERSION|KEY|PLAN)__")
_SHORT = 16  # as many digits of a hash as the script compares
_NUMBER_UNKNOWN = (
    "Shopify’s Pixel does not know an order’s number, so it cannot make the event id {order_number}. "
    "Choose {order_id} in the settings."
)
# Whether an order's shipping is before or after a shipping discount is unverified, on either side.
_SHIPPING_UNSURE = (
    "Shopify’s Pixel cannot compute the value without shipping to the cent. Choose total, subtotal or without tax in "
    "the settings."
)


def text(plan: PixelPlan) -> str:
    """The pixel, to be pasted. Raises Declined, with what to change, where it could not tell what the server tells."""
    if "{order_number}" in plan.event_id_template:
        raise Declined(_NUMBER_UNKNOWN)
    if plan.value_basis == "without_shipping":
        raise Declined(_SHIPPING_UNSURE)
    told = {"version": 1, **dataclasses.asdict(public(plan))}
    words = {"VERSION": VERSION, "KEY": plan.beacon.rpartition("/")[2], "PLAN": _literal(told)}
    return _PLACES.sub(lambda place: words[place[1]], _source())


def public(plan: PixelPlan) -> PixelPlan:
    """The plan as shoppers' browsers may have it: ids that are never named as short hashes. A pattern with `*` stays one,
    for a browser could not compare a hash of it.
    """
    return dataclasses.replace(plan, never_named=tuple(map(_veiled, plan.never_named)))


def _veiled(pattern: str) -> str:
    small = pattern.lower()
    return small if "*" in small else hashlib.sha256(small.encode()).hexdigest()[:_SHORT]


def _literal(told: object) -> str:
    """JSON that is a JavaScript literal in any place: no tag can end in it."""
    return json.dumps(told, separators=(",", ":")).replace("<", "\\u003c")


@cache
def _source() -> str:
    return _NOTES.sub("", _FILE.read_text(encoding="utf-8"))
