"""One question to a shop's GraphQL Admin API, and what its answer means. Knows no question in particular.

Shopify says no in three places: the status, `errors` beside what it did answer, and `userErrors` within it. Their texts
may repeat what was sent or stored. So of `errors` only the field's name is passed on, and of `userErrors` a sentence
without addresses, long numbers and quotations.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

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
from connectors.shopify.reading import read

S = TypeVar("S", bound=msgspec.Struct)

DENIED, THROTTLED = "ACCESS_DENIED", "THROTTLED"
_FAILED = frozenset({"INTERNAL_SERVER_ERROR", "TIMEOUT"})
_MAX_SENTENCE = 200
_NULL = msgspec.Raw(b"null")

# https://shopify.dev/docs/api/usage/response-codes; every other status but 200 and 429 says nothing we could act on.
_NO_TOKEN = (CredentialsRejected, "Shopify does not take this store's token any more.")
_STATUSES: dict[int, tuple[type[ConnectorError], str]] = {
    401: _NO_TOKEN,
    403: _NO_TOKEN,
    402: (Declined, "Shopify has frozen this shop until its owner pays what is due."),
    423: (Declined, "Shopify has locked this shop."),
}
_NAME = re.compile(r"[A-Za-z_]\w{0,60}", re.ASCII)
_NOT_TO_BE_REPEATED = re.compile(r"\S*(?:://|@)\S*|\"[^\"]*\"|\b\w*\d{4}\w*\b|\b\w{32,}\b")


@dataclass(frozen=True, slots=True)
class Fault:
    """One of `errors`. `path`: the names on the way to the field it is about. `text` is for comparing, not for showing."""

    code: str
    path: tuple[str, ...]
    text: str = field(repr=False)

    def declined(self) -> Declined:
        """What may be told of it."""
        what = ".".join(self.path) or "what was asked"
        if self.code == DENIED:
            return Declined(f"Shopify does not let this app use {what}.")
        return Declined(f"Shopify declined {what} ({self.code or 'no code'}).")


class UserError(msgspec.Struct, gc=False):
    """Why a mutation was not done."""

    code: Any = None
    message: Any = None


class Done(msgspec.Struct, rename="camel", gc=False):
    """What a mutation answers, as far as we read it."""

    user_errors: list[UserError] | None = None


class PageInfo(msgspec.Struct, rename="camel", gc=False):
    """Whether a list goes on, and where."""

    has_next_page: Any = None
    end_cursor: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, by root field, and what was not."""

    data: Mapping[str, msgspec.Raw] = field(repr=False)
    faults: tuple[Fault, ...] = ()

    def part(self, root: str, shape: type[S], *, partly: bool = False) -> S:
        """The root field in its shape. `partly`: a field within it that Shopify will not show may be missing.

        Raises Declined for anything else Shopify refused, Unreachable where the field is missing without a reason.
        """
        told = bytes(self.data.get(root, _NULL))
        for fault in self.faults:
            if not (partly and told != bytes(_NULL) and fault.code == DENIED and len(fault.path) > 1):
                raise fault.declined()
        try:
            return read(told, shape)
        except MalformedPayload:
            raise Unreachable(f"Shopify's answer has no readable {root}.") from None

    def found_nothing(self, root: str) -> bool:
        """Whether the root field is null, though nobody keeps it from us: there is no such thing."""
        is_null = bytes(self.data.get(root, _NULL)) == bytes(_NULL)
        return is_null and all(fault.code != DENIED and fault.path in ((), (root,)) for fault in self.faults)

    def complaints(self, root: str) -> list[UserError]:
        """The `userErrors` of a mutation; an empty list, and only that, says that it was done. Raises as `part` does."""
        told = self.part(root, Done).user_errors
        if told is None:
            raise Unreachable(f"Shopify's answer does not say what became of {root}.")
        return told


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
    if THROTTLED in codes:
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
    code = extensions.get("code") if isinstance(extensions, dict) else None
    text = wild.text(told.get("message")) or ""
    if code is None and text == "Throttled":  # as it was before errors had codes
        code = THROTTLED
    return Fault(_named(code), tuple(filter(None, map(_named, path if isinstance(path, list) else []))), text)


def _named(word: Any) -> str:
    """A name of the schema, which nobody's data can be; "" for positions in a list and all else."""
    return word if isinstance(word, str) and _NAME.fullmatch(word) else ""


def following(info: PageInfo | None, cursor: str | None) -> str | None:
    """The cursor of the page after the one at `cursor`; None after the last.

    Raises Unreachable where the page does not say: taken for the last one it would hide the rest.
    """
    info = info or PageInfo()
    if info.has_next_page is False:
        return None
    if info.has_next_page is True and isinstance(info.end_cursor, str) and info.end_cursor not in ("", cursor):
        return info.end_cursor
    raise Unreachable("Shopify's answer does not say where its list goes on.")


def sentence(complaint: UserError) -> str:
    """Its message, shortened, without what may be somebody's: addresses, mails, long numbers, tokens, quotations."""
    text = _NOT_TO_BE_REPEATED.sub("…", wild.text(complaint.message) or "")
    return wild.text(text, _MAX_SENTENCE) or "no reason given"
