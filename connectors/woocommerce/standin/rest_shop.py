"""wc/v3/data, settings and system_status: as much of them as tells what shop this is."""

from typing import Any

from connectors.woocommerce.standin.keys import authorize
from connectors.woocommerce.standin.rest_call import Answered, Call
from connectors.woocommerce.standin.rest_errors import RestError
from connectors.woocommerce.standin.site import PHP, symbol

_LABELS = {
    "woocommerce_default_country": "Country / State",
    "woocommerce_currency": "Currency",
    "woocommerce_price_num_decimals": "Number of decimals",
    "woocommerce_calc_taxes": "Enable taxes",
}
_NAMES = {"USD": "United States (US) dollar", "EUR": "Euro", "GBP": "Pound sterling", "JPY": "Japanese yen"}
_SYMBOLS = {"USD": "&#36;", "EUR": "&euro;", "GBP": "&pound;", "JPY": "&yen;"}


def currency(call: Call) -> Answered:
    """GET data/currencies/current."""
    authorize(call.user, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
    site, code = call.world.site, call.world.site.currency
    route = "/wc/v3/data/currencies"
    own = [{"href": site.rest_url(f"{route}/{code}", call.home()), "targetHints": {"allow": ["GET"]}}]
    told = {"code": code, "name": _NAMES.get(code, code), "symbol": _SYMBOLS.get(code, code)}
    return Answered({**told, "_links": {"self": own, "collection": [{"href": site.rest_url(route, call.home())}]}})


def settings(call: Call) -> Answered:
    """GET settings/general: only those that say where the shop is and what it counts in."""
    authorize(call.user, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
    return Answered([_setting(call, name, value) for name, value in _values(call).items()])


def setting(call: Call, name: str) -> Answered:
    """One of them."""
    authorize(call.user, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
    values = _values(call)
    if name not in values:
        raise RestError("rest_setting_setting_invalid", "Invalid setting.", 404)
    return Answered(_setting(call, name, values[name]))


def status(call: Call) -> Answered:
    """GET system_status: the little of it that is asked for with `_fields`."""
    authorize(call.user, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
    site = call.world.site
    environment = {
        "home_url": site.home,
        "site_url": site.home,
        "version": site.woocommerce,
        "wp_version": site.wordpress,
        "wp_cron": not call.world.cron.stuck(),
        "php_version": PHP,
        "secure_connection": site.home.startswith("https:"),
    }
    plugin = call.world.plugin
    active = [_plugin("woocommerce/woocommerce.php", "WooCommerce", site.woocommerce)]
    if plugin.installed:
        path = "tandem-for-woocommerce/tandem-for-woocommerce.php"
        active.append(_plugin(path, "Tandem for WooCommerce", plugin.version))
    shop = {"currency": site.currency, "currency_symbol": symbol(site.currency), "number_of_decimals": site.decimals}
    shop["HPOS_enabled"] = site.hpos
    return Answered({"environment": environment, "active_plugins": active, "settings": shop})


def _plugin(path: str, name: str, version: str) -> dict[str, Any]:
    return {"plugin": path, "name": name, "version": version, "network_activated": False}


def _values(call: Call) -> dict[str, str]:
    site = call.world.site
    return {
        "woocommerce_default_country": site.country,
        "woocommerce_currency": site.currency,
        "woocommerce_price_num_decimals": str(site.decimals),
        "woocommerce_calc_taxes": "yes",
    }


def _setting(call: Call, name: str, value: str) -> dict[str, Any]:
    site, route = call.world.site, "/wc/v3/settings/general"
    own = [{"href": site.rest_url(f"{route}/{name}", call.home())}]
    links = {"self": own, "collection": [{"href": site.rest_url(route, call.home())}]}
    told = {"id": name, "label": _LABELS[name], "description": "", "type": "select", "default": ""}
    return {**told, "value": value, "group_id": "general", "_links": links}
