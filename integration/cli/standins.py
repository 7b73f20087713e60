"""The stand-ins of a demo: Meta's Graph API, and each platform that has one. Processes of their own, on loopback."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from connectors import registry
from connectors.contract import Connector
from integration.errors import Unavailable

_HURRIED_SECONDS = 60  # until a Pixel's silence counts: who looks at a demo does not come back in an hour
_SECRET_FOR_STAND_IN = "STANDIN_SECRET"  # noqa: S105 (the name of a variable)


@dataclass(frozen=True, slots=True)
class StandIns:
    """`variables` point our processes at those that take the place of a whole platform; `addresses`, by platform, are for
    people.
    """

    variables: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)


@contextmanager
def running(public_url: str) -> Iterator[StandIns]:
    """All of them, while they run.

    Apps' keys and secrets are the operator's where the environment has some, so that a store of an earlier demo still
    opens; else they are made up.
    """
    with ExitStack() as stack:
        told = StandIns({"META_GRAPH_URL": stack.enter_context(_started("integration.sandbox", {}))})
        told.variables["HURRIED_SECONDS"] = str(_HURRIED_SECONDS)
        for connector in registry.connectors():
            if connector.stand_in is None:
                continue
            app = _app(connector)
            options = (*_key(connector, app), "--app-url", public_url)
            address = stack.enter_context(_started(connector.stand_in, _secret(connector, app), *options))
            told.variables.update(app | _addresses(connector, address))
            told.addresses[connector.name] = address
        yield told


def _app(connector: Connector) -> dict[str, str]:
    """What names and secures our app at the platform; nothing where each store makes keys of its own."""
    made = {connector.key_variable: "tandem-demo", connector.secret_variable: secrets.token_urlsafe(32)}
    return {name: os.environ.get(name) or text for name, text in made.items() if name}


def _key(connector: Connector, app: Mapping[str, str]) -> tuple[str, ...]:
    return ("--key", app[connector.key_variable]) if connector.key_variable else ()


def _secret(connector: Connector, app: Mapping[str, str]) -> dict[str, str]:
    if connector.secret_variable is None:
        return {}
    return {_SECRET_FOR_STAND_IN: app[connector.secret_variable].partition(",")[0]}


def _addresses(connector: Connector, address: str) -> dict[str, str]:
    return {one.name: address + one.at_stand_in for one in connector.variables if one.at_stand_in is not None}


@contextmanager
def _started(module: str, told: Mapping[str, str], *options: str) -> Iterator[str]:
    """A stand-in's address, while it runs. It says that in its first line."""
    command = [sys.executable, "-m", module, "--port", "0", "--die-with-parent", *options]
    surroundings = {**os.environ, **told}
    process = subprocess.Popen(  # noqa: S603
        command, stdout=subprocess.PIPE, text=True, start_new_session=True, env=surroundings
    )
    try:
        _, _, address = (process.stdout.readline() if process.stdout else "").strip().partition(" ")
        if not address.startswith("http://127.0.0.1:"):
            raise Unavailable(f"The stand-in {module} did not start.")
        yield address
    finally:
        process.terminate()
        process.wait()
