"""Structured log lines: ids, counts and words. The redactor is a net, not the plan: nothing personal is ever passed in."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRET_KEYS = re.compile(
    r"token|secret|password|authorization|signature|email|phone|(first|last)_?name|address|body|payload|user_data",
    re.IGNORECASE,
)
_LOOKS_SECRET = re.compile(
    r"\bEAA[A-Za-z0-9]{10,}|\bshp(at|ss|ua|ca)_[A-Za-z0-9]+|\b[cs][ks]_[0-9a-f]{20,}|[\w.+-]+@[\w-]+\.[\w.]+"
)
HIDDEN = "[hidden]"


def configure(*, level: str = "INFO", machine: bool = False) -> None:
    """Lines on standard error: JSON where a machine reads them (production), plain words otherwise."""
    renderer: Any = structlog.processors.JSONRenderer() if machine else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _hide,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def logger(room: str) -> Any:
    """A logger whose lines say which room they come from."""
    return structlog.get_logger().bind(room=room)


def _hide(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank values under telling keys, and anything in a text that looks like a token or an e-mail address."""
    for key, value in line.items():
        if _SECRET_KEYS.search(key):
            line[key] = HIDDEN
        elif isinstance(value, str):
            line[key] = _LOOKS_SECRET.sub(HIDDEN, value)
    return line
