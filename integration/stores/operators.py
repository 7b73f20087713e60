"""Operators sign in by a name and a key that is made for them: their keys, and their sessions of eight hours.

What is kept of a key and of a session is a hash. Why there is no password: docs/decisions/0026-keys-for-operators.md.
"""

import base64
import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from integration.db import Connection, changes
from integration.db import operators as table
from integration.db.changes import By
from integration.db.operators import Operator
from integration.errors import Conflict, InvalidSetting, NotFound
from integration.stores import sign_in_tries

LASTING = timedelta(hours=8)
_TOKEN_BYTES = 32
_KEY_BYTES = 20  # 160 bits, 32 letters
_LETTERS_A_GROUP = 4
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)
_NOT_OF_A_KEY = re.compile(r"[\s-]+")
# Compared with where nobody has that name, so that it takes as long.
_NOBODYS = hashlib.sha256(b"").hexdigest()


class Answer(NamedTuple):
    """What came of signing in: a token; or, for whoever failed too often, until when; or neither."""

    token: str | None = None
    until: datetime | None = None


def add(connection: Connection, name: str, by: By, now: datetime) -> str:
    """The key of a new operator, which nobody can show again. Raises InvalidSetting, and Conflict for a name in use."""
    if not _NAME.fullmatch(name):
        raise InvalidSetting(
            f"{name[:80]!r} is no name for an operator: up to 64 lower-case letters, digits, dots and dashes."
        )
    key = _new_key()
    if not table.add(connection, name, _digest(_plain(key)), now):
        raise Conflict(f"There is an operator called {name} already. For a new key: `tandem operator renew {name}`.")
    changes.record(connection, None, by, "operator added", after={"operator": name})
    return key


def renew(connection: Connection, name: str, by: By) -> str:
    """Another key in place of the former one; whoever is signed in with that is so no more. Raises NotFound."""
    key, found = _new_key(), _at_work(connection, name)
    table.renew(connection, found.id, _digest(_plain(key)))
    changes.record(connection, None, by, "operator's key renewed", after={"operator": name})
    return key


def remove(connection: Connection, name: str, by: By, now: datetime) -> None:
    """The key opens nothing any more, and whoever is signed in is so no more. Raises NotFound."""
    table.end(connection, _at_work(connection, name).id, now)
    changes.record(connection, None, by, "operator removed", before={"operator": name})


def enter(
    connection: Connection,
    name: str,
    key: str,
    *,
    network: str | None,
    instead_of: str | None,
    now: datetime,
) -> Answer:
    """A new session's token for the right key, in place of the session this browser had. A failure is counted, and
    who failed too often is not listened to. It must be committed, whatever the answer.
    """
    said = name.strip().lower()
    tries = sign_in_tries.of_operator(connection, said, network, now)
    if tries.until:
        return Answer(until=tries.until)
    found = table.named(connection, said) if _NAME.fullmatch(said) else None
    right = hmac.compare_digest(_digest(_plain(key)), found.key_sha256 if found else _NOBODYS)
    if not (right and found and found.ended_at is None):
        sign_in_tries.note(connection, tries, now)
        return Answer()
    leave(connection, instead_of)
    changes.record(connection, None, By(found.name, changes.OPERATOR), "operator signed in")
    return Answer(_begun(connection, found, now))


def of(connection: Connection, token: str | None, now: datetime) -> Operator | None:
    """Who holds this token; None for a token that is none or is over, and where the operator was removed."""
    return table.holder(connection, _digest(token), now) if token else None


def leave(connection: Connection, token: str | None) -> None:
    """The operator signs out."""
    if token:
        table.leave(connection, _digest(token))


def _begun(connection: Connection, operator: Operator, now: datetime) -> str:
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    table.begin(connection, _digest(token), operator.id, begun_at=now, expires_at=now + LASTING)
    return token


def _at_work(connection: Connection, name: str) -> Operator:
    found = table.named(connection, name) if _NAME.fullmatch(name) else None
    if found is None or found.ended_at is not None:
        raise NotFound(f"No operator is called {name[:80]!r}. `tandem operator list` names them.")
    return found


def _new_key() -> str:
    """In groups of four, for whoever reads it from one screen and types it at another; no 0, 1, 8 or 9 to confuse."""
    letters = base64.b32encode(secrets.token_bytes(_KEY_BYTES)).decode().lower()
    return "-".join(letters[at : at + _LETTERS_A_GROUP] for at in range(0, len(letters), _LETTERS_A_GROUP))


def _plain(key: str) -> str:
    """A key as it is hashed, however its groups and its case were typed."""
    return _NOT_OF_A_KEY.sub("", key).lower()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
