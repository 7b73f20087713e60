"""Rows of facts/reliability.md section 5 that only a real server and raw sockets show: W5, W9 to W12, W25 to W34, W46,
W47, W96, W98. The server is the one `tandem up` starts.

Where the section names several codes, or where the server may refuse before the application does, each of them is
right; that nothing is stored and nobody is redirected is looked at every time. When a silent sender is hung up on is in
test_reception.py.
"""

import gzip
import random
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from integration import db
from tests.rig.sandbox import Sandbox
from tests.rig.service import Service
from tests.web.bad_input.scene import PLATFORMS, SIGNATURE, both_platforms
from tests.web.bad_input.wire import MIB, Site, Wire

DOMAINS = {"shopify": "tea.myshopify.com", "woocommerce": "shop.example.com"}
# Answers of the application to what was refused, or of a server that refused it first.
REFUSED = frozenset({400, 401, 413, 431})


@pytest.fixture(scope="module")
def site(meta: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    data = tmp_path_factory.mktemp("wire") / "data"
    service = Service(data, {"META_GRAPH_URL": meta.url})
    with service.running():
        since = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        stores = {
            platform: {"platform": platform, **service.add_store(platform, DOMAINS[platform], "--since", since)}
            for platform in PLATFORMS
        }
        engine = db.connect(f"sqlite:///{data / 'tandem.db'}")
        yield Site(service, stores, engine)
        engine.dispose()


@contextmanager
def nothing_stored(site: Site) -> Iterator[None]:
    before = site.rows()
    yield
    assert site.rows() == before


def signature(change: Callable[[str], str]) -> Callable[[Wire, str], Wire]:
    return lambda wire, platform: wire.but(SIGNATURE[platform], change(wire.headers[SIGNATURE[platform]]))


def under_another_name(wire: Wire, platform: str) -> Wire:
    name = SIGNATURE[platform]
    others = {key: text for key, text in wire.headers.items() if key != name}
    return replace(wire, headers={**others, name.replace("-", "_"): wire.headers[name]})


def twice(wire: Wire, platform: str) -> Wire:
    return replace(wire, more=(f"{SIGNATURE[platform]}: {'A' * 43}=",))


ODD_HEADS: Mapping[str, tuple[Callable[[Wire, str], Wire], frozenset[int]]] = {
    "W9 a byte 0xE9": (signature(lambda signed: "\xe9" + signed), REFUSED),
    "W10 of 8 KB": (signature(lambda signed: signed + "A" * 8_000), REFUSED),
    "W10 of 20 KB": (signature(lambda signed: signed + "A" * 20_000), REFUSED),
    "W11 two signatures": (twice, REFUSED),
    "W12 underscores in its name": (under_another_name, REFUSED),
    "W5 a NUL in it": (signature(lambda signed: signed[:5] + "\x00" + signed[5:]), REFUSED),
    "W5 folded": (signature(lambda signed: "\r\n " + signed), REFUSED),
    "W25 length and chunked": (lambda wire, _: replace(wire, more=("Transfer-Encoding: chunked",)), REFUSED),
    "W25 chunked and length": (
        lambda wire, _: replace(wire.in_chunks(), more=(f"Content-Length: {len(wire.body)}",)),
        REFUSED,
    ),
    "W26 two lengths": (lambda wire, _: replace(wire, more=("Content-Length: 5",)), REFUSED),
    "W26 two lengths in one": (lambda wire, _: replace(wire, length="Content-Length: 5, {}"), REFUSED),
    **{
        f"W27 length {text!r}": (lambda wire, _, text=text: replace(wire, length=f"Content-Length: {text}"), REFUSED)
        for text in ("-1", "abc", "+5", "1e3", "0x10", "", " ", "9" * 30)
    },
    "W27 no length": (lambda wire, _: replace(wire, length=None), REFUSED),
    "W29 3 MiB": (lambda wire, _: replace(wire, body=b" " * 3 * MIB), frozenset({413})),
    "W29 3 MiB announced, none sent": (
        lambda wire, _: replace(wire, body=b"", length=f"Content-Length: {3 * MIB}"),
        frozenset({413}),
    ),
    "W30 3 MiB in chunks": (lambda wire, _: replace(wire, body=b" " * 3 * MIB).in_chunks(), frozenset({413})),
    "W30 broken chunks": (
        lambda wire, _: replace(wire, body=b"zz\r\n" + wire.body, length="Transfer-Encoding: chunked"),
        REFUSED,
    ),
    "W30 a negative chunk": (
        lambda wire, _: replace(wire, body=b"-5\r\n" + wire.body, length="Transfer-Encoding: chunked"),
        REFUSED,
    ),
    "W31 gzip": (lambda wire, _: replace(wire, more=("Content-Encoding: gzip",)), frozenset({415})),
    **{
        f"W33 {one}": (lambda wire, _, one=one: replace(wire, method=one), frozenset({405}))
        for one in ("GET", "PUT", "HEAD", "OPTIONS")
    },
    **{
        f"W34 {what}": (lambda wire, _, change=change: replace(wire, path=change(wire.path)), frozenset({404}))
        for what, change in {
            "a slash behind": lambda path: path + "/",
            "two slashes before": lambda path: "/" + path,
            "two slashes inside": lambda path: path.replace("/webhooks/", "/webhooks//"),
            "dots": lambda path: "/webhooks/%2e%2e" + path,
            "plain dots": lambda path: "/webhooks/.." + path,
            "a NUL": lambda path: path + "%00",
            "line breaks": lambda path: path + "%0d%0aLocation:%20x",
            "a semicolon": lambda path: path + ";x",
        }.items()
    },
}


@both_platforms
@pytest.mark.parametrize("what", ODD_HEADS)
def test_a_refused_request(site: Site, platform: str, what: str) -> None:
    change, codes = ODD_HEADS[what]
    with nothing_stored(site):
        code, answer = site.send(change(site.order(platform), platform))

    assert code in codes, answer
    assert b"location" not in answer.lower()


TAKEN: Mapping[str, Callable[[Wire], Wire]] = {
    "W5 spaces around the signature": lambda wire: replace(
        wire, headers={name: f"  {text} \t" for name, text in wire.headers.items()}
    ),
    "W30 in chunks": lambda wire: wire.in_chunks(1_000),
    "W96 HTTP/1.0 without a host": lambda wire: replace(wire, version="HTTP/1.0", host=None),
    "W98 100-continue": lambda wire: replace(wire, more=("Expect: 100-continue",)),
    "headers in small letters": lambda wire: replace(
        wire, headers={name.lower(): text for name, text in wire.headers.items()}
    ),
}


@both_platforms
@pytest.mark.parametrize("what", TAKEN)
def test_an_unusual_request_that_is_taken(site: Site, platform: str, what: str) -> None:
    before = site.rows()
    code, answer = site.send(TAKEN[what](site.order(platform)))

    assert code == 200
    assert b'"accepted"' in answer
    assert site.rows() == before + 2  # its receipt and its event


HOSTS: Mapping[str, Callable[[Wire], Wire]] = {
    "evil": lambda wire: replace(wire, host="Host: evil.example"),
    "none": lambda wire: replace(wire, host=None),
    "two": lambda wire: replace(wire, more=("Host: evil.example",)),
    "nonsense": lambda wire: replace(wire, host="Host: evil.example/../@x y"),
    "absolute form": lambda wire: replace(wire, path=f"http://evil.example{wire.path}"),
}


@both_platforms
@pytest.mark.parametrize("what", HOSTS)
def test_w96_no_host_is_used_for_anything(site: Site, platform: str, what: str) -> None:
    """Whether the server refuses it or takes it, no answer repeats it."""
    code, answer = site.send(HOSTS[what](site.order(platform)))

    assert code in {200, 400}
    assert b"evil.example" not in answer


def test_w98_a_sender_that_waits_for_a_word_gets_it_before_it_sends(site: Site) -> None:
    wire = replace(site.order("shopify"), more=("Expect: 100-continue",))
    with socket.create_connection(("127.0.0.1", site.service.port), timeout=10) as line:
        line.sendall(wire.head)
        assert line.recv(1_000).startswith(b"HTTP/1.1 100 ")
        line.sendall(wire.body)
        assert line.recv(1_000).startswith(b"HTTP/1.1 200 ")


def _part(wire: Wire, part: float) -> bytes:
    whole = wire.head + wire.body
    return whole[: int(len(whole) * part)]


@both_platforms
@pytest.mark.parametrize(
    "part", [0.0, 0.01, 0.5, 0.999], ids=["nothing", "half a head", "half a body", "all but the end"]
)
def test_w28_a_hundred_senders_that_fall_silent_delay_nobody(site: Site, platform: str, part: float) -> None:
    with ExitStack() as stack:
        for _ in range(100):
            line = stack.enter_context(socket.create_connection(("127.0.0.1", site.service.port), timeout=10))
            line.sendall(_part(site.order(platform), part))
        before = site.rows()
        code, answer = site.send(site.order(platform), seconds=10.0)

        assert code == 200, answer
        assert site.rows() == before + 2


@both_platforms
def test_w28_a_body_that_ends_too_early_is_refused(site: Site, platform: str) -> None:
    wire = site.order(platform)
    with nothing_stored(site), socket.create_connection(("127.0.0.1", site.service.port), timeout=30) as line:
        line.sendall((wire.head + wire.body)[:-1])
        line.shutdown(socket.SHUT_WR)
        answer = line.recv(65_536)
    assert answer == b"" or int(answer.split()[1]) in REFUSED


BOMBS: Mapping[str, Callable[[], bytes]] = {
    "W45 100,000 lists deep": lambda: b"[" * 100_000,
    "W46 690,000 empty objects": lambda: b"[" + b"{}," * 690_000 + b"{}]",
    "W46 250,000 notes": lambda: b'{"id":1,"note_attributes":[' + b'{"a":1},' * 250_000 + b"{}]}",
    "W46 a key in another spelling": lambda: b'{"id":1,"\\u0061":[' + b"{}," * 690_000 + b"{}]}",
    "W47 180,000 keys": lambda: b"{" + b",".join(b'"k%d":1' % n for n in range(180_000)) + b"}",
}


@both_platforms
@pytest.mark.parametrize("what", BOMBS)
def test_a_bomb_is_set_aside_and_costs_no_memory(site: Site, platform: str, what: str) -> None:
    body = BOMBS[what]()
    assert len(body) <= 2 * MIB
    code, answer = site.send(site.signed(platform, body))

    assert code == 200
    assert b'"quarantined"' in answer
    assert site.memory() < 300 * MIB


def test_w32_a_gzip_bomb_is_not_opened(site: Site) -> None:
    bomb = gzip.compress(b" " * 100 * MIB)
    before = site.memory()
    with nothing_stored(site):
        wire = site.signed("shopify", bomb)
        code, _ = site.send(replace(wire, more=("Content-Encoding: gzip",)))

    assert code == 415
    assert site.memory() - before < 20 * MIB


def test_noise_on_the_line_is_refused_or_hung_up_on(site: Site) -> None:
    """Bytes that are no HTTP, and HTTP with bytes of it changed: never a fault of ours, never a redirect."""
    noise = random.Random(10)
    whole = site.order("shopify")
    request = whole.head + whole.body[:200]
    before = site.rows()
    for number in range(200):
        said = noise.randbytes(noise.randint(0, 600)) if number % 2 else bytearray(request)
        for _ in range(noise.randint(1, 12) if number % 2 == 0 else 0):
            said[noise.randrange(len(said))] = noise.randrange(256)
        code, answer = site.say(bytes(said))
        assert code == 0 or 400 <= code < 500, answer
    assert site.rows() == before
