"""What a shop's server answered. Pure.

It may not be WooCommerce that answers: a firewall, a cache, a maintenance page, or PHP's notices in front of the JSON.
Texts of errors may repeat what was sent, so no more than a sentence without addresses, tokens and numbers is passed on.
"""

import re
from typing import Any, TypeVar

import msgspec

from connectors import wild
from connectors.access import HttpAnswer
from connectors.errors import ConnectorError, CredentialsRejected, Declined, MalformedPayload, Throttled, Unreachable

S = TypeVar("S", bound=msgspec.Struct)

UNTOLD, LONGEST = 30.0, 3_600.0  # seconds

_BOM = b"\xef\xbb\xbf"
_MOST_BEGINNINGS = 50
# PHP prints its notices as HTML, each with a line of its own. Within JSON neither of the two comes before a bracket.
_BEGINNING = re.compile(rb"(?<=[\n>])[ \t\r]*(?=[{\[])")
_NOT_TO_BE_REPEATED = re.compile(r"<[^>]*>|\S*(?:://|@)\S*|\"[^\"]*\"|\b\w*\d{4}\w*\b|\b\w{32,}\b")
_MAX_SENTENCE = 200

_NO_ROUTE = "rest_no_route"
_INVALID_ID = "_invalid_id"  # woocommerce_rest_shop_webhook_invalid_id: 404 where it is to be taken away, else 400
_OF_WOOCOMMERCE = "woocommerce_rest_"
_CANNOT = "woocommerce_rest_cannot_"  # 401 for nobody, 403 for somebody who may not


class Moved(Unreachable):
    """It sends us elsewhere, where keys are not shown."""


class Unrecognised(CredentialsRejected):
    """It sees nobody in us: a key that it does not know, or none, for its server keeps the header from WordPress."""


class NoRoute(Declined):
    """WordPress is there, and knows nothing under this address."""


class NotThere(Declined):
    """There is no such thing, or no more."""


class Error(msgspec.Struct):
    """WordPress's error object."""

    code: Any = None
    message: Any = None


def understood(answer: HttpAnswer) -> bytes:
    """The JSON of an answer that says yes. Raises Unreachable, Throttled, CredentialsRejected or Declined for all else."""
    if 200 <= answer.status < 300:
        return json_of(answer.body)
    if 300 <= answer.status < 400:
        raise Moved("The shop's address has moved: its server sends us elsewhere. Connect the shop again.")
    require_at_ease(answer)
    raise _refusal(answer.status, _error(answer.body))


def require_at_ease(answer: HttpAnswer) -> None:
    """Raises Throttled where the server asks for a pause, Unreachable where it failed."""
    told = answer.headers.get("retry-after")
    if answer.status == 429 or (answer.status == 503 and told):
        raise Throttled("The shop's server asks us to come back later.", pause(told))
    if answer.status >= 500:
        raise Unreachable(f"The shop's server failed to answer (status {answer.status}).")


def pause(retry_after: str | None) -> float:
    """What a Retry-After header says in seconds; a date, its other form, is not read."""
    told = wild.amount(retry_after)
    return UNTOLD if told is None or told < 0 else min(max(float(told), 1.0), LONGEST)


def json_of(body: bytes) -> bytes:
    """The JSON of a body, without what PHP printed before it. Raises Unreachable where there is none."""
    body = body.removeprefix(_BOM).strip()
    if body[:1] in (b"{", b"["):
        return body
    for number, found in enumerate(_BEGINNING.finditer(body)):
        if number == _MOST_BEGINNINGS:
            break
        rest = body[found.end() :]
        if _is_json(rest):  # to the very end, so that "[0]" of a notice is not taken for the answer
            return rest
    raise Unreachable("The shop answered with something that is no JSON, as firewalls and maintenance pages do.")


def read(body: bytes, shape: type[S]) -> S:
    """One object. Raises Unreachable for anything else."""
    try:
        return wild.decode(json_of(body), shape)
    except MalformedPayload:
        raise Unreachable("The shop's answer is not readable JSON.") from None


def read_list(body: bytes, shape: type[S]) -> list[S]:
    """A list of objects. Raises Unreachable for anything else: a list with gaps would be taken for a whole one."""
    try:
        return msgspec.json.decode(json_of(body), type=list[shape])  # type: ignore[valid-type]
    except (msgspec.DecodeError, RecursionError):
        raise Unreachable("The shop's answer is no readable list.") from None


def sentence(message: Any) -> str:
    """An error's own words, shortened, without what may be somebody's or secret."""
    text = _NOT_TO_BE_REPEATED.sub("…", wild.text(message) or "")
    return wild.text(text, _MAX_SENTENCE) or "no reason given"


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _error(body: bytes) -> Error:
    """An empty one where the body is not WordPress's."""
    try:
        return read(body, Error)
    except Unreachable:
        return Error()


def _refusal(status: int, error: Error) -> ConnectorError:
    code, said = wild.text(error.code) or "", sentence(error.message)
    if status in (401, 403):
        return _locked_out(status, code, said)
    if code == _NO_ROUTE:
        return NoRoute("The shop's WordPress does not know what we ask for: WooCommerce is not active there.")
    if code.endswith(_INVALID_ID):
        return NotThere(f"WooCommerce does not know it: {said}")
    if code:
        return Declined(f"WooCommerce declined: {said}")
    return Unreachable(f"Nothing of WooCommerce answers at the shop's address (status {status}).")


def _locked_out(status: int, code: str, said: str) -> ConnectorError:
    if status == 401 and code.startswith(_CANNOT):
        return Unrecognised("WooCommerce does not know our key any more, or is not shown it by the shop's server.")
    if code.startswith(_OF_WOOCOMMERCE):
        return CredentialsRejected(f"WooCommerce does not take our keys: {said}")
    if code:
        return Declined(f"WordPress, or a plugin that guards it, does not let us in: {said}")
    return Unreachable(f"A firewall or a password in front of the shop turns us away (status {status}).")
