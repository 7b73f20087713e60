"""A store's REST API through the `woocommerce` library, and the library through our own client.

The library (3.0.0, unmaintained since 2021) builds address, query and signature well enough, and sends them by
`requests.request`, which follows redirects, resolves names freely and asks proxies. So the one method that sends is
replaced: see docs/decisions/0014-outbound.md. Nothing of requests touches the network.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

import requests
from requests.auth import HTTPBasicAuth
from woocommerce import API

from connectors import wild
from connectors.access import Http, HttpAnswer
from connectors.errors import AddressRefused, Unreachable
from connectors.woocommerce import answers
from connectors.woocommerce.credentials import Credentials

VERSION: Final = "3.0.0"  # of the library: a later one may not have the method we replace
WC, PLUGIN = "wc/v3", "wc-tandem/v1"

Parameter = str | int

_PAUSE_SECONDS = 0.5
_ENDPOINT = re.compile(r"[a-z0-9_-]+(?:/[A-Za-z0-9_-]+)*", re.ASCII)
# What the library, PHP and OAuth's rules write alike. A "%" in a value breaks the signature (401), so does a "/"; of a
# list PHP keeps the last member only, and says nothing.
_VALUE = re.compile(r"[A-Za-z0-9_.,:-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that says yes. `body`: JSON. `pages`: how many the list has, where it is one and says so."""

    body: bytes = field(repr=False)
    pages: int | None = None


@dataclass(frozen=True, slots=True)
class Rest:
    """The API of one store. Every call raises Unreachable, Throttled, CredentialsRejected or Declined.

    What only reads is asked once more where it failed. What writes is not: a webhook made twice delivers twice.
    """

    http: Http
    credentials: Credentials
    pause: Callable[[float], None] = time.sleep

    def get(self, endpoint: str, *, namespace: str = WC, **params: Parameter) -> Reply:
        """What is there. Values of `params` hold letters, digits and `_.,:-` only."""
        try:
            return self._asked(namespace, "GET", endpoint, None, params)
        except answers.Moved:
            raise
        except Unreachable:
            self.pause(_PAUSE_SECONDS)
            return self._asked(namespace, "GET", endpoint, None, params)

    def post(self, endpoint: str, told: Mapping[str, Any], *, namespace: str = WC) -> Reply:
        """Make one."""
        return self._asked(namespace, "POST", endpoint, told, {})

    def put(self, endpoint: str, told: Mapping[str, Any], *, namespace: str = WC) -> Reply:
        """Change it."""
        return self._asked(namespace, "PUT", endpoint, told, {})

    def delete(self, endpoint: str, *, namespace: str = WC, **params: Parameter) -> Reply:
        """Take it away."""
        return self._asked(namespace, "DELETE", endpoint, None, params)

    def _asked(
        self,
        namespace: str,
        method: str,
        endpoint: str,
        told: Mapping[str, Any] | None,
        params: Mapping[str, Parameter],
    ) -> Reply:
        api = _Library(self.http, self.credentials, namespace)
        try:
            response = api.ask(method, endpoint, told, params)
        except AddressRefused as refusal:
            raise Unreachable(f"The shop's address leads nowhere we would go. {refusal}") from None
        headers = {name.lower(): text for name, text in response.headers.items()}
        answer = HttpAnswer(response.status_code, headers, response.content)
        return Reply(answers.understood(answer), wild.whole(headers.get("x-wp-totalpages")))


class _Library(API):  # type: ignore[misc] # the library has no types
    """The library, sending through the client it is handed. Raises ValueError for what it would sign wrongly."""

    def __init__(self, http: Http, credentials: Credentials, namespace: str) -> None:
        super().__init__(
            credentials.base,
            credentials.key,
            credentials.secret,
            version=namespace,
            query_string_auth=credentials.in_query,
        )
        self._http = http

    def ask(
        self, method: str, endpoint: str, told: Mapping[str, Any] | None, params: Mapping[str, Parameter]
    ) -> requests.Response:
        """By the library's own methods."""
        if not _ENDPOINT.fullmatch(endpoint):
            raise ValueError("an endpoint is a path, without a query")
        asking = {"GET": self.get, "DELETE": self.delete, "POST": self.post, "PUT": self.put}[method]
        telling = {} if told is None else {"data": told}
        response: requests.Response = asking(endpoint, **telling, params={k: _plain(v) for k, v in params.items()})
        return response

    def _API__request(  # noqa: N802 (the library's name for it, as Python mangles it)
        self, method: str, endpoint: str, data: Any, params: dict[str, str]
    ) -> requests.Response:
        """The library's `__request`, up to the sending. A request prepared by no session reads no ~/.netrc."""
        url, auth = self._API__get_url(endpoint), None
        headers = {"Accept": "application/json"}  # our client has a name of its own: firewalls know the library's
        if not self.is_ssl:
            # OAuth 1.0a, the only way over plain http. The library would put the parameters into the address twice.
            url, params = self._API__get_oauth_url(f"{url}?{urlencode(params)}", method), {}
        elif self.query_string_auth:
            params = params | {"consumer_key": self.consumer_key, "consumer_secret": self.consumer_secret}
        else:
            auth = HTTPBasicAuth(self.consumer_key, self.consumer_secret)
        body = None if data is None else json.dumps(data).encode()
        if body is not None:
            headers["Content-Type"] = "application/json;charset=utf-8"
        request = requests.Request(method, url, headers=headers, params=params, data=body, auth=auth)
        return self._sent(request.prepare(), body)

    def _sent(self, prepared: requests.PreparedRequest, body: bytes | None) -> requests.Response:
        headers = {name: str(text) for name, text in prepared.headers.items()}
        answer = self._http.request(str(prepared.method), str(prepared.url), headers=headers, body=body)
        response = requests.Response()
        response.status_code, response._content = answer.status, answer.body  # noqa: SLF001 (it has no other way in)
        response.headers.update(answer.headers)
        return response


def _plain(value: Parameter) -> str:
    text = str(value)
    if not isinstance(value, str | int) or isinstance(value, bool) or not _VALUE.fullmatch(text):
        raise ValueError("a parameter is a number, or text without signs that are written in several ways")
    return text
