"""Connecting a store by WooCommerce's own flow, wc-auth: the merchant approves, the store's server posts us keys.

Recorded on WooCommerce 10.0.2. The post is signed by nobody and names no store, so nothing in it is believed before the
keys have opened the very shop that was asked (reliability 4.2, T15).
"""

import re
from typing import Any
from urllib.parse import quote, unquote_plus, urlencode

import msgspec

from connectors import wild
from connectors.access import App, Grant, Http
from connectors.errors import CredentialsRejected, Declined, MalformedPayload, RequestMalformed
from connectors.handover import Posted, Site, Ways
from connectors.woocommerce import addresses, credentials, meeting
from connectors.woocommerce.credentials import READ_WRITE, Credentials
from connectors.woocommerce.hosts import site_of

CALLBACK, RETURN = "/woocommerce/callback", "/woocommerce/return"

_APP_NAME = "Tandem"  # WooCommerce cuts it at "&"
_MOST_BYTES = 4 * 1024  # of what is posted; recorded: 207
_MOST_QUERY = 2 * 1024
_STATE = re.compile(r"[A-Za-z0-9_-]{1,200}", re.ASCII)
_KEY, _SECRET = re.compile(r"ck_[0-9a-f]{40}", re.ASCII), re.compile(r"cs_[0-9a-f]{40}", re.ASCII)
_PERMISSIONS = frozenset({"read", "write", READ_WRITE})
_USER_AGENT = re.compile(r"WordPress/[^;]{1,40}; (?P<home>https?://\S{1,1000})")
_APPROVED = {"1": True, "0": False}

_NOT_POSTED = "This is not what WooCommerce posts."
_NOT_RETURNED = "This address lacks something that WooCommerce sends."
_TOO_FEW_RIGHTS = (
    "The key that the shop gave us may only {may}. Tandem has to read orders and to make webhooks: connect again, and "
    "approve read and write access."
)
_MAY = {"read": "read", "write": "write"}


class _Keys(msgspec.Struct):
    key_id: Any = None
    user_id: Any = None
    consumer_key: Any = None
    consumer_secret: Any = None
    key_permissions: Any = None


class WooCommerceHandover:
    """See `connectors.handover.Handover`."""

    def site(self, app: App, typed: str) -> Site:
        """See `addresses.typed_site`."""
        return addresses.typed_site(typed, loopback=app.loopback)

    def met(self, app: App, http: Http, site: Site) -> Site:
        """See `meeting.met`."""
        return meeting.met(http, site, loopback=app.loopback)

    def approval_address(self, app: App, site: Site, ways: Ways) -> str:
        """The shop's own page. `user_id` comes back in the browser's address and in the post."""
        _require_reachable(app, site)
        asked = {
            "app_name": _APP_NAME,
            "scope": READ_WRITE,
            "user_id": ways.state,
            "return_url": f"{app.public_url}{RETURN}",
            "callback_url": f"{app.public_url}{CALLBACK}/{ways.door}",
        }
        return f"{site.base}/wc-auth/v1/authorize?{urlencode(asked, quote_via=quote, safe='')}"

    def posted(self, body: bytes) -> Posted:
        """State and keys. `key_id` is read and not kept: the API knows no keys by it."""
        if len(body) > _MOST_BYTES:
            raise RequestMalformed(_NOT_POSTED)
        try:
            told = wild.decode(body, _Keys)
        except MalformedPayload:
            raise RequestMalformed(_NOT_POSTED) from None
        if not _is_whole(told):
            raise RequestMalformed(_NOT_POSTED)
        return Posted(told.user_id, Credentials(told.consumer_key, told.consumer_secret, told.key_permissions).packed())

    def sender(self, user_agent: str) -> str | None:
        """WordPress calls itself `WordPress/7.1; https://shop.example.com` to whom it posts, unless a plugin has it say
        something else.
        """
        told = _USER_AGENT.match(user_agent)
        return site_of(told["home"]) if told else None

    def returned(self, raw_query: str) -> tuple[str, bool]:
        """The `user_id` and `success` that WooCommerce adds to our address; other parameters may stand beside them."""
        if len(raw_query) > _MOST_QUERY:
            raise RequestMalformed(_NOT_RETURNED)
        pairs = [pair.partition("=") for pair in raw_query.split("&")]
        states, successes = (
            [unquote_plus(value) for key, _, value in pairs if unquote_plus(key) == name]
            for name in ("user_id", "success")
        )
        if len(states) != 1 or len(successes) != 1 or successes[0] not in _APPROVED or not _STATE.fullmatch(states[0]):
            raise RequestMalformed(_NOT_RETURNED)
        return states[0], _APPROVED[successes[0]]

    def proven(self, app: App, http: Http, site: Site, keys: str) -> Grant:  # noqa: ARG002
        """The keys in whichever form the shop's server lets through, with the address they opened."""
        found = credentials.read(keys)
        if found.permissions != READ_WRITE:
            raise CredentialsRejected(_TOO_FEW_RIGHTS.format(may=_MAY.get(found.permissions, "do too little")))
        from connectors.woocommerce import proof  # with requests, which only those who ask a store need

        opened = proof.opened(http, site, msgspec.structs.replace(found, base=site.base))
        return Grant(opened.packed(), (READ_WRITE,))


HANDOVER = WooCommerceHandover()


def _require_reachable(app: App, site: Site) -> None:
    """WooCommerce takes an https callback only. Our stand-in takes plain http too, so that all of it can be tried on one
    machine; a real WooCommerce there says "The callback_url needs to be over SSL".
    """
    if app.public_url.startswith("https://"):
        return
    if not (app.loopback and addresses.on_this_machine(app.public_url) and addresses.on_this_machine(site.base)):
        raise Declined("A shop hands its keys over by https only: whoever runs Tandem has to set PUBLIC_URL to one.")


def _is_whole(told: _Keys) -> bool:
    texts = ((told.user_id, _STATE), (told.consumer_key, _KEY), (told.consumer_secret, _SECRET))
    return (
        wild.identifier(told.key_id) is not None
        and all(isinstance(text, str) and shape.fullmatch(text) for text, shape in texts)
        and isinstance(told.key_permissions, str)
        and told.key_permissions in _PERMISSIONS
    )
