"""wc-tandem/v1/connection: our plugin's own route, by which our service tells it where it is and what signs."""

import re
from typing import Any
from urllib.parse import urlsplit

from connectors.woocommerce.standin.keys import authorize
from connectors.woocommerce.standin.plugin import Connection
from connectors.woocommerce.standin.rest_call import Answered, Call
from connectors.woocommerce.standin.rest_errors import RestError, invalid, missing, no_route

_FIELDS = ("public_url", "public_key", "webhook_url", "secret")
_PATTERNS = {"public_key": re.compile(r"[0-9a-f]{32}"), "secret": re.compile(r"[A-Za-z0-9]{40}")}
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
    authorize(call.user, "rest_forbidden", "Sorry, you are not allowed to do that.")


def _itself(call: Call) -> dict[str, Any]:
    return {"plugin": call.world.plugin.version, "home": call.world.site.home}


def _checked(given: dict[str, Any]) -> dict[str, str]:
    lost = [name for name in ("version", *_FIELDS) if name not in given]
    if lost:
        raise missing(lost)
    if given["version"] != 1:
        raise _bad("version")
    for name, pattern in _PATTERNS.items():
        if not isinstance(given[name], str) or not pattern.fullmatch(given[name]):
            raise _bad(name)
    for name in ("public_url", "webhook_url"):
        parts = urlsplit(str(given[name]))
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise _bad(name)
    return {name: given[name] for name in _FIELDS}


def _bad(name: str) -> RestError:
    return invalid(name, f"{name} is not as it should be.")
