"""/settings: what the merchant decides for the store, a group at a time, with what each choice would mean on its last orders."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from flask import Response, request

from connectors import registry
from integration.crypto import Sealer
from integration.db import Connection, changes, surveys
from integration.db.stores import OBSERVING, Store
from integration.errors import Conflict, InvalidSetting, SealBroken
from integration.monitor import choices, golive
from integration.retention import Retention
from integration.stores import alert_addresses, settings, tally
from integration.stores.tally import Fate
from integration.web import asked, privacy_words, settings_form, settings_told, settings_words
from integration.web.settings_form import GROUPS, Typed
from integration.web.surfaces import Door
from integration.web.visit import Visit

PATH = "/settings"
ALERTS, STOP, NAMES = f"{PATH}/alerts", f"{PATH}/stop", f"{PATH}/names"
_NOTHING = Typed({}, {})


@dataclass(frozen=True, slots=True)
class Page:
    """The settings of one store."""

    sealer: Sealer = field(repr=False)
    retention: Retention

    def show(self, visit: Visit, group: str = "", typed: Typed = _NOTHING, emails: str | None = None) -> Response:
        """The page; with what was typed in one group, and what is wrong with it."""
        visit, store = replace(visit, here=PATH), visit.store  # also after a form that came to nothing
        with visit.reading() as connection:
            meant, waiting = choices.of_store(connection, store), _waiting(connection, store)
            saved = _saved(connection, store, request.args.get("saved", ""))
            kept = self._emails(connection, visit) if emails is None else emails
        values = {**store.settings.as_text(), **typed.values}
        told: dict[str, Any] = {
            "group": group,
            "typed": typed,
            "errors": typed.errors,
            "values": values,
            "emails": kept,
            "meant": meant,
            "waiting": waiting,
            "saved": saved,
            "words": settings_words,
            "told": settings_told,
            "names": settings_told.names(store, meant, values),
            "kept": privacy_words.kept(self.retention),
            "platform": registry.get(store.platform).label,
        }
        return visit.page("settings.html", status=400 if typed.errors else 200, **told)

    def save(self, visit: Visit, *, group: str) -> Response:
        """Keep one group, or show what is wrong beside it. Raises RequestMalformed for what no form of ours sends."""
        typed = settings_form.read(group, request.form, visit.store.settings)
        if typed.errors or typed.preview:
            return self.show(visit, group, typed)
        try:
            line = visit.write(partial(_save, visit=visit, typed=typed))
        except (InvalidSetting, Conflict) as error:
            beside = "event_id_template" if group == "names" else GROUPS[group][0]
            return self.show(visit, group, typed._replace(errors={beside: str(error)}))
        return visit.sent_to(PATH, saved=line)

    def alerts(self, visit: Visit) -> Response:
        """Whom to write to. Raises RequestMalformed."""
        settings_form.refuse_unknown(request.form, {"emails"})
        text = request.form.get("emails", "")
        try:
            line = visit.write(partial(self._save_alerts, visit=visit, text=text))
        except InvalidSetting as error:
            return self.show(visit, "alerts", Typed({}, {"emails": str(error)}), text)
        return visit.sent_to(PATH, saved=line)

    def names(self, visit: Visit) -> Response:
        """What the last order would be called by what is being typed: a piece of the page."""
        values = {name: request.args.get(name, "") for name in GROUPS["names"]}
        with visit.reading() as connection:
            meant = choices.of_store(connection, visit.store)
        return visit.part("_settings_names.html", names=settings_told.names(visit.store, meant, values))

    def _emails(self, connection: Connection, visit: Visit) -> str:
        """The merchant's own word; whoever only looks sees that there are some."""
        try:
            found = alert_addresses.of_store(connection, self.sealer, visit.store)
        except SealBroken:
            return ""
        return "\n".join(found if visit.may_write else alert_addresses.masked(found))

    def _save_alerts(self, connection: Connection, store: Store, *, visit: Visit, text: str) -> int:
        before = _newest(connection, store)
        alert_addresses.save(connection, self.sealer, store, text, by=visit.by)
        return _written(connection, store, before)


def doors(sealer: Sealer, retention: Retention) -> Sequence[Door]:
    """The page, its forms, the piece that shows names, and the way back to observing."""
    page = Page(sealer, retention)
    return [
        Door("GET", PATH, page.show),
        Door("GET", NAMES, page.names, part=True),
        Door("GET", STOP, ask_whether),
        Door("POST", STOP, stop),
        Door("POST", ALERTS, page.alerts),
        *(Door("POST", f"{PATH}/{group}", partial(page.save, group=group)) for group in GROUPS),
    ]


def ask_whether(visit: Visit) -> Response:
    """What it means to tell Meta nothing any more, and a button."""
    return visit.page("settings_stop.html")


def stop(visit: Visit) -> Response:
    """The store observes again: nothing of it goes to Meta. Raises RequestMalformed."""
    settings_form.refuse_unknown(request.form, set())

    def deed(connection: Connection, store: Store) -> int:
        before = _newest(connection, store)
        settings.change(connection, store, {"state": OBSERVING}, now=visit.now, by=visit.by)
        golive.told_anew(connection, store)
        return _written(connection, store, before)

    return visit.sent_to(PATH, saved=visit.write(deed))


def _save(connection: Connection, store: Store, *, visit: Visit, typed: Typed) -> int:
    before = _newest(connection, store)
    because = {"reason": typed.reason} if typed.reason else None
    settings.change(connection, store, typed.values, now=visit.now, by=visit.by, because=because)
    golive.told_anew(connection, store)
    return _written(connection, store, before)


def _newest(connection: Connection, store: Store) -> int:
    return next((one.id for one in changes.of_store(connection, store.id, before=None, most=1)), 0)


def _written(connection: Connection, store: Store, before: int) -> int:
    """The line of the change log that was written since; 0 where nothing was changed."""
    newest = _newest(connection, store)
    return newest if newest != before else 0


def _saved(connection: Connection, store: Store, line: str) -> Sequence[settings_words.Side] | None:
    """What was changed a moment ago, by the line of the change log that the address names; empty: nothing was."""
    written = asked.row_id(line)
    if written is None:
        return None
    found = changes.of_store(connection, store.id, before=written + 1, most=1) if written else ()
    return [side for one in found if one.id == written for side in settings_words.sides(one.before, one.after)]


def _waiting(connection: Connection, store: Store) -> int | None:
    """How many orders of the last 30 days do not count yet; None where they are not read, or were judged otherwise."""
    survey = surveys.of_store(connection, store.id)
    counted = tally.decode(survey.counts) if survey and survey.done_at else None
    if counted is None or counted.judged_by != tally.deciding(store.settings):
        return None
    return tally.by_fate(tally.total(counted.regions.values()))[Fate.NOT_YET]
