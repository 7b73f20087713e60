"""Which webhook subscriptions a shop should have of us, and what is to be done about those it has. Pure.

The API lists only what the API made; what `shopify app deploy` declared stays out of sight, and so does everything a
merchant set up by hand. A subscription is ours if its address ends as ours does: an operator may send the same topics
to a queue of their own with the same app, and that is left alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any
from urllib.parse import urlsplit

import msgspec

from connectors import wild
from connectors.shopify import mapping, webhooks
from connectors.shopify.answers import PageInfo

JSON = "JSON"
# The compliance topics cannot be subscribed to by the API; they are declared in shopify.app.toml.
_COMPLIANCE = frozenset({"customers/data_request", "customers/redact", "shop/redact"})
FOLLOWED = tuple(topic for topic in mapping.TOPICS if topic not in _COMPLIANCE)


def spelled(topic: str) -> str:
    """The topic as GraphQL's enum has it: orders/create is ORDERS_CREATE."""
    return topic.replace("/", "_").upper()


class Listed(msgspec.Struct, rename="camel", gc=False):
    """One subscription the shop has."""

    id: Any = None
    topic: Any = None
    uri: Any = None
    format: Any = None
    filter: Any = None
    include_fields: Any = None


class Subscriptions(msgspec.Struct, rename="camel", gc=False):
    """A page of them."""

    nodes: list[Listed] | None = None
    page_info: PageInfo | None = None


class Deed(Enum):
    """What can be done."""

    REMOVE = auto()
    CORRECT = auto()
    MAKE = auto()


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. `id`: of the subscription there is; "" for one to be made. `missing`: there is none of ours."""

    deed: Deed
    topic: str
    id: str = ""
    missing: bool = False


def plan(listed: Sequence[Listed], address: str) -> list[Step]:
    """How to come to one right subscription a topic, step by step.

    A right one is kept, else one whose address or format is wrong is corrected. One that cuts the bodies (a filter,
    `includeFields`) is taken away and made anew: what an update without these fields makes of them is not documented.
    """
    return [step for topic in FOLLOWED for step in _steps(topic, listed, address)]


def _steps(topic: str, listed: Sequence[Listed], address: str) -> list[Step]:
    """Removing comes first: a topic's address is free for a new subscription only once the old one is gone."""
    ours = [one for one in listed if _is_ours(one, topic)]
    kept = min((one for one in ours if _is_whole(one)), key=lambda one: not _is_right(one, address), default=None)
    steps = [Step(Deed.REMOVE, topic, one.id) for one in ours if one is not kept]
    if kept is None:
        return [*steps, Step(Deed.MAKE, topic, missing=not ours)]
    return steps if _is_right(kept, address) else [*steps, Step(Deed.CORRECT, topic, kept.id)]


def variables(step: Step, address: str) -> dict[str, Any]:
    """What the mutation is given. No `includeFields` and no filter: a body must come whole."""
    wanted = {"uri": address, "format": JSON}
    match step.deed:
        case Deed.REMOVE:
            return {"id": step.id}
        case Deed.CORRECT:
            return {"id": step.id, "webhookSubscription": wanted}
        case Deed.MAKE:
            return {"topic": spelled(step.topic), "webhookSubscription": wanted}


def _is_ours(one: Listed, topic: str) -> bool:
    if one.topic != spelled(topic) or not isinstance(one.id, str):
        return False
    try:
        parts = urlsplit(wild.text(one.uri) or "")
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.path.endswith(webhooks.PATH)


def _is_whole(one: Listed) -> bool:
    return not one.filter and not one.include_fields


def _is_right(one: Listed, address: str) -> bool:
    return (one.uri, one.format) == (address, JSON)
