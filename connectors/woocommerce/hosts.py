"""Which site an address is of. A WordPress site has no id: its host, with the port where it has one, is its name."""

import re
from typing import Any
from urllib.parse import SplitResult, urlsplit

from connectors import wild

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_TOP = r"(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})"  # no digits alone, so that an IP address is no name
_DOMAIN = re.compile(rf"(?P<host>(?:{_LABEL}\.)+{_TOP})(?::(?P<port>[1-9]\d{{0,4}}))?", re.ASCII)
_HOST = re.compile(r"[\w.:-]+")
_MAX_HOST = 253
_MAX_PORT = 65_535


def site_of(address: Any) -> str | None:
    """The host of an http(s) address, lower-cased, with its port unless it is the scheme's own; None for all else."""
    parts = _split(address)
    return _site(parts) if parts else None


def origin_of(address: Any) -> str | None:
    """Scheme, host and port of an http(s) address, with a closing slash: nothing of its path and query is kept."""
    parts = _split(address)
    return f"{parts.scheme}://{_site(parts)}/" if parts else None


def is_domain(domain: str) -> bool:
    """Whether this is a public host name as `site_of` spells it: lower case, dotted, perhaps with a port, else bare.

    Capitals are refused rather than repaired: a store kept under them would match none of its own deliveries.
    """
    match = _DOMAIN.fullmatch(domain)
    return match is not None and len(match["host"]) <= _MAX_HOST and int(match["port"] or 0) <= _MAX_PORT


def _split(address: Any) -> SplitResult | None:
    cleaned = wild.text(address)
    try:
        parts = urlsplit(cleaned or "")
        known = parts.scheme in _DEFAULT_PORTS and _HOST.fullmatch(parts.hostname or "") and parts.port != 0
    except ValueError:  # a port that is no number, a bracket without its pair
        return None
    return parts if known else None


def _site(parts: SplitResult) -> str:
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    default = parts.port in (None, _DEFAULT_PORTS[parts.scheme])
    return host if default else f"{host}:{parts.port}"
