"""Which request is answered by whom; what the app asked is journalled, and may be struck by a fault."""

import re
from collections.abc import Callable

from connectors.shopify.standin import admin, admin_api, consent, control, token_endpoint
from connectors.shopify.standin.faults import SPOILERS, TOKEN
from connectors.shopify.standin.wire import Ending, Reply, Request, answered
from connectors.shopify.standin.world import World

_SHOP = r"([a-z0-9][a-z0-9-]*\.myshopify\.com)"
# After World and Request come the path's groups.
Answer = Callable[..., Reply]


def _tokens(world: World, request: Request, domain: str) -> Reply:
    """The token endpoint, unless a fault strikes it."""
    fault = world.faults.take(TOKEN, domain)
    spoil = SPOILERS.get(fault.kind) if fault else None
    reply = spoil(fault) if fault and spoil else token_endpoint.answer(world, request, domain)
    return _journalled(world, request, TOKEN, reply)


def _graphql(world: World, request: Request, domain: str, version: str) -> Reply:
    """The Admin API, unless a fault strikes it."""
    root = admin_api.root_of(request)
    fault = world.faults.take(root, domain)
    spoil = SPOILERS.get(fault.kind) if fault else None
    reply = spoil(fault) if fault and spoil else admin_api.answer(world, request, domain, version, fault)
    return _journalled(world, request, root, reply)


def _journalled(world: World, request: Request, operation: str | None, reply: Reply) -> Reply:
    status = reply.status if reply.ending is Ending.KEEP else None
    world.journal.asked(request.method, request.path, operation, status, request.body)
    return reply


ROUTES: tuple[tuple[str, re.Pattern[str], Answer], ...] = tuple(
    (method, re.compile(path), answer)
    for methods, path, answer in (
        ("GET", rf"/{_SHOP}/admin/oauth/authorize", consent.show),
        ("POST", rf"/{_SHOP}/admin/oauth/authorize", consent.decide),
        ("POST", rf"/{_SHOP}/admin/oauth/access_token", _tokens),
        ("POST", rf"/{_SHOP}/admin/api/(\d{{4}}-\d{{2}}|unstable)/graphql\.json", _graphql),
        ("GET", r"/", admin.index),
        ("GET", r"/store/([a-z0-9][a-z0-9-]*)/apps/([\w.-]+)", admin.show),
        ("POST", r"/store/([a-z0-9][a-z0-9-]*)/apps/([\w.-]+)", admin.act),
        ("POST", r"/store/([a-z0-9][a-z0-9-]*)/apps/([\w.-]+)/session", admin.session),
        ("GET", r"/(app-bridge\.js)", admin.static),
        ("GET", r"/_standin/static/([a-z-]+\.(?:js|css))", admin.static),
        ("GET POST DELETE", rf"/_standin/shops/{_SHOP}(?:/([a-z]+))?", control.of_shop),
        ("GET POST DELETE", r"/_standin/?([a-z]*)", control.answer),
    )
    for method in methods.split()
)


def answer(world: World, request: Request) -> Reply:
    """The reply to any request."""
    for method, path, respond in ROUTES:
        match = path.fullmatch(request.path) if request.method == method else None
        if match:
            return respond(world, request, *match.groups())
    return answered({"errors": "Not Found"}, 404)
