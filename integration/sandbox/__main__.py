"""python -m integration.sandbox: prints `sandbox http://127.0.0.1:PORT` once it accepts calls; SIGTERM ends it."""

import argparse
import ipaddress
import signal
import sys
from collections.abc import Sequence
from typing import Any, Never

from integration.sandbox.journal import Journal
from integration.sandbox.parent import die_with_parent
from integration.sandbox.server import SandboxServer
from integration.sandbox.world import World


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; the process's exit code."""
    options = _parse(arguments)
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, _stop)
    try:
        if options.die_with_parent:
            die_with_parent()
        world = World(journal=Journal(keep_payloads=options.payloads), latency=options.latency_ms / 1000)
        with SandboxServer(options.host, options.port, world) as server:
            print(f"sandbox {server.url}", flush=True)  # noqa: T201
            server.serve_forever()
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        print(f"sandbox: {options.host}:{options.port}: {error.strerror}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tandem meta-sandbox", description="A local stand-in for Meta's Graph API.")
    parser.add_argument("--host", type=_loopback, default="127.0.0.1", help="an IPv4 loopback address")
    parser.add_argument(
        "--port", type=int, choices=range(65_536), metavar="N", default=0, help="0 (default) takes any free port"
    )
    parser.add_argument("--latency-ms", type=float, default=0.0, help="how long each call to Graph takes at least")
    parser.add_argument("--no-payloads", dest="payloads", action="store_false", help="keep only what counting needs")
    parser.add_argument("--die-with-parent", action="store_true", help="end when the starting process ends (Linux)")
    return parser.parse_args(arguments)


def _loopback(host: str) -> str:
    # It believes everyone and shows everything it was told.
    if not ipaddress.IPv4Address("127.0.0.1" if host == "localhost" else host).is_loopback:
        raise argparse.ArgumentTypeError("only a loopback address")
    return host


def _stop(_signal: int, _frame: Any) -> Never:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
