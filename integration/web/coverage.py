"""`/store/coverage`: who told Meta of the signed-in store's events, and with which evidence."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from flask import Blueprint, Response, make_response, render_template, request

from connectors.errors import TandemError
from integration.db import Engine, reading, stores
from integration.db.stores import Store
from integration.monitor import coverage_report
from integration.monitor.coverage import SENTENCES, Value
from integration.stores import sessions
from integration.web import asked, refusals, sign_in
from integration.web.security import sent_to, unkept

PATH = f"{sign_in.STORE}/coverage"
# Words of the columns; a value is what the code and the command line call it.
WORDS = {
    Value.BOTH: "Both",
    Value.PIXEL_ONLY: "Pixel only",
    Value.SERVER_ONLY: "Server only",
    Value.UNKNOWN: "Unknown",
}
SPANS = (1, 7, 30)
_USUAL = 7


def blueprint(engine: Engine) -> Blueprint:
    """The page."""
    views = Blueprint("coverage", __name__)
    views.add_url_rule(
        PATH, view_func=Page(engine).show, endpoint="show", methods=["GET"], provide_automatic_options=False
    )
    views.before_request(asked.refuse_head)
    views.register_error_handler(TandemError, refusals.refused)
    views.register_error_handler(Exception, refusals.broken)
    return views


@dataclass(frozen=True, slots=True)
class Page:
    """The coverage of the store that the session is of. Whoever is not signed in is led to where that is done."""

    engine: Engine

    def show(self) -> Response:
        """The last days, as many as the address asks for: one of a few."""
        now = datetime.now(UTC)
        days = _span(request.args.get("days", ""))
        with reading(self.engine) as connection:
            store_id = sessions.of(connection, sign_in.kept())
            store = stores.by_id(connection, store_id) if store_id else None
            if store is None:
                return sign_in.signed_out(sent_to(sign_in.SIGN_IN, status=303))
            since = now.date() - timedelta(days=days - 1)
            made = coverage_report.report(connection, store, since=since, until=now.date(), now=now)
        return unkept(make_response(_page(store, made, days)))


def _page(store: Store, made: coverage_report.Report, days: int) -> str:
    every_day = [made.since + timedelta(days=n) for n in range((made.until - made.since).days + 1)]
    shown: list[date] = [day for day in reversed(every_day) if day in made.days]
    return render_template(
        "coverage.html",
        store=store,
        made=made,
        days=shown,
        span=days,
        spans=SPANS,
        words=WORDS,
        sentences=SENTENCES,
        least=coverage_report.LEAST_ORDERS,
        back_at=sign_in.STORE,
        path=PATH,
    )


def _span(asked_for: str) -> int:
    return int(asked_for) if asked_for in map(str, SPANS) else _USUAL
