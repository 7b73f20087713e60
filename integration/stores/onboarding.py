"""The way of a store from connected to proven, as steps. Pure: facts in, steps out; `integration.monitor.setup` reads them.

A step is done or in trouble by its own facts alone. Of the others, those for which all that they need is done are to be
taken now; the rest come later.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Name(StrEnum):
    """The steps, in their order; also the anchors of the page that shows them."""

    SURVEY = "survey"
    DATASET = "dataset"
    SENDERS = "senders"
    BROWSER = "browser"
    PAIR = "pair"
    LIVE = "live"
    PROOF = "proof"


class Progress(StrEnum):
    """How far a step has come, in the words by which pages draw it."""

    DONE = "done"
    NOW = "under way"
    LATER = "ahead"
    TROUBLE = "trouble"


class Side(NamedTuple):
    """A dataset. `verified`: Meta took its token; `trouble`: why nothing is sent to it at the moment."""

    dataset_id: str
    verified: bool
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What there is to know. `surveyed`: the survey is done, or there is nothing to read it from; `look_trouble`: why the
    shop's pages could not be read; `rivals`: who blocks, a sentence each; `half`: what our half in the storefront is called
    there; `paired_at`: when both told the first real order, which is worth more than a test; `overridden`: the reason with
    which it went live beside another sender.
    """

    survey: str
    surveyed: bool
    survey_trouble: str | None
    sides: Sequence[Side]
    looked_at: datetime | None
    look_trouble: str
    rivals: Sequence[str]
    half: str
    half_trouble: str | None
    heard_at: datetime | None
    pair_passed_at: datetime | None
    pair_trouble: str | None
    pair_skipped_at: datetime | None
    paired_at: datetime | None
    live: bool
    live_at: datetime | None
    overridden: str | None
    hindrance: str | None
    proof: str | None
    proven_at: datetime | None


class Told(NamedTuple):
    """What a step's own facts say of it: None is neither done nor in trouble."""

    progress: Progress | None
    sentence: str
    way: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `sentence`: where it stands, and what is to be done; `way`: the words of the one link or button that leads
    on, "" where nothing is asked of the merchant; `at`: when it was done.
    """

    name: Name
    title: str
    progress: Progress
    sentence: str
    way: str
    at: datetime | None

    @property
    def path(self) -> str:
        """The page on which it is taken, below a visit's base; its part there has the step's name."""
        return PAGE


PAGE = "/setup"
_ANYWAY, _REASON = "Go live nevertheless", "To go live nevertheless, give a reason; it is kept."
TITLES: Mapping[Name, str] = {
    Name.SURVEY: "What we see in your shop",
    Name.DATASET: "Dataset and token",
    Name.SENDERS: "Who tells Meta about purchases",
    Name.BROWSER: "The Pixel in your shop",
    Name.PAIR: "Pair test",
    Name.LIVE: "Go live",
    Name.PROOF: "The first real order",
}
# What has to be done before a step makes sense.
_NEEDS: Mapping[Name, Sequence[Name]] = {
    Name.SURVEY: (),
    Name.DATASET: (),
    Name.SENDERS: (Name.DATASET,),
    Name.BROWSER: (Name.DATASET,),
    Name.PAIR: (Name.DATASET, Name.BROWSER),
    Name.LIVE: (Name.DATASET,),  # what else is in the way, `hindrance` says, and a reason may override it
    Name.PROOF: (Name.LIVE,),
}


def steps(facts: Facts) -> Sequence[Step]:
    """All of them, in their order."""
    told = {name: _TELLERS[name](facts) for name in Name}
    done = {name for name in Name if told[name].progress is Progress.DONE}
    if facts.sides:
        done.add(Name.DATASET)  # its token may be proven by the first event as well: nothing else waits for that
    return [_step(name, told[name], met=done.issuperset(_NEEDS[name])) for name in Name]


def _step(name: Name, told: Told, *, met: bool) -> Step:
    progress = told.progress or (Progress.NOW if met else Progress.LATER)
    way = "" if progress is Progress.LATER else told.way
    return Step(name, TITLES[name], progress, told.sentence, way, told.at)


def next_of(taken: Sequence[Step]) -> Step | None:
    """The step that waits for the merchant: trouble first, then what is to be done now; None where nothing is asked."""
    asking = [one for one in taken if one.way]
    wanted = (Progress.TROUBLE, Progress.NOW)
    return next((one for progress in wanted for one in asking if one.progress is progress), None)


def _survey(facts: Facts) -> Told:
    if facts.surveyed:
        return Told(Progress.DONE, facts.survey, "See what would be sent")
    if facts.survey_trouble:
        return Told(Progress.TROUBLE, f"{facts.survey} {facts.survey_trouble} It is tried again by itself.")
    return Told(None, facts.survey)


def _dataset(facts: Facts) -> Told:
    if not facts.sides:
        return Told(
            None, "Meta has to be told which dataset is yours, and that you let Tandem write to it.", "Add your dataset"
        )
    bad = next((one for one in facts.sides if one.trouble), None)
    if bad:
        return Told(Progress.TROUBLE, f"Dataset {bad.dataset_id}: {bad.trouble} Its events are kept.", "Mend it")
    unsure = next((one for one in facts.sides if not one.verified), None)
    if unsure:
        return Told(
            None, f"Meta has not been asked yet whether the token opens dataset {unsure.dataset_id}.", "Verify it"
        )
    names = ", ".join(one.dataset_id for one in facts.sides)
    return Told(Progress.DONE, f"Meta takes the token for {'datasets' if len(facts.sides) > 1 else 'dataset'} {names}.")


def _senders(facts: Facts) -> Told:
    if facts.rivals and facts.live:
        return Told(Progress.TROUBLE, " ".join(facts.rivals), "See who tells")
    if facts.rivals:
        return Told(Progress.TROUBLE, " ".join(facts.rivals), "Look again")
    if facts.looked_at is None:
        return Told(None, "Your shop’s pages have not been read yet.", "Look now")
    if facts.look_trouble:
        return Told(Progress.TROUBLE, facts.look_trouble, "Look again")
    if not facts.sides:
        return Told(None, "Whether anybody else tells your dataset is seen once there is one.")
    return Told(Progress.DONE, "Nobody else that can be seen tells your dataset.", at=facts.looked_at)


def _browser(facts: Facts) -> Told:
    if facts.heard_at is not None:
        return Told(Progress.DONE, "Browsers in your shop are heard.", at=facts.heard_at)
    if facts.half_trouble:
        return Told(Progress.TROUBLE, facts.half_trouble, "Switch it on")
    return Told(
        None, f"{facts.half}: no browser was heard yet. The first page somebody opens ticks this.", "Switch it on"
    )


def _pair(facts: Facts) -> Told:
    if facts.pair_passed_at is not None:
        told = "Pixel and server told Meta one TandemTest under the same id."
        return Told(Progress.DONE, told, at=facts.pair_passed_at)
    if facts.paired_at is not None:
        return Told(Progress.DONE, "Both told Meta the first real order under one id.", at=facts.paired_at)
    if facts.pair_skipped_at is not None:
        return Told(Progress.DONE, "Skipped; that is on record.", "Run it after all", facts.pair_skipped_at)
    if facts.pair_trouble:
        return Told(Progress.TROUBLE, facts.pair_trouble, "Try it again")
    said = "Pixel and server both tell Meta an event called TandemTest, under one id. No purchase is touched."
    return Told(None, said, "Run the pair test")


def _live(facts: Facts) -> Told:
    if facts.live:
        beside = f" It went live beside another sender, for this reason: {facts.overridden}" if facts.overridden else ""
        return Told(Progress.DONE, f"Orders placed from then on are told to Meta.{beside}", at=facts.live_at)
    if facts.rivals:
        return Told(None, f"Somebody else tells your dataset too: one sender must remain. {_REASON}", _ANYWAY)
    if facts.hindrance and facts.sides:
        return Told(None, facts.hindrance, _ANYWAY)
    return Told(None, "Until then nothing of your shop goes to Meta.", "Go live")


def _proof(facts: Facts) -> Told:
    if facts.proof is not None:
        return Told(Progress.DONE, facts.proof, at=facts.proven_at)
    said = "Waiting for the first order that a shopper places. Its proof is shown here, and sent by mail where you ask for it."
    return Told(None, said)


_TELLERS: Mapping[Name, Callable[[Facts], Told]] = {
    Name.SURVEY: _survey,
    Name.DATASET: _dataset,
    Name.SENDERS: _senders,
    Name.BROWSER: _browser,
    Name.PAIR: _pair,
    Name.LIVE: _live,
    Name.PROOF: _proof,
}
