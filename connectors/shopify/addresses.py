"""Where a shop, its admin and its API answer, and which shops there are. Pure.

Nothing is built from a domain that has not been matched whole (reliability T10). In tests and the demo a stand-in
answers for all shops, each under a path of its own; production refuses the variable that points there.
"""

import re
from urllib.parse import urlsplit

from connectors.access import App, Variable

API_VERSION = "2026-10"
ADMIN_URL, APP_BRIDGE_URL, SUBSCRIPTIONS = "SHOPIFY_ADMIN_URL", "SHOPIFY_APP_BRIDGE_URL", "SHOPIFY_SUBSCRIPTIONS"
BY_API, DECLARED = "api", "declared"
VARIABLES = (
    Variable(ADMIN_URL, address=True, at_stand_in=""),
    Variable(
        APP_BRIDGE_URL,
        "https://cdn.shopify.com/shopifycloud/app-bridge.js",
        address=True,
        at_stand_in="/app-bridge.js",
    ),
    # Who makes the webhook subscriptions: we, by the API; or `shopify app deploy`, from shopify.app.toml.
    Variable(SUBSCRIPTIONS, BY_API, choices=(BY_API, DECLARED)),
)

_SHOP = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\.myshopify\.com", re.ASCII)
_ADMIN = "https://admin.shopify.com"


def shop(text: str | None) -> str | None:
    """The shop's domain, lower-cased; None unless all of `text` is one label under myshopify.com."""
    if text is None or not text.isascii():  # the Kelvin sign is a "k" once it is lowered
        return None
    lowered = text.lower()
    return lowered if _SHOP.fullmatch(lowered) else None


def handle(domain: str) -> str:
    """The shop's name in the admin's addresses."""
    return domain.removesuffix(".myshopify.com")


def shop_url(app: App, domain: str) -> str:
    """The shop's own address, without a slash at the end."""
    stand_in = app.options.get(ADMIN_URL)
    return f"{stand_in}/{domain}" if stand_in else f"https://{domain}"


def token_url(app: App, domain: str) -> str:
    """Where codes, session tokens and refresh tokens are exchanged."""
    return f"{shop_url(app, domain)}/admin/oauth/access_token"


def graphql_url(app: App, domain: str) -> str:
    """The Admin API of that shop."""
    return f"{shop_url(app, domain)}/admin/api/{API_VERSION}/graphql.json"


def home(app: App, domain: str) -> str:
    """Our page in the shop's admin."""
    stand_in = app.options.get(ADMIN_URL)
    return f"{stand_in or _ADMIN}/store/{handle(domain)}/apps/{app.key}"


def ancestors(app: App, domain: str) -> tuple[str, ...]:
    """Who may frame our page for that shop: the shop and the admin, and no wildcard."""
    stand_in = app.options.get(ADMIN_URL)
    if stand_in:
        parts = urlsplit(stand_in)
        return (f"{parts.scheme}://{parts.netloc}",)
    return (f"https://{domain}", _ADMIN)


def script(app: App) -> str:
    """App Bridge, which Shopify serves and keeps current; it offers no copy for others to host."""
    return app.options.get(APP_BRIDGE_URL) or next(one.default for one in VARIABLES if one.name == APP_BRIDGE_URL)
