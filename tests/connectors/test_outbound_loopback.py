"""Stores on this machine, in development: which spellings of it are plain ones, and that no name leads anywhere else."""

import socket

import pytest

from connectors.errors import AddressRefused, Unreachable
from connectors.outbound import Outbound
from connectors.reachable import admits, is_this_machine, judged
from tests.rig.wire import http, once, serving

OK = http(b'{"shop":1}')
PLAIN = [
    "localhost",
    "127.0.0.1",
    "shop.localhost",
    "a.b.localhost",
    "shop.test",
    "my-shop.local",
    "xn--bcher-kva.test",
]
NOT_PLAIN = [
    *("", "localhost.", ".localhost", "localhost.example.com", "localhost.localdomain", "xlocalhost", "local", "test"),
    *("127.1", "127.0.0.2", "127.0.1", "127.0.0.01", "127.000.000.001", "0177.0.0.1", "0x7f000001", "0x7f.0.0.1"),
    *("2130706433", "017700000001", "127.0.0.1.", "0.0.0.0", "0", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1"),
    *("169.254.169.254", "10.0.0.1", "192.168.1.1", "host.docker.internal", "metadata.google.internal"),
    *("127.0.0.1.nip.io", "localtest.me", "shop.example.com", "１２７.0.0.1", "shop_.test", "-a.test", "Localhost"),
    *("shop.test\n", "shop\u212a.test", "127.0.0.1\n"),
]
REFUSED = [
    *("http://127.1:8090/", "http://0x7f000001:8090/", "http://2130706433:8090/", "http://0177.0.0.1:8090/"),
    *("http://[::1]:8090/", "http://[::ffff:127.0.0.1]:8090/", "http://0.0.0.0:8090/", "http://127.0.0.2:8090/"),
    *("http://localhost.:8090/", "http://169.254.169.254/", "http://127.0.0.1.nip.io:8090/", "http://redis:6379/"),
    *("http://user@localhost:8090/", "http://user:pass@127.0.0.1:8090/", "http://localhost@evil.example:8090/"),
    *("http://１２７.０.０.１:8090/", "http://127。0。0。1:8090/", "https://127。0。0。1/", "http://127%2e0%2e0%2e1/"),
    *("http://localhost\\@evil.example/", "http://localhost:8090#@evil.example/", "http://shop.example.com/"),
    *("ftp://localhost/", "file:///etc/passwd", "gopher://localhost:6379/_INFO", "//localhost:8090/"),
]


@pytest.mark.parametrize("host", PLAIN)
def test_a_plain_name_of_this_machine_is_one(host: str) -> None:
    assert is_this_machine(host)


@pytest.mark.parametrize("host", NOT_PLAIN)
def test_nothing_else_is(host: str) -> None:
    assert not is_this_machine(host)


@pytest.mark.parametrize("host", PLAIN)
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("port", ["", ":8090", ":22"])
def test_in_development_it_is_admitted_on_loopback_and_nowhere_else(scheme: str, host: str, port: str) -> None:
    place = judged(f"{scheme}://{host}{port}/x", loopback=True)
    assert place.stand_in
    assert admits(place, "127.0.0.1")
    assert admits(place, "::1")
    for elsewhere in ("93.184.216.34", "10.0.0.1", "169.254.169.254", "0.0.0.0", "::ffff:127.0.0.1", "fe80::1"):
        assert not admits(place, elsewhere)


@pytest.mark.parametrize("host", PLAIN)
def test_unless_it_is_development_none_is_admitted_there(host: str) -> None:
    with pytest.raises(AddressRefused):
        judged(f"http://{host}:8090/")
    try:
        place = judged(f"https://{host}/")  # .test and .local are spelled as public names are
    except AddressRefused:
        return
    assert not place.stand_in
    assert not admits(place, "127.0.0.1")


@pytest.mark.parametrize("url", REFUSED)
def test_t16_no_other_spelling_is_taken_in_development(url: str) -> None:
    with pytest.raises(AddressRefused):
        judged(url, loopback=True)


def test_a_public_host_is_judged_in_development_as_ever() -> None:
    place = judged("https://shop.example.com/", loopback=True)
    assert not place.stand_in
    assert not admits(place, "127.0.0.1")
    assert admits(place, "93.184.216.34")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_client_of_development_asks_this_machine_at_any_port(host: str) -> None:
    with serving(once(OK)) as wire:
        url = wire.url.replace("127.0.0.1", host)
        assert Outbound(loopback=True).request("GET", url).body == b'{"shop":1}'
        assert wire.connections == 1


def test_the_client_of_production_does_not() -> None:
    with serving(once(OK)) as wire:
        with pytest.raises(AddressRefused):
            Outbound().request("GET", wire.url)
        assert wire.connections == 0


@pytest.mark.parametrize("number", ["169.254.169.254", "10.0.0.1", "93.184.216.34", "::ffff:127.0.0.1", "0.0.0.0"])
@pytest.mark.parametrize("host", ["localhost", "shop.localhost", "shop.test", "shop.local"])
def test_t16_a_name_of_this_machine_that_leads_elsewhere_is_not_connected_to(host: str, number: str) -> None:
    dialled: list[str] = []

    def dial(address: str, port: int, seconds: float) -> socket.socket:
        dialled.append(address)
        raise ConnectionRefusedError

    out = Outbound(loopback=True, resolve=lambda *_: ["127.0.0.1", number], dial=dial)
    with pytest.raises(AddressRefused):
        out.request("GET", f"http://{host}:8090/")
    assert dialled == []


def test_a_name_of_this_machine_that_nobody_knows_is_unreachable() -> None:
    def resolve(*_: object) -> list[str]:
        raise socket.gaierror

    with pytest.raises(Unreachable, match="is a name that leads nowhere"):
        Outbound(loopback=True, resolve=resolve).request("GET", "http://shop.test/")
