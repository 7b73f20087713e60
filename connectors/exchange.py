"""One question and its answer over a connection that stands. The standard library's client: it asks nobody for proxies,
follows nothing, inflates nothing and opens no second connection.
"""

import socket
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse

from connectors.access import HttpAnswer
from connectors.errors import Unreachable
from connectors.reachable import Origin, Place

_CHUNK = 64 * 1024
_AGENT = "Tandem/0.1"
_OURS = frozenset({"host", "connection", "content-length", "transfer-encoding", "accept-encoding"})
_GZIP = frozenset({"gzip", "x-gzip"})
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. Headers and body may hold tokens."""

    method: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)


def ask(sock: socket.socket, place: Place, question: Question, *, most: int) -> HttpAnswer:
    """The answer, its body no longer than `most` bytes, also once inflated.

    Raises Unreachable for a question that HTTP does not allow, and for an answer that is longer or makes no sense; also
    OSError and HTTPException.
    """
    connection = HTTPConnection(place.origin.host, place.origin.port)
    connection.sock = sock
    try:
        if not _sent(connection, place, question):
            raise Unreachable(f"{place.origin.host} cannot be asked this: a header is not what HTTP allows.")
        with connection.getresponse() as response:
            return _answer(response, place.origin.host, most)
    finally:
        connection.close()


def _sent(connection: HTTPConnection, place: Place, question: Question) -> bool:
    """False for a header with a line's end or the like. The error itself repeats the header, which may be a token."""
    try:
        connection.request(question.method, place.target, question.body, _headers(place.origin, question.headers))
    except ValueError:
        return False
    return True


def _headers(origin: Origin, given: Mapping[str, str]) -> dict[str, str]:
    usual = 443 if origin.scheme == "https" else 80
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    told = {name: text for name, text in given.items() if name.lower() not in _OURS}
    if not any(name.lower() == "user-agent" for name in told):
        told["User-Agent"] = _AGENT
    told["Host"] = host if origin.port == usual else f"{host}:{origin.port}"
    return told | {"Accept-Encoding": "identity", "Connection": "close"}


def _answer(response: HTTPResponse, host: str, most: int) -> HttpAnswer:
    if response.status < 200:  # http.client skips 100, and takes 101 or 103 for the answer
        raise Unreachable(f"{host} gave an answer that makes no sense to us.")
    headers: dict[str, str] = {}
    for name, text in response.getheaders():
        key = name.lower()
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    body = _read(response, host, most)
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        body = _inflated(body, encoding, host, most)
        del headers["content-encoding"]
    return HttpAnswer(response.status, headers, body)


def _read(response: HTTPResponse, host: str, most: int) -> bytes:
    text = bytearray()
    while chunk := response.read(_CHUNK):
        text += chunk
        if len(text) > most:
            raise Unreachable(_too_long(host, most))
    if response.length:  # read() with a length does not mind that less came than was promised
        raise HTTPException
    return bytes(text)


def _inflated(body: bytes, encoding: str, host: str, most: int) -> bytes:
    """We ask for none, but some caches give to all what they have zipped for one."""
    if not body:
        return body
    if encoding not in _GZIP:
        raise Unreachable(f"{host} packed its answer in a way we did not ask for.")
    inflater = zlib.decompressobj(_GZIP_WINDOW)
    try:
        text = inflater.decompress(body, most + 1)
    except zlib.error:
        text = b""
    if len(text) > most:
        raise Unreachable(_too_long(host, most))
    if not inflater.eof:
        raise HTTPException
    return text


def _too_long(host: str, most: int) -> str:
    return f"{host} gave an answer of more than {most:,} bytes, which we do not read."
