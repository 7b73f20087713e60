"""The admin around the app: installed by one click, shown in a frame, removed by another. What a developer sees."""

import html
from pathlib import Path
from urllib.parse import urlsplit

from connectors.shopify.standin import mailing
from connectors.shopify.standin.consent import host
from connectors.shopify.standin.order_bodies import Wanted
from connectors.shopify.standin.shops import Shop
from connectors.shopify.standin.wire import Reply, Request, answered, page, sent_to
from connectors.shopify.standin.world import World

STATIC = Path(__file__).parent / "static"
_KINDS = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}

_INSTALL = """<h1>Install app?</h1>
<p>{shop} does not have the app <code>{key}</code>. It asks for:</p><ul>{scopes}</ul>
<form method="post"><button name="act" value="install">Install app</button></form>"""

_FRAME = """<header class="bar"><h1>{shop}</h1><form method="post">
<button name="act" value="order" class="quiet">Buy something</button>
<button name="act" value="uninstall" class="quiet">Uninstall</button></form></header>
<script src="/_standin/static/admin.js" data-session="{session}" data-origin="{origin}"></script>
<p id="toast" role="status" hidden></p>
<iframe id="app" title="The app" src="{address}"></iframe>"""


_SHOPS = """<h1>Shops</h1><p>Each shop comes into being when it is first opened:
<code>/store/any-name/apps/{key}</code></p><ul>{shops}</ul>"""


def index(world: World, _request: Request) -> Reply:
    """The shops there are."""
    key = html.escape(world.app.key)
    with world.lock:
        domains = sorted(world.shops)
    links = "".join(f'<li><a href="/store/{one.partition(".")[0]}/apps/{key}">{one}</a></li>' for one in domains)
    return page("Shops", _SHOPS.format(key=key, shops=links))


def show(world: World, _request: Request, handle: str, key: str) -> Reply:
    """The app in a frame, or the question whether to install it. An app that is not embedded is opened instead."""
    if key != world.app.key:
        return page("No such app", "<h1>No such app</h1><p>The stand-in knows one app, under another key.</p>", 404)
    shop = _shop(world, handle)
    if not world.app.embedded:
        opening = world.signed({"host": host(shop), "shop": shop.domain})
        return sent_to(f"{world.app.url}/shopify/install?{opening}")
    if not shop.installed:
        scopes = "".join(f"<li>{html.escape(scope)}</li>" for scope in world.app.scopes)
        return page("Install app", _INSTALL.format(shop=shop.domain, key=html.escape(key), scopes=scopes))
    told = {
        "shop": shop.domain,
        "address": html.escape(f"{world.app.url}/shopify/app?{_opening(world, shop)}"),
        "session": f"/store/{handle}/apps/{key}/session",
        "origin": html.escape("{0.scheme}://{0.netloc}".format(urlsplit(world.app.url))),
    }
    return page(shop.domain, _FRAME.format(**told))


def act(world: World, request: Request, handle: str, key: str) -> Reply:
    """Install, uninstall, or buy something; then back to the page."""
    shop, wish = _shop(world, handle), request.fields().get("act")
    if wish == "install":
        with world.lock:
            shop.installed, shop.scopes = True, world.app.scopes
    elif wish == "uninstall":
        mailing.uninstall(world, shop)
    elif wish == "order":
        mailing.place(world, shop, Wanted(world.moment(), country=shop.country))
    return sent_to(f"/store/{handle}/apps/{key}")


def session(world: World, _request: Request, handle: str, key: str) -> Reply:
    """A fresh session token, for the frame's App Bridge; none for an app that is not installed."""
    shop = _shop(world, handle)
    if key != world.app.key or not shop.installed:
        return answered({"errors": "Not Found"}, 404)
    return answered({"id_token": world.session(shop)}, headers={"Cache-Control": "no-store"})


def static(_world: World, _request: Request, name: str) -> Reply:
    """A script or the style sheet."""
    path = STATIC / name
    if not path.is_file():
        return answered({"errors": "Not Found"}, 404)
    return Reply(200, path.read_bytes(), _KINDS[path.suffix], {"Cache-Control": "no-cache"})


def _shop(world: World, handle: str) -> Shop:
    return world.shop(f"{handle}.myshopify.com")


def _opening(world: World, shop: Shop) -> str:
    """What Shopify appends to the app's address in the admin."""
    return world.signed(
        {
            "embedded": "1",
            "host": host(shop),
            "id_token": world.session(shop),
            "locale": "en",
            "session": f"{shop.id:064x}",
            "shop": shop.domain,
        }
    )
