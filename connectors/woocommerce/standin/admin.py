"""wp-admin, as little of it as a person needs: log in, connect Tandem, look at orders and webhooks, do things to them."""

from collections.abc import Callable

from connectors.woocommerce.standin import life, php, plugin_calls, sessions
from connectors.woocommerce.standin.orders import Order
from connectors.woocommerce.standin.plugin import Plugin
from connectors.woocommerce.standin.wire import Reply, Request, page, sent_to
from connectors.woocommerce.standin.world import World

_SHOWN = 20
_ACTS = ("pay", "complete", "refund", "cancel", "trash", "restore")

_LOGIN = """<h1>Log In</h1>{notice}<form method="post">
<label>Username <input name="log" required autocomplete="username"></label>
<label>Password <input name="pwd" type="password" required autocomplete="current-password"></label>
<button>Log In</button></form><p class="hint">Stand-in: admin, with the password <code>password</code>.</p>"""

_HOME = """<header class="bar"><h1>{name}</h1><a href="{home}/">Visit the shop</a></header>
<div class="row"><a class="button" href="{connect}">Connect Tandem</a>{plugin}</div>
<h2>Webhooks</h2><ul>{webhooks}</ul><h2>Orders</h2><table>{orders}</table>"""

_BUTTON = '<form method="post">{order}<button name="act" value="{act}" class="quiet">{label}</button></form>'


def login(world: World, request: Request) -> Reply:
    """/wp-login.php."""
    if request.asked().get("action") == "logout":
        cookie = {"Set-Cookie": "wordpress_logged_in=; Path=/; Max-Age=0"}
        return sent_to(f"{world.site.home}/wp-login.php", cookie)
    form, notice = request.form(), ""
    if form:
        cookie_or_none = sessions.enter(world, form.get("log", ""), form.get("pwd", ""))
        if cookie_or_none is not None:
            return sent_to(f"{world.site.home}/wp-admin/", cookie_or_none)
        notice = '<p class="error">Error: The username or password you entered is incorrect.</p>'
    return page("Log In", _LOGIN.format(notice=notice))


def home(world: World, request: Request) -> Reply:
    """/wp-admin/."""
    user = sessions.visitor(world, request)
    if user is None:
        return sent_to(f"{world.site.home}/wp-login.php")
    if not user.manages():
        return page("WordPress", "<p>Sorry, you are not allowed to access this page.</p>", 403)
    with world.lock:
        newest = sorted(world.orders.values(), key=lambda one: one.id, reverse=True)[:_SHOWN]
        told = {
            "name": php.escaped(world.site.name),
            "home": php.escaped(world.site.home),
            "connect": php.escaped(
                php.add_query_arg({"store": world.site.home}, f"{world.app_url}/woocommerce/connect")
            ),
            "plugin": _plugin(world),
            "webhooks": "".join(
                f"<li>{php.escaped(one.topic)}: {one.status}, {one.failures} failures</li>" for one in world.webhooks
            )
            or "<li>None.</li>",
            "orders": "".join(map(_row, newest)) or "<tr><td>None yet.</td></tr>",
        }
    return page(world.site.name, _HOME.format(**told))


def act(world: World, request: Request) -> Reply:
    """One of the page's buttons; then back to the page, or to Tandem."""
    user, form = sessions.visitor(world, request), request.form()
    wish = form.get("act", "")
    if user is None or not user.manages():
        return sent_to(f"{world.site.home}/wp-login.php")
    if wish in _DOINGS:
        return _DOINGS[wish](world)
    try:
        life.act(world, int(form.get("order", "0")), wish, {})
    except ValueError as problem:
        return page("WooCommerce", f"<p>{php.escaped(str(problem))}</p>", 400)
    return sent_to(f"{world.site.home}/wp-admin/")


def _plugin(world: World) -> str:
    if not world.plugin.installed:
        return _BUTTON.format(order="", act="install", label="Install the Tandem plugin")
    opened = _BUTTON.format(order="", act="open", label="Open Tandem") if world.plugin.connection else ""
    return opened + _BUTTON.format(order="", act="remove", label="Remove the Tandem plugin")


def _row(order: Order) -> str:
    named = f'<input type="hidden" name="order" value="{order.id}">'
    buttons = "".join(_BUTTON.format(order=named, act=one, label=one.capitalize()) for one in _ACTS)
    status = "trash" if order.trashed else order.status
    total = f"{order.money(order.total)} {order.currency}"
    cells = (f"#{order.id}", php.escaped(status), total)
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}<td class='row'>{buttons}</td></tr>"


def _install(world: World) -> Reply:
    with world.lock:
        world.plugin.installed = True
    return sent_to(f"{world.site.home}/wp-admin/")


def _remove(world: World) -> Reply:
    """Deleted, so what it remembered is gone too."""
    with world.lock:
        world.plugin = Plugin()
    return sent_to(f"{world.site.home}/wp-admin/")


def _open(world: World) -> Reply:
    """The plugin asks our service for an address that signs in, and sends the browser there."""
    try:
        answer = plugin_calls.call(world, "sign-in", plugin_calls.usual(world, "sign-in"))
    except plugin_calls.Silent as silent:
        return page("Tandem", f"<p>{php.escaped(str(silent))}</p>", 400)
    told = Request("POST", "", "", {}, answer.text.encode()).fields()
    if answer.status != 200 or not isinstance(told.get("url"), str):
        return page("Tandem", f"<p>Tandem answered {answer.status}: {php.escaped(answer.text[:200])}</p>", 502)
    return sent_to(told["url"])


_DOINGS: dict[str, Callable[[World], Reply]] = {"install": _install, "remove": _remove, "open": _open}
