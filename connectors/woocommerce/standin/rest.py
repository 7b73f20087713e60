"""/wp-json/…, or ?rest_route=/…: who answers a route, who may ask, and what WordPress puts around every answer."""

import re
from collections.abc import Callable

from connectors.woocommerce.standin import (
    keys,
    rest_fields,
    rest_index,
    rest_orders,
    rest_plugin,
    rest_shop,
    rest_webhooks,
)
from connectors.woocommerce.standin.rest_call import Answered, Call
from connectors.woocommerce.standin.rest_errors import RestError, no_route
from connectors.woocommerce.standin.wire import Reply, Request, answered
from connectors.woocommerce.standin.world import World

# After the call come the route's groups.
Route = Callable[..., Answered]
_OF_WOOCOMMERCE = re.compile(r"/wc[/-]")

ROUTES: tuple[tuple[str, re.Pattern[str], Route], ...] = tuple(
    (method, re.compile(path), answer)
    for methods, path, answer in (
        ("GET", r"/", rest_index.index),
        ("GET", r"/wc/v3", rest_index.namespace),
        ("GET", r"/wc/v3/webhooks", rest_webhooks.listed),
        ("POST", r"/wc/v3/webhooks", rest_webhooks.create),
        ("GET", r"/wc/v3/webhooks/(\d+)", rest_webhooks.show),
        ("POST PUT PATCH", r"/wc/v3/webhooks/(\d+)", rest_webhooks.update),
        ("DELETE", r"/wc/v3/webhooks/(\d+)", rest_webhooks.delete),
        ("GET", r"/wc/v3/orders", rest_orders.listed),
        ("GET", r"/wc/v3/orders/(\d+)", rest_orders.show),
        ("GET", r"/wc/v3/orders/(\d+)/refunds", rest_orders.refunds),
        ("GET", r"/wc/v3/refunds", rest_orders.all_refunds),
        ("GET", r"/wc/v3/data/currencies/current", rest_shop.currency),
        ("GET", r"/wc/v3/settings/general", rest_shop.settings),
        ("GET", r"/wc/v3/settings/general/(\w+)", rest_shop.setting),
        ("GET", r"/wc/v3/system_status", rest_shop.status),
        ("GET", r"/wc-tandem/v1/connection", rest_plugin.show),
        ("PUT", r"/wc-tandem/v1/connection", rest_plugin.connect),
        ("DELETE", r"/wc-tandem/v1/connection", rest_plugin.disconnect),
    )
    for method in methods.split()
)


def answer(world: World, request: Request, route: str) -> Reply:
    """The store's answer; `route` begins with a slash."""
    route = route.rstrip("/") or "/"
    try:
        return _enveloped(world, request, _answered(world, request, route))
    except RestError as error:
        return _with_link(world, request, error.reply())


def _answered(world: World, request: Request, route: str) -> Answered:
    key = None
    method = request.headers.get("x-http-method-override", request.asked().get("_method", request.method)).upper()
    if _OF_WOOCOMMERCE.match(route):
        with world.lock:
            key = keys.key_of(world, request)
            if key:
                keys.permit(key, method)
    call = Call(world, request, keys.user_of(world, key))
    for known, path, respond in ROUTES:
        match = path.fullmatch(route) if known == ("GET" if method == "HEAD" else method) else None
        if match:
            return respond(call, *match.groups())
    raise no_route()


def _enveloped(world: World, request: Request, told: Answered) -> Reply:
    content = rest_fields.kept(told.content, request.asked().get("_fields", ""))
    return _with_link(world, request, answered(content, told.status, told.headers))


def _with_link(world: World, request: Request, reply: Reply) -> Reply:
    """Every answer names the API's root, unless a listing's next page took the header's place."""
    link = f'<{world.site.rest_url("/", _home(world, request))}>; rel="https://api.w.org/"'
    headers = {"X-Content-Type-Options": "nosniff", **({} if "Link" in reply.headers else {"Link": link})}
    return Reply(reply.status, reply.body, reply.content_type, {**headers, **reply.headers})


def _home(world: World, request: Request) -> str:
    return Call(world, request, None).home()
