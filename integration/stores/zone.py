"""By whose clock a store's days begin: the zone its platform names, UTC where that is not known. Pure."""

import re
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from integration.db.stores import Store

_NAME = re.compile(r"UTC|[A-Za-z_]{1,20}(/[A-Za-z0-9_+-]{1,30}){1,2}", re.ASCII)
UTC_ZONE = ZoneInfo("UTC")


def zone_of(store: Store) -> ZoneInfo:
    """The store's zone; UTC where its platform has not said, or named one that this machine does not know."""
    return UTC_ZONE if store.timezone is None else known(store.timezone) or UTC_ZONE


@lru_cache(maxsize=1_024)
def known(name: str) -> ZoneInfo | None:
    """The zone of that IANA name, like America/New_York; None where there is none.

    A platform's word becomes a path on this machine, so it has to look like a name; "localtime" is a zone of the machine's.
    """
    try:
        return ZoneInfo(name) if _NAME.fullmatch(name) else None
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: "America/Indiana", which is a folder
        return None
