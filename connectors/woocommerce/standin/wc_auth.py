"""/wc-auth/v1/…: how a merchant hands an app its keys. The checks, their order and their sentences are WooCommerce's.

One deviation: unless the process was started with --https-callbacks, callback_url may also be plain http on loopback,
where nobody has a certificate. WooCommerce takes https alone.
"""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from connectors.woocommerce.standin import php, sessions
from connectors.woocommerce.standin.journal import Sent
from connectors.woocommerce.standin.posting import follow
from connectors.woocommerce.standin.site import Key, User
from connectors.woocommerce.standin.wire import Reply, Request, page, sent_to
from connectors.woocommerce.standin.world import World

_REQUIRED = ("app_name", "user_id", "return_url", "callback_url", "scope")
_SCOPES = {"read": "Read", "write": "Write", "read_write": "Read/Write"}
_ACTION, _LOGIN = "wc_auth_grant_access", "woocommerce-login"
_POST_SECONDS = 60.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_NOT_SENT = "An error occurred in the request and at the time were unable to send the consumer data"

_GRANT = """<h1>{app} would like to connect to your store</h1>
<p>This will give "{app}" <strong>{scope}</strong> access.</p>
<p>Logged in as {user} · <a href="{logout}">Logout</a></p>
<p><a class="button" href="{approve}">Approve</a> <a class="button quiet" href="{deny}">Deny</a></p>"""

_LOGIN_FORM = """<h1>{app} would like to connect to your store</h1>{notice}
<p>To connect to {app} you need to be logged in. Log in to your store below, or <a href="{back}">cancel and return to
{app}</a></p><form method="post" class="wc-auth-login">
<label>Username or email address <input name="username" required value="{username}" autocomplete="username"></label>
<label>Password <input name="password" type="password" required autocomplete="current-password"></label>
<input type="hidden" name="woocommerce-login-nonce" value="{nonce}">
<input type="hidden" name="redirect" value="{redirect}">
<button name="login" value="Login">Login</button></form>
<p class="hint">Stand-in: admin, manager or buyer, with the password <code>password</code>.</p>"""


class Denied(Exception):
    """What the merchant reads on an error page."""


def answer(world: World, request: Request, route: str) -> Reply:
    """The page or redirect of a route; every error is a page with status 401."""
    data = {**request.asked(), **request.form()}
    try:
        _validate(world, data)
        return _routed(world, request, data, route.strip("/").lower())
    except Denied as denied:
        return page("Access denied", f"<p>Error: {php.escaped(str(denied))}.</p>", 401)


def _routed(world: World, request: Request, data: dict[str, str], route: str) -> Reply:
    user = sessions.visitor(world, request)
    if route == "login":
        return sent_to(_url(world, data, "authorize")) if user else _login(world, request, data)
    if route == "authorize" and user is None:
        return sent_to(_url(world, data, "login"))
    if route == "authorize" and user and user.manages():
        return _ask(world, request, data, user)
    if route == "access_granted" and user and user.manages():
        if request.asked().get("wc_auth_nonce") != sessions.nonce(world, request, _ACTION):
            raise Denied("Invalid nonce verification")
        return _grant(world, data, user)
    raise Denied("You do not have permission to access this page")


def _validate(world: World, data: dict[str, str]) -> None:
    for name in _REQUIRED:
        if php.empty(data.get(name)):
            raise Denied(f"Missing parameter {name}")
    if data["scope"] not in _SCOPES:
        raise Denied(f"Invalid scope {php.sanitized(data['scope'])}")
    for name in ("return_url", "callback_url"):
        url = php.formatted_url(data[name])
        if not php.is_url(url):
            raise Denied(f"The {url} is not a valid URL")
    callback = php.formatted_url(data["callback_url"])
    if not callback.lower().startswith("https://") and not (world.http_callbacks and _is_local(callback)):
        raise Denied("The callback_url needs to be over SSL")


def _is_local(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname in _LOOPBACK


def _url(world: World, data: dict[str, str], endpoint: str) -> str:
    """WooCommerce encodes the two addresses here, and neither app_name nor user_id: an & in them cuts them off.

    With plain permalinks it makes an address that leads nowhere; so its source has it, nobody measured it.
    """
    home = world.site.home
    base = f"{home}/wc-auth/v1/{endpoint}/" if world.site.pretty else f"{home}/?wc-auth/v1={endpoint}"
    told = {
        "app_name": php.sanitized(data["app_name"]),
        "user_id": php.sanitized(data["user_id"]),
        "return_url": quote(php.formatted_url(data["return_url"]), safe="~"),
        "callback_url": quote(php.formatted_url(data["callback_url"]), safe="~"),
        "scope": php.sanitized(data["scope"]),
    }
    return php.add_query_arg(told, base)


def _returning(data: dict[str, str], success: str) -> str:
    told = {"success": success, "user_id": php.sanitized(data["user_id"])}
    return php.add_query_arg(told, php.formatted_url(data["return_url"]))


def _login(world: World, request: Request, data: dict[str, str]) -> Reply:
    """WooCommerce's own login form, or what comes of it."""
    form, notice = request.form(), ""
    if form.get("woocommerce-login-nonce") == sessions.nonce(world, request, _LOGIN):
        cookie = sessions.enter(world, form.get("username", ""), form.get("password", ""))
        if cookie is not None:
            # WordPress sends nobody to another host than its own.
            back = form.get("redirect", "")
            target = back if back.startswith(f"{world.site.home}/") else f"{world.site.home}/my-account/"
            return sent_to(php.add_query_arg({}, target), cookie)
        notice = '<p class="error">Error: The username or password you entered is incorrect.</p>'
    told = {
        "app": php.escaped(php.sanitized(data["app_name"])),
        "notice": notice,
        "back": php.escaped(php.raw_url(_returning(data, "0"))),
        "username": php.escaped(form.get("username", "")),
        "nonce": sessions.nonce(world, request, _LOGIN),
        "redirect": php.escaped(php.raw_url(_url(world, data, "authorize"))),
    }
    return page("Log in", _LOGIN_FORM.format(**told))


def _ask(world: World, request: Request, data: dict[str, str], user: User) -> Reply:
    """The page with Approve, which is a plain link, and Deny, which tells nobody but the browser."""
    granted = _url(world, data, "access_granted")
    approve = php.add_query_arg({"wc_auth_nonce": sessions.nonce(world, request, _ACTION)}, granted)
    told = {
        "app": php.escaped(php.sanitized(data["app_name"])),
        "scope": _SCOPES[data["scope"]],
        "user": php.escaped(user.login),
        "logout": php.escaped(f"{world.site.home}/wp-login.php?action=logout"),
        "approve": php.escaped(php.raw_url(approve)),
        "deny": php.escaped(php.raw_url(_returning(data, "0"))),
    }
    return page("Application authentication request", _GRANT.format(**told))


def _grant(world: World, data: dict[str, str], user: User) -> Reply:
    """Another key with every call. It is posted first; only then is the merchant sent back."""
    with world.lock:
        made = datetime.fromtimestamp(world.now(), UTC)
        name = f"{php.sanitized(data['app_name'])[:170]} - API ({made:%Y-%m-%d %H:%M:%S})"
        key = Key(world.number("key"), user.id, data["scope"], name)
        world.keys.append(key)
    problem = _posted(world, key, data)
    if problem:
        with world.lock:
            world.keys.remove(key)
        raise Denied(problem)
    return sent_to(_returning(data, "1"))


def _posted(world: World, key: Key, data: dict[str, str]) -> str | None:
    """Hand the key over; what went wrong, or None. Only 200 will do, be it that of a page a redirect led to."""
    content: dict[str, Any] = {
        "key_id": key.id,
        "user_id": data["user_id"],
        "consumer_key": key.consumer_key,
        "consumer_secret": key.consumer_secret,
        "key_permissions": key.permissions,
    }
    body = php.to_json(content)
    headers = {
        "User-Agent": f"WordPress/{world.site.wordpress}; {world.site.home}",
        "Accept": "*/*",
        "Accept-Encoding": "deflate, gzip, br, zstd",
        "Content-Type": "application/json;charset=UTF-8",
        "Connection": "close",
        "Content-Length": str(len(body)),
    }
    # A #fragment is not sent.
    address = php.raw_url(php.formatted_url(data["callback_url"])).partition("#")[0]
    answer = follow(address, body, headers, _POST_SECONDS, world.trust)
    world.journal.sent(
        Sent("keys", address, answer.status, answer.text, world.now(), answer.seconds, about={"key_id": key.id})
    )
    if answer.status is None:
        return answer.text
    return None if answer.status == 200 else _NOT_SENT
