import pytest

from connectors.shopify import whose

SHOP = "tea.myshopify.com"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (f"https://{SHOP}/7005/orders/abc/authenticate?key=k", ("7005", SHOP)),
        (f"https://{SHOP.upper()}/7005/orders/abc", ("7005", SHOP)),
        ("https://www.tea.example/7005/orders/abc/authenticate?key=k", ("7005", None)),
        ("http://127.0.0.1:9000/7005/orders/abc", ("7005", None)),
        ("https://checkout.local/548380009/checkouts/123123123/recover?key=k", ("548380009", None)),
        # Not the permanent domain of any shop: a hostile neighbour of one.
        (f"https://{SHOP}.evil.example/7005/orders/abc", ("7005", None)),
        ("https://a.tea.myshopify.com/7005/orders/abc", ("7005", None)),
    ],
)
def test_t6_the_address_of_an_order_tells_the_shops_number_and_its_permanent_domain(order, address, expected):
    told = order(order_status_url=address)
    assert (told.shop_id, told.shop_domain) == expected


@pytest.mark.parametrize("address", [None, "", 7, [], "https://x/", f"https://{SHOP}/orders/7005/", "nonsense"])
def test_an_order_without_such_an_address_tells_no_shop(order, address):
    told = order(order_status_url=address)
    assert (told.shop_id, told.shop_domain) == (None, None)


@pytest.mark.parametrize(
    "address",
    [
        f"https://{SHOP}/orders/abc",
        f"https://user@{SHOP}/7005/orders/abc",
        f"https://evil.example/https://{SHOP}/7005/orders/abc",
        f"https://{SHOP}/{'7' * 21}/orders/abc",
        f"https://{SHOP}/７/orders/abc",
        f"https://{'a.' * 600}/7005/orders/abc",
    ],
)
def test_what_only_looks_like_such_an_address_tells_no_shop(checkout, address):
    told = checkout(abandoned_checkout_url=address)
    assert (told.shop_id, told.shop_domain) == (None, None)


def test_a_checkout_tells_it_by_its_recovery_address(checkout):
    told = checkout(abandoned_checkout_url=f"https://{SHOP}/7005/checkouts/ac/token/recover?key=k")
    assert (told.shop_id, told.shop_domain) == ("7005", SHOP)


def test_a_refund_tells_no_shop(refund):
    assert (refund().shop_id, refund().shop_domain) == (None, None)


def test_a_body_told_again_by_another_shop_does_not_keep_the_number_of_the_first():
    page = "7005/orders/abc/authenticate?key=k"
    assert (
        whose.without(f"https://{SHOP}/{page}", "a.myshopify.com") == "https://a.myshopify.com/orders/abc" + page[15:]
    )
    assert whose.without(f"https://www.tea.example:8443/{page}", SHOP) == "https://www.tea.example:8443" + page[4:]
    assert whose.without("https://www.tea.example/orders/7", SHOP) == "https://www.tea.example/orders/7"
