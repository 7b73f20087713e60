"""python -m connectors.woocommerce.standin: prints `ready <the shop's address>` once it accepts calls; SIGTERM ends it."""

import argparse
import ipaddress
import re
import signal
import ssl
import sys
from collections.abc import Sequence
from typing import Any, Never

from connectors.woocommerce.standin.parent import die_with_parent
from connectors.woocommerce.standin.server import StandInServer
from connectors.woocommerce.standin.world import World


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; the process's exit code."""
    options = _parse(arguments)
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, _stop)
    try:
        if options.die_with_parent:
            die_with_parent()
        trust = ssl.create_default_context(cafile=options.trust) if options.trust else None
        world = World(options.app_url.rstrip("/"), http_callbacks=not options.https_callbacks, trust=trust)
        with StandInServer(options.host, options.port, world, options.certificate) as server:
            world.settle_at(server.url, options.folder)
            print(f"ready {server.url}{options.folder}", flush=True)  # noqa: T201
            server.serve_forever()
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        print(f"stand-in: {options.host}:{options.port}: {error.strerror}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    description = "A local stand-in for a WooCommerce store."
    parser = argparse.ArgumentParser(prog="connectors.woocommerce.standin", description=description)
    parser.add_argument("--host", type=_loopback, default="127.0.0.1", help="an IPv4 loopback address")
    parser.add_argument(
        "--port", type=int, choices=range(65_536), metavar="N", default=0, help="0 (default) takes any free port"
    )
    parser.add_argument("--app-url", default="http://127.0.0.1:8000", help="where our app answers")
    parser.add_argument("--folder", type=_folder, default="", help="WordPress is installed in this folder: /shop")
    parser.add_argument("--https-callbacks", action="store_true", help="hand keys over by https only, as WooCommerce")
    parser.add_argument("--certificate", help="a PEM file with certificate and key: the shop answers by https")
    parser.add_argument("--trust", help="a PEM file with the certificates it believes when it calls https")
    parser.add_argument("--die-with-parent", action="store_true", help="end when the starting process ends (Linux)")
    return parser.parse_args(arguments)


def _loopback(host: str) -> str:
    # It believes everyone, and hands its keys to whoever is logged in with a password that everybody knows.
    if not ipaddress.IPv4Address("127.0.0.1" if host == "localhost" else host).is_loopback:
        raise argparse.ArgumentTypeError("only a loopback address")
    return host


def _folder(path: str) -> str:
    if not re.fullmatch(r"(/[a-z0-9-]+)*", path):
        raise argparse.ArgumentTypeError("like /shop")
    return path


def _stop(_signal: int, _frame: Any) -> Never:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
