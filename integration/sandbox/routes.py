"""Which request is answered by whom."""

import re
from collections.abc import Callable

from integration.sandbox import control, graph, pixel
from integration.sandbox.replies import Reply
from integration.sandbox.wire import Request
from integration.sandbox.world import World

# After World and Request come the path's groups, text or None.
Answer = Callable[..., Reply]

ROUTES: tuple[tuple[frozenset[str], re.Pattern[str], Answer], ...] = tuple(
    (frozenset(methods.split()), re.compile(path), answer)
    for methods, path, answer in (
        ("POST", r"/(?:(v\d+\.\d+)/)?([^/]+)/events/?", graph.post_events),
        ("GET DELETE PUT", r"/(?:v\d+\.\d+/)?[^/]+/events/?", graph.refuse_reading),
        ("GET", r"/(?:(v\d+\.\d+)/)?(\d+)/?", graph.read_dataset),
        ("GET POST", r"/tr/?", pixel.hear),
        ("GET POST DELETE PUT", r"/_sandbox/([a-z]+)", control.answer),
    )
)


def answer(world: World, request: Request) -> Reply:
    """The reply to any request."""
    for methods, path, respond in ROUTES:
        match = path.fullmatch(request.path) if request.method in methods else None
        if match:
            return respond(world, request, *match.groups())
    return graph.refuse_path(world, request)
