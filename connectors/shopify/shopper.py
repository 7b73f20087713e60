"""Who bought, with which browser, and what they said about their data. Raw, as Shopify gives it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus, urlsplit

import msgspec

from connectors import wild
from connectors.event import Browser, Consent, Customer, Stated
from connectors.shopify import ids
from connectors.shopify.shapes import Account, Address, Answers, Client, OurAttributes, Sale
from connectors.wild import text

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?(?=[/?#]|$)", re.IGNORECASE | re.ASCII)
_MAX_LANDING = 65_536  # longer than any address a browser keeps; a click id is never read from a cut one
_MAX_FIELDS = 200

# From 2001 to 2286 in milliseconds: a time in seconds, which some senders wrongly use, is outside.
_MILLISECONDS = re.compile(r"[1-9]\d{12}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# As long as a browser keeps the cookie with the click: longer ago nobody saw it.
_CLICK_LASTS = timedelta(days=90)

_NOBODY, _NOWHERE, _NO_CLIENT = Account(), Address(), Client()
_CONSENT = "_tandem_consent"
_OURS = frozenset(one.encode_name for one in msgspec.structs.fields(OurAttributes))
_NOTHING_OF_OURS, _NOTHING_SAID = OurAttributes(), Consent()


def customer(sale: Sale[Any]) -> Customer:
    """The buyer. Each field may be null or absent, all of them where protected customer data is not approved.

    The name is taken whole from one place, and so is the address, never mixed from two.
    """
    account = sale.customer or _NOBODY
    billing, shipping = sale.billing_address or _NOWHERE, sale.shipping_address or _NOWHERE
    home = account.default_address or _NOWHERE
    named = _first_named(billing, shipping, account, home) or account
    place = _first_placed(billing, shipping) or home
    country, state = _country_and_state(place)
    return Customer(
        id=ids.exact(account.id, account.admin_graphql_api_id),
        email=text(sale.email) or text(sale.contact_email) or text(account.email),
        phone=text(sale.phone) or text(account.phone) or text(billing.phone) or text(shipping.phone),
        first_name=text(named.first_name),
        last_name=text(named.last_name),
        city=text(place.city),
        state=state,
        postcode=text(place.zip),
        country=country,
    )


def _first_named(*ones: Address | Account) -> Address | Account | None:
    for one in ones:
        if one.first_name or one.last_name:
            return one
    return None


def _first_placed(*ones: Address) -> Address | None:
    for one in ones:
        if one.country or one.country_code or one.city:
            return one
    return None


def region(sale: Sale[Any]) -> tuple[str | None, str | None]:
    """Country and state by which consent is judged: of the billing address, else shipping, else the account's."""
    for address in (sale.billing_address, sale.shipping_address, (sale.customer or _NOBODY).default_address):
        if address is not None:
            country, state = _country_and_state(address)
            if country:
                return country, state
    return None, None


def browser(sale: Sale[Any], ours: OurAttributes, made_at: datetime | None) -> Browser:
    """The browser's side, as far as the body or our storefront embed's cart attributes tell.

    `landed_at` is when our embed saw the click it kept for the first time. Shopify itself tells no time for a click: one
    of the landing page, or timed by a clock that is wrong, is as old as the order or checkout, its latest moment.
    """
    client = sale.client_details or _NO_CLIENT
    kept = _uncut(ours.fbclid)
    fbclid = kept or _fbclid(sale.landing_site)
    return Browser(
        ip=text(sale.browser_ip) or text(client.browser_ip),
        user_agent=text(client.user_agent),
        page=_origin(sale.order_status_url) or _origin(sale.abandoned_checkout_url),
        fbp=_uncut(ours.fbp),
        fbc=_uncut(ours.fbc),
        fbclid=fbclid,
        landed_at=(_seen(ours.fbclid_seen, made_at) if kept else None) or made_at if fbclid else None,
    )


def _seen(milliseconds: Any, made_at: datetime | None) -> datetime | None:
    """When the click was first seen: milliseconds since 1970, in digits, at most 90 days before the order and not after."""
    digits = milliseconds if isinstance(milliseconds, str) else wild.identifier(milliseconds) or ""
    if made_at is None or not _MILLISECONDS.fullmatch(digits):
        return None
    seen = _EPOCH + timedelta(milliseconds=int(digits))
    return seen if made_at - _CLICK_LASTS <= seen <= made_at else None


def consent(ours: OurAttributes) -> Consent:
    """What the shopper answered, if our storefront embed wrote it into the cart.

    Shopify itself tells nothing of it: `buyer_accepts_marketing` is consent to the shop's newsletter, and reading
    it as consent to advertising would invent an answer nobody gave. Where it was written twice, a refusal wins.
    """
    told = ours.consent if isinstance(ours.consent, list) else (ours.consent,)
    read = [wild.part(msgspec.Raw(one.encode()), Answers) for one in told if isinstance(one, str)]
    answers = [one for one in read if one is not None]
    if not answers:
        return _NOTHING_SAID
    return Consent(
        marketing=_strictest([one.marketing for one in answers]),
        sale_of_data=_strictest([one.sale_of_data for one in answers]),
    )


def _strictest(answers: list[Any]) -> Stated:
    """By identity: 1 and "true" are no answers."""
    if any(answer is False for answer in answers):
        return Stated.REFUSED
    return Stated.GRANTED if any(answer is True for answer in answers) else Stated.UNSTATED


def attributes(sale: Sale[Any]) -> OurAttributes:
    """What our storefront embed wrote into the cart."""
    told = sale.note_attributes
    if isinstance(told, OurAttributes):
        return told
    ours = [one for one in told or () if isinstance(one.name, str) and one.name in _OURS]
    if not ours:
        return _NOTHING_OF_OURS
    listed = {one.name: one.value for one in ours}
    if len(listed) < len(ours):
        listed[_CONSENT] = [one.value for one in ours if one.name == _CONSENT]
    return msgspec.convert(listed, OurAttributes)


def _fbclid(landing_site: Any) -> str | None:
    """The click id in the query of the page the visit began on, which comes as a path or as a whole address."""
    address = text(landing_site, _MAX_LANDING)
    if address is None or "?" not in address:
        return None
    query = _query(address)
    return _uncut(_field(query, "fbclid")) if query.count("&") < _MAX_FIELDS else None


def _query(address: str) -> str:
    """As `urlsplit` has it, which is asked for everything but the usual path of the shop's own."""
    if address.startswith("/") and not address.startswith("//") and address.isprintable():
        return address.partition("#")[0].partition("?")[2]
    try:
        return urlsplit(address).query
    except ValueError:
        return ""


def _field(query: str, wanted: str) -> str | None:
    """The first value of that name. As `parse_qs` has it, which builds all the others, too."""
    for field in query.split("&"):
        name, _, value = field.partition("=")
        if value and (name == wanted or ("%" in name and unquote_plus(name) == wanted)):
            return unquote_plus(value) if "%" in value or "+" in value else value
    return None


def _origin(address: Any) -> str | None:
    """Scheme and host only: the path of both addresses holds the key to the order or checkout."""
    match = _ORIGIN.match(text(address) or "")
    return match.group().lower() + "/" if match else None


def _uncut(value: Any) -> str | None:
    """Text that is an id: half of it would be another one, so what is too long is dropped whole."""
    if value is None:
        return None
    cleaned = text(value)
    return cleaned if cleaned and len(cleaned) < wild.MAX_TEXT else None


def _country_and_state(address: Address) -> tuple[str | None, str | None]:
    country = text(address.country_code) or text(address.country)
    return country, text(address.province_code) or text(address.province)
