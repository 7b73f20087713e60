"""The client for merchants' hosts, against real sockets on loopback: where it goes, what it says, whom it trusts."""

import socket
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Queue

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.errors import AddressRefused, Unreachable
from connectors.outbound import Outbound, resolve
from tests.rig.wire import Wire, answering, context, http, once, serving

HOST, TOKEN = "shop.example.com", "shpat_0123456789abcdef"
PUBLIC, METADATA = "93.184.216.34", "169.254.169.254"
OK = http(b'{"shop":1}')


def port_of(wire: Wire) -> int:
    return int(wire.url.rpartition(":")[2])


class NameService:
    """Gives these answers one after another, the last one for ever, and counts who asks."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers, self.asked = list(answers), 0

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Telephone:
    """Notes which numbers were dialled; connects to `elsewhere` (a port on loopback) whatever was dialled, or to nobody."""

    def __init__(self, elsewhere: int | None = None) -> None:
        self.dialled: list[tuple[str, int]] = []
        self.elsewhere = elsewhere

    def __call__(self, address: str, port: int, seconds: float) -> socket.socket:
        self.dialled.append((address, port))
        if self.elsewhere is None:
            raise ConnectionRefusedError
        return socket.create_connection(("127.0.0.1", self.elsewhere), seconds)


class NotedDial(Telephone):
    """Connects to what was dialled, and notes it."""

    def __call__(self, address: str, port: int, seconds: float) -> socket.socket:
        self.dialled.append((address, port))
        return socket.create_connection((address, port), seconds)


def named(wire: Wire, **more: object) -> tuple[Outbound, str]:
    """A client that takes the wire's server for a stand-in called HOST, and its address by that name."""
    url = f"{wire.url.partition(':')[0]}://{HOST}:{port_of(wire)}"
    return Outbound([url], **{"resolve": NameService(["127.0.0.1"]), **more}), url


def identity(folder: Path, name: str, *, days: int = 1) -> Path:
    """A key and a certificate for `name` that vouches for itself; expired where `days` is negative."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder(
            subject, subject, key.public_key(), 1, now - timedelta(days=9), now + timedelta(days=days)
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / f"{name}.pem"
    path.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return path


def test_an_answer_is_handed_over_as_it_came() -> None:
    with serving(once(http(b"no such shop", "404 Not Found", "X-A: 1", "x-a: 2"))) as wire:
        http_, url = named(wire)
        answer = http_.request("POST", f"{url}/admin?a=b", headers={"Authorization": "x"}, body=b"{}")
    assert (answer.status, answer.body) == (404, b"no such shop")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-a"] == "1, 2"
    assert wire.heads[0].startswith("POST /admin?a=b HTTP/1.1\r\n")
    assert "\r\nAuthorization: x" in wire.heads[0]
    assert wire.bodies == [b"{}"]


def test_host_lengths_and_encodings_are_ours_to_say() -> None:
    meddling = {"host": "evil.example", "Content-Length": "1", "transfer-encoding": "chunked", "Accept-Encoding": "br"}
    with serving(once(OK)) as wire:
        http_, url = named(wire)
        http_.request("POST", url, headers={**meddling, "User-Agent": "other"}, body=b"12345")
    lines = wire.heads[0].lower().split("\r\n")
    assert f"host: {HOST}:{port_of(wire)}" in lines
    assert "content-length: 5" in lines
    assert "user-agent: other" in lines
    assert "accept-encoding: identity" in lines
    assert not any("evil" in line or "chunked" in line for line in lines)


@pytest.mark.parametrize(
    "headers", [{"X-Token": f"{TOKEN}\r\nX-Evil: 1"}, {"X-Token": f"{TOKEN}é\u2028"}, {f"{TOKEN}:": "x"}]
)
def test_a_header_that_would_be_two_is_not_sent_nor_repeated(headers: dict[str, str]) -> None:
    with serving(once(OK)) as wire:
        http_, url = named(wire)
        with pytest.raises(Unreachable) as failed:
            http_.request("GET", url, headers=headers)
    assert not wire.heads
    assert TOKEN not in everything_said(failed.value)


def test_a_redirect_to_the_metadata_service_is_an_answer_and_not_followed() -> None:
    with serving(answering(http(b"", "302 Found", f"Location: http://{METADATA}/latest/meta-data/"))) as wire:
        telephone = NotedDial()
        http_, url = named(wire, dial=telephone)
        answer = http_.request("GET", url)
        assert (answer.status, answer.headers["location"]) == (302, f"http://{METADATA}/latest/meta-data/")
        assert wire.connections == 1
        assert telephone.dialled == [("127.0.0.1", port_of(wire))]


def test_t16_a_name_that_is_public_first_and_loopback_at_the_second_asking_is_asked_once() -> None:
    names, telephone = NameService([PUBLIC], ["127.0.0.1"]), Telephone()
    with pytest.raises(Unreachable):
        Outbound(resolve=names, dial=telephone).request("GET", f"https://{HOST}/")
    assert (names.asked, telephone.dialled) == (1, [(PUBLIC, 443)])


def test_t16_the_connection_goes_to_the_number_that_was_judged() -> None:
    """The second answer would lead to a port where nobody listens."""
    with serving(once(OK)) as wire:
        names = NameService(["127.0.0.1"], ["127.0.0.2"])
        http_, url = named(wire, resolve=names)
        assert http_.request("GET", url).body == b'{"shop":1}'
    assert names.asked == 1


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], [METADATA], [PUBLIC, "127.0.0.1"], ["10.0.0.1", PUBLIC], [PUBLIC, "64:ff9b::7f00:1"]]
)
def test_t16_one_number_that_is_not_public_condemns_the_host(addresses: list[str]) -> None:
    telephone = Telephone()
    with pytest.raises(AddressRefused) as refused:
        Outbound(resolve=NameService(addresses), dial=telephone).request("GET", f"https://{HOST}/?t={TOKEN}")
    assert telephone.dialled == []
    assert TOKEN not in everything_said(refused.value)
    assert not any(address in str(refused.value) for address in addresses)


def test_without_more_said_the_machines_own_resolver_is_asked() -> None:
    assert {"127.0.0.1"} <= set(resolve("localhost", 443)) <= {"127.0.0.1", "::1"}
    with serving(once(OK)) as wire:
        url = f"http://localhost:{port_of(wire)}"
        assert Outbound([url]).request("GET", url).status == 200


def test_t16_a_name_of_the_machine_itself_is_refused_though_it_resolves() -> None:
    with pytest.raises(AddressRefused):
        Outbound(resolve=lambda _, port: resolve("localhost", port)).request("GET", f"https://{HOST}/")


@pytest.mark.parametrize("address", [PUBLIC, "10.0.0.1", METADATA])
def test_t16_a_stand_in_that_resolves_to_anything_but_loopback_is_refused(address: str) -> None:
    telephone = Telephone()
    http_ = Outbound([f"http://{HOST}:8300"], resolve=NameService([address]), dial=telephone)
    with pytest.raises(AddressRefused):
        http_.request("GET", f"http://{HOST}:8300/")
    assert telephone.dialled == []


def test_t16_a_connection_that_ends_up_elsewhere_is_dropped_before_a_word() -> None:
    heard: Queue[bytes] = Queue()
    with serving(lambda _, connection: heard.put(connection.recv(1))) as wire:
        telephone = Telephone(port_of(wire))
        with pytest.raises(AddressRefused):
            Outbound(resolve=NameService([PUBLIC]), dial=telephone).request("GET", f"https://{HOST}/")
        assert telephone.dialled == [(PUBLIC, 443)]
        assert heard.get(timeout=30) == b""


def test_a_host_with_a_dead_number_is_reached_by_the_next() -> None:
    with serving(once(OK)) as wire:
        http_, url = named(wire, resolve=NameService(["127.0.0.2", "127.0.0.1"]))
        assert http_.request("GET", url).status == 200


def test_tls_speaks_of_the_name_and_trusts_whom_the_machine_trusts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem, asked = identity(tmp_path, HOST), []
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    tls = context(pem)
    tls.sni_callback = lambda _sock, name, _context: asked.append(name)
    with serving(once(OK), tls) as wire:
        http_, url = named(wire)
        assert http_.request("GET", url).body == b'{"shop":1}'
    assert asked == [HOST]
    assert f"Host: {HOST}:{port_of(wire)}" in wire.heads[0]


@pytest.mark.parametrize(
    ("name", "days", "trusted"),
    [(HOST, 1, ""), ("other.example.com", 1, "trusted"), (HOST, -1, "trusted")],
    ids=["self-signed", "name", "old"],
)
def test_a_wrong_certificate_is_refused_and_nothing_asked(
    name: str,
    days: int,
    trusted: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pem = identity(tmp_path, name, days=days)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with serving(once(OK), context(pem)) as wire:
        http_, url = named(wire)
        with pytest.raises(Unreachable, match="certificate") as failed:
            http_.request("GET", f"{url}/?t={TOKEN}", headers={"X-Shopify-Access-Token": TOKEN})
    assert wire.connections == 1
    assert not wire.heads
    assert TOKEN not in everything_said(failed.value)


def test_t56_a_proxy_in_the_environment_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pem = identity(tmp_path, HOST)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with serving(once(OK)) as proxy, serving(once(OK)) as plain, serving(once(OK), context(pem)) as secure:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
            monkeypatch.setenv(name.lower(), proxy.url)
        for wire in (plain, secure):
            http_, url = named(wire)
            assert http_.request("GET", url).status == 200
        assert (proxy.connections, plain.connections, secure.connections) == (0, 1, 1)


def everything_said(error: BaseException | None) -> str:
    """The texts of an error and of all that stand behind it, for a tracker may print those too."""
    return f"{error!r} {error} {everything_said(error.__cause__ or error.__context__)}" if error else ""


@pytest.mark.parametrize(
    "reply",
    [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nX"],
)
def test_t25_no_failure_repeats_the_address_or_its_token(reply: bytes) -> None:
    with serving(once(reply)) as wire:
        http_, url = named(wire)
        with pytest.raises(Unreachable) as failed:
            http_.request("POST", f"{url}/{TOKEN}?t={TOKEN}", headers={"X": TOKEN}, body=TOKEN.encode())
    assert HOST in str(failed.value)
    assert TOKEN not in everything_said(failed.value)


def test_t25_neither_does_a_host_that_nobody_knows_or_that_does_not_answer() -> None:
    for addresses in ([], ["127.0.0.1"]):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        http_ = Outbound([f"http://{HOST}:{port}"], resolve=NameService(addresses))
        with pytest.raises(Unreachable) as failed:
            http_.request("GET", f"http://{HOST}:{port}/?t={TOKEN}")
        assert TOKEN not in everything_said(failed.value)
