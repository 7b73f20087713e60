"""Which shop is meant by what was typed, and T16: which spellings lead nowhere, at the form and at the wire.

Long: the table of spellings.
"""

import socket

import pytest

from connectors.access import App
from connectors.errors import AddressRefused
from connectors.handover import Site
from connectors.outbound import Outbound
from connectors.woocommerce import addresses
from connectors.woocommerce.connector import CONNECTOR
from tests.rig.keyed_shop import DEVELOPMENT, PRODUCTION

HANDOVER = CONNECTOR.handover
SHOP = Site("https://shop.example.com", "shop.example.com")

# Each of them has led some server to itself, to its cloud's metadata or to a neighbour.
HOSTILE = {
    "loopback": "https://127.0.0.1/",
    "loopback without a scheme": "127.0.0.2",
    "loopback in short": "http://127.1/",
    "loopback as one number": "http://2130706433/",
    "loopback in hexadecimal": "http://0x7f000001/",
    "loopback in hexadecimal parts": "http://0x7f.0.0.1/",
    "loopback in octal": "http://0177.0.0.1/",
    "loopback in octal, whole": "http://017700000001/",
    "loopback, mixed": "http://127.0.0.0x1/",
    "loopback with zeros": "http://127.000.000.001/",
    "loopback with a dot behind": "http://127.0.0.1./",
    "any host": "http://0.0.0.0/",
    "any host in short": "http://0/",
    "IPv6 loopback": "http://[::1]/",
    "IPv6 loopback at length": "http://[0:0:0:0:0:0:0:1]/",
    "mapped loopback": "http://[::ffff:127.0.0.1]/",
    "mapped loopback in hexadecimal": "http://[::ffff:7f00:1]/",
    "6to4 of loopback": "http://[2002:7f00:1::]/",
    "NAT64 of loopback": "http://[64:ff9b::7f00:1]/",
    "link-local with a zone": "http://[fe80::1%25eth0]/",
    "metadata": "http://169.254.169.254/latest/meta-data/",
    "metadata as one number": "http://2852039166/",
    "metadata, mapped": "http://[::ffff:169.254.169.254]/",
    "Azure's host": "https://168.63.129.16/",
    "a private network": "https://10.0.0.1/",
    "another private network": "192.168.1.1",
    "a public number": "https://93.184.216.34/",
    "localhost with a dot behind": "http://localhost./",
    "a neighbour's name": "https://redis/",
    "a neighbour's name and port": "redis:6379",
    "user and host": "https://shop.example.com@127.0.0.1/",
    "user, password and host": "https://user:password@shop.example.com/",
    "an empty user": "https://@shop.example.com/",
    "a backslash": "https://shop.example.com\\@127.0.0.1/",
    "a backslash behind": "https://shop.example.com/\\127.0.0.1/",
    "full-width digits": "http://１２７.０.０.１/",
    "circled digits": "http://①②⑦.⓪.⓪.①/",
    "ideographic dots": "http://127。0。0。1/",
    "full-width letters in front of a number": "https://ｌocalhost/",
    "an escaped host": "https://127%2e0%2e0%2e1/",
    "a zero-width space": "https://shop\u200b.example.com/",
    "a tab": "https://shop.exam\tple.com/",
    "a line's end": "https://shop.example.com/\r\nHost: 127.0.0.1",
    "a NUL": "https://shop.example.com\x00.evil.example/",
    "a space": "https://shop.example.com /",
    "another port": "https://shop.example.com:22/",
    "port 80 over https": "https://shop.example.com:80443/",
    "a port that wraps round": "https://shop.example.com:65979/",
    "a port in other digits": "https://shop.example.com:４４３/",
    "two ports": "https://shop.example.com:443:443/",
    "a file": "file:///etc/passwd",
    "gopher": "gopher://127.0.0.1:6379/_FLUSHALL",
    "no scheme and no host": "//127.0.0.1/",
    "one slash": "https:/127.0.0.1/",
    "a script": "javascript:alert(1)",
    "nothing": "",
    "white space": " \n ",
    "a host without end": "https://" + "a." * 130 + "example/",
    "an address without end": "https://shop.example.com/" + "a" * 3_000,
    "up the folders": "https://shop.example.com/../../etc/",
    "up the folders, escaped": "https://shop.example.com/%2e%2e/",
    "a slash in a folder": "https://shop.example.com/a%2fb/",
    "a semicolon in a folder": "https://shop.example.com/a;b/",
}
assert len(HOSTILE) >= 40
each_hostile = pytest.mark.parametrize("typed", HOSTILE.values(), ids=HOSTILE.keys())

# In development a host of this machine may be typed, plainly: these four are then what they say.
PLAIN_LOOPBACK = {"loopback"}


class Silent:
    """A telephone that nobody may use."""

    def __call__(self, address: str, port: int, seconds: float) -> socket.socket:
        raise AssertionError(address)


# What is let through by spelling resolves to something private, and is dialled by nobody.
OUT = Outbound(resolve=lambda *_: ["127.0.0.1"], dial=Silent())
OUT_AT_HOME = Outbound(loopback=True, resolve=lambda *_: ["169.254.169.254"], dial=Silent())


@pytest.mark.parametrize(
    "typed",
    [
        "shop.example.com",
        " Shop.Example.com/ ",
        "https://shop.example.com",
        "HTTPS://SHOP.EXAMPLE.COM/",
        "http://shop.example.com/",
        "http://shop.example.com:80/",
        "shop.example.com:443",
        "https://shop.example.com/wp-admin/",
        "https://shop.example.com/wp-admin/admin.php?page=wc-settings&tab=advanced",
        "https://shop.example.com/wp-login.php?redirect_to=https%3A%2F%2Fshop.example.com",
        "https://shop.example.com/wp-json/wc/v3/",
        "https://shop.example.com/?utm_source=mail#reviews",
        "shop.example.com?p=1",
        "https://shop.example.com#@127.0.0.1/",
        "https://shop.example.com//",
    ],
)
def test_one_shop_however_it_is_typed(typed):
    assert HANDOVER.site(PRODUCTION, typed) == SHOP


@pytest.mark.parametrize(
    ("typed", "base", "domain"),
    [
        ("www.shop.example.com/shop/", "https://www.shop.example.com/shop", "www.shop.example.com"),
        ("https://example.com/shop/wp-admin/", "https://example.com/shop", "example.com"),
        ("https://example.com/shop/WP-Admin/x", "https://example.com/shop", "example.com"),
        ("https://example.com:8443/a//b/", "https://example.com:8443/a/b", "example.com:8443"),
        ("https://example.com/a/b/c/d/e", "https://example.com/a/b/c", "example.com"),
        ("https://example.com/l%C3%A4den/", "https://example.com/l%C3%A4den", "example.com"),
        ("shop.test", "https://shop.test", "shop.test"),
        ("bücher.example", "https://xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_folder_port_and_other_scripts_are_kept(typed, base, domain):
    assert HANDOVER.site(PRODUCTION, typed) == Site(base, domain)


@each_hostile
def test_t16_a_hostile_spelling_is_refused_in_a_sentence(typed):
    with pytest.raises(AddressRefused) as refused:
        HANDOVER.site(PRODUCTION, typed)
    assert str(refused.value).endswith(".")
    assert not typed.strip() or typed.strip() not in str(refused.value)


@each_hostile
def test_t16_none_of_them_is_connected_to_by_the_client_either(typed):
    """Whoever forgot to ask `site` first would still reach nobody."""
    for url in (typed, f"https://{typed}"):
        with pytest.raises(AddressRefused):
            OUT.request("GET", url)


@pytest.mark.parametrize(
    "typed", ["localhost", "http://localhost:8090/", "127.0.0.1:8090", "shop.localhost", "https://127.0.0.1:8444/x"]
)
def test_t16_in_production_this_machine_is_refused_however_plainly_it_is_spelled(typed):
    with pytest.raises(AddressRefused):
        OUT.request("GET", HANDOVER.site(PRODUCTION, typed).base)


@pytest.mark.parametrize("typed", [typed for name, typed in HOSTILE.items() if name not in PLAIN_LOOPBACK])
def test_t16_in_development_too_only_the_plain_spelling_of_this_machine_is_taken(typed):
    with pytest.raises(AddressRefused):
        HANDOVER.site(DEVELOPMENT, typed)


@each_hostile
def test_t16_nor_does_the_client_of_development_connect_to_them(typed):
    for url in (typed, f"https://{typed}", f"http://{typed}"):
        with pytest.raises(AddressRefused):
            OUT_AT_HOME.request("GET", url)


@pytest.mark.parametrize("loopback", [False, True])
@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("127.0.0.1.nip.io", "127.0.0.1"),
        ("localtest.me", "::1"),
        ("metadata.google.internal", "169.254.169.254"),
        ("intranet.example.com", "10.1.2.3"),
        ("shop.example.com", "::ffff:127.0.0.1"),
    ],
)
def test_t16_a_public_name_that_leads_to_a_private_number_is_not_connected_to(typed, number, loopback):
    app = DEVELOPMENT if loopback else PRODUCTION
    http = Outbound(loopback=loopback, resolve=lambda *_: [number], dial=Silent())
    with pytest.raises(AddressRefused, match="no public host"):
        HANDOVER.met(app, http, HANDOVER.site(app, typed))


@pytest.mark.parametrize(
    ("typed", "base", "domain"),
    [
        ("127.0.0.1:8090", "http://127.0.0.1:8090", "127.0.0.1:8090"),
        ("http://127.0.0.1:8090/shop/wp-admin/", "http://127.0.0.1:8090/shop", "127.0.0.1:8090"),
        ("LocalHost:8090", "http://localhost:8090", "localhost:8090"),
        ("localhost", "http://localhost", "localhost"),
        ("https://localhost:8443", "https://localhost:8443", "localhost:8443"),
        ("shop.localhost:8090", "http://shop.localhost:8090", "shop.localhost:8090"),
        ("shop.test", "http://shop.test", "shop.test"),
        ("http://shop.example.com", "https://shop.example.com", "shop.example.com"),
    ],
)
def test_in_development_a_host_of_this_machine_is_taken_as_plain_http(typed, base, domain):
    assert HANDOVER.site(DEVELOPMENT, typed) == Site(base, domain)


@pytest.mark.parametrize(
    ("asked", "home", "found"),
    [
        (SHOP, "https://shop.example.com", SHOP),
        (SHOP, "http://shop.example.com/", SHOP),
        (SHOP, "https://www.shop.example.com", Site("https://www.shop.example.com", "www.shop.example.com")),
        (Site("https://www.a.example", "www.a.example"), "http://a.example", Site("https://a.example", "a.example")),
        (SHOP, "https://shop.example.com/en/", Site("https://shop.example.com/en", "shop.example.com")),
        (Site("https://shop.example.com/x", "shop.example.com"), "https://Shop.Example.com", SHOP),
        (SHOP, "https://shop.example.com/wp-content", Site("https://shop.example.com/wp-content", "shop.example.com")),
    ],
)
def test_a_shop_is_known_by_what_it_calls_itself_on_the_scheme_that_was_asked(asked, home, found):
    assert addresses.home_site(asked, home, loopback=False) == found


@pytest.mark.parametrize(
    "home",
    [
        "https://evil.example",
        "https://shop.example.com.evil.example",
        "https://shop.example.com:8443",
        "https://shop.example.com@evil.example",
        "https://www.www.shop.example.com",
        "http://127.0.0.1",
        "shop.example.com",
        "",
    ],
)
def test_a_shop_that_calls_itself_otherwise_is_refused(home):
    with pytest.raises(AddressRefused):
        addresses.home_site(SHOP, home, loopback=False)


def test_the_refusal_names_the_host_it_calls_itself():
    with pytest.raises(AddressRefused, match=r"calls itself evil.example"):
        addresses.home_site(SHOP, "https://evil.example/x", loopback=False)


URL = "https://shop.example.com/wp-json/"


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://www.shop.example.com/wp-json/", "https://www.shop.example.com/wp-json/"),
        ("/en/wp-json/", "https://shop.example.com/en/wp-json/"),
        ("https://shop.example.com/wp-json", "https://shop.example.com/wp-json"),
        ("https://shop.example.com/#x", "https://shop.example.com/"),
    ],
)
def test_a_redirect_within_the_shop_is_followed(location, target):
    assert addresses.redirected(SHOP, URL, location) == target


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example/wp-json/",
        "//evil.example/",
        "http://shop.example.com/wp-json/",
        "https://shop.example.com:8443/wp-json/",
        "http://169.254.169.254/latest/meta-data/",
        "https://shop.example.com@evil.example/",
        "file:///etc/passwd",
        "https://[::1/",
        "\\\\evil.example",
    ],
)
def test_t16_a_redirect_elsewhere_is_refused(location):
    with pytest.raises(AddressRefused):
        addresses.redirected(SHOP, URL, location)


def test_the_refusal_names_the_host_it_sends_to():
    with pytest.raises(AddressRefused, match=r"sends us on to evil.example"):
        addresses.redirected(SHOP, URL, "https://evil.example/?token=s3cret")


def test_a_redirect_from_https_to_plain_http_is_told_as_what_it_is():
    with pytest.raises(AddressRefused, match="from https to plain http"):
        addresses.redirected(SHOP, URL, "http://shop.example.com/wp-json/")


def test_an_app_takes_no_loopback_unless_it_says_so():
    assert not App("", (), "https://tandem.example").loopback
