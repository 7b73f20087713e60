import pytest

from connectors.woocommerce.hosts import is_domain, origin_of, site_of


@pytest.mark.parametrize(
    ("address", "site", "origin"),
    [
        ("https://shop.example.com/", "shop.example.com", "https://shop.example.com/"),
        ("https://Shop.EXAMPLE.com:443/x", "shop.example.com", "https://shop.example.com/"),
        ("http://shop.example.com:80", "shop.example.com", "http://shop.example.com/"),
        ("http://shop.example.com:443/", "shop.example.com:443", "http://shop.example.com:443/"),
        (
            "https://shop.example.com:8443/sub/wp-json/?key=x#y",
            "shop.example.com:8443",
            "https://shop.example.com:8443/",
        ),
        ("http://127.0.0.1:8090/", "127.0.0.1:8090", "http://127.0.0.1:8090/"),
        ("http://[2001:DB8::1]:8080/", "[2001:db8::1]:8080", "http://[2001:db8::1]:8080/"),
        ("https://user:secret@shop.example.com/", "shop.example.com", "https://shop.example.com/"),
    ],
)
def test_a_site_is_a_host_with_its_port_unless_that_is_the_schemes_own(address, site, origin):
    assert site_of(address) == site
    assert origin_of(address) == origin


@pytest.mark.parametrize(
    "address",
    [
        *(None, 5, "", "shop.example.com", "/wp-json/", "ftp://shop.example.com/", "javascript:alert(1)", "https://"),
        *(
            "https:///x",
            "https://shop.example.com:port/",
            "https://shop.example.com:99999/",
            "https://shop.example.com:0/",
        ),
        *("https://[::1/", "https://shop example.com/", 'https://"><svg>/', ["https://shop.example.com/"]),
    ],
)
def test_what_is_no_web_address_is_no_site(address):
    assert site_of(address) is None
    assert origin_of(address) is None


@pytest.mark.parametrize(
    "domain", ["example.com", "shop.example.com:8443", "xn--mller-kva.example", "a-b.example.co.uk"]
)
def test_a_store_is_a_public_host_name_with_perhaps_a_port(domain):
    assert is_domain(domain)


@pytest.mark.parametrize(
    "domain",
    [
        *(
            "",
            "localhost",
            "127.0.0.1",
            "127.0.0.1:8090",
            "[::1]",
            "shop",
            "shop.",
            ".example.com",
            "shop..example.com",
        ),
        *("https://example.com", "example.com/shop", "user@example.com", "example.com:", "example.com:0"),
        *(
            "example.com:99999",
            "-shop.example.com",
            "shop_.example.com",
            "Example.com",
            "example.com\n",
            "exam ple.com",
        ),
        *(f"{'a' * 64}.example.com", "a." * 125 + "example"),
    ],
)
def test_anything_else_is_no_store(domain):
    assert not is_domain(domain)
