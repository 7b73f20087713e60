"""Orders are placed: what a buyer, the merchant or a program wants, made into an order of this shop."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connectors.woocommerce.standin import buyers, frozen
from connectors.woocommerce.standin.deliveries import fire
from connectors.woocommerce.standin.orders import ZERO, Line, Meta, Order
from connectors.woocommerce.standin.scenarios import DRAFT, SCENARIOS, Scenario
from connectors.woocommerce.standin.site import Site, symbol
from connectors.woocommerce.standin.world import World

# Name, product, variation, sku, price without tax, quantity; and of a variation what was chosen.
_GOODS = (
    ("Walnut Bowl", 41, 0, "BOWL-W", Decimal("22.40"), 2, None),
    ("Wool Blanket - Moss", 52, 57, "BLANKET-MOSS", Decimal("48.00"), 1, ("colour", "Moss")),
)
_SHIPPING = Decimal("7.50")
_TYPING_SECONDS = 5.0
_AGENTS = {
    "checkout": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Mobile/15E148 Safari/604.1",
    "store-api": "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
}
_ADDRESSES = {"checkout": "203.0.113.24", "store-api": "2001:db8::5f", "subscription": "198.51.100.7"}
_BANNER = {"source": "wp-consent-api", "type": "optin"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an order is to be like. `at` in unix seconds; `meta` and `fields` go over what would be there otherwise.

    `silent`: no webhook is told. `plugin`: whether our plugin, where it is there, freezes and tells its part; `consent` is
    what the shopper stated then, None for nothing.
    """

    scenario: str = "card"
    at: float | None = None
    country: str | None = None
    currency: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    silent: bool = False
    plugin: bool = True
    consent: Mapping[str, Any] | None = field(default_factory=lambda: {"marketing": True, **_BANNER})


def place(world: World, wanted: Wanted) -> int:
    """A new order; its id. Every visit of the scenario is a request of its own, as far as the queue is concerned."""
    scenario = SCENARIOS[wanted.scenario]
    with world.lock:
        order = _made(world, scenario, wanted)
        world.orders[order.id] = order
        if wanted.plugin and world.plugin.installed and scenario.via in _AGENTS:
            frozen.freeze(world, order, wanted.consent, silent=wanted.silent)
    for visit in scenario.visits[:-1]:
        _tell(world, order, DRAFT, visit, silent=wanted.silent)
    with world.lock:
        _finish(world, order, scenario, wanted)
    if not wanted.silent:
        fire(world, scenario.visits[-1], order.id)
    return order.id


def _tell(world: World, order: Order, status: str, visit: tuple[str, ...], *, silent: bool) -> None:
    with world.lock:
        order.status = status
    if not silent:
        fire(world, visit, order.id)
        # Buyers take longer over their address than the queue does, unless it is stuck.
        world.cron.settle(_TYPING_SECONDS)


def _finish(world: World, order: Order, scenario: Scenario, wanted: Wanted) -> None:
    """What the last visit leaves."""
    moment = world.now() if wanted.at is None else wanted.at
    order.status, order.payment_method, order.payment_title = scenario.status, scenario.method, scenario.title
    if scenario.paid:
        order.paid = moment
        order.transaction_id = f"ch_standin_{order.id}" if scenario.method in ("cards", "wallet") else ""
    if scenario.status == "completed":
        order.completed = moment
    for name, value in wanted.fields.items():
        setattr(order, name, value)


def _made(world: World, scenario: Scenario, wanted: Wanted) -> Order:
    site, number = world.site, world.number("order")
    country = wanted.country or site.country.partition(":")[0]
    rate, tax_name = buyers.tax(country)
    moment = world.now() if wanted.at is None else wanted.at
    address = buyers.billing(country, number)
    made = Order(
        id=number,
        status=DRAFT if scenario.via == "store-api" else scenario.status,
        currency=wanted.currency or site.currency,
        symbol=symbol(wanted.currency or site.currency),
        decimals=site.decimals,
        created=moment,
        modified=moment,
        billing=address,
        shipping=buyers.shipping(address),
        # What a draft says of the payment is a guess.
        payment_method="bacs" if scenario.via == "store-api" else scenario.method,
        payment_title="" if scenario.via == "store-api" else scenario.title,
        via=scenario.via,
        key=f"wc_order_{secrets.token_hex(7)}",
        tax_rate=rate,
        tax_name=tax_name,
        ip=_ADDRESSES.get(scenario.via, ""),
        agent=_AGENTS.get(scenario.via, ""),
        cart_hash=secrets.token_hex(16) if scenario.via in _AGENTS else "",
        prices_include_tax=site.prices_include_tax,
        virtual=scenario.virtual,
    )
    made.lines = _lines(world, made, free=scenario.free)
    if not scenario.virtual and not scenario.free:
        made.shipping_total = made.rounded(_SHIPPING)
        made.shipping_tax = made.taxed(made.shipping_total)
    made.meta = [Meta(world.number("meta"), key, value) for key, value in _meta(site, made, wanted).items()]
    return made


def _lines(world: World, order: Order, *, free: bool) -> list[Line]:
    lines = []
    for name, product, variation, sku, price, quantity, choice in _GOODS:
        total = ZERO if free else order.rounded(price * quantity)
        parent = name.partition(" - ")[0] if variation else None
        ids = (world.number("line"), name, product, variation, sku)
        lines.append(Line(*ids, quantity, total, order.taxed(total), parent, choice))
    return lines


def _meta(site: Site, order: Order, wanted: Wanted) -> dict[str, Any]:
    """What WooCommerce itself would note, and what was asked for; None takes a key out."""
    seen: dict[str, Any] = {}
    if order.via == "admin":
        seen["_wc_order_attribution_source_type"] = "admin"
    if order.via in _AGENTS:
        seen = {"is_vat_exempt": "no", **frozen.attribution(site.home, order.id, order.created, order.agent)}
    return {key: value for key, value in {**seen, **wanted.meta}.items() if value is not None}
