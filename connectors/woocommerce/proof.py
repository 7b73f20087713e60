"""Whether keys open the very shop that was asked, and by which form of sign-in.

`data/currencies/current` is the lightest thing that only keys open. `system_status`, which would name the site too, makes
calls of its own to other hosts and takes seconds; the site's name stands in every answer's `_links.self` as well.
"""

from typing import Any
from urllib.parse import urlsplit

import msgspec

from connectors import wild
from connectors.access import Http
from connectors.errors import AddressRefused, CredentialsRejected, Declined
from connectors.handover import Site
from connectors.woocommerce import answers, shapes
from connectors.woocommerce.credentials import Credentials
from connectors.woocommerce.hosts import site_of
from connectors.woocommerce.rest import Rest

CURRENT_CURRENCY = "data/currencies/current"

_NOT_SEEN = (
    "{domain} does not take the keys it gave us. Either they are gone already, or its server keeps them from WordPress: it "
    "must pass the Authorization header on, and tell WordPress that we came by https. Ask your host, then connect again."
)
_NOT_TAKEN = "{domain} does not take the keys it gave us. Connect again, as somebody who manages the shop. {said}"


class Currency(msgspec.Struct):
    """The currency a shop counts in, and the address of it in the shop's own words."""

    code: Any = None
    links: msgspec.Raw = msgspec.field(name="_links", default=msgspec.Raw())

    @property
    def shop(self) -> str | None:
        """The shop's own host and folder, as `shop_of` spells them; None where it does not say."""
        links = wild.part(self.links, shapes.Links)
        own = wild.parts(links.own, shapes.Link) if links else []
        base, found, _ = (wild.text(own[0].href) or "" if own else "").partition("/wp-json/")
        return shop_of(base) if found else None


def shop_of(base: str) -> str | None:
    """Which shop an address is of: its host, and its folder where it has one; None for what is no address. Two shops may
    share a host and know nothing of one another.
    """
    site = site_of(base)
    return None if site is None else f"{site}{urlsplit(base).path.rstrip('/')}"


def opened(http: Http, site: Site, keys: Credentials) -> Credentials:
    """The keys as they open the shop. Raises CredentialsRejected, Declined, Unreachable, Throttled, AddressRefused.

    Some servers (CGI, some proxies) drop the Authorization header before WordPress sees it: then the keys are tried in
    the address, over https only, and it is kept that they have to.
    """
    if _opens(http, site, keys):
        return keys
    in_query = msgspec.structs.replace(keys, in_query=True)
    if site.base.startswith("https://") and _opens(http, site, in_query):
        return in_query
    raise CredentialsRejected(_NOT_SEEN.format(domain=site.domain))


def _opens(http: Http, site: Site, keys: Credentials) -> bool:
    """False where the shop sees nobody in us."""
    try:
        reply = Rest(http, keys).get(CURRENT_CURRENCY)
    except answers.Unrecognised:
        return False
    except CredentialsRejected as refusal:
        raise CredentialsRejected(_NOT_TAKEN.format(domain=site.domain, said=refusal)) from None
    except answers.Moved:
        raise AddressRefused(
            f"{site.domain} sends us elsewhere when we show its keys. Connect it by its own address."
        ) from None
    told = answers.read(reply.body, Currency)
    if wild.text(told.code) is None:
        raise Declined(f"{site.domain} answers with something else than WooCommerce would.")
    asked, called = shop_of(site.base), told.shop
    if called not in (None, asked):
        raise Declined(f"The shop at {asked} calls itself {called}. Connect it by that address.")
    return True
