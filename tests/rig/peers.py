"""Shopify's own libraries, asked the same questions as ours: ShopifyAPI and shopifyapp here, @shopify/shopify-api in Node."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from shopify import Session, session_token
from shopify.utils import shop_url
from shopify_app import ShopifyApp

from tests.rig.node import Node
from tests.rig.token_shop import KEY, SECRET

Verdicts = Sequence[bool]


class Elder:
    """ShopifyAPI 12.7. It keeps the app's secret in a class, so there is one app in a process."""

    def __init__(self, secret: str = SECRET) -> None:
        self.session = type("Ours", (Session,), {"api_key": KEY, "secret": secret})
        self.secret = secret

    def sign(self, values: Mapping[str, str]) -> str:
        return self.session.calculate_hmac(dict(values))

    def query(self, values: Mapping[str, str]) -> bool:
        return self._said(lambda: self.session.validate_params(dict(values)))

    def shop(self, text: str) -> bool:
        return shop_url.sanitize_shop_domain(text) == text

    def token(self, text: str) -> bool:
        return self._said(lambda: session_token.decode_from_header(f"Bearer {text}", KEY, self.secret))

    @staticmethod
    def _said(judge: Any) -> bool:
        """Some of its refusals are errors of its own."""
        try:
            return bool(judge())
        except Exception:  # noqa: BLE001 (whatever it raises, it did not accept)
            return False


class Younger:
    """shopifyapp 1.0."""

    def __init__(self, secret: str = SECRET, old_secret: str | None = None) -> None:
        self.library = ShopifyApp(KEY, secret, old_secret)

    def token(self, text: str) -> bool:
        asked = {"method": "GET", "headers": {"authorization": f"Bearer {text}"}, "url": PAGE, "body": ""}
        return self.library.verify_app_home_req(asked, app_home_patch_id_token_path="/again").ok

    def webhook(self, body: bytes, headers: Mapping[str, str]) -> bool:
        asked = {"method": "POST", "headers": dict(headers), "url": f"{PAGE}/webhooks", "body": body.decode()}
        try:
            return self.library.verify_webhook_req(asked).ok
        except TypeError:  # compare_digest, for a signature that is not ASCII
            return False


PAGE = "https://tandem.example/shopify"


@dataclass
class Foreigner:
    """@shopify/shopify-api 13 for Node."""

    node: Node
    secret: str = SECRET

    @classmethod
    @contextmanager
    def running(cls) -> Iterator["Foreigner"]:
        with Node.running("shopify.mjs") as node:
            yield cls(node)

    @property
    def app(self) -> dict[str, str]:
        return {"key": KEY, "secret": self.secret}

    def each(self, question: str, **told: Any) -> Verdicts:
        """Its verdicts over a list, asked at once; a refusal may be `false` or an error's name."""
        return [one is True for one in self.node.ask(question, app=self.app, **told)]

    def ask(self, question: str, **told: Any) -> Any:
        return self.node.ask(question, app=self.app, **told)


class Loopback(httpx.BaseTransport):
    """What shopifyapp asks a shop at its https address goes to the stand-in, which has each shop under a path."""

    def __init__(self, base: str) -> None:
        self.base, self.inner = urlsplit(base), httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = f"/{request.url.host}{request.url.path}"
        request.url = request.url.copy_with(scheme="http", host=self.base.hostname, port=self.base.port, path=path)
        return self.inner.handle_request(request)

    def close(self) -> None:
        self.inner.close()
