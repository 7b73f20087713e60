"""GET and POST /<shop>/admin/oauth/authorize: the page on which a merchant lets an app in."""

import base64
import html
import secrets
from urllib.parse import urlsplit

from connectors.shopify.standin.shops import Shop
from connectors.shopify.standin.wire import Reply, Request, page, sent_to
from connectors.shopify.standin.world import World

CODE_SECONDS = 60


def show(world: World, request: Request, domain: str) -> Reply:
    """What the app asks for, and two buttons."""
    problem = _problem(world, request)
    if problem:
        return page("OAuth error", f"<h1>OAuth error</h1><p>{html.escape(problem)}</p>", 400)
    scopes = "".join(f"<li>{html.escape(scope)}</li>" for scope in _scopes(world, request))
    return page(
        "Install app",
        f"""<h1>Install app?</h1>
<p>{html.escape(domain)} is asked to let the app <code>{html.escape(world.app.key)}</code> do this:</p><ul>{scopes}</ul>
<form method="post"><button name="decision" value="install">Install app</button>
<button name="decision" value="cancel" class="quiet">Cancel</button></form>""",
    )


def decide(world: World, request: Request, domain: str) -> Reply:
    """Back to the app with a code and Shopify's signature; nowhere after a no."""
    problem = _problem(world, request)
    if problem:
        return page("OAuth error", f"<h1>OAuth error</h1><p>{html.escape(problem)}</p>", 400)
    shop = world.shop(domain)
    if request.fields().get("decision") != "install":
        return page("Not installed", "<h1>Not installed</h1><p>You did not let the app in.</p>")
    code = secrets.token_hex(16)
    with world.lock:
        shop.codes[code] = (_scopes(world, request), world.now() + CODE_SECONDS)
    asked = request.asked()
    told = {"code": code, "host": host(shop), "shop": domain}
    if "state" in asked:
        told["state"] = asked["state"]
    return sent_to(f"{asked['redirect_uri']}?{world.signed(told)}")


def host(shop: Shop) -> str:
    """Where the admin is, in base64. Some shops get it with padding and some without, since libraries disagree on it."""
    told = base64.b64encode(f"admin.shopify.com/store/{shop.handle}".encode()).decode()
    return told if shop.id % 2 else told.rstrip("=")


def _scopes(world: World, request: Request) -> tuple[str, ...]:
    """Those asked for; for an address without any, those of the app's own configuration."""
    asked = tuple(part.strip() for part in request.asked().get("scope", "").split(",") if part.strip())
    return asked or world.app.scopes


def _problem(world: World, request: Request) -> str | None:
    asked = request.asked()
    if asked.get("client_id") != world.app.key:
        return "application_cannot_be_found: No app has this client id."
    if _origin(asked.get("redirect_uri", "")) != _origin(world.app.url):
        return "invalid_request: The redirect_uri is not whitelisted"
    return None


def _origin(address: str) -> tuple[str, str] | None:
    parts = urlsplit(address)
    return (parts.scheme, parts.netloc) if parts.scheme and parts.netloc else None
