"""The one client for merchants' and platforms' hosts; see docs/decisions/0014-outbound.md.

The name is resolved once, every number it has is judged, and the connection goes to a number that was judged: a name
that changes its mind in between (DNS rebinding) gains nothing. TLS and the Host header still speak of the name.
Redirects are answers, proxies of the environment are not asked, and all of it is over after 15 seconds.
"""

import ipaddress
import socket
import ssl
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPException
from threading import BoundedSemaphore

from connectors import exchange, reachable
from connectors.access import HttpAnswer
from connectors.deadline import Errand, within
from connectors.errors import AddressRefused, ConnectorError, Throttled, Unreachable
from connectors.exchange import Question
from connectors.reachable import Place

_TOTAL_SECONDS = 15.0
_CONNECT_SECONDS = 4.0
_MOST_BYTES = 5 * 1024 * 1024
_BUSY_SECONDS = 5.0

# In this order: a certificate's error is an SSLError too, and nearly all of them are OSErrors.
_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (TimeoutError, "gave no whole answer in time."),
    (
        ssl.SSLCertVerificationError,
        "shows a certificate that is not valid for its name, or that nobody we trust signed.",
    ),
    (socket.gaierror, "is a name that leads nowhere: look for a typing mistake."),
    (ssl.SSLError, "broke off the secure connection."),
    (HTTPException, "gave an answer that is not whole, or makes no sense."),
    (OSError, "does not take our calls, or broke off."),
)


def resolve(host: str, port: int) -> Sequence[str]:
    """The numbers of a host, in the order to be tried. Raises gaierror."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


def dial(address: str, port: int, seconds: float) -> socket.socket:
    """A connection to a number; names are not looked up here. Raises OSError."""
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    sock.settimeout(seconds)
    try:
        sock.connect((address, port))
    except OSError:
        sock.close()
        raise
    return sock


class Outbound:
    """Implements `connectors.access.Http`. Keeps no connection open; safe for many threads, and across a fork."""

    def __init__(
        self,
        stand_ins: Collection[str] = (),
        *,
        loopback: bool = False,
        seconds: float = _TOTAL_SECONDS,
        most_bytes: int = _MOST_BYTES,
        most_at_once: int | None = None,
        resolve: Callable[[str, int], Sequence[str]] = resolve,
        dial: Callable[[str, int, float], socket.socket] = dial,
    ) -> None:
        """`stand_ins`: addresses whose origin may be asked although it is not public, on loopback only; none in
        production. `loopback`: stores on this machine may be asked too, where their address is spelled plainly; never in
        production. `seconds`: for a whole call. `most_bytes`: of an answer's body. `most_at_once`: calls under way, where
        who waits has something better to do; one more is Throttled. Raises AddressRefused for a stand-in that is no
        address.
        """
        self._stand_ins = frozenset(map(reachable.origin_of, stand_ins))
        self._loopback = loopback
        self._seconds, self._most_bytes = seconds, most_bytes
        self._resolve, self._dial = resolve, dial
        self._places = None if most_at_once is None else BoundedSemaphore(most_at_once)
        self._tls = ssl.create_default_context()
        self._tls.set_alpn_protocols(["http/1.1"])

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> HttpAnswer:
        """The answer, whatever its status; a redirect is an answer too, and not followed.

        Host, lengths and encodings are ours: such headers are left out. Raises AddressRefused, Unreachable or Throttled;
        none repeats anything of the address but its host.
        """
        place = reachable.judged(url, self._stand_ins, loopback=self._loopback)
        question = Question(method, headers or {}, body)
        with self._a_place():
            outcome = within(self._seconds, lambda errand: self._ask(errand, place, question))
        if isinstance(outcome, HttpAnswer):
            return outcome
        raise _ours(outcome, place.origin.host)

    @contextmanager
    def _a_place(self) -> Iterator[None]:
        if self._places is None:
            yield
            return
        if not self._places.acquire(blocking=False):
            raise Throttled("Too many questions to other hosts are under way. Try again in a moment.", _BUSY_SECONDS)
        try:
            yield
        finally:
            self._places.release()

    def _ask(self, errand: Errand, place: Place, question: Question) -> HttpAnswer:
        sock = self._connected(errand, place, self._checked(place))
        sock.settimeout(self._seconds)
        if place.origin.scheme == "https":
            # The handshake apart, so that it can be cut as well.
            sock = self._tls.wrap_socket(sock, server_hostname=place.origin.host, do_handshake_on_connect=False)
            errand.hold(sock)
            sock.do_handshake()
        return exchange.ask(sock, place, question, most=self._most_bytes)

    def _checked(self, place: Place) -> Sequence[str]:
        """All numbers of the place's host. One that is not admitted condemns the others: nobody honest has such a mix."""
        addresses = self._resolve(place.origin.host, place.origin.port)
        if not addresses:
            raise socket.gaierror
        if not all(reachable.admits(place, address) for address in addresses):
            raise AddressRefused(_not_public(place))
        return addresses

    def _connected(self, errand: Errand, place: Place, addresses: Sequence[str]) -> socket.socket:
        for address in addresses:
            try:
                sock = self._dial(address, place.origin.port, min(_CONNECT_SECONDS, self._seconds))
            except OSError:
                continue
            errand.hold(sock)
            # A number can still be turned elsewhere on the way out, by a proxy in the process for one.
            if ipaddress.ip_address(sock.getpeername()[0]) != ipaddress.ip_address(address):
                raise AddressRefused(_not_public(place))
            return sock
        raise ConnectionError


def _ours(error: Exception, host: str) -> Exception:
    """What to raise for it. What is no trouble of the network or the host is a defect of ours, and stays what it is."""
    if isinstance(error, ConnectorError):
        return error
    words = next((words for kind, words in _WORDS if isinstance(error, kind)), None)
    return Unreachable(f"{host} {words}") if words else error


def _not_public(place: Place) -> str:
    return f"{place.origin.host} is no public host, or not what it says it is; we do not talk to it."
