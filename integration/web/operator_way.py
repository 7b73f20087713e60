"""Who of the operators asks: their cookie, apart from the merchants'; and that they looked at a store is written down.

The cookie is a new one at each sign-in. SameSite is Strict: nobody comes here signed in from another site's link.
"""

import re
from datetime import datetime, timedelta

from flask import Response, current_app, request

from integration.db import Connection, changes, now
from integration.db import operators as table
from integration.db.changes import By
from integration.db.operators import Operator
from integration.db.stores import Store
from integration.stores import operators
from integration.web.security import unkept

BASE = "/operator"
SIGN_IN, SIGN_OUT = f"{BASE}/sign-in", f"{BASE}/sign-out"
LOOKED = "looked at the store"
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


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
    told = request.cookies.get(_name(), "")
    return told if _SECRET.fullmatch(told) else None


def signed_in(response: Response, token: str) -> Response:
    """Let the browser keep this token, of `operators.enter`. By its name no other host and no plain http can have set it."""
    seconds = int(operators.LASTING.total_seconds())
    response.set_cookie(_name(), token, seconds, secure=_secure(), httponly=True, samesite="Strict", path="/")
    return unkept(response)


def signed_out(response: Response) -> Response:
    """Take it back."""
    response.delete_cookie(_name(), secure=_secure(), httponly=True, samesite="Strict", path="/")
    return unkept(response)


def _hour(moment: datetime) -> datetime:
    return moment - timedelta(minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond)


def _secure() -> bool:
    """Whether our address is https; a browser takes no `__Host-` cookie over http, which is for development."""
    return bool(current_app.config["SESSION_COOKIE_SECURE"])


def _name() -> str:
    return "__Host-tandem-operator" if _secure() else "tandem-operator"
