"""What pages call the parts of a consent decision: who said what, where, and which rule decided. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from connectors.contract import Half
from connectors.event import Stated
from integration.db import from_ms
from integration.meta.event import USER_DATA_KEYS
from integration.pipeline.consent import EEA, ELSEWHERE, NO_CONSENT, REFUSED, SWITZERLAND, UK, UNKNOWN, USA
from integration.pipeline.statements import Said, Statements, Voice
from integration.store_settings import ConsentMode, LimitedDataUse, StoreSettings

REGIONS: Mapping[str, str] = {
    EEA: "European Economic Area",
    UK: "United Kingdom",
    SWITZERLAND: "Switzerland",
    USA: "United States",
    ELSEWHERE: "Elsewhere",
    UNKNOWN: "Unknown",
}
ANSWERS: Mapping[Stated, str] = {Stated.GRANTED: "yes", Stated.REFUSED: "no"}
RULINGS: Mapping[str, str] = {
    "whole": "May leave as it is",
    "limited": "May leave under Meta’s limited data use",
    "waits": "Waits",
    "withheld": "May not leave",
}
# By what the ledger has as the reason.
REASONS: Mapping[str, str] = {
    "consent was given": "consent was given",
    "nothing was stated, and the merchant vouches": "nothing was stated, and you vouch that your shoppers consent",
    "nothing was stated, and nothing has to be here": "nothing was stated, and no yes is needed where this shopper lives",
    "the sale of data was refused": "the shopper said no to the sale of data",
    "the sale of data was refused, and limited data use is switched off": "the shopper said no to the sale of data, and "
    "limited data use is switched off for your store",
    "the merchant always asks for it": "your store is set to ask for it always",
    "limited data use cannot be asked for without an address or a state": "Meta grants limited data use only where the "
    "shopper’s IP address or state is known",
    "waiting for consent": "a yes is needed, and nobody has said anything yet",
    NO_CONSENT: "a yes is needed, and nobody said anything",
    REFUSED: "the shopper said no to marketing",
}
# By Meta's key: what it is of a person; all but the last four are kept as hashes.
KEYS: Mapping[str, str] = {
    "em": "e-mail address",
    "ph": "phone number",
    "fn": "first name",
    "ln": "last name",
    "db": "date of birth",
    "ge": "gender",
    "ct": "city",
    "st": "state or province",
    "zp": "postcode",
    "country": "country",
    "external_id": "customer id",
    "client_ip_address": "IP address",
    "client_user_agent": "the browser’s name of itself",
    "fbc": "the click on an ad",
    "fbp": "Meta’s id of the browser",
}
_UNHASHED = frozenset({"client_ip_address", "client_user_agent", "fbc", "fbp"})

_MODES: Mapping[ConsentMode, tuple[str, str]] = {
    ConsentMode.REGIONAL: ("Regional", "Where the law wants a yes before data leave, a yes is needed."),
    ConsentMode.STRICT: ("Strict", "A yes is needed everywhere."),
    ConsentMode.ASSUMED: (
        "Assumed",
        "You vouch that your shoppers consent, so silence counts as yes. A no still stands.",
    ),
}
_YES_NEEDED = (
    "An event goes to Meta only if the shopper said yes to marketing. Where nobody says anything it waits ten minutes, is "
    "then withheld, and its person is forgotten."
)
_UNLESS_NO = "An event goes to Meta unless the shopper said no to marketing."
_SALE_IN_EUROPE = "A no to the sale of data, or Global Privacy Control, counts as a no."
_SALE_IN_US: Mapping[LimitedDataUse, str] = {
    LimitedDataUse.AUTO: "After a no to the sale of data, or Global Privacy Control, it goes under Meta’s limited data use.",
    LimitedDataUse.ALWAYS: "It always goes under Meta’s limited data use.",
    LimitedDataUse.NEVER: "After a no to the sale of data, or Global Privacy Control, it is withheld.",
}


class Line(NamedTuple):
    """One answer that was given: to which purpose, yes or no, by whom, and when, where that is known."""

    purpose: str
    answer: str
    by: str
    at: datetime | None


class Mode(NamedTuple):
    """A store's consent mode: its name, what it is, and what it means by place."""

    name: str
    means: str
    by_place: Sequence[tuple[str, str]]


def mode(settings: StoreSettings) -> Mode:
    """The store's."""
    name, means = _MODES[settings.consent_mode]
    strict = settings.consent_mode is ConsentMode.STRICT
    in_europe = _UNLESS_NO if settings.consent_mode is ConsentMode.ASSUMED else _YES_NEEDED
    elsewhere = _YES_NEEDED if strict else _UNLESS_NO
    places = (
        ("EEA, United Kingdom, Switzerland", f"{in_europe} {_SALE_IN_EUROPE}"),
        ("United States", f"{elsewhere} {_SALE_IN_US[settings.limited_data_use]}"),
        ("Elsewhere", elsewhere),
    )
    return Mode(name, means, places)


def voice(by: str, half: Half) -> str:
    """Who said it to us."""
    voices: Mapping[str, str] = {
        Voice.ORDER: "the order itself, when it was placed",
        Voice.SCRIPT: f"our script in your shop, which asks {half.asks}",
        Voice.GPC: "Global Privacy Control of the browser",
    }
    return voices.get(by, by)


def lines(said: Statements, half: Half) -> Sequence[Line]:
    """What was stated of one event; empty where nothing was."""
    answers = (("Marketing", said.marketing), ("Sale of data", said.sale_of_data))
    return [_line(purpose, answer, half) for purpose, answer in answers if answer is not None]


def held(key_mask: int) -> Sequence[str]:
    """What is kept of a person, by the bits of the ledger's column."""
    kept = [key for place, key in enumerate(USER_DATA_KEYS) if key_mask & 1 << place]
    return [KEYS[key] if key in _UNHASHED else f"{KEYS[key]} (hashed)" for key in kept]


def ruling(text: str | None, *, skipped: bool) -> str:
    """The decision and why, as a sentence. `skipped`: the event is not told whatever the shopper says."""
    if skipped:
        return "Makes no difference: the event is not told anyway."
    word, _, why = (text or "").partition(": ")
    if not why:
        return f"{RULINGS.get(word, word)}." if word else "Not decided yet."
    return f"{RULINGS.get(word, word)}: {REASONS.get(why, why)}."


def reason(text: str | None, ruling: str | None = None) -> str:
    """Why a delivery is in its state, as a line of its own; empty where its `ruling` says the same."""
    if not text or text == (ruling or "").partition(": ")[2]:
        return ""
    return capital(REASONS.get(text, text))


def capital(words: str) -> str:
    """The same, as a sentence begins."""
    return f"{words[:1].upper()}{words[1:]}"


def _line(purpose: str, said: Said, half: Half) -> Line:
    return Line(purpose, ANSWERS[said.word], voice(said.by, half), None if said.at is None else from_ms(said.at))
