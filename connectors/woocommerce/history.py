"""Past orders, as the store's API lists them, into the store's own words. Pure.

Read by the rules that judge webhooks: there is one opinion of what an order is. Nothing of who bought is asked for, and
what a careless answer holds of it is not read; of the meta data, which may tell anything, only our own consent answer
and the marks of test payments are.
"""

from datetime import datetime, timedelta

import msgspec

from connectors import wild
from connectors.access import Page, PastOrder
from connectors.errors import MalformedPayload
from connectors.event import Event, Kind
from connectors.woocommerce import amounts, attribution, listing, mapping, reading, shopper
from connectors.woocommerce.shapes import OrderBody

_FIELDS = (
    *("id", "number", "status", "created_via", "payment_method"),
    *("currency", "total", "total_tax", "shipping_total", "shipping_tax", "prices_include_tax"),
    *("date_created_gmt", "date_modified_gmt", "date_paid_gmt"),
    *("billing.country", "billing.state", "shipping.country", "shipping.state"),
    "meta_data",
)
_SECOND = timedelta(seconds=1)
_UNNAMED = "unknown"
_MAX_WORD = 100


def query(since: datetime, cursor: str | None) -> dict[str, str]:
    """What to ask `GET wc/v3/orders`, for orders placed from `since` on; `cursor` is the page, the first for None.

    `include_meta` keeps all other meta data at home; a store too old to know it sends them, and they are not read.
    """
    return listing.question(
        after=listing.moment(since - _SECOND),
        orderby="date",
        page=str(_number(cursor)),
        _fields=",".join(_FIELDS),
        include_meta=",".join(attribution.DECIDING),
    )


def page(body: bytes, cursor: str | None, total_pages: int | None) -> Page:
    """Its orders, each once; one that cannot be read (no id, no total) and drafts of the checkout page are left out.

    An empty page is the last, as is the one that `total_pages` (X-WP-TotalPages) says. Raises Unreachable for no list.
    """
    raws = listing.elements(body)
    read = {past.event.subject: past for past in map(_readable, raws) if past is not None}
    following = _number(cursor) + 1
    more = bool(raws) and (total_pages is None or following <= total_pages)
    return Page(tuple(read.values()), str(following) if more else None)


def _number(cursor: str | None) -> int:
    return int(cursor) if cursor and cursor.isdecimal() else 1


def _readable(raw: msgspec.Raw) -> PastOrder | None:
    told = wild.part(raw, OrderBody)
    try:
        return _past_order(told) if told else None
    except MalformedPayload:
        return None


def _past_order(told: OrderBody) -> PastOrder | None:
    if wild.text(told.status) in (None, listing.DRAFT):
        return None
    order_id, total, meta = mapping.order_id_of(told), amounts.total(told), attribution.read(told.meta_data)
    deciding = {key: meta[key] for key in attribution.DECIDING if key in meta}
    event = Event(
        Kind.ORDER,
        subject=order_id,
        placed_at=reading.instant(told.date_created_gmt),
        paid_at=reading.instant(told.date_paid_gmt),
        updated_at=reading.instant(told.date_modified_gmt),
        order_id=order_id,
        order=mapping.order_facts(told, order_id, deciding),
        amounts=amounts.without_lines(told, total),
        consent=attribution.consent(deciding),
        region=shopper.region(*shopper.addresses(told)),
    )
    return PastOrder(event, source=_word(told.created_via), payment=_word(told.payment_method))


def _word(value: object) -> str:
    return wild.text(value, _MAX_WORD) or _UNNAMED
