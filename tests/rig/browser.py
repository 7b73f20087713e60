"""A real browser, driven through playwright-core by the scripts tests/peers/browser*.mjs."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from tests.conftest import missing
from tests.rig import node

_NAMES = ("chromium", "chromium-browser", "google-chrome")
# No sandbox: tests run as root in a container. The rest keeps it from talking to anyone of its own accord.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def executable() -> str | None:
    """Where it is; None where there is none."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def have_or_skip() -> None:
    """Node, its packages or the browser itself may be missing: a visible skip."""
    node.have_or_skip()
    if executable() is None:
        missing("Chromium")


@contextmanager
def running(script: str, *words: str) -> Iterator[node.Node]:
    """Such a script: its first word is what `chromium.launch` needs, as JSON, and then come `words`."""
    have_or_skip()
    launch = json.dumps({"executablePath": executable(), "args": FLAGS})
    with node.Node.running(script, launch, *words) as script_running:
        yield script_running
