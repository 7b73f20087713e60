"""What is kept in an order's meta at checkout: by WooCommerce's own attribution, and by our plugin where it is there."""

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.woocommerce.standin import plugin_calls
from connectors.woocommerce.standin.orders import Meta, Order
from connectors.woocommerce.standin.world import World

_CLICK = "IwConstructedClick{number}"
_BROWSED_SECONDS = 600  # between the landing page and the order


def attribution(home: str, order_id: int, moment: float, agent: str) -> dict[str, Any]:
    """Order attribution, on by default, as its script posts it for a buyer who came from an ad."""
    began = datetime.fromtimestamp(moment - _BROWSED_SECONDS, UTC)
    told = {
        "source_type": "utm",
        "referrer": "https://l.facebook.com/",
        "utm_campaign": "autumn",
        "utm_source": "facebook",
        "utm_medium": "paid_social",
        "session_entry": _landing(home, order_id),
        "session_start_time": began.strftime("%Y-%m-%d %H:%M:%S"),
        "session_pages": "4",
        "session_count": "1",
        "user_agent": agent,
        "device_type": "Mobile" if "Mobile" in agent else "Desktop",
    }
    return {f"_wc_order_attribution_{name}": value for name, value in told.items()}


def _landing(home: str, order_id: int) -> str:
    click = _CLICK.format(number=order_id)
    return f"{home}/?utm_source=facebook&utm_medium=paid_social&utm_campaign=autumn&fbclid={click}"


def freeze(world: World, order: Order, consent: Mapping[str, Any] | None, *, silent: bool) -> None:
    """Our plugin's part, for an order of a checkout: its meta, and checkout.created before it. What is there stays.

    `consent`: what was stated, or None. Where marketing was refused, nothing but that is kept, and nothing told. Hold the
    world's lock.
    """
    refused = consent is not None and consent.get("marketing") is False
    there = {one.key for one in order.meta}
    for key, value in {**_kept(world, consent), **({} if refused else _personal(world, order))}.items():
        if key not in there:
            order.meta.append(Meta(world.number("meta"), key, value))
    if not silent and not refused:
        plugin_calls.queue_checkout(world, order)


def _kept(world: World, consent: Mapping[str, Any] | None) -> dict[str, str]:
    stated = {} if consent is None else {"_tandem_consent": json.dumps(dict(consent))}
    return {**stated, "_tandem_version": world.plugin.version}


def _personal(world: World, order: Order) -> dict[str, str]:
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
        "_tandem_landing_page": _landing(world.site.home, order.id),
        plugin_calls.TOKEN: secrets.token_hex(16),
    }
