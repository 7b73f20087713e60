"""Plain text by mail, through the operator's own server. Addresses and words never get into a log or an error's text."""

import contextlib
import ipaddress
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from typing import Any
from urllib.parse import unquote, urlsplit

from integration import watchdog
from integration.errors import IntegrationError, Misconfigured

SECONDS = 15.0
_CONNECTING_SECONDS = 5.0  # to each of the host's addresses
_PORTS = {"smtp": 587, "smtps": 465}
# What may stand in an envelope: one address of ASCII, without spaces, quotes or anything that ends a line.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){0,8}", re.ASCII)
_REFUSED = {
    smtplib.SMTPAuthenticationError: "The mail server does not take SMTP_URL’s user and password",
    smtplib.SMTPSenderRefused: "The mail server does not take mail from MAIL_FROM",
    smtplib.SMTPRecipientsRefused: "The mail server takes none of the addresses",
    smtplib.SMTPServerDisconnected: "The mail server did not answer in time, or hung up",
}


class NotSent(IntegrationError):
    """A mail did not go out; it may be tried again."""


@dataclass(frozen=True, slots=True)
class Post:
    """The mail server, and who we are there."""

    host: str
    port: int
    sender: str
    encrypted: bool  # from the first byte; else STARTTLS where it is offered
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


def is_address(text: str) -> bool:
    """Whether a mail can go there. Pure."""
    return _ADDRESS.fullmatch(text) is not None


def parse(url: str | None, sender: str | None) -> Post | None:
    """SMTP_URL and MAIL_FROM; None where neither is set, and then nothing is sent. Pure. Raises Misconfigured."""
    if not url and not sender:
        return None
    if not url or not sender:
        raise Misconfigured("SMTP_URL and MAIL_FROM are set together, or neither is.")
    if not is_address(sender):
        raise Misconfigured("MAIL_FROM must be one address, like tandem@example.com.")
    try:
        parts = urlsplit(url)
        port, bare = parts.port, not parts.path.strip("/") and not parts.query and url.isprintable()
    except ValueError:  # its text would repeat the password
        port, bare = 0, False
    if not bare or port == 0 or parts.scheme not in _PORTS or not parts.hostname:
        raise Misconfigured("SMTP_URL must look like smtp://user:password@host:587, or smtps://user:password@host:465.")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not (user + password).isascii():
        raise Misconfigured("SMTP_URL’s user and password must be ASCII.")
    encrypted = parts.scheme == "smtps"
    return Post(parts.hostname, port or _PORTS[parts.scheme], sender, encrypted, user, password)


def send(post: Post, addresses: Sequence[str], subject: str, text: str, *, seconds: float = SECONDS) -> None:
    """One mail to all of these addresses, none of which sees the others. Raises NotSent.

    It counts as sent where the server takes at least one of them: asking again would tell that one twice.
    """
    wanted = [one for one in dict.fromkeys(addresses) if is_address(one)]
    if not wanted:
        raise NotSent("There is no address to write to.")
    message = _message(post, subject, text)
    try:
        with _within(seconds) as call, _connected(post, call) as server:
            server.send_message(message, post.sender, wanted)
    except smtplib.SMTPResponseException as error:
        raise NotSent(f"{_words(error)} ({error.smtp_code}).") from None
    except smtplib.SMTPException as error:
        raise NotSent(f"{_words(error)}.") from None
    except (OSError, ValueError) as error:
        kind = "does not prove who it is" if isinstance(error, ssl.SSLCertVerificationError) else "does not answer"
        raise NotSent(f"The mail server {kind}.") from None


def _words(error: smtplib.SMTPException) -> str:
    """Never its own text: servers repeat addresses in it."""
    return next(
        (words for kind, words in _REFUSED.items() if isinstance(error, kind)), "The mail server did not take the mail"
    )


def _message(post: Post, subject: str, text: str) -> EmailMessage:
    """A line break in a subject would begin another header, so it is a space here; an object refuses one besides."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address("Tandem", addr_spec=post.sender)
    message["To"] = "undisclosed-recipients:;"
    message["Subject"] = " ".join(subject.split())
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = make_msgid(domain=post.sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, cte="quoted-printable")
    return message


class _Call:
    """What is under way, to be cut when its time is over: time-outs of sockets are per read, and a server may drip."""

    sock: socket.socket | None = None

    def __init__(self, seconds: float) -> None:
        self.until = time.monotonic() + seconds

    def took(self, sock: socket.socket) -> None:
        """This is what it waits on from now."""
        sock.settimeout(max(self.until - time.monotonic(), 0.001))
        self.sock = sock

    def cut(self) -> None:
        """Wake whoever reads or writes with an error."""
        if self.sock is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


@contextlib.contextmanager
def _within(seconds: float) -> Iterator[_Call]:
    call, dog = _Call(seconds), watchdog.of_this_process()
    name = dog.watch(call.until, call.cut)
    try:
        yield call
    finally:
        dog.forget(name)


class _Trust(ssl.SSLContext):
    """The system's authorities. A handshake is a part of the call, and is cut with it."""

    call: _Call
    host: str  # whom the certificate has to name

    def wrap_socket(self, sock: socket.socket, *_: Any, **__: Any) -> ssl.SSLSocket:
        """As smtplib calls it."""
        wrapped = super().wrap_socket(sock, do_handshake_on_connect=False, server_hostname=self.host)
        self.call.took(wrapped)
        try:
            wrapped.do_handshake()
        except OSError:
            wrapped.close()  # smtplib knows the former socket alone, which is nobody's any more
            raise
        return wrapped


class _Plain(smtplib.SMTP):
    call: _Call

    def _get_socket(self, host: str, port: int, _timeout: float) -> socket.socket:
        sock = socket.create_connection((host, port), _CONNECTING_SECONDS)
        self.call.took(sock)
        return sock


class _Encrypted(smtplib.SMTP_SSL, _Plain):
    pass


@contextlib.contextmanager
def _connected(post: Post, call: _Call) -> Iterator[smtplib.SMTP]:
    """A server that greeted us and let us in. It is told a password under encryption only, or on this very machine."""
    trust = _Trust(ssl.PROTOCOL_TLS_CLIENT)
    trust.load_default_certs()
    trust.call, trust.host = call, post.host
    named = post.sender.rpartition("@")[2]
    server = _Encrypted(local_hostname=named, context=trust) if post.encrypted else _Plain(local_hostname=named)
    server.call = call
    try:
        server.connect(post.host, post.port)
        server.ehlo_or_helo_if_needed()
        if not post.encrypted and server.has_extn("starttls"):
            server.starttls(context=trust)
            server.ehlo()
        elif not post.encrypted and post.user and not _is_here(call):
            raise NotSent("The mail server offers no encryption, so it is not told SMTP_URL’s password.")
        if post.user:
            server.login(post.user, post.password)
        yield server
        with contextlib.suppress(smtplib.SMTPException, OSError):
            server.quit()
    finally:
        server.close()


def _is_here(call: _Call) -> bool:
    return call.sock is not None and ipaddress.ip_address(call.sock.getpeername()[0].partition("%")[0]).is_loopback
