"""The orders that changed, the bin's included: what to ask the store for, and what its answer tells. Pure.

WooCommerce never tells twice what got lost, so its list of orders is read again, by the time of their last change.
Orders change while they are read. So there are no pages to count, in which an order that moves to the end lets
another slip through to a page already read: each question begins with the last second that the answer before it
reached, and what that second holds is told again. Who is told twice must not mind.

Only where more orders than one answer holds changed within one second (an import, a bulk edit) is there no other way
than counting. Then that second alone is read by id, in steps of half an answer: fifty of its orders may change in the
meantime, and leave it, before one is missed.

The API does not say how many orders it left out of an answer because it could not read them. So a short answer is not
yet the last: that is one without anything new, or one of which the header X-WP-TotalPages says so.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from connectors import wild
from connectors.access import Changes, Told
from connectors.errors import Unreachable
from connectors.woocommerce import answers, listing
from connectors.woocommerce.reading import instant

_STATUSES = {"orders": "any", "bin": "trash"}  # what is read, in this order; `any` leaves the bin out
_ORDERS, _BIN = _STATUSES
_SECOND = timedelta(seconds=1)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_CHANGED = "order.updated"
_CURSOR = re.compile(
    r"(?P<part>orders|bin)\|(?P<second>[\d:T-]{19})(?:\|(?P<offset>\d{1,9})\|(?P<last_id>\d{1,64}))?", re.ASCII
)


class _Order(msgspec.Struct, frozen=True):
    """As much of an order as decides where the reading goes on."""

    id: Any = None
    status: Any = None
    date_created_gmt: Any = None
    date_modified_gmt: Any = None
    date_paid_gmt: Any = None


@dataclass(frozen=True, slots=True)
class _Place:
    """How far the reading has come: all before `second` was read, of `second` itself perhaps nothing.

    `offset` is set where `second` is read by id: so many of its orders are passed over, and `last_id` was seen already.
    """

    part: str
    second: datetime
    offset: int | None = None
    last_id: int = 0


def query(since: datetime, cursor: str | None, most: int = listing.MOST) -> dict[str, str]:
    """What to ask `GET wc/v3/orders`, for orders changed from `since` on, or from where `cursor` leads; `most`: at once."""
    place = _opened(cursor, since)
    asked = {"status": _STATUSES[place.part], "modified_after": listing.moment(place.second - _SECOND)}
    if place.offset is None:
        return listing.question(most=most, **asked, orderby="modified")
    before = listing.moment(place.second + _SECOND)
    return listing.question(most=most, **asked, modified_before=before, orderby="id", offset=str(place.offset))


def changes(
    body: bytes, since: datetime, cursor: str | None, total_pages: int | None = None, most: int = listing.MOST
) -> Changes:
    """What the answer to `query` tells: live orders as `order.updated`, byte for byte, those in the bin as
    `order.deleted`; drafts of the checkout page are left out.

    What has an id and no other thing that can be read is told all the same, so that it is seen. `total_pages` is what
    X-WP-TotalPages says; without it more is asked, for half an answer may have been a whole one. `most`: as it was asked. Raises Unreachable for
    an answer that is no list, or of orders that were not asked for.
    """
    place = _opened(cursor, since)
    found = [(raw, order) for raw in listing.elements(body) if (order := wild.part(raw, _Order)) is not None]
    told = (_told(raw, order, since) for raw, order in found)
    onward = _onward(place, [order for _, order in found], total_pages, step=most // 2)
    return Changes(
        [one for one in told if one is not None],
        _sealed(onward or _next_part(place.part, since)),
    )


def live(body: bytes, order_id: str) -> Told | None:
    """The answer to `GET wc/v3/orders/<id>` as `order.updated`, byte for byte; None for one in the bin, or of the
    checkout page. Raises Unreachable for any other answer than that order.
    """
    order = answers.read(body, _Order)
    if wild.identifier(order.id) != order_id:
        raise Unreachable("The store's answer is not the order that was asked for.")
    told = _told(msgspec.Raw(body), order, _LONG_AGO)
    return told if told is not None and told.topic == _CHANGED else None


def _told(raw: msgspec.Raw, order: _Order, since: datetime) -> Told | None:
    """Whether an order is in the bin is its own word: a store that lists others there must not have them deleted."""
    order_id = wild.identifier(order.id)
    if order_id is None or order.status == listing.DRAFT:
        return None
    binned = order.status == "trash"
    return Told(
        topic="order.deleted" if binned else _CHANGED,
        body=msgspec.json.encode({"id": order.id}) if binned else bytes(raw),
        order_id=order_id,
        changed_at=instant(order.date_modified_gmt) or since,
        placed_at=instant(order.date_created_gmt),
        paid_at=instant(order.date_paid_gmt),
    )


def _onward(place: _Place, orders: list[_Order], total_pages: int | None, *, step: int) -> _Place | None:
    """Where this part of the reading goes on, None where it is done."""
    if place.offset is not None:
        return _along_ids(place, place.offset, orders, step=step)
    changed = [at for order in orders if (at := instant(order.date_modified_gmt)) is not None]
    full = len(orders) >= step if total_pages is None else total_pages > 1
    if not changed and full:
        raise Unreachable("The store's answer does not say when its orders changed.")
    latest = max(changed, default=place.second)
    if latest < place.second and full:  # one that is not full may be an order of a cache that lags behind
        raise Unreachable("The store's answer holds other orders than those asked for.")
    if latest > place.second:
        return _Place(place.part, latest) if full or total_pages is None else None
    return replace(place, offset=0) if full else None


def _along_ids(place: _Place, offset: int, orders: list[_Order], *, step: int) -> _Place:
    """The next step within a second, or, where no higher id came, the second after it.

    Only lower ids are no end: fewer were asked for than before, and the step is still among those seen then.
    """
    last_id = max((int(found) for order in orders if (found := wild.identifier(order.id) or "").isdecimal()), default=0)
    if last_id in (0, place.last_id):
        return _Place(place.part, place.second + _SECOND)
    return replace(place, offset=offset + step, last_id=max(last_id, place.last_id))


def _next_part(part: str, since: datetime) -> _Place | None:
    return _Place(_BIN, _whole(since)) if part == _ORDERS else None


def _opened(cursor: str | None, since: datetime) -> _Place:
    """The place a cursor stands for; the beginning for none, and for one that is none of ours: nothing is missed so."""
    match = _CURSOR.fullmatch(cursor or "")
    second = instant(match["second"]) if match else None
    if match is None or second is None:
        return _Place(_ORDERS, _whole(since))
    offset = None if match["offset"] is None else int(match["offset"])
    return _Place(match["part"], second, offset, int(match["last_id"] or 0))


def _sealed(place: _Place | None) -> str | None:
    """Such as `orders|2026-11-24T12:00:00`, and `orders|2026-11-24T12:00:00|50|1042` within a second."""
    if place is None:
        return None
    within = () if place.offset is None else (str(place.offset), str(place.last_id))
    return "|".join((place.part, listing.moment(place.second), *within))


def _whole(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)
