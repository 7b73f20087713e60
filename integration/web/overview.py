"""`/dev` in development: the latest events of all stores, and what became of them."""

from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, render_template

from integration.db import Connection, Engine, alerts, reading, reports, stores, webhooks
from integration.db.stores import Store
from integration.errors import Unavailable
from integration.monitor import coverage_report
from integration.monitor.coverage import Value
from integration.monitor.coverage_report import Report

PATH = "/dev"
_EVENTS, _NOTES = 100, 20
_COVERED = timedelta(days=1)


def blueprint(engine: Engine) -> Blueprint:
    """The page."""
    views = Blueprint("overview", __name__)

    @views.get(PATH)
    def overview() -> str | Response:
        try:
            return _page(engine)
        except Unavailable as error:
            return Response(f"{error}\n", status=503, content_type="text/plain; charset=utf-8")

    return views


def _page(engine: Engine) -> str:
    with reading(engine) as connection:
        everyone = stores.everyone(connection)
        return render_template(
            "overview.html",
            stores={store.id: store for store in everyone},
            values=tuple(Value),
            coverage=[(store, _covered(connection, store)) for store in everyone],
            rows=list(reports.listing(connection, newest=_EVENTS)),
            counts=reports.counts(connection),
            webhooks=webhooks.counts(connection),
            quarantined=webhooks.quarantined(connection, _NOTES),
            alerts=alerts.everything(connection, _NOTES),
        )


def _covered(connection: Connection, store: Store) -> Report:
    """Who told Meta of yesterday's events and today's."""
    now = datetime.now(UTC)
    return coverage_report.report(connection, store, since=(now - _COVERED).date(), until=now.date(), now=now)
