"""Which request is answered by whom; what is asked of the store is journalled, and may be struck by a fault."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

from connectors.woocommerce.standin import admin, control, php, rest, shop, wc_auth
from connectors.woocommerce.standin.faults import BENDERS, SPOILERS, Fault
from connectors.woocommerce.standin.wire import Ending, Reply, Request, page
from connectors.woocommerce.standin.world import World

STATIC = Path(__file__).parent / "static"
_DOOR = re.compile(r"/_standin(?:/([\w/-]*))?")
_REST = re.compile(r"/(?:index\.php/)?wp-json(/.*)?")
_AUTH = re.compile(r"/wc-auth/v1/(.*)")
# After World and Request come the path's groups.
Answer = Callable[..., Reply]

PAGES: tuple[tuple[str, re.Pattern[str], Answer], ...] = tuple(
    (method, re.compile(path), answer)
    for methods, path, answer in (
        ("GET HEAD", r"/", shop.front),
        ("POST", r"/checkout/", shop.buy),
        ("GET", r"/checkout/order-received/(\d+)/?", shop.thanks),
        ("GET POST", r"/wp-login\.php", admin.login),
        ("GET", r"/wp-admin/?", admin.home),
        ("POST", r"/wp-admin/?", admin.act),
    )
    for method in methods.split()
)


def answer(world: World, request: Request) -> Reply:
    """The reply to any request."""
    if request.path == "/_standin/static/standin.css":
        return Reply(200, (STATIC / "standin.css").read_bytes(), "text/css; charset=utf-8")
    door = _DOOR.fullmatch(request.path)
    if door:
        return control.answer(world, request, (door[1] or "").strip("/"))
    if world.folder and not f"{request.path}/".startswith(f"{world.folder}/"):
        return page("Not Found", "<h1>Not Found</h1><p>WordPress is in a folder here.</p>", 404)
    return _faulty(world, request)


def _faulty(world: World, request: Request) -> Reply:
    path = request.path.removeprefix(world.folder) or "/"
    route = _rest_route(world, request, path)
    # Faults and the journal know a REST route by the same name, however it was asked for.
    name = path if route is None else f"/wp-json{route}"
    fault = world.faults.take(request.method, name)
    reply = _struck(world, request, path, route, fault)
    if route is not None or "wc-auth" in name or fault:
        status = reply.status if reply.ending in (Ending.KEEP, Ending.DRIP) else None
        world.journal.asked(request.method, name, request.query, status, request.body)
    return reply


def _struck(world: World, request: Request, path: str, route: str | None, fault: Fault | None) -> Reply:
    if fault and fault.kind in SPOILERS:
        return SPOILERS[fault.kind](fault)
    reply = rest.answer(world, request, route) if route is not None else _page(world, request, path)
    return BENDERS[fault.kind](fault, reply) if fault else reply


def _rest_route(world: World, request: Request, path: str) -> str | None:
    """The REST route, with a slash before it; None for a page. Shops with plain permalinks know no /wp-json/."""
    asked = request.asked().get("rest_route", "")
    if asked and path in ("/", "/index.php"):
        return f"/{asked.strip('/')}"
    match = _REST.fullmatch(unquote(path))
    return (match[1] or "/") if match and world.site.pretty else None


def _page(world: World, request: Request, path: str) -> Reply:
    asked = request.asked()
    auth = _AUTH.fullmatch(path) if world.site.pretty else None
    if auth:
        return wc_auth.answer(world, request, unquote(auth[1]))
    if not php.empty(asked.get("wc-auth-version")) and not php.empty(asked.get("wc-auth-route")):
        return wc_auth.answer(world, request, asked["wc-auth-route"])
    for method, known, respond in PAGES:
        match = known.fullmatch(path) if request.method == method else None
        if match:
            return respond(world, request, *match.groups())
    return page("Page not found", "<h1>Page not found</h1>", 404)
