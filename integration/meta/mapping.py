"""A store's event in Meta's words. Pure: no clock, no database, nothing of any platform.

Two halves. What is impersonal (`Facts`) is kept as it is and put into custom_data when the event leaves, so that a
changed template or value basis reaches everything unsent. What is personal (`user_data`) is hashed at once.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import msgspec

from connectors.event import Customer, Event, Kind, Line, Source, Standing
from connectors.money import round_to_currency
from integration.meta import clickid, hashing, somebody
from integration.meta.contents import FactLine, contents, number
from integration.meta.event import BROWSER_KEYS, INITIATE_CHECKOUT, PURCHASE, REFUND, LimitedData, ServerEvent
from integration.store_settings import Field, StoreSettings, ValueBasis

EVENT_NAMES = {
    Kind.ORDER: PURCHASE,
    Kind.ORDER_DELETED: PURCHASE,
    Kind.CHECKOUT_STARTED: INITIATE_CHECKOUT,
    Kind.REFUND: REFUND,
}

# By using the API one warrants that action_source is true. What a draft was (a call, a chat) nobody tells us.
_ACTION_SOURCES = {
    Source.WEBSITE: "website",
    Source.POS: "physical_store",
    Source.DRAFT: "other",
    Source.SUBSCRIPTION: "system_generated",
    Source.OTHER: "system_generated",
}
_REFUND_ACTION_SOURCE = "system_generated"

# What a merchant may keep back, in Meta's keys.
KEYS_OF: Mapping[Field, tuple[str, ...]] = MappingProxyType(
    {
        Field.EMAIL: ("em",),
        Field.PHONE: ("ph",),
        Field.NAME: ("fn", "ln"),
        Field.CITY: ("ct",),
        Field.STATE: ("st",),
        Field.POSTCODE: ("zp",),
        Field.COUNTRY: ("country",),
        Field.CUSTOMER_ID: ("external_id",),
        Field.IP: ("client_ip_address",),
        Field.USER_AGENT: ("client_user_agent",),
        Field.CLICK: ("fbc",),
        Field.BROWSER_ID: ("fbp",),
    }
)

MAX_CONTENTS = 500
MAX_SKU = 100
_NOTHING = Decimal(0)


class Facts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is kept of a deed beside the hashes: no name, no address, nothing of the buyer. Money in major units."""

    source: Source
    as_of: datetime | None = None  # the platform's own version of the payload they were read from
    order_id: str | None = None
    number: str | None = None
    status: str | None = None
    currency: str | None = None
    total: Decimal | None = None
    subtotal: Decimal | None = None
    shipping: Decimal | None = None
    tax: Decimal | None = None
    shop_total: Decimal | None = None
    shop_currency: str | None = None
    page: str | None = None
    payment: str | None = None  # the platform's own words
    paid: bool | None = None  # whether it was, when it counted; None: told before this was kept
    cash_on_delivery: bool = False
    lines: tuple[FactLine, ...] = ()

    def encoded(self) -> str:
        """JSON text, for the ledger."""
        return msgspec.json.encode(self).decode()


def decode_facts(text: str) -> Facts:
    """The facts in a ledger row."""
    return msgspec.json.decode(text, type=Facts)


def facts(event: Event, *, domain: str) -> Facts:
    """The impersonal part of an event; `domain` is the store's own, for an address where the payload gave none."""
    order, amounts = event.order, event.amounts
    website = order is None or order.source is Source.WEBSITE
    return Facts(
        source=order.source if order else Source.WEBSITE,
        as_of=event.updated_at,
        order_id=event.order_id,
        number=order.number if order else None,
        status=order.status if order else None,
        currency=amounts.total.currency if amounts else None,
        total=amounts.total.amount if amounts else None,
        subtotal=amounts.subtotal if amounts else None,
        shipping=amounts.shipping if amounts else None,
        tax=amounts.tax if amounts else None,
        shop_total=amounts.shop.amount if amounts and amounts.shop else None,
        shop_currency=amounts.shop.currency if amounts and amounts.shop else None,
        page=(event.browser.page or f"https://{domain}/") if website else None,
        payment=order.payment if order else None,
        paid=order.standing is Standing.PAID if order else None,
        cash_on_delivery=order.cash_on_delivery if order else False,
        lines=_fact_lines(event.lines[:MAX_CONTENTS]),
    )


def _fact_lines(lines: Sequence[Line]) -> tuple[FactLine, ...]:
    return tuple(
        [
            FactLine(one.variant_id, one.product_id, one.sku[:MAX_SKU] if one.sku else None, one.quantity, one.price)
            for one in lines
        ]
    )


def event_id(event: Event, settings: StoreSettings, *, store_key: str) -> str:
    """The id the storefront's Pixel gives the same deed. Computed once, then stored.

    A store that shares its dataset carries its key in order ids; its refund ids are small counters too, and follow.
    """
    prefix = f"{store_key}_" if "{store_key}" in settings.event_id_template else ""
    if event.kind is Kind.REFUND:
        return f"refund_{prefix}{event.subject}"
    if event.kind is Kind.CHECKOUT_STARTED:
        return event.subject
    if settings.event_id_template == "{order_id}":
        return event.subject
    number = event.order.number if event.order else None
    return order_event_id(settings.event_id_template, event.subject, number, store_key=store_key)


def order_event_id(template: str, order_id: str, number: str | None, *, store_key: str) -> str:
    """What an order is called by a template."""
    words = {"order_id": order_id, "order_number": (number or order_id)[:64], "store_key": store_key}
    return template.format_map(words)


def user_data(event: Event, settings: StoreSettings) -> dict[str, str]:
    """What Meta may match the person by: hashed where it wants hashes, absent where there is nothing to send.

    IP and agent are taken from website orders only: on others they are the merchant's or an app's own.
    """
    return user_data_of(event, normalised(event.customer, settings.phone_country))


def user_data_of(event: Event, person: Mapping[str, str | None]) -> dict[str, str]:
    """The same, of a person `normalised` already."""
    found: dict[str, str | None] = {**hashing.hashed(person)}
    browser = event.browser
    cookie, clicked = somebody.unnamed(browser.fbc), somebody.unnamed(browser.fbclid)
    if cookie or clicked:
        found["fbc"] = clickid.fbc(cookie, clicked, _first_seen_ms(event))
    found["fbp"] = clickid.fbp(browser.fbp)
    if event.order is None or event.order.source is Source.WEBSITE:
        found["client_ip_address"] = hashing.client_ip(browser.ip)
        found["client_user_agent"] = hashing.user_agent(somebody.unnamed(browser.user_agent))
    return {key: value for key, value in found.items() if value}


def without(user_data: dict[str, str], leave_out: frozenset[Field]) -> dict[str, str]:
    """The same without what the merchant keeps back: neither sealed nor told."""
    if not leave_out:
        return user_data
    kept = dict(user_data)
    for one in leave_out:
        for key in KEYS_OF[one]:
            kept.pop(key, None)
    return kept


def normalised(customer: Customer, phone_country: str | None) -> dict[str, str | None]:
    """A person's parameters, ready to be hashed; None for what they do not have."""
    country = hashing.country(customer.country)
    calling_from = country or phone_country
    return {
        "em": hashing.email(customer.email),
        "ph": hashing.phone(customer.phone, calling_from),
        "fn": hashing.name(customer.first_name),
        "ln": hashing.name(customer.last_name),
        "ct": hashing.city(customer.city),
        "st": hashing.state(customer.state, country),
        "zp": hashing.postcode(customer.postcode, country),
        "country": country,
        "external_id": hashing.external_id(customer.id),
    }


def _first_seen_ms(event: Event) -> int | None:
    seen = event.browser.landed_at or event.placed_at
    return round(seen.timestamp() * 1000) if seen else None


def value(event_name: str, kept: Facts, basis: ValueBasis) -> Decimal | None:
    """What the deed was worth, in major units of the buyer's currency, with that currency's decimals."""
    if kept.total is None or kept.currency is None:
        return None
    if event_name == INITIATE_CHECKOUT:
        basis = ValueBasis.SUBTOTAL
    elif event_name == REFUND:
        basis = ValueBasis.TOTAL
    return round_to_currency(max(_worth(kept, kept.total, basis), _NOTHING), kept.currency)


def _worth(kept: Facts, total: Decimal, basis: ValueBasis) -> Decimal:
    match basis:
        case ValueBasis.TOTAL:
            return total
        case ValueBasis.WITHOUT_SHIPPING:
            return total - (kept.shipping or _NOTHING)
        case ValueBasis.WITHOUT_TAX:
            return total - (kept.tax or _NOTHING)
        case ValueBasis.SUBTOTAL:
            return total if kept.subtotal is None else kept.subtotal


def custom_data(event_name: str, kept: Facts, settings: StoreSettings) -> dict[str, Any]:
    """Value, currency, contents and order id of an event. Never anything personal."""
    worth = value(event_name, kept, settings.value_basis)
    told: dict[str, Any] = {}
    if worth is not None:
        told |= {"value": number(worth), "currency": kept.currency}
    if event_name in (PURCHASE, REFUND) and kept.order_id:
        told["order_id"] = kept.order_id
    if event_name != REFUND:
        told |= contents(kept.lines, kept.currency or "", settings.content_id_template, settings.never_named)
    return told


def server_event(
    *,
    event_name: str,
    event_id: str,
    event_time: datetime,
    kept: Facts,
    person: Mapping[str, str],
    settings: StoreSettings,
    limited: LimitedData | None = None,
) -> ServerEvent:
    """The event as it leaves. A refund is told by the system: without the buyer's browser, IP or agent. What was sealed
    before the merchant chose to leave it out is not told either.
    """
    refund = event_name == REFUND
    if settings.leave_out:
        person = without(dict(person), settings.leave_out)
    return ServerEvent(
        event_name=event_name,
        event_id=event_id,
        event_time=event_time,
        action_source=_REFUND_ACTION_SOURCE if refund else _ACTION_SOURCES[kept.source],
        user_data={key: text for key, text in person.items() if key not in BROWSER_KEYS} if refund else person,
        custom_data=custom_data(event_name, kept, settings),
        event_source_url=None if refund else kept.page,
        limited=limited,
    )
