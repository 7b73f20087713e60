"""Who bought, as typed: nothing is trimmed to a norm here, but for WooCommerce's own way of writing state codes."""

import re

from connectors import wild
from connectors.event import Customer
from connectors.woocommerce.shapes import Address, CheckoutBody, OrderBody

# WooCommerce puts the country before the state in many of its codes: DE-NW, PY-ASU, JP13, UG314; and in these four
# countries before letters without a hyphen: EGALX, MZMPM, RSVO, SNDK. Elsewhere glued letters are a typed name.
_HYPHENED = re.compile(r"-([A-Z0-9]{1,3})", re.ASCII)
_NUMBERED = re.compile(r"(\d{1,3})", re.ASCII)
_LETTERED = re.compile(r"([A-Z]{1,3})", re.ASCII)
_LETTERED_COUNTRIES = ("EG", "MZ", "RS", "SN")

Region = tuple[str | None, str | None]


def addresses(told: OrderBody | CheckoutBody) -> tuple[Address, Address]:
    """The billing and the shipping address; an empty one where there is none."""
    billing, shipping = wild.part(told.billing, Address), wild.part(told.shipping, Address)
    return billing or Address(), shipping or Address()


def customer(told: OrderBody | CheckoutBody, billing: Address, shipping: Address) -> Customer:
    """The buyer: who is billed. Where that tells no name, or no place, those of the parcel's receiver stand in.

    Name and place are each taken whole from one address, so that nobody is given another's postcode.
    """
    named = billing if _has_name(billing) else shipping
    placed = billing if _has_place(billing) or not _has_place(shipping) else shipping
    return Customer(
        id=wild.identifier(told.customer_id),  # 0 for guests
        email=wild.text(billing.email),
        phone=wild.text(billing.phone) or wild.text(shipping.phone),
        first_name=wild.text(named.first_name),
        last_name=wild.text(named.last_name),
        city=wild.text(placed.city),
        state=_state(placed),
        postcode=wild.text(placed.postcode),
        country=wild.text(placed.country),
    )


def region(billing: Address, shipping: Address) -> Region:
    """Country and state whose law applies: billing, else shipping."""
    address = billing if wild.text(billing.country) else shipping
    return wild.text(address.country), _state(address)


def _has_name(address: Address) -> bool:
    return bool(wild.text(address.first_name) or wild.text(address.last_name))


def _has_place(address: Address) -> bool:
    return bool(wild.text(address.city) or wild.text(address.postcode))


def _state(address: Address) -> str | None:
    """The state as given, without the country where WooCommerce put it in front."""
    state, country = wild.text(address.state), wild.text(address.country)
    if not state or not country or not state.startswith(country):
        return state
    forms = (_HYPHENED, _NUMBERED, _LETTERED) if country in _LETTERED_COUNTRIES else (_HYPHENED, _NUMBERED)
    matches = (form.fullmatch(state.removeprefix(country)) for form in forms)
    return next((match[1] for match in matches if match), state)
