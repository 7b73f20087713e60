import pytest

from connectors.errors import MalformedPayload


def test_the_gid_wins_over_a_number_that_a_javascript_parser_rounded(order):
    """Seen in a test notification of 2025-04: the number ends in 500, the gid in 508, and so does what the Pixel tells."""
    gid = "gid://shopify/Order/820982911946154508"
    assert order(id=820982911946154500, admin_graphql_api_id=gid).order_id == "820982911946154508"


def test_an_exact_number_beyond_2_to_the_53_stays_exact(order):
    told = order(id=820982911946154508, admin_graphql_api_id="gid://shopify/Order/820982911946154508")
    assert told.subject == told.order_id == told.order.id == "820982911946154508"


def test_a_number_that_is_no_rounded_copy_stands_against_a_differing_gid(order):
    assert order(id=6310000000999).order_id == "6310000000999"
    assert order(id=820982911946154508, admin_graphql_api_id="gid://shopify/Order/5").order_id == "820982911946154508"


@pytest.mark.parametrize("gid", [None, "", 7, "gid://shopify/Order/abc", "8209829119461545OO", "gid://shopify/Order/²"])
def test_a_strange_gid_does_no_harm(order, gid):
    assert order(id=820982911946154508, admin_graphql_api_id=gid).order_id == "820982911946154508"


def test_an_id_beyond_64_bits_is_kept_as_text(order):
    assert order(id=2**63 + 1, admin_graphql_api_id=None).order_id == "9223372036854775809"
    assert order(id=2**70, admin_graphql_api_id=None).order_id == "1180591620717411303424"


def test_the_same_id_as_text_and_as_number_is_the_same_order(order):
    assert order(id="1001", admin_graphql_api_id=None).subject == order(id=1001, admin_graphql_api_id=None).subject


def test_a_text_id_is_kept_as_it_is_since_no_parser_rounds_text(order):
    told = order(id="4216043012249-fake", admin_graphql_api_id="gid://shopify/Order/4216043012249")
    assert told.order_id == "4216043012249-fake"


@pytest.mark.parametrize(
    "bad", [..., None, 0, -1, 1.5, 6310000000101.0, True, False, "", "0", "abc", "-5", "1.5", [], {}, [5]]
)
def test_without_an_id_there_is_no_order_and_the_gid_alone_does_not_make_one(order, bad):
    with pytest.raises(MalformedPayload, match=r"^id is missing or is not an id"):
        order(id=bad)


@pytest.mark.parametrize("bad", [None, 0, True, 1.5, "abc"])
def test_a_refund_needs_its_own_id_and_that_of_its_order(refund, bad):
    with pytest.raises(MalformedPayload, match=r"^id is"):
        refund(id=bad)
    with pytest.raises(MalformedPayload, match=r"^order_id is"):
        refund(order_id=bad)


def test_a_customers_rounded_id_is_mended_too(order, recorded):
    account = recorded("orders_paid__card")["customer"]
    account |= {"id": 115310627314723950, "admin_graphql_api_id": "gid://shopify/Customer/115310627314723954"}
    assert order(customer=account).customer.id == "115310627314723954"
