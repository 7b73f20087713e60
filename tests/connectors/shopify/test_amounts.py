from decimal import Decimal

import pytest

from connectors.errors import MalformedPayload
from connectors.money import Money

PLAIN = {"total_price_set": ..., "subtotal_price_set": ..., "total_tax_set": ..., "total_shipping_price_set": ...}


def bag(shop, buyer=None):
    sides = {"shop_money": shop, "presentment_money": buyer or shop}
    return {side: {"amount": amount, "currency_code": code} for side, (amount, code) in sides.items()}


def test_the_buyers_currency_counts_and_the_shops_is_kept_beside_it(order):
    told = order(total_price="107.20", total_price_set=bag(("107.20", "EUR"), ("100.00", "CHF")))
    assert told.amounts.total == Money(Decimal("100.00"), "CHF")
    assert told.amounts.shop == Money(Decimal("107.20"), "EUR")


def test_every_part_is_read_in_the_buyers_currency(order):
    told = order(
        total_price_set=bag(("107.20", "EUR"), ("100.00", "CHF")),
        subtotal_price_set=bag(("95.00", "EUR"), ("88.60", "CHF")),
        total_tax_set=bag(("7.20", "EUR"), ("6.71", "CHF")),
        total_shipping_price_set=bag(("5.00", "EUR"), ("4.69", "CHF")),
    )
    assert (told.amounts.subtotal, told.amounts.tax, told.amounts.shipping) == (
        Decimal("88.60"),
        Decimal("6.71"),
        Decimal("4.69"),
    )


def test_without_sets_the_plain_amounts_are_in_the_shops_currency_whatever_the_buyer_paid_in(order):
    """Plain amounts of an order are in the shop's currency: called francs, these euros would be a wrong value."""
    told = order(**PLAIN, presentment_currency="CHF")
    assert told.amounts.total == told.amounts.shop == Money(Decimal("102.10"), "EUR")
    assert (told.amounts.subtotal, told.amounts.tax) == (Decimal("97.20"), Decimal("16.30"))


def test_without_sets_shipping_is_the_sum_of_the_shipping_lines(order):
    told = order(**PLAIN, shipping_lines=[{"price": "4.90"}, {"price": "1.00"}, {"price": "x"}, None])
    assert told.amounts.shipping == Decimal("5.90")


def test_a_body_that_knows_only_the_buyers_currency_is_read_in_it(order):
    assert order(**PLAIN, currency=None).amounts.total == Money(Decimal("102.10"), "EUR")


def test_the_total_is_what_was_ordered_not_what_is_left_after_refunds(order):
    assert order(
        current_total_price="0.00", current_total_price_set=bag(("0.00", "EUR"))
    ).amounts.total.amount == Decimal("102.10")


@pytest.mark.parametrize("bad", ["12,50", "abc", "", "-1", "1e3", True, [], {}, "1.2.3", "1" * 30])
def test_an_unreadable_total_names_the_field_and_never_the_value(order, bad):
    with pytest.raises(MalformedPayload, match=r"^total_price is not an amount\.$"):
        order(**PLAIN, total_price=bad)
    with pytest.raises(MalformedPayload, match=r"^total_price_set is not an amount\.$"):
        order(total_price_set=bag((bad, "EUR")))


def test_a_plain_total_that_contradicts_a_readable_set_is_for_people_to_look_at(order):
    with pytest.raises(MalformedPayload, match="total_price is not an amount"):
        order(total_price="12,50")


@pytest.mark.parametrize("absent", [..., None])
def test_no_total_at_all_is_malformed(order, absent):
    with pytest.raises(MalformedPayload, match="total_price is not an amount"):
        order(**PLAIN, total_price=absent)


def test_a_missing_plain_total_is_made_good_by_the_set(order):
    told = order(total_price=..., total_price_set=bag(("107.20", "EUR"), ("100.00", "CHF")))
    assert (told.amounts.total.currency, told.amounts.shop) == ("CHF", Money(Decimal("107.20"), "EUR"))


@pytest.mark.parametrize("bad", ["US$", "", "EURO", 978, True])
def test_an_unreadable_currency_is_malformed(order, bad):
    with pytest.raises(MalformedPayload, match=r"^The currency of total_price is not a currency\.$"):
        order(**PLAIN, currency=bad)
    with pytest.raises(MalformedPayload, match=r"^The currency of total_price_set is not a currency\.$"):
        order(total_price_set=bag(("1.00", bad)))


def test_no_currency_at_all_is_malformed(order):
    with pytest.raises(MalformedPayload, match="currency of total_price"):
        order(**PLAIN, currency=..., presentment_currency=...)


def test_a_lower_case_currency_is_upper_cased(order):
    assert order(**PLAIN, currency="eur").amounts.total.currency == "EUR"


def test_spaces_and_numbers_are_read_where_they_are_unambiguous(order):
    assert order(**PLAIN, total_price=" 12.50 ").amounts.total.amount == Decimal("12.50")
    assert order(**PLAIN, total_price=12.5).amounts.total.amount == Decimal("12.5")
    assert order(**PLAIN, total_price=12).amounts.total.amount == Decimal(12)


def test_an_order_for_nothing_is_worth_nothing_and_still_an_order(order):
    assert order(total_price="0.00", total_price_set=bag(("0.00", "EUR"))).amounts.total == Money(Decimal(0), "EUR")


@pytest.mark.parametrize("junk", [[], "x", 5, None, {"presentment_money": []}, {"presentment_money": None}])
def test_a_set_of_another_shape_counts_as_absent(order, junk):
    assert order(total_price_set=junk).amounts.total == Money(Decimal("102.10"), "EUR")


@pytest.mark.parametrize("junk", [..., None, "x", "-1", []])
def test_an_unreadable_lesser_part_never_costs_the_order(order, junk):
    changes = PLAIN | {"total_tax": junk, "subtotal_price": junk, "shipping_lines": junk}
    told = order(**changes)
    assert (told.amounts.tax, told.amounts.shipping) == (0, 0)
    assert told.amounts.subtotal == told.amounts.total.amount == Decimal("102.10")


def test_an_untold_subtotal_is_what_shipping_and_tax_on_top_leave(order):
    changes = {"subtotal_price": ..., "subtotal_price_set": ...}
    assert order(**changes, taxes_included=True).amounts.subtotal == Decimal("97.20")
    assert order(**changes, taxes_included=False).amounts.subtotal == Decimal("80.90")


def test_a_checkouts_plain_amounts_are_in_the_buyers_currency(checkout):
    told = checkout(presentment_currency="CHF")
    assert told.amounts.total == Money(Decimal("112.90"), "CHF")
    assert told.amounts.shop is None
    assert {line.price for line in told.lines} == {Decimal("49.00"), Decimal("29.50")}


def test_a_checkout_of_one_currency_tells_the_shops_total_too(checkout):
    assert checkout().amounts.shop == Money(Decimal("112.90"), "EUR")
    assert checkout().amounts.shipping == Decimal("4.90")


@pytest.mark.parametrize("quantity", [0, -1, 10**9, 1.5, None, True, "x", []])
def test_a_line_without_a_sane_quantity_is_left_out(order, recorded, quantity):
    first, second = recorded("orders_paid__card")["line_items"]
    assert len(order(line_items=[first | {"quantity": quantity}, second]).lines) == 1


def test_a_quantity_as_text_is_read(order, recorded):
    first = recorded("orders_paid__card")["line_items"][0]
    assert order(line_items=[first | {"quantity": "2"}]).lines[0].quantity == 2


def test_a_line_is_priced_per_piece_before_discounts_in_the_buyers_currency(recorded, order):
    line = order().lines[1]
    assert (line.quantity, line.price) == (2, Decimal("29.50"))
    priced = recorded("orders_paid__card")["line_items"][0] | {"price_set": bag(("49.00", "EUR"), ("47.00", "CHF"))}
    told = order(line_items=[priced], total_price_set=bag(("50.00", "EUR"), ("48.00", "CHF")))
    assert told.lines[0].price == Decimal("47.00")


def test_a_line_priced_in_another_currency_than_the_total_is_left_out(order):
    assert order(total_price_set=bag(("50.00", "EUR"), ("48.00", "CHF"))).lines == ()


@pytest.mark.parametrize("price", ["-1", "x", None, "12,50"])
def test_a_line_with_an_unreadable_price_is_left_out(order, price):
    assert order(line_items=[{"quantity": 1, "price": price}]).lines == ()


def test_a_custom_line_has_no_product_no_variant_and_an_empty_sku(order):
    [line] = order(line_items=[{"quantity": 1, "price": "5", "product_id": None, "variant_id": None, "sku": ""}]).lines
    assert (line.product_id, line.variant_id, line.sku) == (None, None, None)


def test_ten_thousand_lines_are_a_thousand_and_the_value_stays(order, recorded):
    told = order(line_items=recorded("orders_paid__card")["line_items"] * 5_000)
    assert len(told.lines) == 1_000
    assert told.amounts.total.amount == Decimal("102.10")


@pytest.mark.parametrize("junk", [None, {}, "x", 7, [None, 1, "x", [], {"quantity": {}, "price": []}]])
def test_line_items_of_another_shape_cost_the_contents_and_not_the_order(order, junk):
    told = order(line_items=junk)
    assert told.lines == ()
    assert told.amounts.total.amount == Decimal("102.10")


def paid_back(amount="5.00", currency="EUR", kind="refund", status="success"):
    return {"kind": kind, "status": status, "amount": amount, "currency": currency}


def test_a_refund_is_worth_its_successful_refund_transactions(refund):
    others = [paid_back(status="failure"), paid_back(status="pending"), paid_back(kind="sale"), paid_back(kind="void")]
    told = refund(transactions=[paid_back("5.00"), *others, paid_back("2.55")])
    assert told.amounts.total == Money(Decimal("7.55"), "EUR")


def test_of_a_refund_in_two_currencies_only_the_first_counts(refund):
    told = refund(transactions=[paid_back("5.00", "CHF"), paid_back("9.00", "EUR"), paid_back("1.00", "CHF")])
    assert told.amounts.total == Money(Decimal("6.00"), "CHF")


@pytest.mark.parametrize("changes", [{"amount": "-5.00"}, {"amount": "x"}, {"amount": None}, {"currency": None}])
def test_a_refund_of_an_unreadable_amount_is_malformed(refund, changes):
    with pytest.raises(MalformedPayload, match="transactions"):
        refund(transactions=[paid_back(), paid_back(**changes)])
