"""How a store stands, in sentences a merchant can act on: the worst thing first, each with its mend. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from integration.db.datasets import Dataset
from integration.db.deliveries import State
from integration.meta.event import PURCHASE
from integration.monitor.day_parts import Outcome
from integration.monitor.delivery_report import FAILED, GROUPS, ON_THE_WAY

GOOD, NOTE, WARNS, FAILS = "good", "note", "warns", "fails"
# Fewer orders without a browser may be chance.
LEAST_ORDERS = 5


class Orders(NamedTuple):
    """Purchases of some days at one dataset. `due`: those that may be told; of these so many were delivered, wait, or came
    to nothing. `withheld`, `skipped` and `observed` are not told, each for its own reason.
    """

    due: int = 0
    delivered: int = 0
    waiting: int = 0
    failed: int = 0
    withheld: int = 0
    skipped: int = 0
    observed: int = 0

    @property
    def all(self) -> int:
        """Told or not."""
        return self.due + self.withheld + self.skipped + self.observed


class Say(NamedTuple):
    """A sentence, how grave it is, and the way to mend it: `path` of a page, "" where there is nothing to mend."""

    kind: str
    sentence: str
    way: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the sentences are made of. `reconnect`: why the merchant has to connect the store again; `webhooks`: why they
    could not be looked after; `silent`: no browser is heard though our half should speak; `span`: such as "7 days".
    """

    live: bool
    datasets: Sequence[Dataset]
    outcomes: Sequence[Outcome]
    only_server: int
    reconnect: str | None
    webhooks: str | None
    silent: bool
    span: str
    zone: ZoneInfo


def orders(outcomes: Sequence[Outcome], dataset_pk: int | None = None) -> Orders:
    """Purchases at one dataset; without one, at the dataset to which the fewest were delivered."""
    if dataset_pk is None:
        each = [orders(outcomes, pk) for pk in {one.dataset_pk for one in outcomes if one.dataset_pk is not None}]
        nowhere = _counted([one for one in outcomes if one.dataset_pk is None])
        worst = min(each, key=lambda one: (one.delivered - one.due, -one.all), default=Orders())
        return Orders(*(a + b for a, b in zip(worst, nowhere, strict=True)))
    return _counted([one for one in outcomes if one.dataset_pk == dataset_pk])


def _counted(outcomes: Sequence[Outcome]) -> Orders:
    numbers: Counter[str] = Counter()
    for one in outcomes:
        if one.event_name == PURCHASE:
            numbers[one.state] += one.events
    delivered = numbers[State.DELIVERED]
    waiting, failed = (sum(numbers[state] for state in GROUPS[group]) for group in (ON_THE_WAY, FAILED))
    due = delivered + waiting + failed
    left_out = (numbers[State.WITHHELD], numbers[State.SKIPPED], numbers[State.OBSERVED])
    return Orders(due, delivered, waiting, failed, *left_out)


def standing(facts: Facts) -> Sequence[Say]:
    """What is wrong, the worst first, and last how the orders fared: the first one is the page's sentence."""
    return [*_wrong(facts), told(facts)]


def _wrong(facts: Facts) -> Iterator[Say]:
    if facts.reconnect:
        yield Say(FAILS, f"The store has to be connected again. {facts.reconnect}", "See how", "/setup")
    if facts.live:
        yield from (_paused(one, facts) for one in facts.datasets if one.paused)
        if not facts.datasets:
            held = _many(orders(facts.outcomes).waiting, "purchase is", "purchases are")
            yield Say(
                FAILS,
                f"No dataset of Meta’s is attached: {held} waiting, and what is older than seven days Meta takes no more.",
                "Add a dataset",
                "/dataset",
            )
    if facts.webhooks:
        yield Say(WARNS, f"Webhooks could not be looked after: {facts.webhooks}", "See the setup", "/setup")
    if facts.live and facts.silent and orders(facts.outcomes).all >= LEAST_ORDERS:
        sentence = "Orders come in, and no browser of your shop is heard: what only a browser knows is missing."
        yield Say(WARNS, sentence, "Look at the storefront", "/pixel")


def _paused(dataset: Dataset, facts: Facts) -> Say:
    """As in: Meta refused the token on 21 November at 14:05. 12 purchases are waiting. Paste a new one; nothing is lost."""
    what, _, mend = (dataset.reason or "Meta takes nothing.").partition(". ")
    when = f" on {_spoken(dataset.paused_at, facts.zone)}" if dataset.paused_at else ""
    where = f" (dataset {dataset.dataset_id})" if len(facts.datasets) > 1 else ""
    waiting = _many(orders(facts.outcomes, dataset.id).waiting, "purchase is", "purchases are")
    sentence = f"{what.rstrip('.')}{when}{where}. {waiting} waiting. {mend or 'Nothing is lost.'}"
    return Say(FAILS, sentence, "Mend it", "/dataset")


def told(facts: Facts) -> Say:
    """How the orders fared."""
    found = orders(facts.outcomes)
    if not facts.live:
        return Say(NOTE, _observed(found, facts.span), "Go live", "/setup")
    if not found.all:
        return Say(NOTE, f"No order came in during the last {facts.span}. Each appears here within seconds.")
    if not found.due:
        return Say(NOTE, f"No order of the last {facts.span} may be told to Meta: {_left_out(found)}.")
    sentence = f"{_how_many(found, facts)}{_only_server(facts.only_server, found)}.{_rest(found)}"
    if found.failed:
        return Say(WARNS, sentence, "See why", "/delivery")
    return Say(GOOD if found.delivered == found.due else NOTE, sentence)


def _observed(found: Orders, span: str) -> str:
    """A store that was live before, and was connected again, has told some."""
    would = _many(found.observed + found.due - found.delivered, "order of", "orders of")
    sentence = f"Tandem is observing: {would} the last {span} would have been told, and nothing goes to Meta"
    return f"{sentence} now. {found.delivered:,} reached Meta before that." if found.delivered else f"{sentence} yet."


def _how_many(found: Orders, facts: Facts) -> str:
    if found.delivered < found.due:
        return f"{found.delivered:,} of {found.due:,} orders of the last {facts.span} reached Meta"
    if found.due == 1:
        return f"The one order of the last {facts.span} reached Meta"
    return f"All {found.due:,} orders of the last {facts.span} reached Meta"


def _only_server(number: int, found: Orders) -> str:
    if not number:
        return ""
    return "; only the server told it" if found.delivered == 1 else f"; {number:,} of them only the server told"


def _rest(found: Orders) -> str:
    """What became of those that did not reach Meta."""
    on_the_way = f"{_many(found.waiting, 'is', 'are')} on the way" if found.waiting else ""
    failed = f"{found.failed:,} came to nothing" if found.failed else ""
    less = ", ".join(filter(None, (on_the_way, failed)))
    more = _left_out(found)
    apart = f" {found.all - found.due:,} more were not to be told: {more}." if more else ""
    return f"{f' {less}.' if less else ''}{apart}"


def _left_out(found: Orders) -> str:
    parts = (
        (found.withheld, "without the shopper’s consent"),
        (found.skipped, "not the website’s, or not to be counted"),
        (found.observed, "from before the store went live"),
    )
    return ", ".join(f"{number:,} {words}" for number, words in parts if number)


def _many(number: int, one: str, more: str) -> str:
    return f"{number:,} {one if number == 1 else more}"


def _spoken(at: datetime, zone: ZoneInfo) -> str:
    there = at.astimezone(zone)
    return f"{there.day} {there:%B} at {there:%H:%M}"
