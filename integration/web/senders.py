"""/senders: who tells Meta about purchases in the store, and the button by which it goes live."""

from collections.abc import Sequence

from flask import Response, request

from integration.db import Connection, changes, golives
from integration.db.stores import Store
from integration.errors import Conflict
from integration.monitor import foresight, golive, watch
from integration.web.surfaces import Door
from integration.web.visit import Visit

PATH = "/senders"
AGAIN, LIVE = f"{PATH}/again", "/live"


def doors() -> Sequence[Door]:
    """The page and its two buttons."""
    return [Door("GET", PATH, show), Door("POST", AGAIN, again), Door("POST", LIVE, go_live)]


def show(visit: Visit, refusal: str = "") -> Response:
    """What was found, what blocks, and the way to go live."""
    store, now = visit.store, visit.now
    with visit.reading() as connection:
        findings, looked_at = watch.findings(connection, store.id)
        told = {
            "found": watch.found(connection, store),
            "trouble": findings.trouble,
            "pages": findings.pages,
            "looked_at": looked_at,
            "hindrance": None if store.live else golive.hindrance_of(connection, store, now),
            "foresight": None if store.live else foresight.of_store(connection, store, now),
            "last": golives.last(connection, store.id),
        }
    return visit.page("senders.html", status=409 if refusal else 200, refusal=refusal, **told)


def again(visit: Visit) -> Response:
    """Look at the shop's pages now."""

    def deed(connection: Connection, store: Store) -> None:
        golive.look_again(connection, store, visit.now)
        changes.record(connection, store.id, visit.by, "asked to look at the shop's pages")

    visit.write(deed)
    return visit.sent_to(PATH)


def go_live(visit: Visit) -> Response:
    """Let its events leave, or say what is in the way."""
    reason = request.form.get("reason")

    def deed(connection: Connection, store: Store) -> None:
        golive.go_live(connection, store, reason=reason, now=visit.now, by=visit.by)

    try:
        visit.write(deed)
    except Conflict as error:
        visit.write(lambda connection, store: golive.look_first(connection, store, visit.now))
        return show(visit, str(error))
    return visit.sent_to(PATH)
