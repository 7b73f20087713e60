"""`/<platform>/plugin/<public key>/<call>`: what our plugin in a shop's own server asks of us, signed with the store's secret.

The signature is over time, call and body as sent, and is judged before anything else. Whoever has none is told the same
in every case, and never whether the store is one of ours (T55). Nothing here redirects: a POST that is redirected arrives
without its body.
"""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from connectors import registry, signature, wild
from connectors.errors import InvalidSignature, MalformedPayload
from integration.db import reading, storefronts, transact, within
from integration.db.stores import Store
from integration.errors import Conflict, Unavailable
from integration.log import logger
from integration.pipeline.signers import own_secrets
from integration.stores import glance, sessions, storefront
from integration.stores.platforms import Platforms
from integration.web import sign_in
from integration.web.body import taken, told

MOST = 64 * 1024
OLDEST_SECONDS = 300
_RETRY_AFTER_SECONDS = 5
# The plugin hangs up after 8 seconds.
_DATABASE_SECONDS = 4.0
_PUBLIC_KEY = re.compile(r"[0-9a-f]{32}", re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)
_NONCE = re.compile(r"[0-9a-f]{32}", re.ASCII)
# Signs nothing: a store that is none takes as long to be refused as one whose signature is wrong.
_NOBODY = secrets.token_hex(20)


def blueprint(platforms: Platforms, *, public_url: str) -> Blueprint:
    """The calls of each platform that has a plugin."""
    views = Blueprint("plugin", __name__)
    for connector in registry.connectors():
        if connector.plugin is not None:
            calls = Calls(platforms, connector.name, public_url)
            for call, answer in (("sign-in", calls.sign_in), ("state", calls.state), ("orders", calls.orders)):
                views.add_url_rule(
                    f"/{connector.name}/plugin/<key>/{call}",
                    endpoint=f"{connector.name}-{call}",
                    view_func=partial(calls.answer, call=call, answer=answer),
                    methods=["POST"],
                    provide_automatic_options=False,
                )
    views.register_error_handler(InvalidSignature, lambda _error: told(401, {"error": "unauthorized"}))
    for wrong in (MalformedPayload, Conflict):
        views.register_error_handler(wrong, lambda error: told(400, {"error": str(error)}))
    views.register_error_handler(Unavailable, lambda _error: _unavailable())
    views.register_error_handler(Exception, _failed)
    return views


class _SignIn(msgspec.Struct):
    nonce: Any = None


@dataclass(frozen=True, slots=True)
class Calls:
    """What stores of one platform may ask."""

    platforms: Platforms
    platform: str
    public_url: str

    def answer(self, key: str, call: str, answer: Callable[[Store, bytes, datetime], dict[str, Any]]) -> Response:
        """A call's answer, for the store that signed it. Raises InvalidSignature."""
        body, now = taken(MOST, "64 KiB"), datetime.now(UTC)
        with within(_DATABASE_SECONDS):
            store = self._caller(key, call, body, now)
            return told(200, answer(store, body, now))

    def sign_in(self, store: Store, body: bytes, now: datetime) -> dict[str, Any]:  # noqa: ARG002
        """An address that signs a browser in to the store's page, once and within a minute."""
        nonce = wild.decode(body, _SignIn).nonce
        if not isinstance(nonce, str) or not _NONCE.fullmatch(nonce):
            raise MalformedPayload("A nonce is 32 random hexadecimal digits.")
        code = transact(self.platforms.engine, partial(sessions.code_for, store_id=store.id, nonce=nonce))
        return {"url": f"{self.public_url}{sign_in.SIGN_IN}?code={code}"}

    def state(self, store: Store, body: bytes, now: datetime) -> dict[str, Any]:
        """How things stand; what the plugin reports on the way is kept."""
        report = storefront.read(body)
        transact(self.platforms.engine, partial(storefront.keep, store=store, report=report, now=now))
        seen = glance.of_store(self.platforms.engine, store.id)
        return {
            "standing": seen.standing,
            "sentence": seen.sentence,
            "arrivals": seen.arrivals or "",
            "datasets": [side.dataset_id for side in seen.datasets],
            "alerts": [*filter(None, [seen.reconnect]), *(alert.sentence for alert in seen.alerts)],
            "dashboard": f"{self.public_url}{sign_in.STORE}",
        }

    def orders(self, store: Store, body: bytes, now: datetime) -> dict[str, Any]:  # noqa: ARG002
        """What Meta knows of some of its orders."""
        wanted = storefront.order_ids(body)
        with reading(self.platforms.engine) as connection:
            return {"orders": storefront.known(connection, store, wanted)}

    def _caller(self, key: str, call: str, body: bytes, now: datetime) -> Store:
        """The store that signed this just now."""
        stamp = request.headers.get("X-Tandem-Timestamp", "")
        timely = _SECONDS.fullmatch(stamp) and abs(now.timestamp() - int(stamp)) <= OLDEST_SECONDS
        store = self._named(key) if timely and _PUBLIC_KEY.fullmatch(key) else None
        signing = own_secrets(self.platforms.sealer, store) if store else ()
        signed = f"{stamp}.{call}.".encode() + body
        signature.verify(signed, request.headers.get("X-Tandem-Signature"), signing or (_NOBODY,))
        if store is None:
            raise InvalidSignature("Nobody is known by this key.")
        return store

    def _named(self, key: str) -> Store | None:
        with reading(self.platforms.engine) as connection:
            return storefronts.store_of(connection, key, self.platform)


def _unavailable() -> Response:
    response = told(503, {"error": "try again later"})
    response.headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
    return response


def _failed(error: Exception) -> Response | HTTPException:
    """A fault of ours, said as one that passes; the log names its kind, never what was asked."""
    if isinstance(error, HTTPException):
        return error
    logger("plugin").error("a call of a plugin could not be answered", kind=type(error).__name__)
    return _unavailable()
