"""Who bought, with which browser, and what they said about their data. Raw, as Shopify gives it."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from connectors import wild
from connectors.event import Browser, Consent, Customer, Stated
from connectors.shopify import ids
from connectors.shopify.shapes import Account, Address, Answers, Attribute, Client, OurAttributes, Sale

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?(?=[/?#]|$)", re.IGNORECASE | re.ASCII)
_MAX_LANDING = 65_536  # longer than any address a browser keeps; a click id is never read from a cut one


def customer(sale: Sale) -> Customer:
    """The buyer. Each field may be null or absent, all of them where protected customer data is not approved.

    The name is taken whole from one place, and so is the address, never mixed from two.
    """
    account, billing, shipping = _account(sale), _address(sale.billing_address), _address(sale.shipping_address)
    home = _address(account.default_address)
    named = next((one for one in (billing, shipping, account, home) if one.first_name or one.last_name), account)
    place = next((one for one in (billing, shipping, home) if one.country or one.country_code or one.city), home)
    country, state = _country_and_state(place)
    return Customer(
        id=ids.exact(account.id, account.admin_graphql_api_id),
        email=_first(sale.email, sale.contact_email, account.email),
        phone=_first(sale.phone, account.phone, billing.phone, shipping.phone),
        first_name=wild.text(named.first_name),
        last_name=wild.text(named.last_name),
        city=wild.text(place.city),
        state=state,
        postcode=wild.text(place.zip),
        country=country,
    )


def region(sale: Sale) -> tuple[str | None, str | None]:
    """Country and state by which consent is judged: of the billing address, else shipping, else the account's."""
    for raw in (sale.billing_address, sale.shipping_address, _account(sale).default_address):
        country, state = _country_and_state(_address(raw))
        if country:
            return country, state
    return None, None


def browser(sale: Sale) -> Browser:
    """The browser's side, as far as the body or our storefront embed's cart attributes tell.

    Shopify tells no time for the click: `landed_at` is when the order or checkout was made, its latest moment.
    """
    client = wild.part(sale.client_details, Client) or Client()
    ours = _attributes(sale.note_attributes)
    fbclid = _uncut(ours.fbclid) or _fbclid(sale.landing_site)
    return Browser(
        ip=_first(sale.browser_ip, client.browser_ip),
        user_agent=wild.text(client.user_agent),
        page=_origin(sale.order_status_url) or _origin(sale.abandoned_checkout_url),
        fbp=_uncut(ours.fbp),
        fbc=_uncut(ours.fbc),
        fbclid=fbclid,
        landed_at=wild.instant(sale.created_at) if fbclid else None,
    )


def consent(sale: Sale) -> Consent:
    """What the shopper answered, if our storefront embed wrote it into the cart.

    Shopify itself tells nothing of it: `buyer_accepts_marketing` is consent to the shop's newsletter, and reading
    it as consent to advertising would invent an answer nobody gave.
    """
    told = _attributes(sale.note_attributes).consent
    answers = wild.part(msgspec.Raw(told.encode()), Answers) if isinstance(told, str) else None
    answers = answers or Answers()
    return Consent(marketing=_stated(answers.marketing), sale_of_data=_stated(answers.sale_of_data))


def _stated(answer: Any) -> Stated:
    """By identity: 1 and "true" are no answers."""
    if answer is True:
        return Stated.GRANTED
    return Stated.REFUSED if answer is False else Stated.UNSTATED


def _attributes(raw: msgspec.Raw) -> OurAttributes:
    """Webhooks list them as {name, value}; some tools that pass bodies on make one object of them."""
    as_object = wild.part(raw, OurAttributes)
    if as_object is not None:
        return as_object
    listed = {one.name: one.value for one in wild.parts(raw, Attribute) if isinstance(one.name, str)}
    return msgspec.convert(listed, OurAttributes)


def _fbclid(landing_site: Any) -> str | None:
    """The click id in the query of the page the visit began on, which comes as a path or as a whole address."""
    try:
        query = parse_qs(urlsplit(wild.text(landing_site, _MAX_LANDING) or "").query, max_num_fields=200)
    except ValueError:
        return None
    return _uncut(query.get("fbclid", [None])[0])


def _origin(address: Any) -> str | None:
    """Scheme and host only: the path of both addresses holds the key to the order or checkout."""
    match = _ORIGIN.match(wild.text(address) or "")
    return match.group().lower() + "/" if match else None


def _uncut(value: Any) -> str | None:
    """Text that is an id: half of it would be another one, so what is too long is dropped whole."""
    cleaned = wild.text(value)
    return cleaned if cleaned and len(cleaned) < wild.MAX_TEXT else None


def _first(*values: Any) -> str | None:
    return next((cleaned for cleaned in map(wild.text, values) if cleaned), None)


def _country_and_state(address: Address) -> tuple[str | None, str | None]:
    country = _first(address.country_code, address.country)
    return country, _first(address.province_code, address.province)


def _account(sale: Sale) -> Account:
    return wild.part(sale.customer, Account) or Account()


def _address(raw: msgspec.Raw) -> Address:
    return wild.part(raw, Address) or Address()
