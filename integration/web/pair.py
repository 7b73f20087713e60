"""/pair: a merchant tries both riders. The page begins a test and follows it; `/try/<code>` leads into the shop."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from flask import Blueprint, Response, request

from integration.db import Connection, Engine, changes, datasets, pair_tests
from integration.db import now as database_now
from integration.db.pair_tests import PairTest
from integration.db.stores import Store
from integration.errors import Conflict
from integration.pipeline import pair_code
from integration.stores import pair_test, pair_verdict
from integration.stores.pair_verdict import Mark, Verdict
from integration.web import refusals
from integration.web.security import sent_to
from integration.web.surfaces import Door
from integration.web.visit import Visit

PATH = "/pair"
RESULT = f"{PATH}/result"
INTO_THE_SHOP = "/try"

_FOLLOWED = timedelta(minutes=5)  # after that somebody who still looks may reload
# How the two are drawn, by their marks: Pixel, then server.
_RIDERS = {
    (Mark.TOLD, Mark.TOLD): "both",
    (Mark.TOLD, Mark.WAITS): "pixel_only",
    (Mark.TOLD, Mark.FAILED): "pixel_only",
    (Mark.WAITS, Mark.TOLD): "server_only",
    (Mark.FAILED, Mark.TOLD): "server_only",
    (Mark.WAITS, Mark.FAILED): "dead",
    (Mark.FAILED, Mark.FAILED): "dead",
    (Mark.WAITS, Mark.WAITS): "waiting",
    (Mark.FAILED, Mark.WAITS): "waiting",
}
SIGNS = {Mark.WAITS: "under way", Mark.TOLD: "done", Mark.FAILED: "trouble"}


def blueprint(engine: Engine, *, loopback: bool) -> Blueprint:
    """The way into a shop, for whoever has a test's code. `loopback`: shops on this machine may speak http."""
    views = Blueprint("pair", __name__)
    views.add_url_rule(
        f"{INTO_THE_SHOP}/<code>",
        view_func=partial(_into_the_shop, engine, loopback=loopback),
        endpoint="open",
        methods=["GET"],
        provide_automatic_options=False,
    )
    return refusals.in_words(views)


def _into_the_shop(engine: Engine, *, code: str, loopback: bool) -> Response:
    """Raises Forbidden for a code that is none or is used up."""
    return sent_to(pair_test.opened(engine, code, loopback=loopback))


def doors(*, secret_key: str, public_url: str) -> Sequence[Door]:
    """The page, its button, and what it asks for again. `secret_key`: of which codes are made."""
    page = Page(secret_key, public_url)
    return [
        Door("GET", PATH, page.show),
        Door("POST", PATH, page.begin),
        Door("GET", RESULT, page.result, part=True),
    ]


@dataclass(frozen=True, slots=True)
class Seen:
    """The last test as it is shown. `followed`: something may still come of it soon, so the page asks again."""

    test: PairTest
    verdict: Verdict
    riders: str
    followed: bool
    now: datetime

    @classmethod
    def of_store(cls, connection: Connection, store: Store) -> "Seen | None":
        """By the database's clock, which timed all of it."""
        test = pair_tests.newest(connection, store.id)
        if test is None:
            return None
        now = database_now(connection)
        verdict = pair_verdict.of(test, now)
        latest = max(filter(None, (test.created_at, test.opened_at, test.pixel_at, test.server_at)))
        drawn = _RIDERS[verdict.pixel.mark, verdict.server.mark]
        return cls(test, verdict, drawn, not verdict.over and now - latest < _FOLLOWED, now)


@dataclass(frozen=True, slots=True)
class Page:
    """Both riders of a store, tried out."""

    secret_key: str
    public_url: str

    def show(self, visit: Visit, refusal: str = "") -> Response:
        """How to try them, and how the last test went."""
        with visit.reading() as connection:
            sides = datasets.of_store(connection, visit.store.id)
            told = self._told(connection, visit)
        return visit.page("pair.html", status=409 if refusal else 200, refusal=refusal, sides=sides, **told)

    def begin(self, visit: Visit) -> Response:
        """Another test, or why there can be none. Raises NotFound for a dataset of somebody else's."""
        dataset_id = request.form.get("dataset", "")

        def deed(connection: Connection, store: Store) -> None:
            begun = pair_test.begin(connection, store, dataset_id, secret_key=self.secret_key)
            changes.record(connection, store.id, visit.by, "began a pair test", {}, {"event id": begun.event_id})

        try:
            visit.write(deed)
        except Conflict as error:
            return self.show(visit, str(error))
        return visit.sent_to(PATH)

    def result(self, visit: Visit) -> Response:
        """How the last test stands; once nothing more comes of it, in place of what asks again."""
        with visit.reading() as connection:
            told = self._told(connection, visit)
        answer = visit.part("_pair_result.html", **told)
        if told["seen"] is None or not told["seen"].followed:
            answer.headers["HX-Reswap"] = "outerHTML"
        return answer

    def _told(self, connection: Connection, visit: Visit) -> dict[str, Any]:
        """What the templates show. The way into the shop is for the merchant alone, and there as long as it leads there."""
        seen = Seen.of_store(connection, visit.store)
        code = pair_test.code(seen.test, self.secret_key, seen.now) if seen and visit.may_write else None
        return {
            "seen": seen,
            "signs": SIGNS,
            "link": f"{self.public_url}{INTO_THE_SHOP}/{code}" if code else None,
            "minutes": pair_code.GOOD_FOR // timedelta(minutes=1),
            "event_name": pair_code.EVENT_NAME,
        }
