"""Requests about personal data: written down with the day until which they are to be done, and gone on with when due."""

import time
from datetime import datetime, timedelta
from functools import partial

from connectors.event import PrivacyRequest
from integration.crypto import Sealer, fingerprint
from integration.db import Connection, Engine, after, privacy_requests, reading, stores, tasks, transact
from integration.db.privacy_requests import PLATFORM, Asked, Request
from integration.db.stores import Store
from integration.db.tasks import Task
from integration.errors import SealBroken
from integration.privacy import person
from integration.privacy.desk import LATER, UNREADABLE, Desk, finish, opened_demand, sealed_demand

DUE = timedelta(days=30)
_MOST = 20
_SECONDS = 20.0  # none is begun later, and what takes longer is gone on with by the next job


def site_hmac(secret_key: str, platform: str, domain: str) -> str:
    """It proves which store a request was about, and names none."""
    return fingerprint(secret_key, store="", kind="site", value=f"{platform}\x00{domain}")


def ask(
    connection: Connection,
    store: Store,
    demand: PrivacyRequest,
    *,
    asked_by: str,
    sealer: Sealer,
    secret_key: str,
    now: datetime,
) -> int:
    """Write a request down, to be begun at once and done within 30 days; its id."""
    people = person.people(person.wanted(demand, store, secret_key), secret_key, store.id)
    asked = _asked(store.id, store.platform, store.domain, demand.kind, asked_by, now, secret_key)
    sealed = sealed_demand(sealer, demand, store.id)
    return privacy_requests.add(connection, asked._replace(demand=sealed, people=people))


def run_due(engine: Engine, sealer: Sealer, secret_key: str, now: datetime) -> int:
    """Write down what platforms demanded, and go on with the requests that are due; with how many. Raises Unavailable."""
    deadline = time.monotonic() + _SECONDS
    transact(engine, partial(_take_over, sealer=sealer, secret_key=secret_key, now=now))
    desk = Desk(engine, sealer, secret_key, now, deadline)
    with reading(engine) as connection:
        found = privacy_requests.due(connection, _MOST)
    return sum(desk.attend(row.id) for row in found if time.monotonic() < deadline)


def go_on(engine: Engine, sealer: Sealer, secret_key: str, pk: int, now: datetime) -> Request | None:
    """Go on with one request, unless another does; how it stands then. Raises Unavailable."""
    Desk(engine, sealer, secret_key, now, time.monotonic() + _SECONDS).attend(pk)
    with reading(engine) as connection:
        return privacy_requests.by_id(connection, pk)


def _take_over(connection: Connection, sealer: Sealer, secret_key: str, now: datetime) -> None:
    """What webhooks wrote down as tasks."""
    for task in tasks.open_ones(connection, [tasks.PRIVACY_REQUEST]):
        if tasks.finish(connection, task.id):
            _take_one(connection, task, sealer, secret_key, now)


def _take_one(connection: Connection, task: Task, sealer: Sealer, secret_key: str, now: datetime) -> None:
    store = stores.by_id(connection, task.store_id) if task.store_id else None
    try:
        demand = opened_demand(sealer, task.sealed, task.store_id or "", tasks.SEALED_PAYLOAD)
    except SealBroken as error:
        domain = store.domain if store else ""
        asked = _asked(task.store_id, task.platform, domain, UNREADABLE, PLATFORM, task.created_at, secret_key)
        pk = privacy_requests.add(connection, asked._replace(demand=task.sealed))
        privacy_requests.change(connection, pk, next_at=after(LATER), trouble=str(error))
        return
    if store:
        asked_at = task.created_at
        ask(connection, store, demand, asked_by=PLATFORM, sealer=sealer, secret_key=secret_key, now=asked_at)
        return
    site = demand.site or ""
    asked = _asked(None, task.platform, site, demand.kind, PLATFORM, task.created_at, secret_key)
    finish(connection, privacy_requests.add(connection, asked), now)


def _asked(
    store_id: str | None, platform: str, domain: str, kind: str, asked_by: str, at: datetime, secret_key: str
) -> Asked:
    site = site_hmac(secret_key, platform, domain)
    return Asked(store_id, platform, site, kind, asked_by, at, at + DUE, demand=None, people=())
