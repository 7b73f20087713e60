"""A checkout that was begun, as our plugin tells it: WooCommerce has no word for it. Pure."""

from connectors.errors import MalformedPayload
from connectors.event import Event, Kind
from connectors.woocommerce import amounts, attribution, reading, shopper
from connectors.woocommerce.hosts import origin_of, site_of
from connectors.woocommerce.shapes import CheckoutBody


def begun(told: CheckoutBody) -> Event:
    """The event. It is told again, with the same token, once more of the shopper is known, and is still one event.

    The topic is not signed: raises MalformedPayload for an order, as for a token, a subtotal or a currency that cannot
    be read. All else may be missing; a guest who typed nothing yet has no `billing`, and the shop's guess is not told.
    """
    token = attribution.token(told.checkout_token)
    if token is None or told.id is not None or told.status is not None:
        raise MalformedPayload("checkout.created holds no checkout with a token of 32 hexadecimal digits.")
    meta = attribution.read(told.meta_data)
    billing, shipping = shopper.addresses(told)
    items = reading.items(told.line_items)
    address, begun_at = reading.own_address(told.links), reading.instant(told.created_at_gmt)
    return Event(
        Kind.CHECKOUT_STARTED,
        subject=token,
        placed_at=begun_at,
        amounts=amounts.of_checkout(told, items),
        lines=amounts.lines(told, items),
        customer=shopper.customer(told, billing, shipping),
        browser=attribution.browser(meta, ip=None, user_agent=None, page=origin_of(address), until=begun_at),
        consent=attribution.consent(meta),
        region=shopper.region(billing, shipping),
        site=site_of(address),
    )
