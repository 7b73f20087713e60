"""A shop met without keys: whether WordPress and WooCommerce answer where a merchant said, and what the shop calls itself.

`/wp-json/` is open to everybody, and `_fields` keeps it small: whole, it lists every route of every plugin.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from connectors import wild
from connectors.access import Http, HttpAnswer
from connectors.errors import AddressRefused, Declined, Unreachable
from connectors.handover import Site
from connectors.woocommerce import addresses, answers

_INDEX = "/wp-json/?_fields=home,namespaces"
_PLAIN_INDEX = "/?rest_route=/&_fields=home,namespaces"
_NAMESPACE = "wc/v3"
_MOST_REDIRECTS = 3

_NOT_WORDPRESS = (
    "No WordPress shop answers at {domain}. Type the address of the shop's home page, like https://shop.example.com."
)
_NO_WOOCOMMERCE = "WordPress answers at {domain}, but WooCommerce is not active there, or older than 3.5. Activate it, then try again."
_PLAIN = (
    "{domain} uses plain permalinks, with which WooCommerce's API has no address. In the shop's admin open Settings, "
    "Permalinks, choose any other structure, such as Post name, and save; then try again."
)
_BLOCKED = (
    "{domain} does not let us ask its REST API (status {status}): a security plugin, a firewall or a password guards it. "
    "Allow /wp-json/ there, then try again."
)


class _Index(msgspec.Struct):
    home: Any = None
    namespaces: Any = None


def met(http: Http, site: Site, *, loopback: bool) -> Site:
    """See `connectors.handover.Handover.met`. A page of the shop may have been typed, so the folders above are asked too."""
    status = None
    for base in _bases(site):
        answer = _asked(http, site, base + _INDEX)
        index = _index(answer)
        if index is not None:
            return _named(site, base, index, loopback=loopback)
        status = answer.status if answer.status in (401, 403) else status
    if status is not None:
        raise Declined(_BLOCKED.format(domain=site.domain, status=status))
    plain = any(_index(_asked(http, site, base + _PLAIN_INDEX)) for base in _bases(site))
    raise Declined((_PLAIN if plain else _NOT_WORDPRESS).format(domain=site.domain))


def _bases(site: Site) -> Iterator[str]:
    base = site.base
    while base != _root(site):
        yield base
        base = base.rpartition("/")[0]
    yield base


def _root(site: Site) -> str:
    return f"{site.base.partition(':')[0]}://{site.domain}"


def _asked(http: Http, site: Site, url: str) -> HttpAnswer:
    """The answer, after some redirects within the same shop. Raises AddressRefused, Unreachable, Throttled."""
    for _ in range(_MOST_REDIRECTS + 1):
        answer = http.request("GET", url, headers={"Accept": "application/json"})
        answers.require_at_ease(answer)
        if not 300 <= answer.status < 400:
            return answer
        url = addresses.redirected(site, url, answer.headers.get("location", ""))
    raise AddressRefused(f"{site.domain} sends us on and on, and never answers.")


def _index(answer: HttpAnswer) -> _Index | None:
    """WordPress's index; None for anything else."""
    if answer.status != 200:
        return None
    try:
        index = answers.read(answer.body, _Index)
    except Unreachable:
        return None
    return index if isinstance(index.namespaces, list) else None


def _named(site: Site, base: str, index: _Index, *, loopback: bool) -> Site:
    if _NAMESPACE not in index.namespaces:
        raise Declined(_NO_WOOCOMMERCE.format(domain=site.domain))
    asked = Site(base, site.domain)
    home = wild.text(index.home)
    return addresses.home_site(asked, home, loopback=loopback) if home else asked
