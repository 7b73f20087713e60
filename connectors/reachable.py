"""Which addresses we talk to, by their spelling and by the numbers they resolve to. Pure: it asks nobody.

A merchant types where their store is, and our server goes there: without these rules it could be sent to the cloud's
metadata service or to a neighbour that trusts us (reliability 4.3, T16). A spelling is refused unless it is the plain
one; a number is refused unless it lies in the space of public hosts. Stand-ins for platforms, in development, are
exempt by their exact origin, and only on loopback.
"""

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import NamedTuple

import idna

from connectors.errors import AddressRefused

_LONGEST_URL = 8_000
_LONGEST_HOST = 253
_PORTS = {"http": 80, "https": 443}
_ALLOWED_PORTS = frozenset({443, 8443})

# Not urlsplit: it forgives tabs, newlines and backslashes, and what it makes of them is not what others make of them.
# Target: printable ASCII without backslash and fragment. No "@" and no "%" before it.
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[^\x00-\x20\x7f/?#@:%\\\[\]]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<target>[/?][!-\"$-\[\]-~]*)?",
    re.IGNORECASE,
)
# At least two labels, the last beginning with a letter. No top-level domain is a number, but 127.1 and 0x7f.1 end in one.
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")

# Beside loopback itself, the names under which developers keep shops at home. .test is nobody's (RFC 6761), and .local is
# never a public host's; that such a name leads to loopback and nowhere else is for `admits` to see.
_THIS_MACHINE = re.compile(
    r"localhost|127\.0\.0\.1|(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:localhost|test|local)", re.ASCII
)

_NOT_AN_ADDRESS = "This is not an address we can ask. It must look like https://shop.example.com."
_NOT_SECURE = "The address must begin with https://."
_NO_HOST = "The address must name a host by its domain, like shop.example.com, and not by a number or a local name."
_NO_PORT = "The address must use the usual port for https, or 8443."

# Special-purpose space (IANA's two registries), and two hosts of clouds' own that look public.
_CLOSED = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",  # "this host": connects to ourselves on Linux
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' NAT; 100.100.100.200 is said to be Alibaba's metadata (unverified)
        "127.0.0.0/8",
        "168.63.129.16/32",  # said to be Azure's host (unverified), inside public space
        "169.254.0.0/16",  # metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",  # 192.0.0.192 is Oracle's metadata; is_global of Python 3.11.7 lets it through
        "192.0.2.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast is "global" to Python
        "240.0.0.0/4",
        "2001::/23",  # protocols' own, Teredo (2001::/32) and ORCHID among them
        "2001:db8::/32",
        "2002::/16",  # 6to4: any IPv4 address in bits 16 to 48
        "3fff::/20",
    )
)
# All unicast IPv6 that is given out. Mapped and compatible IPv4, ULA (fd00:ec2::254), link-local, site-local, multicast
# and the local-use NAT64 prefix 64:ff9b:1::/48 lie outside.
_UNICAST_V6 = ipaddress.ip_network("2000::/3")
# What a network without IPv4 makes of a host without IPv6; the IPv4 address is its last 32 bits (RFC 6052).
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Origin(NamedTuple):
    """A host in ASCII and lower case (an IPv6 number without brackets), with its scheme and port."""

    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where to ask. `target`: path and query, which may hold a token. `stand_in`: on loopback, in development."""

    origin: Origin
    target: str = field(repr=False)
    stand_in: bool


def judged(url: str, stand_ins: Collection[Origin] = (), *, loopback: bool = False) -> Place:
    """The place that `url` names. Raises AddressRefused, which never repeats the address: it may hold a token.

    `loopback`: hosts of this machine are stand-ins all of them, at any port, where they are spelled plainly.
    """
    origin, target = _read(url)
    if origin in stand_ins or (loopback and is_this_machine(origin.host)):
        return Place(origin, target, stand_in=True)
    if origin.scheme != "https":
        raise AddressRefused(_NOT_SECURE)
    if len(origin.host) > _LONGEST_HOST or not _HOST.fullmatch(origin.host):
        raise AddressRefused(_NO_HOST)
    if origin.port not in _ALLOWED_PORTS:
        raise AddressRefused(_NO_PORT)
    return Place(origin, target, stand_in=False)


def is_this_machine(host: str) -> bool:
    """Whether this spells plainly what can be a host of this machine; 127.1, 2130706433, [::1] and their like do not."""
    return _THIS_MACHINE.fullmatch(host) is not None


def origin_of(url: str) -> Origin:
    """Scheme, host and port of an address, whatever they are. Raises AddressRefused for what is no http(s) address."""
    return _read(url)[0]


def admits(place: Place, address: str) -> bool:
    """Whether `address`, a number that the place's host resolved to, may be connected to for its sake."""
    try:
        number = ipaddress.ip_address(address)
    except ValueError:
        return False
    return number.is_loopback if place.stand_in else _is_public(number)


def _read(url: str) -> tuple[Origin, str]:
    found = _URL.fullmatch(url) if len(url) <= _LONGEST_URL else None
    if found is None:
        raise AddressRefused(_NOT_AN_ADDRESS)
    scheme = found["scheme"].lower()
    port = int(found["port"] or _PORTS[scheme])
    target = found["target"] or "/"
    return Origin(scheme, _in_ascii(found["host"].lower()), port), target if target[0] == "/" else f"/{target}"


def _in_ascii(host: str) -> str:
    """Names in other scripts as IDNA 2008 spells them; full-width digits and other look-alikes have no such spelling."""
    if host.isascii():
        return host.strip("[]")
    encoded = b""
    if len(host) <= _LONGEST_HOST:  # the time idna takes grows faster than the text
        try:
            encoded = idna.encode(host, std3_rules=True)
        except idna.IDNAError:
            encoded = b""
    # What is left of a name in other scripts may be a number: idna takes an ideographic full stop for a dot.
    if not encoded or encoded.rpartition(b".")[2].isdigit():
        raise AddressRefused(_NO_HOST)
    return encoded.decode("ascii")


def _is_public(number: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """`is_global` alone is not enough: Python 3.11.7 takes 64:ff9b::7f00:1, 2002:7f00:1:: and 224.0.0.1 for public."""
    if number.version == 6:
        if number in _NAT64:
            return _is_public(ipaddress.IPv4Address(number.packed[-4:]))
        if number not in _UNICAST_V6:
            return False
    return number.is_global and not any(number in network for network in _CLOSED)
