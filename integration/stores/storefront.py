"""What a plugin in a store's own server asks and tells: who it is, who else tells Meta there, what Meta knows of orders.

All of it is the shop's word, and another plugin's name and settings are in it: it is cut to size and cleaned before it
is kept, and shown as text.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from connectors import wild
from connectors.errors import MalformedPayload
from integration.db import Connection, alerts, datasets, reports, sightings, storefronts
from integration.db.datasets import Dataset
from integration.db.deliveries import State
from integration.db.stores import Store
from integration.meta.event import PURCHASE
from integration.pipeline import joining
from integration.pipeline.joining import By

OTHER_PIXEL = "other_pixel"
MOST_ORDERS = 100
_MOST_PIXELS, _MOST_IDS = 20, 10
_NAME, _SLUG, _VERSION, _ADDRESS = 60, 60, 20, 200
# A dataset's id, or a container of Google's tag manager, in which a Pixel may be.
_PIXEL_ID = re.compile(r"[0-9]{5,32}|GTM-[A-Z0-9]{4,12}", re.ASCII)
_ORDER_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_LONGEST_ALERT = 500

# What an order is said to be that goes to several datasets: the state that comes first here.
_FIRST_TOLD = (
    *(State.DELIVERED, State.SENDING, State.PENDING, State.WAITING, State.HELD, State.AMBIGUOUS),
    *(State.DEAD, State.EXPIRED, State.WITHHELD, State.SKIPPED, State.OBSERVED),
)


class Pixel(msgspec.Struct, frozen=True):
    """Another plugin of the shop's that tells Meta. `plugin`: its folder; `ids`: as far as its settings show them."""

    plugin: str
    name: str
    ids: tuple[str, ...] = ()


class Report(msgspec.Struct, frozen=True):
    """What the plugin says of itself, and of the WordPress it is in; "" and None where it does not say."""

    plugin: str
    wordpress: str = ""
    woocommerce: str = ""
    php: str = ""
    home: str = ""
    environment: str = ""
    hpos: bool | None = None
    block_checkout: bool | None = None
    cron_disabled: bool | None = None
    pixels: tuple[Pixel, ...] = ()


class Storefront(msgspec.Struct, frozen=True):
    """A report, and when it came."""

    report: Report
    at: datetime


class _ToldPixel(msgspec.Struct):
    plugin: Any = None
    name: Any = None
    ids: Any = None


class _ToldReport(msgspec.Struct):
    plugin: Any = None
    wordpress: Any = None
    woocommerce: Any = None
    php: Any = None
    home: Any = None
    environment: Any = None
    hpos: Any = None
    block_checkout: Any = None
    cron_disabled: Any = None
    pixels: msgspec.Raw = msgspec.Raw()


class _ToldOrders(msgspec.Struct):
    order_ids: Any = None


def read(body: bytes) -> Report:
    """A report as it came. Pure. Raises MalformedPayload where it does not even say which plugin this is."""
    told = wild.decode(body, _ToldReport)
    version = _short(told.plugin, _VERSION)
    if not version:
        raise MalformedPayload("A report says which version of the plugin it is of.")
    found = (_pixel(one) for one in wild.parts(told.pixels, _ToldPixel)[:_MOST_PIXELS])
    return Report(
        plugin=version,
        wordpress=_short(told.wordpress, _VERSION),
        woocommerce=_short(told.woocommerce, _VERSION),
        php=_short(told.php, _VERSION),
        home=_short(told.home, _ADDRESS),
        environment=_short(told.environment, _VERSION),
        hpos=_flag(told.hpos),
        block_checkout=_flag(told.block_checkout),
        cron_disabled=_flag(told.cron_disabled),
        pixels=tuple(one for one in found if one is not None),
    )


def _pixel(told: _ToldPixel) -> Pixel | None:
    slug = _short(told.plugin, _SLUG)
    ids = told.ids if isinstance(told.ids, list) else []
    good = [one for one in ids[:_MOST_IDS] if isinstance(one, str) and _PIXEL_ID.fullmatch(one)]
    return Pixel(slug, _short(told.name, _NAME) or slug, tuple(dict.fromkeys(good))) if slug else None


def _short(told: Any, limit: int) -> str:
    """On one line, without what is not seen: a sentence must not be turned round by a mark inside a plugin's name."""
    words = (wild.text(told, limit) or "").split()
    return "".join(letter for letter in " ".join(words) if letter.isprintable())


def _flag(told: Any) -> bool | None:
    return told if isinstance(told, bool) else None


def keep(connection: Connection, store: Store, report: Report, now: datetime) -> None:
    """Keep a report, and say so where somebody else tells one of our datasets."""
    storefronts.keep(connection, store.id, msgspec.json.encode(report).decode())
    weigh(connection, store.id, report, now)


def weigh(connection: Connection, store_id: str, report: Report, now: datetime) -> None:
    """Raise the alert about other senders, or take it back."""
    sentence = rivals_sentence(report, datasets.of_store(connection, store_id))
    if sentence is None:
        alerts.clear(connection, store_id=store_id, kind=OTHER_PIXEL)
    else:
        alerts.keep(connection, store_id=store_id, kind=OTHER_PIXEL, sentence=sentence, at=now)


def weigh_again(connection: Connection, store_id: str, now: datetime) -> None:
    """The same by the last report, where the store's datasets are others now."""
    known = of_store(connection, store_id)
    if known is not None:
        weigh(connection, store_id, known.report, now)


def rivals_sentence(report: Report, sides: Sequence[Dataset]) -> str | None:
    """What to do about plugins that tell our datasets as well; None where there are none. Pure."""
    ours = {side.dataset_id for side in sides}
    shared = {one.name: [told for told in one.ids if told in ours] for one in report.pixels}
    rivals = {name: ids for name, ids in shared.items() if ids}
    if not rivals:
        return None
    who = " and ".join(f"{name} tells dataset {', '.join(ids)}" for name, ids in rivals.items())
    names = " and ".join(rivals)
    mend = (
        " too, as Tandem does. Where two tell Meta of one order under different ids, Meta counts it twice: one sender of "
        "Purchase must remain. Switch Purchase off there, unless it gives Meta the order’s number as event id."
    )
    room = _LONGEST_ALERT - len(mend)
    return (who if len(who) <= room else f"{names[: room - 20]} tell your dataset") + mend


def of_store(connection: Connection, store_id: str) -> Storefront | None:
    """What the plugin last reported; None where it never did, or in a shape we do not know any more."""
    kept = storefronts.of_store(connection, store_id)
    try:
        return Storefront(msgspec.json.decode(kept.report, type=Report), kept.at) if kept else None
    except msgspec.DecodeError:
        return None


def order_ids(body: bytes) -> Sequence[str]:
    """The orders that are asked about. Pure. Raises MalformedPayload."""
    told = wild.decode(body, _ToldOrders).order_ids
    if not isinstance(told, list) or len(told) > MOST_ORDERS:
        raise MalformedPayload(f"order_ids is a list of at most {MOST_ORDERS} ids.")
    if not all(isinstance(one, str) and _ORDER_ID.fullmatch(one) for one in told):
        raise MalformedPayload("An order's id is text of digits.")
    return list(dict.fromkeys(told))


def known(connection: Connection, store: Store, wanted: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
    """What Meta knows of these orders of this store, by order id; those that we know nothing of are left out."""
    found: dict[str, reports.Told] = {}
    for one in reports.told(connection, store.id, PURCHASE, wanted):
        before = found.get(one.subject)
        if before is None or _rank(one) < _rank(before):
            found[one.subject] = one
    pixels = sightings.sent(connection, store.id, PURCHASE, {joining.key(By.ORDER, one): one for one in found})
    return {order_id: _worded(one, by_pixel=order_id in pixels) for order_id, one in found.items()}


def _rank(one: reports.Told) -> int:
    return _FIRST_TOLD.index(one.state)


def _worded(one: reports.Told, *, by_pixel: bool) -> Mapping[str, Any]:
    delivered = one.state is State.DELIVERED
    riders = (("pixel", by_pixel), ("server", delivered))
    at = one.delivered_at.strftime("%Y-%m-%dT%H:%M:%SZ") if delivered and one.delivered_at else None
    return {"state": one.state, "told_by": [rider for rider, told in riders if told], "reason": one.reason, "at": at}
