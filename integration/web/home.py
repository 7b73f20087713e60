"""Home: how the store stands in one sentence, its figures, what needs attention, its last orders, and its setup."""

from collections.abc import Sequence
from typing import Any

from flask import Response

from integration.db import Connection
from integration.monitor import home, setup
from integration.monitor.coverage import Value
from integration.monitor.home import Home
from integration.stores import glance, onboarding
from integration.web import charts, event_lines
from integration.web.coverage import WORDS
from integration.web.surfaces import Door
from integration.web.visit import Visit

PATH, STATE = "", "/state"


def doors() -> Sequence[Door]:
    """The page, and its changing part."""
    return [Door("GET", PATH, show), Door("GET", STATE, state, part=True)]


def show(visit: Visit) -> Response:
    """The page."""
    seen = glance.of_store(visit.engine, visit.store.id)
    with visit.reading() as connection:
        found = home.of_store(connection, visit.store, visit.now, seen.reconnect)
        read = setup.of_store(connection, visit.store, visit.now)
        told = _changing(visit, connection, seen)
    worst, *others = found.says
    steps = onboarding.steps(read.facts)
    return visit.page(
        "home.html",
        home=found,
        worst=worst,
        others=others,
        share=_share(found),
        server_only=found.told[Value.SERVER_ONLY],
        steps=steps,
        proof=read.proof,
        waits=onboarding.next_of(steps),
        **told,
    )


def state(visit: Visit) -> Response:
    """What changes on the page."""
    seen = glance.of_store(visit.engine, visit.store.id)
    with visit.reading() as connection:
        told = _changing(visit, connection, seen)
    return visit.part("_state.html", **told)


def _changing(visit: Visit, connection: Connection, seen: glance.Glance) -> dict[str, Any]:
    words = visit.frame.words if visit.frame else None
    orders = map(event_lines.shown, home.last_orders(connection, visit.store, visit.now))
    return {"seen": seen, "words": words, "orders": list(orders)}


def _share(found: Home) -> charts.Share | None:
    """Of purchases, who told Meta; None where there were none."""
    counts = {value.value: total.events for value, total in found.told.items()}
    return (
        charts.share(counts, {value.value: words for value, words in WORDS.items()}) if any(counts.values()) else None
    )
