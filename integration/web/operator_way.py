"""Who of the operators asks: their cookie, apart from the merchants'; and that they looked at a store is written down.

The cookie is a new one at each sign-in. SameSite is Strict: nobody comes here signed in from another site's link.
"""

from datetime import datetime, timedelta

from flask import Response

from integration.db import Connection, changes, now
from integration.db import operators as table
from integration.db.changes import By
from integration.db.operators import Operator
from integration.db.stores import Store
from integration.stores import operators
from integration.web.cookie import Cookie
from integration.web.security import unkept

BASE = "/operator"
SIGN_IN, SIGN_OUT = f"{BASE}/sign-in", f"{BASE}/sign-out"
LOOKED = "looked at the store"
_COOKIE = Cookie("tandem-operator", operators.LASTING, "Strict")


def operator_of(connection: Connection) -> Operator | None:
    """Who is signed in with this browser; None where nobody is, or nobody any more."""
    token = kept()
    return operators.of(connection, token, now(connection)) if token else None


def has_looked(connection: Connection, operator: Operator, store: Store) -> bool:
    """Whether it is written down, for this hour, that this operator looks at this store."""
    since = _hour(now(connection))
    return table.has_done(connection, By(operator.name, changes.OPERATOR), store.id, LOOKED, since=since)


def looked(connection: Connection, operator: Operator, store: Store) -> None:
    """Write it down, in a writing transaction; another page may have been quicker."""
    table.one_at_a_time(connection, f"{LOOKED} {store.id}")
    if not has_looked(connection, operator, store):
        changes.record(connection, store.id, By(operator.name, changes.OPERATOR), LOOKED)


def kept() -> str | None:
    """The token this browser keeps."""
    return _COOKIE.kept()


def signed_in(response: Response, token: str) -> Response:
    """Let the browser keep this token, of `operators.enter`."""
    return unkept(_COOKIE.given(response, token))


def signed_out(response: Response) -> Response:
    """Take it back."""
    return unkept(_COOKIE.taken_back(response))


def _hour(moment: datetime) -> datetime:
    return moment - timedelta(minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond)
