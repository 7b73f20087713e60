"""What the page about data & privacy says: what is kept and for how long, what consent came to, and requests. Pure."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from connectors.contract import Half
from connectors.event import PrivacyKind, Stated
from integration.db.consents import Stated as Alike
from integration.db.consents import Withheld
from integration.db.privacy_requests import MERCHANT, OPERATOR, PLATFORM, Request
from integration.privacy.desk import UNREADABLE
from integration.retention import Retention
from integration.store_settings import Field
from integration.web import consent_words

# By kind of `retention.Retention`, in the order in which they are shown: what it is, and where it counts from.
KEPT: Mapping[str, tuple[str, str]] = {
    "told": ("The person of an event that Meta was told of: hashes and the browser, encrypted. Refunds need them", "after it came"),
    "untold": ("The person of an event that Meta was not told of, kept in the same way", "after it came"),
    "signals": ("What a shopper’s browser told of itself, encrypted: the click on an ad, Meta’s id of the browser, IP address", "after its last word"),
    "quarantine": ("A notification of your shop that nobody could read, whole and encrypted", "after it came"),
    "exports": ("The answer to a request for a person’s data, encrypted, for you to pass on", "after it was made"),
    "left": ("All that is kept of your store, once Tandem is removed from it", "after that"),
    "receipts": ("That a notification came, when, and a checksum of it; not of whom", "after it came"),
    "sightings": ("That a Pixel told an event; not of whom", "after it was seen"),
    "attempts": ("That Meta was called, and what it answered; not of whom", "after the call"),
}  # fmt: skip
WITH_THE_STORE: Sequence[str] = (
    "That an event happened, its order’s number, value and products, what was stated and what became of it; not of whom",
    "Fingerprints, made with a secret key, of people who were erased, so that nothing late brings them back",
)
FIELDS: Mapping[Field, str] = {
    Field.EMAIL: "E-mail address",
    Field.PHONE: "Phone number",
    Field.NAME: "Name",
    Field.CITY: "City",
    Field.STATE: "State or province",
    Field.POSTCODE: "Postcode",
    Field.COUNTRY: "Country",
    Field.CUSTOMER_ID: "Customer id",
    Field.IP: "IP address",
    Field.USER_AGENT: "The browser’s name of itself",
    Field.CLICK: "The click on an ad",
    Field.BROWSER_ID: "Meta’s id of the browser",
}
KINDS: Mapping[str, str] = {
    PrivacyKind.CUSTOMER_DATA: "A person’s data",
    PrivacyKind.CUSTOMER_ERASURE: "A person’s erasure",
    PrivacyKind.STORE_ERASURE: "The store’s erasure",
    UNREADABLE: "Cannot be read",
}
_ROWS: Mapping[str, tuple[str, str]] = {
    "events": ("event", "events"),
    "deliveries": ("delivery", "deliveries"),
    "signals": ("signal of a browser", "signals of browsers"),
    "sightings": ("sighting of the Pixel", "sightings of the Pixel"),
    "quarantine": ("notification that nobody could read", "notifications that nobody could read"),
    "webhooks": ("receipt", "receipts"),
    "tasks": ("earlier demand", "earlier demands"),
    "tombstones": ("fingerprint against bringing them back", "fingerprints against bringing them back"),
    "privacy_requests": ("earlier request", "earlier requests"),
}


class Kept(NamedTuple):
    """One kind of data, and for how long it is kept."""

    what: str
    how_long: str


class Voiced(NamedTuple):
    """Of how many events one voice said what. `sale`: no to the sale of data."""

    by: str
    yes: int
    no: int
    sale: int


class Heard(NamedTuple):
    """What was stated about the events of the last days. `silent`: of how many nothing about marketing."""

    events: int
    voices: Sequence[Voiced]
    silent: int


class Asked(NamedTuple):
    """One request about personal data. `has_export`: there is something to download."""

    id: int
    kind: str
    by: str
    at: datetime
    due_at: datetime
    overdue: bool
    begun_at: datetime | None
    done_at: datetime | None
    trouble: str | None
    proof: str
    has_export: bool


def kept(retention: Retention) -> Sequence[Kept]:
    """What is kept, and for how long by this service's settings."""
    days = retention.by_kind()
    return [Kept(what, f"{_number(days[kind], 'day', 'days')} {since}") for kind, (what, since) in KEPT.items()]


def heard(stated: Sequence[Alike], half: Half) -> Heard:
    """The voices, the loudest first."""
    yes, no, sale = Counter[str](), Counter[str](), Counter[str]()
    for one in stated:
        if one.marketing_by:
            (yes if one.marketing == Stated.GRANTED else no)[one.marketing_by] += one.events
        if one.sale_by and one.sale == Stated.REFUSED:
            sale[one.sale_by] += one.events
    loudest = (yes + no + sale).most_common()
    voices = [
        Voiced(consent_words.capital(consent_words.voice(by, half)), yes[by], no[by], sale[by]) for by, _ in loudest
    ]
    silent = sum(one.events for one in stated if not one.marketing_by)
    return Heard(sum(one.events for one in stated), voices, silent)


def withheld(found: Sequence[Withheld]) -> Sequence[Withheld]:
    """The same, each reason in a merchant's words."""
    unknown = "No reason was written down"
    return [one._replace(reason=consent_words.reason(one.reason) or unknown) for one in found]


def asked(request: Request, label: str, now: datetime) -> Asked:
    """A request in words. `label`: the platform's name."""
    by = {PLATFORM: label, OPERATOR: "Whoever runs Tandem", MERCHANT: "You"}
    return Asked(
        id=request.id,
        kind=KINDS.get(request.kind, request.kind),
        by=by.get(request.asked_by, request.asked_by),
        at=request.asked_at,
        due_at=request.due_at,
        overdue=request.done_at is None and request.due_at < now,
        begun_at=request.begun_at,
        done_at=request.done_at,
        trouble=request.trouble,
        proof=proof(request) if request.done_at else "",
        has_export=request.export is not None,
    )


def proof(request: Request) -> str:
    """What was found or erased, as a sentence; nothing, where that was not written down."""
    found = [(table, rows) for table, rows in json.loads(request.proof or "{}").items() if rows]
    deed = "found" if request.kind == PrivacyKind.CUSTOMER_DATA else "erased"
    if not found:
        return f"Nothing was there to be {deed}." if request.proof else ""
    counted = [_number(rows, *_ROWS.get(table, (table, table))) for table, rows in found]
    return f"{_listed(counted)} {deed}."


def _number(some: int, one: str, many: str) -> str:
    return f"{some:,} {one if some == 1 else many}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
