"""One question to a shop's GraphQL Admin API, asked once. Knows no question in particular.

Shopify says no in three places: the status and `errors` are understood here, `userErrors` by whoever asked.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

import msgspec

from connectors import wild
from connectors.access import Http, HttpAnswer
from connectors.errors import (
    AddressRefused,
    ConnectorError,
    CredentialsRejected,
    Declined,
    MalformedPayload,
    Throttled,
    Unreachable,
)
from connectors.shopify import throttling
from connectors.shopify.answers import DENIED, Answer, Fault

_THROTTLED = "THROTTLED"
_FAILED = frozenset({"INTERNAL_SERVER_ERROR", "TIMEOUT"})
# Errors that come without a code, by how their text begins: the page on protected customer data shows some.
_CODES_BY_TEXT = {"Throttled": _THROTTLED, "This app is not approved to ": DENIED}
# https://shopify.dev/docs/api/usage/response-codes; every other status but 200 and 429 says nothing we could act on.
_NO_TOKEN = (CredentialsRejected, "Shopify does not take this store's token any more.")
_STATUSES: dict[int, tuple[type[ConnectorError], str]] = {
    401: _NO_TOKEN,
    403: _NO_TOKEN,
    402: (Declined, "Shopify has frozen this shop until its owner pays what is due."),
    423: (Declined, "Shopify has locked this shop."),
}
_NAME = re.compile(r"[A-Za-z_]\w{0,60}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Graph:
    """The API of one shop, with its token."""

    http: Http
    url: str
    token: str = field(repr=False)

    def ask(self, document: str, **variables: Any) -> Answer:
        """The answer to one document, asked once. Raises Unreachable, Throttled, CredentialsRejected or Declined."""
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "X-Shopify-Access-Token": self.token,
        }
        body = json.dumps({"query": document, "variables": variables}).encode()
        try:
            answer = self.http.request("POST", self.url, headers=headers, body=body)
        except AddressRefused:
            raise Unreachable("The shop's address leads nowhere we would go.") from None
        return understood(answer)


class _Envelope(msgspec.Struct):
    data: dict[str, msgspec.Raw] | None = None
    errors: Any = None
    extensions: Any = None


def understood(answer: HttpAnswer) -> Answer:
    """What an HTTP answer tells. Pure. Raises as `Graph.ask` does."""
    _require_answered(answer)
    try:
        told = wild.decode(answer.body, _Envelope)
    except MalformedPayload:
        raise Unreachable("Shopify's answer is not readable JSON.") from None
    faults = _faults(told.errors)
    codes = {fault.code for fault in faults}
    if _THROTTLED in codes:
        raise Throttled("Shopify asks us to slow down for this shop.", throttling.refill(told.extensions))
    if codes & _FAILED:
        raise Unreachable("Shopify failed to work the answer out.")
    return Answer(told.data or {}, faults)


def _require_answered(answer: HttpAnswer) -> None:
    if answer.status == 429:
        raise Throttled("Shopify asks us to come back later.", throttling.pause(answer.headers.get("retry-after")))
    if answer.status in _STATUSES:
        error, sentence = _STATUSES[answer.status]
        raise error(sentence)
    if answer.status != 200:
        raise Unreachable(f"Shopify answered with status {answer.status}.")


def _faults(errors: Any) -> tuple[Fault, ...]:
    """A list of objects; a single text, as the older API sends it, is one fault without code and path."""
    if not errors:
        return ()
    return tuple(map(_fault, errors if isinstance(errors, list) else [errors]))


def _fault(error: Any) -> Fault:
    told = error if isinstance(error, dict) else {"message": error}
    extensions, path = told.get("extensions"), told.get("path")
    text = wild.text(told.get("message")) or ""
    code = _named(extensions.get("code") if isinstance(extensions, dict) else None)
    if not code:
        code = next((known for beginning, known in _CODES_BY_TEXT.items() if text.startswith(beginning)), "")
    names = map(_named, path if isinstance(path, list) else [])
    return Fault(code, tuple(filter(None, names)), text)


def _named(word: Any) -> str:
    """A name of the schema, which nobody's data can be; "" for positions in a list and all else."""
    return word if isinstance(word, str) and _NAME.fullmatch(word) else ""
