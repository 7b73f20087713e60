"""What a buyer sees: the front page, where one click buys, and the page that says thank you."""

from connectors.woocommerce.standin import php
from connectors.woocommerce.standin.checkout import Wanted, place
from connectors.woocommerce.standin.life import act
from connectors.woocommerce.standin.wire import Reply, Request, page, sent_to
from connectors.woocommerce.standin.world import World

# How a person may pay here; the other scenarios are no buyer's doing, or no order yet.
_WAYS = {
    "card": "Card",
    "block": "Card, in the block checkout",
    "bacs": "Bank transfer",
    "cod": "Cash on delivery",
    "wallet": "A wallet, and do not come back",
    "failed": "A card that is declined",
}

_FRONT = """<header class="bar"><h1>{name}</h1><a href="{home}/wp-admin/">The shop's admin</a></header>
<p>A walnut bowl, twice, and a wool blanket.</p>
<form method="post" action="{home}/checkout/">{ways}<button>Buy</button></form>"""

_THANKS = """<h1>Order received</h1><p class="woocommerce-thankyou-order-received">Thank you. Your order has been received.</p>
<p>Order number: <strong>{number}</strong> · {total} {currency} · {status}</p>
<p><a href="{home}/">Back to the shop</a></p>"""


def front(world: World, request: Request) -> Reply:
    """The front page. Its head leads to the REST API, as every WordPress page does."""
    del request
    ways = "".join(
        f'<label><input type="radio" name="way" value="{way}"{" checked" if way == "card" else ""}> {label}</label>'
        for way, label in _WAYS.items()
    )
    told = _FRONT.format(name=php.escaped(world.site.name), home=php.escaped(world.site.home), ways=ways)
    link = f'<{world.site.rest_url("/")}>; rel="https://api.w.org/"'
    return page(world.site.name, told, 200, {"Link": link})


def buy(world: World, request: Request) -> Reply:
    """Place an order, and say thank you."""
    way = request.form().get("way", "card")
    order_id = place(world, Wanted(way if way in _WAYS else "card"))
    order = world.orders[order_id]
    return sent_to(f"{world.site.home}/checkout/order-received/{order_id}/?key={order.key}")


def thanks(world: World, request: Request, order_id: str) -> Reply:
    """The order's page, for who has its key."""
    order = world.orders.get(int(order_id))
    if order is None or request.asked().get("key") != order.key:
        return page("Order received", "<h1>Order received</h1><p>Thank you. Your order has been received.</p>")
    act(world, order.id, "thank", {"at": order.modified})
    told = {"number": order.number or order.id, "total": order.money(order.total), "currency": order.currency}
    home = php.escaped(world.site.home)
    return page("Order received", _THANKS.format(**told, status=php.escaped(order.status), home=home))
