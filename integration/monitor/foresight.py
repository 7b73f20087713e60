"""What consent would hold back of a store's orders, in numbers, told before it goes live. Pure but for `of_store`.

The last orders of the ledger are judged anew by the store's present settings; where it knows too few of late, the survey
of the last 30 days speaks. A refusal is a choice and no fault, so it is told apart from silence.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from connectors import registry
from connectors.contract import Half
from integration.db import Connection, foresight, surveys
from integration.db.deliveries import State
from integration.db.foresight import Known
from integration.db.stores import Store
from integration.db.surveys import Survey
from integration.meta.event import PURCHASE
from integration.pipeline import consent, statements
from integration.pipeline.consent import EEA, ELSEWHERE, NO_CONSENT, SWITZERLAND, UK, UNKNOWN, USA, Decision, Withhold
from integration.store_settings import ConsentMode, StoreSettings
from integration.stores import tally
from integration.stores.tally import Fate

MOST, LEAST = 150, 10
LOOKS_BACK = timedelta(days=30)

_PLACES: Mapping[str, str] = {EEA: "the EEA", UK: "the UK", SWITZERLAND: "Switzerland"}
# A country that stands for all of its region: the rules see no further than that.
_ONE_OF: Mapping[str, str | None] = {EEA: "AT", UK: "GB", SWITZERLAND: "CH", USA: "US", ELSEWHERE: "NZ", UNKNOWN: None}
_NOBODY_SAYS, _SOME_SAY = "no consent reaches us", "their shoppers said neither yes nor no, though others did"
_A_CHOICE = "That is a choice and no fault: nothing has to be done."


class Counted(NamedTuple):
    """Orders by what consent comes to. `those`: which orders they are; `silent`: by region, a yes was needed and nothing
    was stated; `refused`: held back for another reason; `heard`: of some, a yes or a no reached us.
    """

    those: str
    orders: int
    silent: Mapping[str, int]
    refused: int
    heard: bool


class Foresight(NamedTuple):
    """Two sentences, each "" where there is nothing to tell."""

    silence: str
    refusals: str


def of_store(connection: Connection, store: Store, now: datetime) -> Foresight | None:
    """What a store's merchant is to know; None where nothing would be withheld, or where too little is known."""
    known = foresight.last(connection, store.id, PURCHASE, MOST)
    counted = of_ledger(known, store.settings, now)
    if counted is None:
        counted = of_survey(surveys.of_store(connection, store.id), store.settings)
    return foretold(counted, store.settings.consent_mode, registry.get(store.platform).half) if counted else None


def of_ledger(known: Sequence[Known], settings: StoreSettings, now: datetime) -> Counted | None:
    """Counts of the last orders; None where fewer than LEAST are of the last 30 days."""
    if sum(one.placed_at >= now - LOOKS_BACK for one in known) < LEAST:
        return None
    silent: Counter[str] = Counter()
    refused, heard = 0, False
    for one in known:
        if one.states == {State.SKIPPED}:  # not told whatever the shopper says
            continue
        heard |= statements.decode(one.stated).marketing is not None
        decision = judged(one.region, one.stated, settings)
        if isinstance(decision, Withhold):
            silent[one.region] += decision.reason == NO_CONSENT
            refused += decision.reason != NO_CONSENT
    return Counted(f"your last {len(known):,} orders", len(known), silent, refused, heard)


def of_survey(survey: Survey | None, settings: StoreSettings) -> Counted | None:
    """Counts of the last 30 days' orders; None where they are not read to the end, or judged by another consent mode."""
    counted = tally.decode(survey.counts) if survey and survey.done_at else None
    if counted is None or not counted.orders or counted.judged_by["consent_mode"] != settings.consent_mode:
        return None
    key = tally.because(Fate.WITHHELD, NO_CONSENT)
    silent = {region: of.get(key, 0) for region, of in counted.regions.items()}
    asked_there = [of for region, of in counted.regions.items() if _needs_a_yes(region, settings.consent_mode)]
    withheld = tally.by_fate(tally.total(counted.regions.values()))[Fate.WITHHELD]
    refused = withheld - sum(silent.values())
    heard = bool(refused or any(of.get(Fate.SENT.value) for of in asked_there))
    those = f"{'the first' if counted.more else 'your'} {counted.orders:,} orders of the last 30 days"
    return Counted(those, counted.orders, silent, refused, heard)


def foretold(counted: Counted, mode: ConsentMode, half: Half) -> Foresight | None:
    """The sentences; None where nothing would be withheld."""
    silent = sum(counted.silent.values())
    if not silent and not counted.refused:
        return None
    return Foresight(_silence(counted, silent, mode, half), _refusals(counted))


def _silence(counted: Counted, silent: int, mode: ConsentMode, half: Half) -> str:
    if not silent:
        return ""
    places = [words for region, words in _PLACES.items() if counted.silent.get(region)]
    are = "is" if silent == 1 else "are"
    where = f"{are} from {_listed(places)} and " if mode is ConsentMode.REGIONAL else ""
    why = _SOME_SAY if counted.heard else _NOBODY_SAYS
    return (
        f"{silent:,} of {counted.those} {where}would be withheld: {why}. {half.hearing[0].upper()}{half.hearing[1:]}, "
        "or vouch that your shoppers consent: choose the consent mode Assumed in Settings."
    )


def _refusals(counted: Counted) -> str:
    if not counted.refused:
        return ""
    return f"{counted.refused:,} of {counted.those} would be withheld because the shopper refused. {_A_CHOICE}"


def judged(region: str, stated: str | None, settings: StoreSettings) -> Decision:
    """What these settings come to for an order of the ledger, as the road decides once it has waited. Pure."""
    said = statements.decode(stated)
    marketing, sale = statements.word(said.marketing), statements.word(said.sale_of_data)
    shopper = consent.Shopper(marketing, sale, _ONE_OF.get(region), None, has_ip=True)
    return consent.decide(shopper, settings.consent_mode, settings.limited_data_use, patience_over=True)


def _needs_a_yes(region: str, mode: ConsentMode) -> bool:
    return mode is ConsentMode.STRICT or (mode is ConsentMode.REGIONAL and region in _PLACES)


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
