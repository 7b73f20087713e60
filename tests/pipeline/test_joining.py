"""Keys find the order that a browser's words are about, and tell nobody the token they were made of."""

from connectors import registry
from connectors.event import Event
from integration.pipeline import joining
from integration.pipeline.joining import By


def test_one_word_as_a_checkout_token_a_cart_token_and_an_order_id_makes_three_keys() -> None:
    assert len({joining.key(by, "1001") for by in By}) == 3


def test_a_key_does_not_show_its_token_and_is_the_same_each_time() -> None:
    token = "c1-0123456789abcdef"
    assert joining.key(By.CART, token) == joining.key(By.CART, token)
    assert token not in joining.key(By.CART, token)
    assert len(joining.key(By.CART, token)) == 64


def test_a_paid_order_of_shopify_is_found_by_its_checkout_and_its_cart() -> None:
    body = registry.sample("shopify", "orders/paid", "card")
    (event,) = (one for one in registry.get("shopify").parse("orders/paid", body) if isinstance(one, Event))
    assert event.order
    columns = joining.columns(event)

    assert columns["checkout_key"] == joining.key(By.CHECKOUT, event.order.checkout_token or "")
    assert columns["cart_key"] == (joining.key(By.CART, event.order.cart_token) if event.order.cart_token else None)


def test_an_order_is_also_found_by_its_id_and_what_is_unknown_makes_no_key() -> None:
    assert joining.keys(None, None, "1001") == [joining.key(By.ORDER, "1001")]
    assert joining.keys("a" * 64, None, None) == ["a" * 64]
    assert joining.keys(None, None, None) == []
