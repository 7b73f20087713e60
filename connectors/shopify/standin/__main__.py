"""python -m connectors.shopify.standin: prints `ready http://127.0.0.1:PORT` once it accepts calls; SIGTERM ends it."""

import argparse
import ipaddress
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any, Never

from connectors.shopify.standin.parent import die_with_parent
from connectors.shopify.standin.server import StandInServer
from connectors.shopify.standin.shops import App
from connectors.shopify.standin.world import World

KEY, SECRET = "stand-in-key", "stand-in-secret-of-no-worth"


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; the process's exit code."""
    options = _parse(arguments)
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, _stop)
    try:
        if options.die_with_parent:
            die_with_parent()
        world = World(App(options.key, [options.secret], options.app_url.rstrip("/")))
        with StandInServer(options.host, options.port, world) as server:
            print(f"ready {server.url}", flush=True)  # noqa: T201
            server.serve_forever()
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        print(f"stand-in: {options.host}:{options.port}: {error.strerror}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="connectors.shopify.standin", description="A local stand-in for Shopify.")
    parser.add_argument("--host", type=_loopback, default="127.0.0.1", help="an IPv4 loopback address")
    parser.add_argument(
        "--port", type=int, choices=range(65_536), metavar="N", default=0, help="0 (default) takes any free port"
    )
    parser.add_argument("--key", default=KEY, help="our app's client id there")
    # A command line is read by everyone on the machine: whoever has a secret worth keeping passes it so.
    parser.add_argument("--secret", default=os.environ.get("STANDIN_SECRET", SECRET), help="or STANDIN_SECRET")
    parser.add_argument("--app-url", default="http://127.0.0.1:8000", help="where our app answers")
    parser.add_argument("--die-with-parent", action="store_true", help="end when the starting process ends (Linux)")
    return parser.parse_args(arguments)


def _loopback(host: str) -> str:
    # It believes everyone, and signs whatever it is told to.
    if not ipaddress.IPv4Address("127.0.0.1" if host == "localhost" else host).is_loopback:
        raise argparse.ArgumentTypeError("only a loopback address")
    return host


def _stop(_signal: int, _frame: Any) -> Never:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
