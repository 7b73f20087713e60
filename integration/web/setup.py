"""/setup: a store's way from connected to proven, step by step, and what Tandem looks after by itself meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

from flask import Response

from integration.db import changes, setup_steps, stores
from integration.monitor import setup, watch
from integration.monitor.watch import OTHER_SENDER
from integration.stores import arriving, glance, onboarding, snippet
from integration.stores.onboarding import Name, Progress, Step
from integration.stores.storefront import OTHER_PIXEL
from integration.web import at_meta, senders, store
from integration.web.surfaces import Door
from integration.web.visit import Visit

PATH = "/setup"
STATE, HOUSE, AGAIN, LOOK, LIVE, SKIP = (f"{PATH}/{one}" for one in ("state", "house", "again", "look", "live", "skip"))
_NEWEST = 5
# What ticks without the merchant's doing anything here: the page asks often while one of these is to come.
_IN_A_STEP = (OTHER_SENDER, OTHER_PIXEL)
_AWAITED = (Name.BROWSER, Name.PAIR, Name.PROOF)


def doors(*, public_url: str, mails: bool) -> Sequence[Door]:
    """The page, its changing part, and its buttons. `public_url`: where the storefront finds us; `mails`: there is a mail
    server.
    """
    page = Page(public_url, mails)
    return [
        Door("GET", PATH, page.show),
        Door("GET", STATE, page.state, part=True),
        Door("GET", HOUSE, house, part=True),
        Door("POST", AGAIN, partial(store.again, back=PATH)),
        Door("POST", LOOK, look),
        Door("POST", LIVE, go_live),
        Door("POST", SKIP, skip),
    ]


@dataclass(frozen=True, slots=True)
class Page:
    """The setup of a store."""

    public_url: str
    mails: bool

    def show(self, visit: Visit) -> Response:
        """All of it."""
        with visit.reading() as connection:
            found = watch.found(connection, visit.store)
            made = snippet.of_store(connection, visit.store, public_url=self.public_url)
        return visit.page("setup.html", overview_at=at_meta.overview(), found=found, made=made, **self._seen(visit))

    def state(self, visit: Visit) -> Response:
        """The steps as they are now."""
        return visit.part("_setup_steps.html", **self._seen(visit))

    def _seen(self, visit: Visit) -> Mapping[str, Any]:
        seen = glance.of_store(visit.engine, visit.store.id)
        with visit.reading() as connection:
            read = setup.of_store(connection, seen.store, visit.now)
            latest = setup_steps.latest(connection, visit.store.id, _NEWEST)
            named = stores.alert_emails(connection, visit.store.id) is not None
        taken = onboarding.steps(read.facts)
        return {
            "seen": seen,
            # What a step says already.
            "alerts": [one for one in seen.alerts if one.kind not in _IN_A_STEP or not read.facts.rivals],
            "steps": taken,
            "by_name": {one.name.value: one for one in taken},
            "facts": read.facts,
            "proof": read.proof,
            "latest": arriving.lines(latest),
            "busy": seen.busy or _is_awaited(taken),
            "mails": self.mails,
            "named": named,
        }


def house(visit: Visit) -> Response:
    """What Tandem does for the store by itself, as it is now."""
    return visit.part("_setup_house.html", seen=glance.of_store(visit.engine, visit.store.id))


def _is_awaited(taken: Sequence[Step]) -> bool:
    return any(one.progress is Progress.NOW for one in taken if one.name in _AWAITED)


def look(visit: Visit) -> Response:
    """Look at the shop's pages now."""
    senders.again(visit)
    return visit.sent_to(PATH, Name.SENDERS)


def go_live(visit: Visit) -> Response:
    """Let its events leave; or the page that says what is in the way and takes a reason."""
    answer = senders.go_live(visit)
    return answer if answer.status_code == HTTPStatus.CONFLICT else visit.sent_to(PATH, Name.PROOF)


def skip(visit: Visit) -> Response:
    """The pair test is left out, on record."""
    visit.write(lambda connection, skipped: changes.record(connection, skipped.id, visit.by, setup.SKIPPED))
    return visit.sent_to(PATH, Name.LIVE)
