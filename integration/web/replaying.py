"""/replay: send again what was not told. First what it would come to, then a confirmation of just that, then how far it is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from flask import Response, request

from integration.crypto import Sealer
from integration.db import Connection, changes, finding
from integration.db.changes import Change
from integration.db.deliveries import FAILED, State
from integration.db.replays import Selection
from integration.db.stores import Store
from integration.errors import Conflict
from integration.meta.event import PURCHASE
from integration.monitor import replaying
from integration.monitor.replaying import MOST_JUDGED, Run
from integration.pipeline.replay import Forecast, Prospect, foresee_some
from integration.web import event_filter
from integration.web.surfaces import Door
from integration.web.visit import Visit

PATH = "/replay"
PROGRESS = f"{PATH}/progress"
_SHOWN, _LOOKED_AT = 5, 200
CHANGED = "The numbers changed since you looked. Nothing was done; look again, and confirm what you see now."

STATES: Mapping[str, tuple[str, tuple[State, ...]]] = MappingProxyType(
    {
        "failed": ("All that failed", FAILED),
        State.DEAD: ("Dead: Meta refused it", (State.DEAD,)),
        State.EXPIRED: ("Expired: it was too old, or Meta could not be reached", (State.EXPIRED,)),
        State.AMBIGUOUS: ("Ambiguous: Meta may have counted it", (State.AMBIGUOUS,)),
        State.DELIVERED: ("Delivered: Meta has it already", (State.DELIVERED,)),
    }
)


class Chosen(NamedTuple):
    """What was chosen. `typed`: as it goes back into an address; `errors`: by name; `selection` None: nothing yet, or not
    what can be looked for.
    """

    typed: Mapping[str, str]
    errors: Mapping[str, str]
    selection: Selection | None


@dataclass(frozen=True, slots=True)
class Page:
    """Replays of one store."""

    sealer: Sealer = field(repr=False)

    def show(self, visit: Visit) -> Response:
        """What may be chosen, and of what is chosen what it would come to."""
        return self._page(visit, request.args)

    def progress(self, visit: Visit) -> Response:
        """How far the one is that is under way: a piece of the page."""
        with visit.reading() as connection:
            run, line = self._run(connection, visit.store), _last(connection, visit.store.id, 1)
        return visit.part("_replaying.html", run=run, pace=_pace(run, visit.now), last=line[0] if line else None)

    def begin(self, visit: Visit) -> Response:
        """Do what was confirmed, if it is still the same. Raises Conflict."""
        insist = request.form.get("insist") == "yes"
        with visit.reading() as connection:
            chosen = _chosen(connection, visit, request.form)
            forecast = foresee_some(connection, chosen.selection, MOST_JUDGED) if chosen.selection else None
        if chosen.selection is None or forecast is None:
            return self._page(visit, request.form, status=400)
        if request.form.get("token") != replaying.token(chosen.selection, forecast):
            return self._page(visit, request.form, status=409, notice=CHANGED)
        deed = partial(_begin, sealer=self.sealer, selection=chosen.selection, insist=insist, visit=visit)
        try:
            done = visit.write(deed)
        except Conflict as error:
            return self._page(visit, request.form, status=409, notice=str(error))
        return visit.sent_to(PATH, done=done)

    def _page(self, visit: Visit, words: Mapping[str, str], *, status: int = 200, notice: str = "") -> Response:
        with visit.reading() as connection:
            run = self._run(connection, visit.store)
            chosen = _chosen(connection, visit, words)
            forecast = foresee_some(connection, chosen.selection, MOST_JUDGED) if chosen.selection and not run else None
            lines = _last(connection, visit.store.id, _SHOWN)
        return visit.page(
            "replay.html",
            status=status,
            chosen=chosen,
            forecast=forecast,
            token=replaying.token(chosen.selection, forecast) if chosen.selection and forecast else "",
            rows=list(_rows(forecast)) if forecast else [],
            prospects=Prospect,
            run=run,
            pace=_pace(run, visit.now),
            states=[(name, words) for name, (words, _) in STATES.items()],
            notice=notice,
            done=request.args.get("done", ""),
            lines=lines,
            last=lines[0] if lines else None,
            most=MOST_JUDGED,
        )

    def _run(self, connection: Connection, store: Store) -> Run | None:
        return replaying.under_way(connection, self.sealer, store.id)


def doors(sealer: Sealer) -> Sequence[Door]:
    """The page, what it asks again, and the confirmation."""
    page = Page(sealer)
    return [
        Door("GET", PATH, page.show),
        Door("GET", PROGRESS, page.progress, part=True),
        Door("POST", PATH, page.begin),
    ]


def _begin(
    connection: Connection, store: Store, *, sealer: Sealer, selection: Selection, insist: bool, visit: Visit
) -> int | None:
    return replaying.begin(connection, sealer, store, selection, insist=insist, by=visit.by)


def _chosen(connection: Connection, visit: Visit, words: Mapping[str, str]) -> Chosen:
    said = {name: words.get(name, "").replace("\x00", "").strip()[:255] for name in ("state", "from", "until", "order")}
    typed = {name: text for name, text in said.items() if text}
    if typed.get("state") not in STATES:
        return Chosen(typed, {}, None)
    errors: dict[str, str] = {}
    since, until = (event_filter.midnight(typed.get(name), visit.zone, name, errors) for name in ("from", "until"))
    order_id = _order(connection, visit.store, typed["order"]) if typed.get("order") else None
    if typed.get("order") and order_id is None:
        errors["order"] = "Nothing is known of that order. Search for it under Live events: that says why."
    selection = Selection(STATES[typed["state"]][1], visit.store.id, since, until, order_id)
    return Chosen(typed, errors, None if errors else selection)


def _order(connection: Connection, store: Store, text: str) -> str | None:
    """The platform's id of an order, by that or its number."""
    number, subjects = event_filter.subjects(text, store.settings.event_id_template, store.short_key)
    found = finding.exactly(connection, store.id, number, subjects)
    found = found or finding.by_number(connection, store.id, PURCHASE, number).rows
    return next((row.order_id for row in found if row.order_id), None)


def _rows(forecast: Forecast) -> Iterator[tuple[Prospect, int]]:
    """The prospects that there are, in the order of their kinds."""
    yield from ((one, forecast.by_prospect[one]) for one in Prospect if forecast.by_prospect.get(one))


class Pace(NamedTuple):
    """How fast a replay goes: so many a minute, and how long it may take still, where that can be said."""

    a_minute: int
    left: timedelta | None


def _pace(run: Run | None, now: datetime) -> Pace | None:
    """None where nothing was done yet."""
    if run is None or not run.done:
        return None
    seconds = max((now - run.begun_at).total_seconds(), 1.0)
    rate = run.done / seconds
    left = timedelta(seconds=max(run.going - run.done, 0) / rate) if run.whole else None
    return Pace(round(rate * 60), left)


def _last(connection: Connection, store_id: str, most: int) -> Sequence[Change]:
    """The last replays that ended, the newest first."""
    found = changes.of_store(connection, store_id, before=None, most=_LOOKED_AT)
    return [one for one in found if one.what == replaying.WHAT][:most]
