"""Which IP addresses can be a shopper's. Pure."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

# The ranges for documentation are not here: examples and rehearsals need addresses, too.
_NO_SHOPPERS = tuple(
    ip_network(block)
    for block in (
        "0.0.0.0/8",  # unspecified
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved
        "::/128",
        "::1/128",
        "fc00::/7",  # unique local
        "fe80::/10",
        "fec0::/10",  # site local, deprecated
        "ff00::/8",
    )
)

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = re.compile(rf"({_OCTET})\.{_OCTET}\.{_OCTET}\.{_OCTET}")
# First numbers under which there is no address in any of the blocks above.
_ALL_PUBLIC = frozenset(map(str, range(1, 224))) - {
    str(block.network_address.packed[0]) for block in _NO_SHOPPERS if block.version == 4
}
# All of 2000::/3, which holds every address of the public internet there is, and none of the blocks above.
_GLOBAL_UNICAST = 0b001


def is_public(text: str) -> bool:
    """Whether `text` is one IPv4 or IPv6 address of the public internet and nothing else.

    Private, shared, local, multicast and reserved ones are a proxy's or the shop's own; a scope id ("%eth0") means a
    local network.
    """
    usual = _IPV4.fullmatch(text)
    if usual and usual[1] in _ALL_PUBLIC:
        return True
    address = _address(text)
    if address is None:
        return False
    if address.version == 6 and int(address) >> 125 == _GLOBAL_UNICAST:
        return True
    return not any(address in block for block in _NO_SHOPPERS)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """The address in `text`; of an IPv4 address in IPv6 clothes ("::ffff:10.0.0.1") the IPv4 one."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return address
    return None if address.scope_id is not None else address.ipv4_mapped or address
