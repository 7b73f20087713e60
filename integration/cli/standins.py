"""The stand-ins of a demo: Meta's Graph API, and each platform that has one. Processes of their own, on loopback."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from connectors import registry
from connectors.contract import Connector
from integration.errors import Unavailable

_SECRET_FOR_STAND_IN = "STANDIN_SECRET"  # noqa: S105 (the name of a variable)


@contextmanager
def running(public_url: str) -> Iterator[dict[str, str]]:
    """The variables that point our processes at them, while they run.

    Apps' keys and secrets are the operator's where the environment has some, so that a store of an earlier demo still
    opens; else they are made up.
    """
    with ExitStack() as stack:
        told = {"META_GRAPH_URL": stack.enter_context(_started("integration.sandbox", {}))}
        for connector in registry.connectors():
            if connector.stand_in is None:
                continue
            app = _app(connector)
            options = ("--key", app[str(connector.key_variable)], "--app-url", public_url)
            ours = {_SECRET_FOR_STAND_IN: app[str(connector.secret_variable)].partition(",")[0]}
            address = stack.enter_context(_started(connector.stand_in, ours, *options))
            told |= app | _addresses(connector, address)
        yield told


def _app(connector: Connector) -> dict[str, str]:
    made = {str(connector.key_variable): "tandem-demo", str(connector.secret_variable): secrets.token_urlsafe(32)}
    return {name: os.environ.get(name) or text for name, text in made.items()}


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
