"""What is kept in an order's meta at checkout: by WooCommerce's own attribution, and by our plugin where it is there."""

import json
import secrets
from datetime import UTC, datetime
from typing import Any

from connectors.woocommerce.standin import plugin_calls
from connectors.woocommerce.standin.orders import Meta, Order
from connectors.woocommerce.standin.scenarios import Scenario
from connectors.woocommerce.standin.world import World

_CLICK = "IwConstructedClick{number}"
_BROWSED_SECONDS = 600  # between the landing page and the order
_AT_CHECKOUT = ("checkout", "store-api")


def attribution(moment: float, agent: str) -> dict[str, Any]:
    """Order attribution, on by default, as its script posts it for a buyer who came from an ad."""
    began = datetime.fromtimestamp(moment - _BROWSED_SECONDS, UTC)
    prefix = "_wc_order_attribution_"
    return {
        f"{prefix}source_type": "utm",
        f"{prefix}referrer": "https://l.facebook.com/",
        f"{prefix}utm_source": "facebook",
        f"{prefix}utm_medium": "paid_social",
        f"{prefix}session_start_time": began.strftime("%Y-%m-%d %H:%M:%S"),
        f"{prefix}session_pages": "4",
        f"{prefix}session_count": "1",
        f"{prefix}user_agent": agent,
    }


def freeze(world: World, order: Order, scenario: Scenario, *, allowed: bool, silent: bool) -> None:
    """Our plugin's part, for an order of a checkout: its meta, and checkout.created before it. What is there stays.

    Hold the world's lock.
    """
    if not allowed or not world.plugin.installed or scenario.via not in _AT_CHECKOUT:
        return
    token = secrets.token_hex(16)
    there = {one.key for one in order.meta}
    for key, value in frozen(world, order, token).items():
        if key not in there:
            order.meta.append(Meta(world.number("meta"), key, value))
    if not silent:
        plugin_calls.queue_checkout(world, order, token)


def frozen(world: World, order: Order, token: str) -> dict[str, str]:
    """The plugin's keys, as a browser that came from an ad would leave them."""
    seen = int((order.created - _BROWSED_SECONDS) * 1000)
    click = _CLICK.format(number=order.id)
    return {
        "_fbp": f"fb.1.{seen - 1200}.{1_800_000_000 + order.id}",
        "_fbc": f"fb.1.{seen}.{click}",
        "_tandem_fbclid": click,
        "_tandem_fbclid_seen": str(seen),
        "_tandem_ip": order.ip,
        "_tandem_user_agent": order.agent,
        "_tandem_landing_page": f"{world.site.home}/?utm_source=facebook&fbclid={click}",
        "_tandem_consent": json.dumps({"marketing": True, "source": "wp-consent-api", "type": "optin"}),
        "_tandem_checkout_token": token,
        "_tandem_version": world.plugin.version,
    }
