"""Which pages are a store's own: the origins its visitors' browsers may speak from, and the page they name. Pure."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

_MOST_URL = 4_096
_DEFAULT_PORTS = {"http": 80, "https": 443}
_WWW = "www."
# What a browser says of a page that has no origin, as that of a sandboxed frame: Shopify's custom pixels run in one.
NO_ORIGIN = "null"


class Whence(StrEnum):
    """From where a browser speaks."""

    OWN = "own"
    UNSAID = "unsaid"  # a sandbox, or no browser at all: proves nothing, and may only add to what is known
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class OwnPages:
    """The origins of one store, as browsers spell them."""

    origins: frozenset[str]

    def whence(self, origin: str | None) -> Whence:
        """What an Origin header says. Compared whole: https://shop.example.evil.com is nobody's relative.

        This stops browsers on other sites, and nobody who writes the header himself.
        """
        if origin is None or origin == NO_ORIGIN:
            return Whence.UNSAID
        return Whence.OWN if origin in self.origins else Whence.FOREIGN

    def page(self, url: str | None) -> str | None:
        """The origin of an address, with a closing slash, if it is the store's own: path and query may name people."""
        origin = _origin(url or "")
        return f"{origin}/" if origin in self.origins else None


def of_store(domain: str, others: Iterable[str] = (), *, loopback: bool) -> OwnPages:
    """The domain with and without www., and further hosts known to be the store's; a port belongs to its host.

    `loopback`: a shop on this very machine may speak http, as it does in development.
    """
    bare = domain.lower().removeprefix(_WWW)
    hosts = {bare, _WWW + bare, *(other.lower() for other in others)}
    here = {f"http://{host}" for host in hosts if loopback and _is_here(host)}
    return OwnPages(frozenset({f"https://{host}" for host in hosts} | here))


def is_address(url: str | None) -> bool:
    """Whether this can be the address of some page on the web: a cut one may end in half a parameter, and is none."""
    return bool(url) and len(url or "") <= _MOST_URL and _origin(url or "") is not None


def _origin(url: str) -> str | None:
    """Scheme, host and port as browsers write an origin; None for all that is no plain http(s) address."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:  # a port that is no number, a bracket without its pair
        return None
    if len(url) > _MOST_URL or parts.scheme not in _DEFAULT_PORTS or not host or "@" in parts.netloc:
        return None
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + ("" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}")


def _is_here(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
