"""Who told Meta of one event: both riders, the Pixel only, the server only, or nobody can say. Pure.

`server_only` is a claim, and needs evidence: our script ran for that checkout and its Pixel did not leave, or Pixels of
neighbouring orders left and this one was not heard of within an hour. Everything else is `unknown`, and never claimed.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple


class Value(StrEnum):
    """The four values."""

    BOTH = "both"
    PIXEL_ONLY = "pixel_only"
    SERVER_ONLY = "server_only"
    UNKNOWN = "unknown"


class Cause(StrEnum):
    """Why it is so, as far as it can be known."""

    TOLD_BY_BOTH = "told_by_both"
    SERVER_DID_NOT_TELL = "server_did_not_tell"
    NO_THANK_YOU_PAGE = "no_thank_you_page"
    BLOCKED = "blocked"
    DID_NOT_LEAVE = "did_not_leave"
    ONLY_THIS_ONE_SILENT = "only_this_one_silent"
    OTHER_ID = "other_id"
    NOT_THE_PIXELS = "not_the_pixels"
    NO_CONSENT = "no_consent"
    NOT_TOLD = "not_told"
    TOO_EARLY = "too_early"
    PIXEL_SILENT = "pixel_silent"


# As people read them.
SENTENCES = {
    Cause.TOLD_BY_BOTH: "The Pixel and the server told it under one id: Meta counts it once.",
    Cause.SERVER_DID_NOT_TELL: "The Pixel told it; the server did not.",
    Cause.NO_THANK_YOU_PAGE: "Our script ran in the checkout, and the page after it never spoke: closed early, or left to pay.",
    Cause.BLOCKED: "The Pixel was called and Meta’s script never ran: blocked by the browser or an extension.",
    Cause.DID_NOT_LEAVE: "Meta’s script ran; whether its request left could not be seen.",
    Cause.ONLY_THIS_ONE_SILENT: "Pixels of orders shortly before and after were heard of, this one’s was not.",
    Cause.OTHER_ID: "The Pixel told it under another id: Meta may have counted it twice.",
    Cause.NOT_THE_PIXELS: "Telling it is not our Pixel’s, by your settings or because the store is not live.",
    Cause.NO_CONSENT: "The shopper refused, or nothing was said where a yes is needed: neither may tell it.",
    Cause.NOT_TOLD: "Neither was seen to tell it.",
    Cause.TOO_EARLY: "Less than an hour old: the Pixel may still be heard of.",
    Cause.PIXEL_SILENT: "Nothing was heard of our script around that time, so nothing is claimed.",
}

# What each is a cause of; of every other one: unknown.
_CAUSES_OF: Mapping[Value, Sequence[Cause]] = {
    Value.BOTH: (Cause.TOLD_BY_BOTH,),
    Value.PIXEL_ONLY: (Cause.SERVER_DID_NOT_TELL,),
    Value.SERVER_ONLY: (Cause.BLOCKED, Cause.NO_THANK_YOU_PAGE, Cause.ONLY_THIS_ONE_SILENT),
}


def value_of(cause: Cause) -> Value:
    """Which value has that cause."""
    return next((value for value, causes in _CAUSES_OF.items() if cause in causes), Value.UNKNOWN)


class Seen(NamedTuple):
    """What is known of one event at one dataset. Sightings count here only where they were proven.

    `sent`, `loaded` and `called`: how far the Pixel's word came under the very id of the server's. `sent_otherwise`: it
    left under another. `script_ran`: a browser spoke to us of that checkout. `neighbours_sent`: other orders' Pixels
    left within the hour before and within the hour after. `old_enough`: an hour has passed.
    """

    delivered: bool
    withheld: bool
    pixels: bool
    sent: bool = False
    loaded: bool = False
    called: bool = False
    sent_otherwise: bool = False
    script_ran: bool = False
    neighbours_sent: bool = False
    old_enough: bool = True


class Verdict(NamedTuple):
    """One of four values, with its cause."""

    value: Value
    cause: Cause


def judge(seen: Seen) -> Verdict:
    """The coverage of one event."""
    if seen.sent:
        told = Verdict(Value.BOTH, Cause.TOLD_BY_BOTH)
        return told if seen.delivered else Verdict(Value.PIXEL_ONLY, Cause.SERVER_DID_NOT_TELL)
    doubt = _doubt(seen)
    if doubt:
        return Verdict(Value.UNKNOWN, doubt)
    evidence = _evidence(seen)
    return Verdict(Value.SERVER_ONLY, evidence) if evidence else Verdict(Value.UNKNOWN, Cause.PIXEL_SILENT)


def _doubt(seen: Seen) -> Cause | None:
    """Why nothing can be claimed, whatever was heard."""
    doubts = (
        (seen.sent_otherwise, Cause.OTHER_ID),
        (seen.withheld, Cause.NO_CONSENT),
        (not seen.pixels, Cause.NOT_THE_PIXELS),
        (not seen.delivered, Cause.NOT_TOLD),
        (not seen.old_enough, Cause.TOO_EARLY),
        # Its request may have left in a way that a page cannot see.
        (seen.loaded, Cause.DID_NOT_LEAVE),
    )
    return next((cause for holds, cause in doubts if holds), None)


def _evidence(seen: Seen) -> Cause | None:
    """The strongest sign that the Pixel did not tell."""
    signs = (
        (seen.called, Cause.BLOCKED),
        (seen.script_ran, Cause.NO_THANK_YOU_PAGE),
        (seen.neighbours_sent, Cause.ONLY_THIS_ONE_SILENT),
    )
    return next((cause for holds, cause in signs if holds), None)
