"""`POST /webhooks/<platform>`: raw bytes and headers in, one of CONTRACT's answers out. Nothing is parsed here."""

from datetime import UTC, datetime

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from connectors import registry
from connectors.contract import WebhookRequest
from connectors.errors import InvalidSignature
from integration import failpoints
from integration.db import within
from integration.errors import NotFound, Unavailable
from integration.log import logger
from integration.pipeline.receive import Outcome, Receiver
from integration.queues import Bell
from integration.web.body import taken, told
from integration.web.fuse import Fuse

MAX_BODY = 2 * 1024 * 1024
_RETRY_AFTER_SECONDS = 5
# Shopify hangs up after 5 seconds: a database that says nothing by then is as good as none. Whoever stood behind a full
# house waits this long twice: for a thread, and then for the database.
_DATABASE_SECONDS = 2.0


def blueprint(receiver: Receiver, bell: Bell) -> Blueprint:
    """The endpoints of all platforms, at the paths their connectors name."""
    views, fuse = Blueprint("webhooks", __name__), Fuse()

    def take(platform: str, key: str | None = None) -> Response:
        if request.environ.get("PATH_INFO", "").startswith("//"):
            raise NotFound("This is no address of ours, though Werkzeug reads it as one.")
        body = taken(MAX_BODY, "2 MiB")
        headers = {name.lower(): text for name, text in request.headers.items()}
        with fuse.guarded(), within(_DATABASE_SECONDS):
            reply = receiver.receive(platform, WebhookRequest(body, headers, key), datetime.now(UTC))
        failpoints.reach("ingest.after_commit")
        if reply.status is Outcome.ACCEPTED:
            bell.wake()
        return told(200, {"status": reply.status, **({"reason": reply.reason} if reply.reason else {})})

    for connector in registry.connectors():
        views.add_url_rule(
            connector.webhook_path("<key>"),
            endpoint=connector.name,
            view_func=take,
            methods=["POST"],
            defaults={"platform": connector.name},
            provide_automatic_options=False,
        )
    views.register_error_handler(InvalidSignature, _unauthorized)
    views.register_error_handler(NotFound, lambda _error: told(404, {"error": "unknown address"}))
    views.register_error_handler(Unavailable, lambda _error: _unavailable())
    views.register_error_handler(Exception, _failed)
    return views


def _unauthorized(_error: Exception) -> Response:
    """One body for every kind of wrong, so that it teaches nothing."""
    return told(401, {"error": "unauthorized"})


def _unavailable() -> Response:
    response = told(503, {"error": "try again later"})
    response.headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
    return response


def _failed(error: Exception) -> Response | HTTPException:
    """A fault of ours: the platform is asked to send it again, and the log names the kind, never the content."""
    if isinstance(error, HTTPException):
        return error
    logger("webhooks").error("a webhook could not be taken", kind=type(error).__name__, where=_where(error))
    return _unavailable()


def _where(error: Exception) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "unknown"
