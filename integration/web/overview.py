"""`/` in development: the latest events and what became of them. The merchant's pages come with their own issue."""

from flask import Blueprint, Response, render_template

from integration.db import Engine, alerts, reading, reports, stores, webhooks
from integration.errors import Unavailable

_EVENTS, _NOTES = 100, 20


def blueprint(engine: Engine) -> Blueprint:
    """The page."""
    views = Blueprint("overview", __name__)

    @views.get("/")
    def overview() -> str | Response:
        try:
            return _page(engine)
        except Unavailable as error:
            return Response(f"{error}\n", status=503, content_type="text/plain; charset=utf-8")

    return views


def _page(engine: Engine) -> str:
    with reading(engine) as connection:
        return render_template(
            "overview.html",
            stores={store.id: store for store in stores.everyone(connection)},
            rows=list(reports.listing(connection, newest=_EVENTS)),
            counts=reports.counts(connection),
            webhooks=webhooks.counts(connection),
            quarantined=webhooks.quarantined(connection, _NOTES),
            alerts=alerts.everything(connection, _NOTES),
        )
