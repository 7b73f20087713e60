"""T16: which spellings and which numbers we go to. The real resolver is asked where it matters, for numbers only."""

import ipaddress
import socket

import pytest

from connectors.errors import AddressRefused
from connectors.reachable import Place, admits, judged, origin_of

TOKEN = "shpat_0123456789abcdef"
LONG_LABEL = "a" * 64
REFUSED = [
    "",
    "shop.example.com",
    "//shop.example.com/",
    "http://shop.example.com/",
    "ftp://shop.example.com/",
    "file:///etc/passwd",
    "https:/shop.example.com/",
    "https:shop.example.com/",
    "https:///shop.example.com/",
    "https://",
    "https://user@shop.example.com/",
    "https://user:pass@shop.example.com/",
    "https://@shop.example.com/",
    "https://shop.example.com@127.0.0.1/",
    "https://shop.example.com\\@evil.example/",
    "https://shop.example.com/\\evil.example/",
    "https://shop.example.com#@evil.example/",
    "https://shop.example.com/#part",
    "https://shop.example.com:80/",
    "https://shop.example.com:22/",
    "https://shop.example.com:0/",
    "https://shop.example.com:65979/",  # 443 + 65536
    "https://shop.example.com:-443/",
    "https://shop.example.com:４４３/",
    "https://shop.example.com:443:443/",
    "https://localhost/",
    "https://redis/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.0.1./",
    "https://0177.0.0.1/",
    "https://0x7f.0.0.1/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://2130706433/",
    "https://017700000001/",
    "https://169.254.169.254/latest/meta-data/",
    "https://93.184.216.34/",
    "https://1.2.3.4.5/",
    "https://127.0.0.0x1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[fe80::1%25eth0]/",
    "https://[2606:2800:220:1:248:1893:25c8:1946]/",
    "https://１２７.０.０.１/",
    "https://①②⑦.⓪.⓪.①/",
    "https://127。0。0。1/",
    "https://shop%2eexample%2ecom/",
    "https://shop..example.com/",
    "https://.example.com/",
    "https://shop.example.com./",
    "https://-shop.example.com/",
    "https://shop_1.example.com/",
    "https://shop.example.123/",
    f"https://{LONG_LABEL}.example.com/",
    "https://" + "a." * 126 + "example/",
    "https://" + "ü." * 126 + "example/",
    "https://shop.exam\tple.com/",
    "https://shop.example.com/\r\nX-Header: 1",
    "https://shop.example.com/ HTTP/1.1",
    "https://shop.example.com\x00.evil.example/",
    "https://shop.example\u200b.com/",
    "https://shop.example.com/straße",
    " https://shop.example.com/",
    "https://shop.example.com/\n",
    "https://shop.example.com/?" + "q" * 8_000,
]


@pytest.mark.parametrize("url", REFUSED)
def test_t16_an_address_that_is_not_plainly_a_public_https_host_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        judged(url)


@pytest.mark.parametrize(
    ("url", "host", "port", "target"),
    [
        ("https://shop.example.com", "shop.example.com", 443, "/"),
        ("https://shop.example.com/a/b?c=%20d", "shop.example.com", 443, "/a/b?c=%20d"),
        ("https://shop.example.com?c=d", "shop.example.com", 443, "/?c=d"),
        ("https://shop.example.com:443/", "shop.example.com", 443, "/"),
        ("https://shop.example.com:8443/", "shop.example.com", 8443, "/"),
        ("HTTPS://Shop.Example.COM/A", "shop.example.com", 443, "/A"),
        ("https://bücher.example/", "xn--bcher-kva.example", 443, "/"),
        ("https://Faß.example/", "xn--fa-hia.example", 443, "/"),
        ("https://店.example/", "xn--hxt.example", 443, "/"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", 443, "/"),
        ("https://shop.xn--p1ai/", "shop.xn--p1ai", 443, "/"),
        ("https://1.2.3.4.example.com/", "1.2.3.4.example.com", 443, "/"),
        ("https://r3---a.example.com/", "r3---a.example.com", 443, "/"),
    ],
)
def test_plain_addresses_are_taken_and_their_hosts_told_in_ascii(url: str, host: str, port: int, target: str) -> None:
    assert judged(url) == Place(("https", host, port), target, stand_in=False)


@pytest.mark.parametrize("text", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.0x1"])
def test_spellings_that_the_resolver_takes_for_loopback_never_reach_it(text: str) -> None:
    assert {found[4][0] for found in socket.getaddrinfo(text, 443, type=socket.SOCK_STREAM)} == {"127.0.0.1"}
    with pytest.raises(AddressRefused):
        judged(f"https://{text}/")


@pytest.mark.parametrize("url", [f"http://{TOKEN}.example/", f"https://{TOKEN}@x.example/", f"https://x/?t={TOKEN}"])
def test_a_refusal_repeats_nothing_of_the_address(url: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        judged(url)
    assert TOKEN not in repr(refused.value)


def test_a_place_shows_no_query() -> None:
    assert TOKEN not in repr(judged(f"https://shop.example.com/?t={TOKEN}"))


CLOSED = """
    0.0.0.0 0.1.2.3 10.1.2.3 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.255.255.254 168.63.129.16
    169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.9 192.0.0.192 192.0.2.1 192.88.99.1
    192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
    :: ::1 ::127.0.0.1 ::7f00:1 ::5db8:d822 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:168.63.129.16
    ::ffff:10.0.0.1 ::ffff:93.184.216.34 ::ffff:0:7f00:1
    64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b::a83f:8110 64:ff9b::6440:1 64:ff9b::c000:c0 64:ff9b::e000:1 64:ff9b::
    64:ff9b:1::7f00:1 64:ff9b:1:7f00:0:100:: 64:ff9b:1::5db8:d822 64:ff9b:0:1::5db8:d822
    2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:2::1 2001:10::1 2001:20::1 2001:db8::1
    2002:7f00:1:: 2002:a9fe:a9fe:: 2002:5db8:d822:: 3fff::1
    100::1 100:0:0:1::1 4000::1 5f00::1 fc00::1 fd00:ec2::254 fd12:3456::1 fe80::1 fe80::1%eth0 fec0::1 ff02::1 ff0e::1
    localhost shop.example.com 127.1 0x7f000001
""".split()
OPEN = """
    1.1.1.1 23.227.38.65 93.184.216.34 100.63.255.255 100.128.0.1 168.63.129.15 172.15.0.1 172.32.0.1 198.17.0.1
    223.255.255.254 2606:2800:220:1:248:1893:25c8:1946 2620:127:f00f:e:: 2a00:1450:4001::1 2001:200::1
    64:ff9b::5db8:d822 64:ff9b::1.1.1.1
""".split()
PUBLIC, STAND_IN = (Place(origin_of("https://shop.example.com"), "/", stand_in=one) for one in (False, True))


@pytest.mark.parametrize("address", CLOSED)
def test_t16_a_number_outside_the_public_space_is_not_connected_to(address: str) -> None:
    assert not admits(PUBLIC, address)


@pytest.mark.parametrize("address", OPEN)
def test_public_numbers_are_connected_to_and_so_is_nat64_of_a_public_one(address: str) -> None:
    assert admits(PUBLIC, address)


def test_pythons_word_for_it_would_not_be_enough() -> None:
    """Else the table could go. On newer Pythons fewer of these remain."""
    assert [text for text in ("224.0.0.1", "168.63.129.16") if ipaddress.ip_address(text).is_global]


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1"])
def test_a_stand_in_lives_on_loopback(address: str) -> None:
    assert admits(STAND_IN, address)


@pytest.mark.parametrize("address", ["93.184.216.34", "10.0.0.1", "169.254.169.254", "0.0.0.0", "::ffff:10.0.0.1"])
def test_a_stand_in_lives_nowhere_else(address: str) -> None:
    assert not admits(STAND_IN, address)


STAND_INS = (origin_of("http://127.0.0.1:8300/admin"), origin_of("http://[::1]:8301"))


@pytest.mark.parametrize("url", ["http://127.0.0.1:8300/x", "http://[::1]:8301"])
def test_a_stand_in_is_known_by_its_origin_whatever_the_path(url: str) -> None:
    assert judged(url, STAND_INS).stand_in


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:8300/",
        "http://127.0.0.1:8301/",
        "http://127.0.0.1/",
        "http://localhost:8300/",
        "http://127.1:8300/",
    ],
)
def test_a_neighbour_of_a_stand_in_is_no_stand_in(url: str) -> None:
    with pytest.raises(AddressRefused):
        judged(url, STAND_INS)
