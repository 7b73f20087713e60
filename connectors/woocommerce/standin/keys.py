"""Who asks over REST: WooCommerce's own authentication by key, over https and over http. Nothing here answers.

The sentences are those of its source; "Consumer secret is invalid.", the refusal of Basic over http and the two about
permissions were recorded.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from connectors.woocommerce.standin import php
from connectors.woocommerce.standin.rest_errors import RestError, unauthenticated
from connectors.woocommerce.standin.site import Key, User
from connectors.woocommerce.standin.wire import Request
from connectors.woocommerce.standin.world import World

_PARAMETERS = ("oauth_consumer_key", "oauth_timestamp", "oauth_nonce", "oauth_signature", "oauth_signature_method")
_HEADER = re.compile(r'(oauth_[a-z_-]*)="?([^",]*)"?')
_METHODS = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}
_WINDOW_SECONDS = 15 * 60
_READING = ("GET", "HEAD")
_OTHER_THAN = {"read": "write", "write": "read"}


def key_of(world: World, request: Request) -> Key | None:
    """The key that asks; None where none was shown, or one that https does not know. Raises RestError. Hold the lock."""
    found = _by_password(world, request) if request.secure else None
    return found or _by_signature(world, request)


def permit(key: Key, method: str) -> None:
    """Raise RestError where the key may not do this, whatever its user may."""
    needed = "read" if method in _READING else "write"
    if method != "OPTIONS" and key.permissions == _OTHER_THAN[needed]:
        raise unauthenticated(f"The API key provided does not have {needed} permissions.")


def user_of(world: World, key: Key | None) -> User | None:
    """Whose key it is."""
    return world.user(key.user_id) if key else None


def authorize(user: User | None, code: str, message: str) -> User:
    """The user, where they run the shop. Raises RestError: 401 for nobody, 403 for anybody else."""
    if user is None or not user.manages():
        raise RestError(code, message, 401 if user is None else 403)
    return user


def _by_password(world: World, request: Request) -> Key | None:
    """The query's keys first, then Basic."""
    asked = request.asked()
    name, secret = asked.get("consumer_key", ""), asked.get("consumer_secret", "")
    if php.empty(name) or php.empty(secret):
        name, secret = _basic(request.headers.get("authorization", ""))
    key = _named(world, name)
    if key is None or php.empty(secret):
        return None
    if not hmac.compare_digest(key.consumer_secret.encode(), secret.encode()):
        raise unauthenticated("Consumer secret is invalid.")
    return key


def _basic(header: str) -> tuple[str, str]:
    scheme, _, told = header.partition(" ")
    try:
        name, _, secret = base64.b64decode(told, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return (name, secret) if scheme.lower() == "basic" else ("", "")


def _by_signature(world: World, request: Request) -> Key | None:
    told = _oauth_parameters(request)
    if not any(told.get(name) for name in _PARAMETERS):
        return None
    lost = [name for name in _PARAMETERS if php.empty(told.get(name))]
    if lost:
        word = "parameter" if len(lost) == 1 else "parameters"
        sentence = f"Missing OAuth {word} {', '.join(lost)}"
        raise unauthenticated(sentence, "woocommerce_rest_authentication_missing_parameter")
    key = _named(world, told["oauth_consumer_key"])
    if key is None:
        raise unauthenticated("Consumer key is invalid.")
    _check_signature(world, request, told, key)
    _check_nonce(world, told, key)
    return key


def _oauth_parameters(request: Request) -> dict[str, str]:
    """Those of the query and of a form, and over them those of an OAuth header."""
    header = request.headers.get("authorization", "").strip()
    named = {name: unquote(value) for name, value in _HEADER.findall(header)} if header.startswith("OAuth ") else {}
    return {**request.asked(), **request.form(), **named}


def _check_signature(world: World, request: Request, told: Mapping[str, str], key: Key) -> None:
    digest = _METHODS.get(told["oauth_signature_method"])
    if digest is None:
        raise unauthenticated("Invalid signature - signature method is invalid.")
    given = unquote(told["oauth_signature"].replace(" ", "+"))
    base = signature_base(world, request, told)
    made = hmac.new(f"{key.consumer_secret}&".encode(), base.encode(), digest).digest()
    if not hmac.compare_digest(base64.b64encode(made), given.encode()):
        raise unauthenticated("Invalid signature - provided signature does not match.")


def signature_base(world: World, request: Request, told: Mapping[str, str]) -> str:
    """What is signed: the method, the shop's own idea of the address, and all parameters, encoded twice.

    The address is the home's, whatever host was asked for, and the path is as it came, behind the home's folder.
    """
    home = urlsplit(world.site.home)
    scheme = "https" if request.secure else "http"
    path = request.path.removeprefix(home.path)
    address = f"{scheme}://{home.netloc}{home.path}{path}"
    named = sorted((name, value) for name, value in told.items() if name != "oauth_signature")
    pairs = [_encoded(f"{_encoded(name)}={_encoded(value)}") for name, value in named]
    return f"{request.method}&{_encoded(address)}&{'%26'.join(pairs)}"


def _encoded(text: str) -> str:
    return quote(text, safe="~")


def _check_nonce(world: World, told: Mapping[str, str], key: Key) -> None:
    now = world.now()
    timestamp = int(told["oauth_timestamp"]) if told["oauth_timestamp"].isdecimal() else 0
    if abs(now - timestamp) > _WINDOW_SECONDS:
        raise unauthenticated("Invalid timestamp.")
    if told["oauth_nonce"] in key.nonces:
        raise unauthenticated("Invalid nonce - nonce has already been used.")
    kept = {nonce: at for nonce, at in key.nonces.items() if at >= now - _WINDOW_SECONDS}
    key.nonces = {**kept, told["oauth_nonce"]: float(timestamp)}


def _named(world: World, consumer_key: Any) -> Key | None:
    wanted = php.sanitized(str(consumer_key))
    return next((one for one in world.keys if one.consumer_key == wanted), None)
