"""A shop met without keys: whether WordPress and WooCommerce answer where a merchant said, and what the shop calls itself.

`/wp-json/` is open to everybody, and `_fields` keeps it small: whole, it lists every route of every plugin.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
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
# Anybody may name a host, and it may take its time and send us about. No question begins later; the client that begins
# connections gives each one ten seconds at most, so that all of it is over after twenty.
_MOST_QUESTIONS, _LAST_BEGINS_SECONDS = 8, 10.0

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
_OVER = (
    "We asked {domain} for long enough: it answers slowly, or sends us about. Type the address of the shop's home page, and "
    "try again in a moment."
)


class _Index(msgspec.Struct):
    home: Any = None
    namespaces: Any = None


@dataclass(slots=True)
class Budget:
    """What one beginning may cost: so many questions, none begun later than `seconds` after the first."""

    clock: Callable[[], float] = time.monotonic
    most: int = _MOST_QUESTIONS
    seconds: float = _LAST_BEGINS_SECONDS
    _spent: int = 0
    _ends: float = field(init=False)

    def __post_init__(self) -> None:
        self._ends = self.clock() + self.seconds

    def spend(self, domain: str) -> None:
        """One question more. Raises Unreachable where that is one too many, or too late."""
        if self._spent == self.most or self.clock() > self._ends:
            raise Unreachable(_OVER.format(domain=domain))
        self._spent += 1


def met(http: Http, site: Site, *, loopback: bool, clock: Callable[[], float] = time.monotonic) -> Site:
    """See `connectors.handover.Handover.met`. A page of the shop may have been typed, so the folders above are asked too."""
    budget, status, without = Budget(clock), None, False
    for base in _bases(site):
        answer = _asked(http, site, base + _INDEX, budget)
        index = _index(answer)
        if index is not None and _NAMESPACE in index.namespaces:
            return _named(site, base, index, loopback=loopback)
        without = without or index is not None  # a blog, with its shop in a folder
        status = answer.status if answer.status in (401, 403) else status
    if without:
        raise Declined(_NO_WOOCOMMERCE.format(domain=site.domain))
    if status is not None:
        raise Declined(_BLOCKED.format(domain=site.domain, status=status))
    plain = any(_index(_asked(http, site, base + _PLAIN_INDEX, budget)) for base in _bases(site))
    raise Declined((_PLAIN if plain else _NOT_WORDPRESS).format(domain=site.domain))


def _bases(site: Site) -> list[str]:
    """As typed; the root, where most shops are; then the folders in between, the deepest first."""
    root, between = _root(site), []
    base = site.base
    while base != root:
        between.append(base)
        base = base.rpartition("/")[0]
    return [*between[:1], root, *between[1:]]


def _root(site: Site) -> str:
    return f"{site.base.partition(':')[0]}://{site.domain}"


def _asked(http: Http, site: Site, url: str, budget: Budget) -> HttpAnswer:
    """The answer, after some redirects within the same shop. Raises AddressRefused, Unreachable, Throttled."""
    for _ in range(_MOST_REDIRECTS + 1):
        budget.spend(site.domain)
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
    asked = Site(base, site.domain)
    home = wild.text(index.home)
    return addresses.home_site(asked, home, loopback=loopback) if home else asked
