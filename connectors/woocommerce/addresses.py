"""Which shop an address means: what a merchant typed, what a shop calls itself, where it sends us on. Pure.

Everything is judged by `connectors.reachable` before it is one of ours, and built anew from its parts: of what was typed
only host, port and folders go on (reliability T16).
"""

import re
from urllib.parse import urljoin

from connectors import reachable
from connectors.errors import AddressRefused
from connectors.handover import Site
from connectors.reachable import Origin

_USUAL_PORTS = {"http": 80, "https": 443}
_DEEPEST = 3  # folders; what was pasted may be the address of any page of the shop
_LONGEST = 2_000
# What begins a page of WordPress's own: whoever pastes it stands in their shop, and the shop begins before it.
_INSIDE = frozenset(
    {"wp-admin", "wp-login.php", "wp-json", "wp-content", "wc-auth", "wc-api", "index.php", "xmlrpc.php"}
)
# Unreserved signs, and letters beyond ASCII as browsers spell them. So no "%2e%2e" and no "%2f" either.
_FOLDER = re.compile(r"(?!\.{1,2}\Z)(?:[A-Za-z0-9._~-]|%[89A-Fa-f][0-9A-Fa-f])+", re.ASCII)
_PORT_80 = re.compile(r"(?P<host>[^/:]*):80(?=/|\Z)")

_NO_ADDRESS = "This is not the address of a shop. It must look like https://shop.example.com."
_NO_FOLDER = "The part behind the host holds something that no folder of a shop is called. Leave it out."


def typed_site(typed: str, *, loopback: bool) -> Site:
    """The shop that was typed. A public host is taken as https, whatever was typed; with `loopback`, a host of this
    machine as plain http unless https was typed. Raises AddressRefused.
    """
    address = re.split(r"[?#]", typed.strip(), maxsplit=1)[0]
    if len(address) > _LONGEST:
        raise AddressRefused(_NO_ADDRESS)
    place = reachable.judged(_with_scheme(address, loopback=loopback), loopback=loopback)
    return _site(place.origin, _folders(place.target, ends=_INSIDE)[:_DEEPEST])


def home_site(asked: Site, home: str, *, loopback: bool) -> Site:
    """The shop that was asked as `asked` and calls itself `home`: of the same host, with "www." or without.

    WordPress behind a proxy often believes that it is on plain http: the scheme stays the one that was asked. Raises
    AddressRefused for another host.
    """
    address = re.split(r"[?#]", home.strip(), maxsplit=1)[0]
    domain = _domain(reachable.origin_of(address))
    if not _is_same(domain, asked.domain):
        raise AddressRefused(f"The shop at {asked.domain} calls itself {domain}. Connect it by that address.")
    scheme = asked.base.partition(":")[0]
    path = address.partition("://")[2].partition("/")[2]
    place = reachable.judged(f"{scheme}://{domain}/{path}", loopback=loopback)
    return _site(place.origin, _folders(place.target, ends=frozenset()))


def redirected(asked: Site, url: str, location: str) -> str:
    """Where the shop `asked` sends whoever asked for `url`: the same host, with "www." or without, which the client judges
    as any other. Raises AddressRefused.
    """
    try:
        target = urljoin(url, location.strip()).partition("#")[0]
    except ValueError:  # a bracket without its pair
        raise AddressRefused(f"{asked.domain} sends us on to something that is no address.") from None
    origin = reachable.origin_of(target)
    if not _is_same(_domain(origin), asked.domain):
        raise AddressRefused(
            f"{asked.domain} sends us on to {_domain(origin)}. Connect the shop by the address it has."
        )
    if origin.scheme != url.partition(":")[0] == "https":
        raise AddressRefused(f"{asked.domain} sends us from https to plain http. A shop must answer over https.")
    return target


def on_this_machine(url: str) -> bool:
    """Whether an address is a plain spelling of one on loopback."""
    return reachable.is_this_machine(reachable.origin_of(url).host)


def _with_scheme(address: str, *, loopback: bool) -> str:
    scheme, mark, rest = address.partition("://")
    if not mark:
        scheme, rest = "", address
    elif scheme.lower() not in _USUAL_PORTS:
        raise AddressRefused(_NO_ADDRESS)
    if loopback and reachable.is_this_machine(re.split(r"[/:]", rest, maxsplit=1)[0].lower()):
        return f"{scheme or 'http'}://{rest}"
    return f"https://{_PORT_80.sub(lambda found: found['host'], rest, count=1) if scheme else rest}"


def _folders(target: str, *, ends: frozenset[str]) -> list[str]:
    folders: list[str] = []
    for folder in filter(None, target.partition("?")[0].split("/")):
        if folder.lower() in ends:
            break
        if not _FOLDER.fullmatch(folder):
            raise AddressRefused(_NO_FOLDER)
        folders.append(folder)
    return folders


def _site(origin: Origin, folders: list[str]) -> Site:
    domain = _domain(origin)
    return Site("/".join([f"{origin.scheme}://{domain}", *folders]), domain)


def _domain(origin: Origin) -> str:
    return origin.host if origin.port == _USUAL_PORTS[origin.scheme] else f"{origin.host}:{origin.port}"


def _is_same(domain: str, other: str) -> bool:
    return domain.removeprefix("www.") == other.removeprefix("www.")
