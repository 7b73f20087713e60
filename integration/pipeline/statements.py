"""What was said of a shopper's data, by which voice and when, beside the event it is about. Pure. Nothing in it says who.

Kept readable in the ledger: when an event is withheld its person is forgotten, and this is what shows why.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from connectors.event import Consent, Stated
from integration.pipeline.browsing import Heard


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

    def encoded(self) -> str | None:
        """JSON, for the ledger; None for silence."""
        return None if self == SILENCE else msgspec.json.encode(self).decode()

    def after(self, known: "Statements") -> "Statements":
        """These of a newer payload, with what was known before it: an answer outweighs silence, the newer payload's the
        older one's, and what a browser said goes on counting as `heard` has it.
        """
        return Statements(
            _newer(self.marketing, known.marketing),
            _newer(self.sale_of_data, known.sale_of_data),
            known.default_marketing if self.default_marketing is None else self.default_marketing,
        )

    def heard(self, browser: Heard) -> "Statements":
        """These of an order, with what the shopper's browser said of it.

        | the order says | the browser says | what counts |
        |-|-|-|
        | nothing | anything | what the browser says |
        | anything | nothing | what the order says |
        | granted | refused | refused: it was withdrawn |
        | refused | granted, later | granted: they changed their mind, and had the order's own token |
        | refused | granted, before or nobody knows when | refused |
        """
        gpc = Voice.GPC if browser.gpc else Voice.SCRIPT
        return Statements(
            _either(self.marketing, _said(browser.marketing, Voice.SCRIPT, browser.marketing_at)),
            _either(self.sale_of_data, _said(browser.sale_of_data, gpc, browser.sale_at)),
            self.default_marketing if browser.default_marketing is None else browser.default_marketing,
        )

    def refusals(self, browser: Heard) -> "Statements":
        """These, with what the browser refused and nothing else of it."""
        theirs = self.heard(browser)
        return Statements(
            theirs.marketing if word(theirs.marketing) is Stated.REFUSED else self.marketing,
            theirs.sale_of_data if word(theirs.sale_of_data) is Stated.REFUSED else self.sale_of_data,
            self.default_marketing,
        )


SILENCE = Statements()


def decode(text: str | None) -> Statements:
    """What the column holds; silence for rows from before it was kept."""
    return msgspec.json.decode(text, type=Statements) if text else SILENCE


def of_order(consent: Consent, at: datetime | None) -> Statements:
    """What an order says by itself; `at`: when it was placed, for its answers were frozen into it then."""
    moment = None if at is None else round(at.timestamp() * 1000)
    return Statements(
        _said(consent.marketing, Voice.ORDER, moment),
        _said(consent.sale_of_data, Voice.ORDER, moment),
    )


def _said(answer: Stated, by: Voice, at: int | None) -> Said | None:
    return None if answer is Stated.UNSTATED else Said(answer, by, at)


def _newer(order: Said | None, known: Said | None) -> Said | None:
    if known is None or order is None or known.by is order.by is Voice.ORDER:
        return order or known
    if known.by is Voice.ORDER:
        return _either(known, order)  # the payload is silent, and speaks by a browser that may have agreed before
    if order.by is Voice.ORDER:
        return _either(order, known)
    # Two answers of the browser: the later one; where nobody knows which that is, the refusal.
    return _either(known, order) if known.word is Stated.REFUSED else _either(order, known)


def _either(order: Said | None, browser: Said | None) -> Said | None:
    if order is None or browser is None:
        return order or browser
    if order.word is browser.word:
        return order
    if order.word is Stated.REFUSED:
        return browser if order.at is not None and browser.at is not None and browser.at > order.at else order
    return browser


def word(said: Said | None) -> Stated:
    """The answer alone."""
    return said.word if said else Stated.UNSTATED
