from decimal import Decimal

import pytest

from connectors.errors import MalformedPayload
from connectors.money import Money


def line(**changes):
    fields = {"product_id": 41, "variation_id": 0, "sku": "A", "quantity": 2, "total": "10.00", "total_tax": "1.90"}
    return fields | {"price": 5.0} | changes


@pytest.mark.parametrize(
    ("currency", "total"), [("JPY", "3057"), ("KWD", "14.160"), ("USD", "103.36"), ("EUR", "0.00"), ("CLF", "1.2345")]
)
def test_money_keeps_the_decimals_of_the_store(told, currency, total):
    amounts = told(currency=currency, total=total)[0].amounts
    assert (str(amounts.total.amount), amounts.total.currency) == (total, currency)
    assert amounts.shop == amounts.total


def test_a_currency_in_small_letters_is_read_in_capitals(told):
    assert told(currency="usd")[0].amounts.total.currency == "USD"


@pytest.mark.parametrize("total", [None, "", "abc", "12,50", "1e3", "-1", "NaN", True, [], {}])
def test_an_order_without_a_readable_total_is_malformed_and_the_value_is_not_repeated(told, total):
    """W53."""
    with pytest.raises(MalformedPayload, match=r"^The order's total is unreadable\.$"):
        told(total=total)


@pytest.mark.parametrize("currency", [None, "", "US$", "dollars", 840, True])
def test_an_order_without_a_readable_currency_is_malformed_and_the_value_is_not_repeated(told, currency):
    """W55."""
    with pytest.raises(MalformedPayload, match=r"^The order's currency is unreadable\.$"):
        told(currency=currency)


def test_an_order_over_nothing_is_an_order(told):
    """W56. Quirk: its payment method may be empty, and date_paid is set."""
    assert told(total="0.00", payment_method="")[0].amounts.total == Money(Decimal(0), "USD")


def test_shipping_and_tax_are_told_with_the_tax_on_shipping(told):
    amounts = told(shipping_total="7.50", shipping_tax="0.62", total_tax="8.28")[0].amounts
    assert (amounts.shipping, amounts.tax) == (Decimal("8.12"), Decimal("8.28"))


def test_unreadable_parts_of_the_money_count_as_nothing(told):
    amounts = told(shipping_total="free", shipping_tax=None, total_tax={})[0].amounts
    assert (amounts.shipping, amounts.tax) == (Decimal(0), Decimal(0))


def test_line_totals_never_include_tax_so_it_is_added_where_the_shop_shows_prices_with_tax(told):
    """Quirk: prices_include_tax only says how prices were typed."""
    (net,) = told(line_items=[line()], prices_include_tax=False)
    (gross,) = told(line_items=[line()], prices_include_tax=True)
    assert (net.amounts.subtotal, net.lines[0].price) == (Decimal("10.00"), Decimal("5.00"))
    assert (gross.amounts.subtotal, gross.lines[0].price) == (Decimal("11.90"), Decimal("5.95"))


def test_the_price_of_a_piece_is_the_lines_total_by_its_quantity_and_not_the_noisy_price(told):
    """Quirk: `price` is a float with noise, per piece, without tax."""
    (event,) = told(line_items=[line(quantity=3, total="9.99", total_tax="0.82", price=3.3299999999999996)])
    assert event.lines[0].price == Decimal("3.33")
    (uneven,) = told(line_items=[line(quantity=3, total="10.00")])
    assert uneven.lines[0].price == Decimal(10) / 3


def test_a_line_without_a_product_has_no_ids(told):
    """Quirk: product_id 0 and sku null, also once a product is deleted for good."""
    (event,) = told(line_items=[line(product_id=0, variation_id=0, sku=None)])
    assert (event.lines[0].product_id, event.lines[0].variant_id, event.lines[0].sku) == (None, None, None)


def test_a_variation_is_the_variant(told):
    (event,) = told(line_items=[line(product_id=18, variation_id=21, sku="")])
    assert (event.lines[0].product_id, event.lines[0].variant_id, event.lines[0].sku) == ("18", "21", None)


@pytest.mark.parametrize("quantity", [0, -1, 10**9, "many", None, 0.5, True, []])
def test_a_line_without_a_whole_quantity_above_zero_is_left_out_but_its_money_counts(told, quantity):
    """W72."""
    (event,) = told(line_items=[line(quantity=quantity), line()])
    assert len(event.lines) == 1
    assert event.amounts.subtotal == Decimal("20.00")


@pytest.mark.parametrize("total", [None, "abc", "-10.00"])
def test_a_line_without_a_price_is_left_out(told, total):
    (event,) = told(line_items=[line(total=total), line()])
    assert len(event.lines) == 1


def test_a_quantity_written_as_text_counts(told):
    assert told(line_items=[line(quantity="2")])[0].lines[0].quantity == 2


@pytest.mark.parametrize("lines", [None, {}, [], "x", 5, [None, 5, "x", []]])
def test_an_order_with_odd_lines_is_told_without_them(told, lines):
    """W71."""
    (event,) = told(line_items=lines)
    assert event.lines == ()
    assert event.amounts.subtotal == 0


def test_one_odd_line_costs_no_other(told):
    (event,) = told(line_items=[line(), "x", None, line(sku={"a": 1})])
    assert [one.sku for one in event.lines] == ["A", None]


def test_ten_thousand_lines_are_cut_to_a_thousand_and_all_of_their_money_counts(told):
    """W70."""
    (event,) = told(line_items=[line()] * 10_000)
    assert len(event.lines) == 1_000
    assert event.amounts.subtotal == Decimal(100_000)


def test_a_body_filled_with_empty_lines_is_read_to_an_end(told):
    """W46."""
    (event,) = told(line_items=[line(), *[{}] * 100_000, line()])
    assert (len(event.lines), event.amounts.subtotal) == (1, Decimal("10.00"))
