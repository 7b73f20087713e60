"""Amounts as Decimal, each with its currency and that currency's own number of decimals."""

from decimal import ROUND_HALF_UP, Decimal

import msgspec

# ISO 4217, minor units other than 2 (list of 2024-06-25). Amounts of an unlisted currency have 2.
_MINOR_UNITS = {
    **dict.fromkeys(
        (
            *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"),
            *("PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}


class Money(msgspec.Struct, frozen=True, gc=False):
    """An amount in major units (EUR 12.50 is Decimal("12.50")), and its upper-case ISO 4217 code."""

    amount: Decimal
    currency: str

    def rounded(self) -> "Money":
        """The same, rounded half up to the currency's own decimals: JPY 0, KWD 3, most others 2."""
        return Money(round_to_currency(self.amount, self.currency), self.currency)


_SMALLEST = {units: Decimal(1).scaleb(-units) for units in (0, 2, 3, 4)}


def minor_units(currency: str) -> int:
    """How many decimals the currency has."""
    return _MINOR_UNITS.get(currency, 2)


def round_to_currency(amount: Decimal, currency: str) -> Decimal:
    """`amount` with exactly the decimals of `currency`, rounded half up as tills do."""
    return amount.quantize(_SMALLEST[_MINOR_UNITS.get(currency, 2)], ROUND_HALF_UP)
