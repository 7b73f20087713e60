"""`POST /<platform>/callback/<door>`: the store's own server hands us its keys. Answered at once, by our database alone.

WooCommerce takes exactly 200 for success, follows a redirect with a GET, and deletes the key after anything else: so
there is no redirect here, and what we do not take is told apart from what we take by the status alone.
"""

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from connectors import registry
from connectors.errors import RequestRefused
from integration.db import within
from integration.errors import Forbidden, NotFound, Unavailable
from integration.log import logger
from integration.stores import handover
from integration.stores.platforms import Platforms
from integration.web.body import taken, told

_MOST = 64 * 1024
_RETRY_AFTER_SECONDS = 5
_DATABASE_SECONDS = 2.5


def blueprint(platforms: Platforms) -> Blueprint:
    """One address for each platform whose stores hand their keys over."""
    views = Blueprint("callback", __name__)

    def take(platform: str, door: str) -> Response:
        if request.environ.get("PATH_INFO", "").startswith("//"):
            raise NotFound("This is no address of ours, though Werkzeug reads it as one.")
        body = taken(_MOST, "64 KiB")
        with within(_DATABASE_SECONDS):
            handover.take_keys(platforms, platform, door, body, sent_by=request.headers.get("User-Agent", ""))
        return told(200, {"status": "kept"})

    for connector in registry.connectors():
        if connector.handover is not None:
            views.add_url_rule(
                f"/{connector.name}/callback/<door>",
                endpoint=connector.name,
                view_func=take,
                methods=["POST"],
                defaults={"platform": connector.name},
                provide_automatic_options=False,
            )
    views.register_error_handler(Forbidden, lambda _error: told(403, {"error": "forbidden"}))
    views.register_error_handler(RequestRefused, lambda _error: told(400, {"error": "these are no keys"}))
    views.register_error_handler(NotFound, lambda _error: told(404, {"error": "unknown address"}))
    views.register_error_handler(Unavailable, lambda _error: _unavailable())
    views.register_error_handler(Exception, _failed)
    return views


def _unavailable() -> Response:
    response = told(503, {"error": "try again later"})
    response.headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
    return response


def _failed(error: Exception) -> Response | HTTPException:
    """A fault of ours: the store deletes the key again. The log names the kind, never what was posted."""
    if isinstance(error, HTTPException):
        return error
    logger("callback").error("keys could not be taken", kind=type(error).__name__)
    return _unavailable()
