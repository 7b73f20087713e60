"""How often one address may ask for what costs us a call to somebody else's host (T35). In memory, of this process."""

import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

# Of a few dozen bytes each.
_MOST_ADDRESSES = 10_000
# What one household or one machine may have for itself.
_IPV6_NETWORK = 64


@dataclass(slots=True)
class Pace:
    """`burst` times at once, then once every `seconds`; whoever has not asked for longest is forgotten first."""

    burst: int
    seconds: float
    clock: Callable[[], float] = time.monotonic
    _free_at: dict[str, float] = field(default_factory=dict)
    _changing: Lock = field(default_factory=Lock)

    def wait(self, address: str | None) -> float:
        """Seconds until this address may ask; 0.0 where it may now, which counts as asking.

        One of this machine is a proxy's that we were not told to believe: it stands for everybody, and may always.
        """
        who = network_of(address)
        return 0.0 if who is None else self.wait_of(who)

    def wait_of(self, who: str) -> float:
        """The same for whoever is known by another name, such as a store."""
        now = self.clock()
        with self._changing:
            free_at = max(self._free_at.pop(who, now), now)
            # A clock that runs ahead by one step with each question, and may be ahead by all but one of the burst.
            ahead = free_at - now - (self.burst - 1) * self.seconds
            self._free_at[who] = free_at if ahead > 0 else free_at + self.seconds
            while len(self._free_at) > _MOST_ADDRESSES:
                del self._free_at[next(iter(self._free_at))]
        return max(0.0, ahead)


def network_of(address: str | None) -> str | None:
    """Whom an address stands for: one household, or one machine. None for everybody."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return ""  # no address: all of those share one pace
    if found.version == 6 and found.ipv4_mapped:  # as a server that listens on both calls it: not one network of all
        found = found.ipv4_mapped
    if found.is_loopback:
        return None
    return str(found if found.version == 4 else ipaddress.ip_network((found, _IPV6_NETWORK), strict=False))
