"""What was said of a shopper's data, by which voice and when, beside the event it is about. Pure. Nothing in it says who.

Kept readable in the ledger: when an event is withheld its person is forgotten, and this is what shows why.
"""

from enum import StrEnum

import msgspec

from connectors.event import Stated


class Voice(StrEnum):
    """By whom something was said to us. Which of the shop's tools the storefront's script asked is the platform's word
    (`connectors.contract.Half`).
    """

    ORDER = "order"  # frozen into the order, its cart or its checkout
    SCRIPT = "script"  # our script in the storefront, by the beacon
    GPC = "gpc"  # Global Privacy Control, https://w3c.github.io/gpc/


class Said(msgspec.Struct, frozen=True, array_like=True):
    """One answer. `at`: milliseconds since 1970; None where nobody says when."""

    word: Stated
    by: Voice
    at: int | None = None


class Statements(msgspec.Struct, frozen=True, omit_defaults=True):
    """Of one event; None: nothing was stated. `default_marketing`: what the shop's own default says where nobody chose:
    no statement, and it decides nothing.
    """

    marketing: Said | None = None
    sale_of_data: Said | None = None
    default_marketing: bool | None = None

    def encoded(self) -> str:
        """JSON, for the ledger."""
        return msgspec.json.encode(self).decode()


SILENCE = Statements()


def decode(text: str | None) -> Statements:
    """What the column holds; silence for rows from before it was kept."""
    return msgspec.json.decode(text, type=Statements) if text else SILENCE


def word(said: Said | None) -> Stated:
    """The answer alone."""
    return said.word if said else Stated.UNSTATED
