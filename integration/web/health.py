"""`/healthz`, `/readyz`, `/metrics`: for machines that watch."""

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from integration.db import Engine, migrate, reading, reports, webhooks
from integration.db import now as database_now
from integration.errors import Unavailable
from integration.queues import Bell


def blueprint(engine: Engine, bell: Bell) -> Blueprint:
    """The three endpoints."""
    views = Blueprint("health", __name__)

    @views.get("/healthz")
    def healthz() -> Response:
        return _text("ok", 200)

    @views.get("/readyz")
    def readyz() -> Response:
        reason = unready(engine, bell)
        return _text(reason or "ready", 503 if reason else 200)

    @views.get("/metrics")
    def metrics() -> Response:
        try:
            return Response(_metrics(engine), content_type=CONTENT_TYPE_LATEST)
        except Unavailable as error:
            return _text(str(error), 503)

    return views


def _text(text: str, status: int) -> Response:
    return Response(text + "\n", status=status, content_type="text/plain; charset=utf-8")


def unready(engine: Engine, bell: Bell) -> str | None:
    """Why work cannot be done right now, if it cannot."""
    try:
        with reading(engine) as connection:
            if not migrate.is_current(connection):
                return "The database's schema is not the newest: run `tandem migrate`."
    except Unavailable as error:
        return str(error)
    return bell.trouble()


def _metrics(engine: Engine) -> bytes:
    """Counts read from the database at this moment: true for all processes, and after any restart."""
    registry = CollectorRegistry()
    by_state = Gauge("tandem_deliveries", "Deliveries in the ledger", ["event_name", "state"], registry=registry)
    received = Gauge("tandem_webhooks", "Webhooks recorded", ["outcome"], registry=registry)
    age = Gauge("tandem_oldest_due_seconds", "How long the oldest due delivery has been due", registry=registry)
    with reading(engine) as connection:
        for event_name, state, number in reports.counts(connection):
            by_state.labels(event_name, state).set(number)
        for outcome, number in webhooks.counts(connection).items():
            received.labels(outcome).set(number)
        oldest = reports.oldest_due(connection)
        age.set((database_now(connection) - oldest).total_seconds() if oldest else 0)
    return generate_latest(registry)
