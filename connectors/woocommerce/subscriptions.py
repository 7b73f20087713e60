"""Which webhooks a store should have of us, and what is to be done about those it has. Pure.

A webhook is ours if its address ends in the path that names this store to us, whose key nobody can guess: also under a
host where we answered formerly. WooCommerce takes the same webhook twice, and then delivers all of it twice; it switches
one off after seven failures in a row; and it runs each as the user whose key made it, for ever. Once that user has lost
its role a webhook delivers errors, whoever connects the store again. The API neither tells nor changes a webhook's user,
so each is named after the key that made it, and one that is named after another key is made anew.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any
from urllib.parse import urlsplit

import msgspec

from connectors import wild
from connectors.access import Endpoint
from connectors.woocommerce.webhooks import TOPICS

ACTIVE = "active"
_MARK = re.compile(r"Tandem: .*\((?P<mark>[0-9a-f]{8})\)", re.ASCII)
FOLLOWED = tuple(topic for topic in TOPICS if topic.startswith("order."))  # checkout.created is the plugin's own


class Listed(msgspec.Struct, gc=False):
    """One webhook the store has."""

    id: Any = None
    name: Any = None
    topic: Any = None
    status: Any = None
    delivery_url: Any = None


class Deed(Enum):
    """What can be done."""

    MAKE = auto()
    CORRECT = auto()
    REMOVE = auto()


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. `id`: of the webhook there is; "" for one to be made. `silent`: until then nothing was told."""

    deed: Deed
    topic: str
    id: str = ""
    silent: bool = False


def plan(listed: Sequence[Listed], endpoint: Endpoint, key: str) -> list[Step]:
    """How to come to one working webhook a topic, made by `key`, step by step.

    A secret is renewed in place: deliveries that the store's queue still holds for a webhook go lost with it.
    """
    ours = [one for one in listed if is_ours(one, endpoint)]
    steps = [step for topic in FOLLOWED for step in _steps(topic, ours, endpoint, key)]
    return steps + [_removed(one) for one in ours if _is_mute(one)]


def name(topic: str, key: str) -> str:
    """What a webhook is called in the store's admin; of the key no more than a mark that leads nowhere."""
    return f"Tandem: {topic} ({_mark(key)})"


def is_ours(one: Listed, endpoint: Endpoint) -> bool:
    """Whether it posts to this store's own path, on whatever host."""
    if wild.identifier(one.id) is None:
        return False
    try:
        wanted, given = urlsplit(endpoint.address), urlsplit(wild.text(one.delivery_url) or "")
    except ValueError:
        return False
    # The last three parts: a public address of ours may have had a folder, and another one since.
    path = "/" + "/".join(wanted.path.split("/")[-3:])
    return given.scheme in ("http", "https") and given.path.endswith(path)


def told(step: Step, endpoint: Endpoint, key: str) -> dict[str, str]:
    """What WooCommerce is told of one to be made or corrected. Without a secret it would choose one and keep it to itself."""
    if not endpoint.secret:
        raise ValueError("a webhook needs the store's own secret")
    wanted = {"status": ACTIVE, "delivery_url": endpoint.address, "secret": endpoint.secret}
    # The topic in small letters: "Order.Created" is taken, and never fires.
    return wanted | {"name": name(step.topic, key), "topic": step.topic} if step.deed is Deed.MAKE else wanted


def _steps(topic: str, ours: Sequence[Listed], endpoint: Endpoint, key: str) -> list[Step]:
    """A new one is made before old ones are taken away, so that nothing goes untold in between."""
    found = [one for one in ours if one.topic == topic]
    silent = not any(one.status == ACTIVE for one in found)
    may_stay = (one for one in found if not _is_of_another(one, key))
    kept = min(may_stay, key=lambda one: not _is_right(one, endpoint), default=None)
    removed = [_removed(one) for one in found if one is not kept]
    if kept is None:
        return [Step(Deed.MAKE, topic, silent=silent), *removed]
    if _is_right(kept, endpoint) and not endpoint.renew:
        return removed
    return [Step(Deed.CORRECT, topic, _id(kept), silent=silent), *removed]


def _is_of_another(one: Listed, key: str) -> bool:
    """One that was renamed, or made by hand, may stay: it must not be made anew each hour."""
    marked = _MARK.fullmatch(wild.text(one.name) or "")
    return marked is not None and marked["mark"] != _mark(key)


def _mark(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:8]


def _is_right(one: Listed, endpoint: Endpoint) -> bool:
    return (one.status, one.delivery_url) == (ACTIVE, endpoint.address)


def _removed(one: Listed) -> Step:
    return Step(Deed.REMOVE, _topic(one), _id(one))


def _is_mute(one: Listed) -> bool:
    """One of a topic that never fires: spelled with capitals, for which WooCommerce keeps an empty one."""
    return _topic(one) not in FOLLOWED and _topic(one).lower() in ("", *FOLLOWED)


def _id(one: Listed) -> str:
    return wild.identifier(one.id) or ""


def _topic(one: Listed) -> str:
    return wild.text(one.topic) or ""
