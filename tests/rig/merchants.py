"""Merchants who connect a running service to the stand-ins, by each platform's own flow: its pages are asked, not seen."""

import json
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.rig.office import consented
from tests.rig.service import Service
from tests.rig.woostore import WooStore


def installs_by_consent(service: Service, shop: str) -> None:
    """A merchant's way through Shopify's consent page."""
    begun = service.pool.request("GET", f"{service.url}/shopify/install?shop={shop}", redirect=False)
    back = f"{service.url}/shopify/callback?{consented(begun.headers['Location'])}"
    _returns(service, back, begun.headers["Set-Cookie"])


def hands_keys_over(service: Service, shop: WooStore) -> None:
    """A merchant's way, the page of approval left out: its keys are posted by us."""
    from_the_shop = {"Referer": f"{shop.url}/"}
    link = f"{service.url}/woocommerce/connect?store={shop.url}"
    begun = service.pool.request("GET", link, headers=from_the_shop, redirect=False)
    asked = parse_qs(urlsplit(begun.headers["Location"]).query)
    state, key = asked["user_id"][0], shop.key()
    keys = {"key_id": 1, "user_id": state, "key_permissions": "read_write"}
    keys |= {name: key[name] for name in ("consumer_key", "consumer_secret")}
    posted = service.pool.request("POST", asked["callback_url"][0], body=json.dumps(keys))
    assert posted.status == 200, posted.data
    back = f"{service.url}/woocommerce/return?{urlencode({'success': '1', 'user_id': state})}"
    _returns(service, back, begun.headers["Set-Cookie"])


def _returns(service: Service, address: str, cookie: str) -> None:
    """The browser comes back, with what it was given when it left."""
    headers = {"Cookie": cookie.partition(";")[0]}
    answer = service.pool.request("GET", address, headers=headers, redirect=False)
    assert answer.status < 400, answer.data
