"""The rules about `user_data`: what must be hashed, what must not, and how much is enough."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from integration.sandbox.replies import GraphError, invalid

HASHED = frozenset(
    (
        *("em", "ph", "fn", "ln", "db", "ge", "ct", "st", "zp", "country"),
        *("f5first", "f5last", "fi", "dobd", "dobm", "doby"),
    )
)
PLAIN = frozenset(
    (
        *("client_ip_address", "client_user_agent", "fbc", "fbp", "subscription_id", "fb_login_id", "lead_id"),
        *("anon_id", "madid", "page_id", "page_scoped_user_id", "ctwa_clid", "ig_account_id", "ig_sid"),
    )
)
EITHER = frozenset(("external_id",))  # hashing it is recommended, not demanded
_KNOWN = HASHED | PLAIN | EITHER

# A person described by one of these sets, or by a part of one, could be anyone.
TOO_BROAD = (
    frozenset(("ct", "country", "st", "zp", "ge", "client_user_agent")),
    frozenset(("db", "client_user_agent")),
    frozenset(("fn", "ge")),
    frozenset(("ln", "ge")),
)

# Meta's parameter builder hangs a mark of 2 or 8 characters on its digests, and Meta takes them.
_DIGEST = re.compile(r"[0-9a-f]{64}(\.([A-Za-z0-9_-]{2}|[A-Za-z0-9_-]{8}))?")
_LOOKS_HASHED = re.compile(r"[0-9a-fA-F]{64}")

_INSUFFICIENT = invalid("user_data does not describe anyone in particular.", 2804050, "Too little about the customer")


def judge_person(person: Mapping[str, Any]) -> GraphError | None:
    """None, or what is wrong with this `user_data`."""
    for key, value in person.items():
        error = _judge_key(key, value)
        if error is not None:
            return error
    told = person.keys() & _KNOWN
    return _INSUFFICIENT if any(told <= broad for broad in TOO_BROAD) else None


def _judge_key(key: str, value: Any) -> GraphError | None:
    if key in HASHED:
        return None if _each(value, _is_digest) else _not_hashed(key)
    if key in PLAIN:
        return None if _is_plain(value) else invalid(f"{key} must be sent as it is, not hashed.")
    if key in EITHER:
        return None if _each(value, _is_text) else invalid(f"{key} must be text.")
    return None


def _each(value: Any, fits: Callable[[Any], bool]) -> bool:
    """One value, or a list of at least one."""
    if isinstance(value, list):
        return bool(value) and all(fits(member) for member in value)
    return fits(value)


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_plain(value: Any) -> bool:
    # Unverified which code Graph gives a hashed address or cookie; that they must not be hashed is documented.
    if isinstance(value, int):
        return not isinstance(value, bool)
    return _is_text(value) and not _LOOKS_HASHED.fullmatch(value)


def _not_hashed(key: str) -> GraphError:
    return invalid(f"{key} must be a SHA-256 digest in lower-case hex.", 2804016, "Customer data is not hashed")
