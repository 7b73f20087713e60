"""W54, W55: amounts with the decimals their currency has, by ISO 4217."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.money import Money, minor_units, round_to_currency

# ISO 4217 list one, by hand: every code whose minor unit is not 2.
WITHOUT = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split()
THREE = "BHD IQD JOD KWD LYD OMR TND".split()
FOUR = "CLF UYW".split()
# Those with 2 that are often taken for something else: their small coins are not made any more, or never were.
TWO = "USD EUR GBP HUF TWD IDR COP CRC LAK MMK MGA MRU PKR TZS UZS ALL IRR KPW SOS SYP YER ZZZ".split()

DECIMALS = {**dict.fromkeys(WITHOUT, 0), **dict.fromkeys(TWO, 2), **dict.fromkeys(THREE, 3), **dict.fromkeys(FOUR, 4)}
amounts = st.decimals(-(10**12), 10**12, allow_nan=False, places=6)
currencies = st.sampled_from(sorted(DECIMALS))
# A loaded machine is no finding: these ask what is told, not how fast.
unhurried = settings(deadline=None)


@pytest.mark.parametrize(("currency", "decimals"), DECIMALS.items())
def test_a_currency_has_its_own_decimals(currency, decimals):
    assert minor_units(currency) == decimals


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        *(("0.125", "EUR", "0.13"), ("0.135", "EUR", "0.14"), ("0.1249", "EUR", "0.12"), ("12.5", "EUR", "12.50")),
        *(("1499.5", "JPY", "1500"), ("1498.5", "JPY", "1499"), ("1500", "JPY", "1500"), ("1500.00", "JPY", "1500")),
        *(("1.2345", "KWD", "1.235"), ("5", "KWD", "5.000"), ("1.23455", "CLF", "1.2346"), ("-0.125", "EUR", "-0.13")),
        *(("0", "EUR", "0.00"), ("0.300000000000", "EUR", "0.30")),
    ],
)
def test_a_half_is_rounded_up_as_tills_do(amount, currency, expected):
    """Not to the even neighbour, as Python does when nobody asks."""
    assert str(round_to_currency(Decimal(amount), currency)) == expected


def test_money_is_rounded_by_its_own_currency():
    assert Money(Decimal("12.345"), "EUR").rounded() == Money(Decimal("12.35"), "EUR")
    assert Money(Decimal("12.345"), "JPY").rounded() == Money(Decimal(12), "JPY")
    assert str(Money(Decimal(12), "KWD").rounded().amount) == "12.000"


@unhurried
@given(amounts, currencies)
def test_rounding_never_moves_an_amount_by_more_than_half_a_unit(amount, currency):
    rounded = round_to_currency(amount, currency)
    assert -rounded.as_tuple().exponent == DECIMALS[currency]
    assert abs(rounded - amount) <= Decimal(5).scaleb(-DECIMALS[currency] - 1)


@unhurried
@given(amounts, currencies)
def test_rounding_twice_changes_nothing_more_and_keeps_every_digit(amount, currency):
    once = Money(amount, currency).rounded()
    assert str(once.rounded().amount) == str(once.amount)


@unhurried
@given(st.decimals(0, 10**12, allow_nan=False, places=12), currencies)
def test_the_largest_amount_a_reader_lets_through_can_be_rounded(amount, currency):
    """Decimal refuses to write more than 28 digits: a trillion with twelve decimals must still fit."""
    assert round_to_currency(amount, currency) >= 0
