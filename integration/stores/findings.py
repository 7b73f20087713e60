"""What a tally says that a merchant must not overlook, in sentences. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.event import Source
from integration.pipeline.consent import EEA, NO_CONSENT, SWITZERLAND, UK, UNKNOWN
from integration.pipeline.qualify import SOURCE_REASONS
from integration.store_settings import ConsentMode
from integration.stores import tally
from integration.stores.tally import REST, Fate, Numbers, Tally

# A source with more than so many per cent of the orders is never skipped silently.
LOUD_PERCENT = 2
LONGEST_WARNING = 500  # the alert's column

_DOORS = {tally.because(Fate.SKIPPED, reason): source for source, reason in SOURCE_REASONS.items()}

# By the door: how orders come through it, and when a merchant may want them told.
_CAME: Mapping[Source, str] = {
    Source.POS: "the point of sale ({})",
    Source.DRAFT: "drafts made by hand ({})",
    Source.SUBSCRIPTION: "renewals of subscriptions ({})",
    Source.OTHER: "{}",
}
_UNLESS: Mapping[Source, str] = {
    Source.POS: "Such sales are not made on your website. If Meta is to know of them all the same",
    Source.DRAFT: "If they are sales of your website that you only finish by hand",
    Source.SUBSCRIPTION: "If each renewal is to count as a purchase",
    Source.OTHER: "If they are sales of your website, through another checkout for instance",
}
_EVERY_APP = " It then holds for every app that makes orders."
_PLACES: Mapping[str, str] = {EEA: "the EEA", UK: "the UK", SWITZERLAND: "Switzerland"}


@dataclass(frozen=True, slots=True)
class Loud:
    """A source of some weight that is left out because of what it is."""

    label: str
    sentence: str


def loud(counted: Tally) -> Sequence[Loud]:
    """Sources with more than LOUD_PERCENT of the orders that are skipped because of what they are, largest first.

    Those too small to be kept by name are judged as one, so that many small ones cannot hide behind one another.
    """
    ranked = sorted(counted.sources.items(), key=lambda row: -tally.size(row[1]))
    heavy = [(label, of) for label, of in ranked if 100 * tally.size(of) > LOUD_PERCENT * counted.orders]
    return [Loud(label, _left_out(label, left, counted)) for label, of in heavy if (left := _by_door(of))]


def warning(found: Sequence[Loud]) -> str | None:
    """The same as one text for an alert; None where there is nothing to tell."""
    if not found:
        return None
    others = len(found) - 1
    more = f" {others} further source{'s are' if others > 1 else ' is'} left out as well: see the last 30 days."
    return found[0].sentence + (more if others else "")


def consent_sentence(counted: Tally) -> str | None:
    """How many orders would be withheld because nobody tells us what the shopper chose; None for none."""
    key = tally.because(Fate.WITHHELD, NO_CONSENT)
    silent = {region: of[key] for region, of in counted.regions.items() if key in of}
    if not silent:
        return None
    strict = counted.judged_by["consent_mode"] == ConsentMode.STRICT
    places = [words for region, words in _PLACES.items() if region in silent]
    where = "" if strict else f"came from {_listed(places)} and "
    return (
        f"{_so_many(sum(silent.values()), counted)} {where}would be withheld: no consent reaches us. "
        "Let our script in your shop hear your banner, or vouch that your shoppers consent: choose the consent mode "
        "Assumed in Settings."
    )


def share(some: int, orders: int) -> str:
    """Per cent, to one decimal below ten; never 0 for some nor 100 for not all."""
    if some in (0, orders):
        return "100 %" if some else "0 %"
    percent = 100 * some / orders
    if percent < 0.1:
        return "under 0.1 %"
    if percent > 99:
        return "over 99 %"
    return f"{percent:.1f} %" if percent < 9.95 else f"{percent:.0f} %"


def _so_many(some: int, counted: Tally) -> str:
    """The beginning of a sentence about some of all orders."""
    if counted.orders == 1:
        return "Your only order"
    those = "the first" if counted.more else "your last"
    return f"{some:,} of {those} {counted.orders:,} orders ({share(some, counted.orders)})"


def _by_door(numbers: Numbers) -> dict[Source, int]:
    """How many orders are skipped because of the door they came through."""
    return {_DOORS[key]: orders for key, orders in numbers.items() if key in _DOORS}


def _left_out(label: str, left: Mapping[Source, int], counted: Tally) -> str:
    door = max(left, key=lambda source: left[source])
    doors = " and ".join(sorted(left))
    return (
        f"{_so_many(sum(left.values()), counted)} came from {_CAME[door].format(_named(label))} and would not be "
        f"told to Meta. {_UNLESS[door]}, tick them in Settings, among the orders from elsewhere ({doors})."
        f"{_EVERY_APP if Source.OTHER in left else ''}"
    )


def _named(label: str) -> str:
    """A platform's word for a source, in a sentence. A number is the id of an app."""
    if label == REST:
        return "many small sources"
    if label == UNKNOWN:
        return "a source without a name"
    return f"app {label}" if label.isascii() and label.isdigit() else f"“{label}”"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
