"""Structured log lines: ids, counts and words. The redactor is a net, not the plan: nothing personal is ever passed in."""

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

_SECRET_KEYS = re.compile(
    r"token|secret|password|authorization|signature|email|phone|(first|last)_?name|address|body|payload|user_data",
    re.IGNORECASE,
)
_LOOKS_SECRET = re.compile(
    r"\bEAA[A-Za-z0-9]{10,}|\bshp(at|rt|ss|ua|ca)_[A-Za-z0-9]+|\beyJ[\w-]+\.[\w.-]+|\b[cs][ks]_[0-9a-f]{20,}|[\w.+-]+@[\w-]+\.[\w.]+"
)
HIDDEN = "[hidden]"
LEVELS = ("debug", "info", "warning", "error")


def configure(level: str = "info", *, machine: bool = False) -> None:
    """Lines on standard error, of this level and above: JSON where a machine reads them (production), else plain words."""
    for_people = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=_where)
    renderer: Any = structlog.processors.JSONRenderer() if machine else for_people
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _hide,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def of_libraries(level: str) -> str:
    """What RQ's own level is then. Only `debug` lets it say more: its lines are not ours, and no net is under them."""
    return "DEBUG" if level == "debug" else "WARNING"


def logger(room: str) -> Any:
    """A logger whose lines say which room they come from."""
    return structlog.get_logger().bind(room=room)


def _where(out: TextIO, trouble: Any) -> None:
    """Files, lines and the kind of an error. Its text and the variables of its frames hold what a shopper typed."""
    kind, _, frames = trouble
    out.write("\n" + "".join(traceback.format_tb(frames)) + f"{kind.__name__}\n")


def _hide(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank values under telling keys, and anything in a text that looks like a token or an e-mail address."""
    for key, value in line.items():
        line[key] = _hidden(key, value)
    return line


def _hidden(key: str, value: Any) -> Any:
    if _SECRET_KEYS.search(key):
        return HIDDEN
    match value:
        case None | bool() | int() | float():
            return value
        case dict():
            return {name: _hidden(str(name), inner) for name, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_hidden("", inner) for inner in value]
        case bytes():
            return _LOOKS_SECRET.sub(HIDDEN, value.decode(errors="replace"))
        case _:
            return _LOOKS_SECRET.sub(HIDDEN, str(value))
