"""wc-tandem/v1/connection: our plugin's own route, by which our service tells it where it is and what signs."""

import re
from typing import Any
from urllib.parse import urlsplit

from connectors.woocommerce.standin.keys import authorize
from connectors.woocommerce.standin.plugin import Connection
from connectors.woocommerce.standin.rest_call import Answered, Call
from connectors.woocommerce.standin.rest_errors import RestError, no_route

_PATTERNS = {
    "public_url": re.compile(r"https?://\S+(?<!/)"),
    "public_key": re.compile(r"[0-9a-f]{32}"),
    "webhook_url": re.compile(r"https?://\S+"),
    "secret": re.compile(r"[A-Za-z0-9]{40}"),
}
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def show(call: Call) -> Answered:
    """What it is connected to, without the secret."""
    _admit(call)
    connection = call.world.plugin.connection
    return Answered({**_itself(call), "public_key": connection.public_key if connection else None})


def connect(call: Call) -> Answered:
    """Remember it, and this shop's front page beside it."""
    _admit(call)
    told = _checked(call.given())
    made = Connection(home=call.world.site.home, **told)
    with call.world.lock:
        changed = call.world.plugin.connection != made
        call.world.plugin.connection = made
    return Answered({**_itself(call), "changed": changed})


def disconnect(call: Call) -> Answered:
    """Forget it."""
    _admit(call)
    with call.world.lock:
        changed = call.world.plugin.connection is not None
        call.world.plugin.connection = None
    return Answered({"changed": changed})


def _admit(call: Call) -> None:
    """Where the plugin is not active, WordPress knows no such route, whoever asks. Raises RestError."""
    if not call.world.plugin.installed:
        raise no_route()
    authorize(call.user, "tandem_cannot_connect", "Only those who manage this shop may connect it.")


def _itself(call: Call) -> dict[str, Any]:
    return {"plugin": call.world.plugin.version, "home": call.world.site.home}


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    """The four texts, and the plan of the Pixel where one came. Raises RestError where one may not be so; the sentences are not those of the plugin."""
    if given.get("version") != 1:
        raise _bad("version")
    for name, pattern in _PATTERNS.items():
        if not isinstance(given.get(name), str) or not pattern.fullmatch(given[name]):
            raise _bad(name)
    for name in ("public_url", "webhook_url"):
        parts = urlsplit(given[name])
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise _bad(name)
    if not given["webhook_url"].startswith(f"{given['public_url']}/webhooks/woocommerce/"):
        raise _bad("webhook_url")
    pixel = given.get("pixel")
    if pixel is not None and (not isinstance(pixel, dict) or pixel.get("version") != 1):
        raise _bad("pixel")
    return {**{name: given[name] for name in _PATTERNS}, "pixel": pixel}


def _bad(name: str) -> RestError:
    return RestError("tandem_invalid_connection", f"The member {name} is not as it should be.", 400)
