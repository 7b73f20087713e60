"""HTTP out, as WordPress's wp_safe_remote_request does it: headers in the order given, to loopback only."""

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

REDIRECTS = 5
_SHOWN = 2_000  # of an answer
_CURL = {"refused": 7, "late": 28, "certificate": 60}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `status` None: nothing did, and `text` is WordPress's sentence about it."""

    status: int | None
    text: str
    seconds: float
    location: str | None = None


def follow(url: str, body: bytes, headers: Mapping[str, str], patience: float, trust: ssl.SSLContext) -> Answer:
    """POST, and up to five redirects after it. A 302 or 303 is followed as a GET that still carries the body."""
    method, began = "POST", time.monotonic()
    for _ in range(REDIRECTS + 1):
        answer = once(method, url, body, headers, patience, trust)
        if answer.status not in (301, 302, 303, 307, 308) or not answer.location:
            return Answer(answer.status, answer.text, time.monotonic() - began)
        url = urljoin(url, answer.location)
        method = "GET" if answer.status in (302, 303) else method
    return Answer(None, "Too many redirects", time.monotonic() - began)


def once(
    method: str, url: str, body: bytes, headers: Mapping[str, str], patience: float, trust: ssl.SSLContext
) -> Answer:
    """One request, not followed. `headers` go as they are and in their order, behind Host."""
    began = time.monotonic()
    parts = urlsplit(url)
    # WordPress would also refuse ports but 80, 443, 8080 and its own, and loopback but its own; we know nothing else.
    if parts.scheme not in ("http", "https") or not _is_loopback(parts.hostname or ""):
        return Answer(None, "A valid URL was not provided.", 0.0)
    try:
        status, text, location = _exchanged(method, url, body, headers, patience, trust)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(None, _sentence(error, url, time.monotonic() - began), time.monotonic() - began)
    return Answer(status, text, time.monotonic() - began, location)


def _exchanged(
    method: str, url: str, body: bytes, headers: Mapping[str, str], patience: float, trust: ssl.SSLContext
) -> tuple[int, str, str | None]:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    connection = (
        http.client.HTTPSConnection(host, port, timeout=patience, context=trust)
        if parts.scheme == "https"
        else http.client.HTTPConnection(host, port, timeout=patience)
    )
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", parts.netloc.rpartition("@")[2])
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        return response.status, response.read(_SHOWN).decode("utf-8", "replace"), response.getheader("Location")
    finally:
        connection.close()


def _sentence(error: Exception, url: str, seconds: float) -> str:
    """As cURL words it; what it says of other failures than these three is unverified."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"cURL error {_CURL['certificate']}: SSL certificate problem: {error.verify_message}"
    if isinstance(error, TimeoutError | socket.timeout):
        return f"cURL error {_CURL['late']}: Operation timed out after {seconds * 1000:.0f} milliseconds"
    if isinstance(error, ConnectionRefusedError):
        where = f"{parts.hostname} port {port} after 0 ms"
        return f"cURL error {_CURL['refused']}: Failed to connect to {where}: Couldn't connect to server"
    return f"cURL error 56: {type(error).__name__}"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
