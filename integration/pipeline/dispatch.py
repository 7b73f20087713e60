"""Which due deliveries leave now, and as what. Rows, a store's settings, a person and the time in; verdicts out: no I/O."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeVar

from connectors.event import Source
from integration.db.datasets import Dataset
from integration.db.deliveries import UNSETTLED, State
from integration.db.dependents import Purchaser
from integration.db.due import Due
from integration.db.stores import Store
from integration.errors import SealBroken
from integration.meta import mapping
from integration.meta.event import MAX_BATCH, REFUND, LimitedData, ServerEvent, is_sufficient
from integration.pipeline import consent, statements
from integration.pipeline.browsing import Heard
from integration.pipeline.identity import Person
from integration.pipeline.qualify import (
    AWAITS_PURCHASE,
    CANCELLED,
    NO_CUSTOMER_INFORMATION,
    PURCHASE_NOT_TOLD,
    STORE_DISCONNECTED,
    TEST_ORDER,
    routed_away,
)
from integration.pipeline.schedule import CONSENT_PAUSE, OPEN_AFTER, Leave, Past, Witnessed, may_have_told, may_leave
from integration.pipeline.statements import SILENCE, Statements
from integration.store_settings import PixelOwner

OLDER_THAN_META_TAKES = "older than 7 days"
PERHAPS_COUNTED = "Meta may have counted it already, and would count it again"
PERHAPS_TOLD_BY_PIXEL = "more than 47 hours old: the Pixel may have told it, and Meta would count it again"


@dataclass(frozen=True, slots=True)
class Told:
    """A delivery that may leave, what will be told of it, and why consent lets it. `learnt`: of whom, where a browser told
    more of them than the ledger knows, and all that was said of their data.
    """

    due: Due
    event: ServerEvent
    ruling: str
    learnt: Person | None = None
    stated: Statements = SILENCE


@dataclass(frozen=True, slots=True)
class Set:
    """A delivery that does not leave now: its new state. `wipe`: the person behind it is forgotten. `ruling`: what consent
    said, where it was asked; `stated`: what had been said to us until then.
    """

    state: State
    reason: str | None = None
    next_at: datetime | None = None
    wipe: bool = False
    ruling: str | None = None
    stated: Statements | None = field(default=None, compare=False)


def _nothing(_row: Due) -> None:
    return None


@dataclass(frozen=True, slots=True)
class View:
    """What a decision may look at. `purchasers`: for refunds, what became of each order's Purchase, and its person.

    `heard`: what browsers told of themselves about a row's order or checkout; `witnessed`: what the Pixel told of an old
    one; `told_by_pixel`: orders of which the Pixel is proven to have told this dataset.
    """

    store: Store
    dataset: Dataset
    purchasers: Mapping[str, Purchaser]
    unseal: Callable[[str], Person]
    now: datetime
    heard: Callable[[Due], Heard | None] = _nothing
    witnessed: Callable[[Due], Witnessed | None] = _nothing
    told_by_pixel: Collection[str] = ()


def decide(row: Due, view: View) -> Told | Set:
    """Whether one delivery leaves now, and as what. Asked again at every attempt."""
    return _barred(row, view) or _aged(row, view) or _with_person(row, view)


def _barred(row: Due, view: View) -> Set | None:
    """What the store or the dataset forbids."""
    if view.store.uninstalled_at is not None:
        return Set(State.HELD, STORE_DISCONNECTED)
    elsewhere = routed_away(view.store.settings, row.event_name)
    if elsewhere is not None:
        return Set(State.SKIPPED, elsewhere)
    if not view.store.live:
        return Set(State.OBSERVED, "would be sent")
    if row.test and not view.dataset.test_event_code:
        return Set(State.SKIPPED, TEST_ORDER)
    if row.ended and not _attempted(row):
        # Taken back while a call was under way that, as it turned out, was not counted.
        return Set(State.SKIPPED, CANCELLED)
    return None


def _attempted(row: Due) -> bool:
    """Whether an attempt of ours may have been counted."""
    return row.doubtful or row.state == State.SENDING


def past(row: Due, pixel: PixelOwner, witnessed: Witnessed | None = None) -> Past:
    """What the age rules need to know of a delivery.

    A Pixel may have told placements, so their 47 h run from there; a refund has no Pixel copy, and its hours run from
    our own first attempt.
    """
    told_by_us_alone = row.event_name == REFUND
    return Past(
        event_time=row.event_time,
        safe_from=row.first_attempt_at if told_by_us_alone else row.placed_at,
        attempted=_attempted(row),
        browser=not told_by_us_alone and may_have_told(pixel, witnessed),
        insisted=row.insisted,
    )


def _aged(row: Due, view: View) -> Set | None:
    match may_leave(past(row, view.store.settings.pixel, view.witnessed(row)), view.now):
        case Leave.EXPIRED:
            return Set(State.EXPIRED, OLDER_THAN_META_TAKES)
        case Leave.AMBIGUOUS:
            return Set(State.AMBIGUOUS, PERHAPS_COUNTED if _attempted(row) else PERHAPS_TOLD_BY_PIXEL)
        case Leave.GO:
            return None


def _with_person(row: Due, view: View) -> Told | Set:
    if row.event_name == REFUND:
        return _refund(row, view)
    if row.user_data is None:
        return Set(State.SKIPPED, NO_CUSTOMER_INFORMATION)
    return _unsealed(row, view, row.user_data)


def _refund(row: Due, view: View) -> Told | Set:
    """A refund is told where its order's Purchase was, by us or by the Pixel, whatever road it came by (a webhook, a
    resumed store), and of the person we know of that.
    """
    purchaser = view.purchasers.get(row.order_id or "")
    if purchaser is None or purchaser.state in UNSETTLED:
        return Set(State.WAITING, AWAITS_PURCHASE)
    if purchaser.test:
        return Set(State.SKIPPED, TEST_ORDER)  # a refund's body does not say that its order was a trial
    told = purchaser.state is State.DELIVERED or row.order_id in view.told_by_pixel
    if not told or purchaser.sealed is None:
        return Set(State.SKIPPED, PURCHASE_NOT_TOLD)
    return _unsealed(row, view, purchaser.sealed)


def _unsealed(row: Due, view: View, sealed: str) -> Told | Set:
    try:
        person = view.unseal(sealed)
    except SealBroken as error:
        return Set(State.HELD, str(error))
    return _consented(row, view, _whole_account(row, view, person))


class Account(NamedTuple):
    """Whom an event is about, with what their browser told, and all that was said of their data. `learnt`: the ledger
    knows less.
    """

    person: Person
    stated: Statements
    learnt: bool = False


def _whole_account(row: Due, view: View, person: Person) -> Account:
    """A refund is told of the Purchase's person: what a browser refused since then is heard, and nothing else of it."""
    heard, refund = view.heard(row), row.event_name == REFUND
    stated = person.stated if refund or row.stated is None else statements.decode(row.stated)
    if refund:
        stated = stated.refusals(heard) if heard else stated
        return Account(person.without_browser().saying(stated), stated)
    if heard is None:
        return Account(person, stated)
    said = stated.heard(heard)
    website = mapping.decode_facts(row.facts).source is Source.WEBSITE
    joined = person.joined(heard, said, website=website, leave_out=view.store.settings.leave_out)
    return Account(joined, said, learnt=joined != person or said != stated)


def _consented(row: Due, view: View, account: Account) -> Told | Set:
    until = row.received_at + CONSENT_PAUSE
    settings = view.store.settings
    decision = consent.decide(
        account.person.shopper, settings.consent_mode, settings.limited_data_use, patience_over=view.now >= until
    )
    ruling = consent.ruling(decision)
    match decision:
        case consent.Withhold(reason):
            return Set(State.WITHHELD, reason, wipe=row.event_name != REFUND, ruling=ruling, stated=account.stated)
        case consent.Wait(reason):
            return Set(State.WAITING, reason, until, ruling=ruling)
        case consent.Limited(options):
            return _told(row, view, account, options, ruling)
        case consent.Whole():
            return _told(row, view, account, None, ruling)


def _told(row: Due, view: View, account: Account, limited: LimitedData | None, ruling: str) -> Told | Set:
    user_data = account.person.user_data
    if not is_sufficient(mapping.without(user_data, view.store.settings.leave_out)):
        return Set(State.SKIPPED, NO_CUSTOMER_INFORMATION)
    event = mapping.server_event(
        event_name=row.event_name,
        event_id=row.event_id,
        event_time=row.event_time,
        kept=mapping.decode_facts(row.facts),
        person=user_data,
        settings=view.store.settings,
        limited=limited,
    )
    return Told(row, event, ruling, account.person if account.learnt else None, account.stated)


class Packed(NamedTuple):
    """A delivery that leaves, and the JSON object that is told of it; the rest as in `Told`."""

    due: Due
    body: bytes
    ruling: str
    learnt: Person | None = None
    stated: Statements = SILENCE


P = TypeVar("P", Told, Packed)


def next_batch(told: Sequence[P], limit: int | None = None) -> list[P]:
    """The events of the next call, at most `limit`: test orders apart from real ones, and a part of a refused batch by
    itself.
    """
    if not told:
        return []
    first = told[0].due
    alike = [one for one in told if (one.due.share, one.due.test) == (first.share, first.test)]
    return alike[:limit]


# How many events a dataset's next call may hold after so many leases in a row whose owner died: were it one event
# that kills whoever touches it, the others must not stay behind it for ever.
_AFTER_CRASHES = (MAX_BATCH, MAX_BATCH, 100, 10)
ONE_AT_A_TIME = len(_AFTER_CRASHES)
CRASHES_OF_ONE = 2 * ONE_AT_A_TIME


def most_events(dataset: Dataset) -> int:
    """How many events the dataset's next call may hold: one, where it only asks whether Meta takes anything again."""
    if dataset.paused or dataset.failures >= OPEN_AFTER or dataset.crashes >= ONE_AT_A_TIME:
        return 1
    return _AFTER_CRASHES[dataset.crashes]
