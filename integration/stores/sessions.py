"""Signing in to a store's pages: by a one-time code that the store's own server asked for, or by connecting the store.

A session is one random token in one browser, good for one store. What is kept of it, and of a code, is a hash: whoever
reads the database can sign in with nothing that is found there.
"""

import hashlib
import secrets
from datetime import timedelta

from integration.db import Connection, sessions
from integration.errors import Conflict

LASTING = timedelta(hours=12)
CODE_LASTING = timedelta(seconds=60)
# Longer than a request of the plugin's can be old, so that none of them asks for two codes.
NONCE_REMEMBERED = timedelta(minutes=15)
_TOKEN_BYTES = 32


def begin(connection: Connection, store_id: str) -> str:
    """A new token, for the browser of somebody who has proven to be this store's merchant."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    sessions.begin(connection, _digest(token), store_id, LASTING)
    return token


def of(connection: Connection, token: str | None) -> str | None:
    """The id of the store that this token shows; None for a token that is none, is over, or of a store that is gone."""
    return sessions.store_of(connection, _digest(token)) if token else None


def end(connection: Connection, token: str | None) -> None:
    """The merchant signs out."""
    if token:
        sessions.end(connection, _digest(token))


def code_for(connection: Connection, store_id: str, nonce: str, lasting: timedelta = CODE_LASTING) -> str:
    """A code that signs in to this store once, within that time. Raises Conflict for a nonce that was used before."""
    code = secrets.token_urlsafe(_TOKEN_BYTES)
    kept = sessions.keep_code(
        connection,
        _digest(code),
        store_id,
        _digest(nonce),
        lasting=lasting,
        remembered=NONCE_REMEMBERED,
    )
    if not kept:
        raise Conflict("This nonce was used before: ask with a new one.")
    return code


def look(connection: Connection, code: str) -> str | None:
    """The id of the store that a code is good for, without using it up; None for any other code."""
    return sessions.look_at_code(connection, _digest(code))


def redeem(connection: Connection, code: str, *, instead_of: str | None) -> str | None:
    """A new session's token for a good code, in place of the session this browser had; None for any other code."""
    store_id = sessions.take_code(connection, _digest(code))
    if store_id is None:
        return None
    end(connection, instead_of)
    return begin(connection, store_id)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
