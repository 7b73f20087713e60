"""The server's half of pair tests, told by a worker: one call each, under the dataset's lease, and never twice.

A dataset that is paused is not asked, and one that rests is left alone: that is the test's result, or what it waits for.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import msgspec

from integration.crypto import Sealer
from integration.db import Connection, Engine, leasing, pair_tests, reading, stores, transact
from integration.db import now as database_now
from integration.db.datasets import PAUSED, SEALED_TOKEN, Dataset
from integration.db.leasing import Lease
from integration.db.pair_tests import SEALED_BROWSER, PairTest, Side
from integration.errors import SealBroken
from integration.log import logger
from integration.meta import errors
from integration.meta.client import GraphClient
from integration.meta.errors import Accepted, Answer, Counted, Paused, Refused, Retryable
from integration.meta.event import LimitedData, ServerEvent, encode, is_sufficient
from integration.pipeline import browsing, pair_code
from integration.pipeline.browsing import Heard
from integration.store_settings import LimitedDataUse, StoreSettings

MOST = 8
LEASE_SECONDS = 30
# The worker waits for it, and what is due of real events waits for the worker.
CALL_SECONDS = 5.0

_GONE = "The dataset was taken away from this store while the test was under way."
_RESTS = "Tandem leaves this dataset alone for a while, since Meta took none of its last calls. Try again later."
_THROTTLED = "Meta takes nothing more for this dataset at the moment. Try again in some minutes."
_UNREACHED = "Meta could not be reached. Try again in a minute."
_UNKNOWN = "Meta did not answer in time: nobody knows whether it took the test event. Try again in a minute."


@dataclass(frozen=True, slots=True)
class Call:
    """A test whose half is to be told now."""

    test: PairTest
    dataset: Dataset
    event: bytes


def run_due(engine: Engine, sealer: Sealer, client: GraphClient, owner: str) -> int:
    """Tell what is due; how many tests Meta was asked about. `owner` is unique to this run. Raises Unavailable."""
    with reading(engine) as connection:
        if not pair_tests.anything_due(connection):
            return 0
    transact(engine, _settle_without_asking)
    leases, calls = transact(engine, partial(_take, sealer=sealer, owner=owner))
    if not leases:
        return 0
    with ThreadPoolExecutor(MOST, "pair-test") as threads:
        answers = list(threads.map(partial(_ask, sealer, client), calls))
    transact(engine, partial(_write, leases=leases, owner=owner, answered=list(zip(calls, answers, strict=True))))
    return len(calls)


def _settle_without_asking(connection: Connection) -> None:
    now = database_now(connection)
    for side in pair_tests.due(connection, MOST):
        trouble = _why_not(side, now)
        if trouble:
            pair_tests.keep(connection, side.id, trouble=trouble, due_at=None, browser=None)
        elif side.rest_until and side.rest_until > now:
            pair_tests.keep(connection, side.id, due_at=side.rest_until)


def _why_not(side: Side, now: datetime) -> str | None:
    if side.state is None:
        return _GONE
    if side.state == PAUSED:
        return side.reason or _RESTS
    rests_on = side.rest_until is not None and side.rest_until > max(now, side.expires_at)
    return _RESTS if rests_on else None


def _take(connection: Connection, sealer: Sealer, owner: str) -> tuple[Sequence[Lease], list[Call]]:
    """Leases of the datasets that are free, and what is due for them, due no more: the intent, before the call."""
    leases = leasing.lease(
        connection, owner=owner, work=pair_tests.work(), limit=MOST, seconds=LEASE_SECONDS, ailing=None
    )
    sides = {(one.dataset.store_id, one.dataset.dataset_id): one.dataset for one in leases}
    taken = pair_tests.take(connection, [one.dataset.id for one in leases])
    now = database_now(connection)
    calls = [_call(connection, sealer, test, sides[test.store_id, test.dataset_id], now) for test in taken]
    return leases, [one for one in calls if one is not None]


def _call(connection: Connection, sealer: Sealer, test: PairTest, dataset: Dataset, now: datetime) -> Call | None:
    store = stores.by_id(connection, test.store_id)
    if store is None:
        return None
    told = event(test, _browser(sealer, test), store.settings, f"https://{store.domain}/", now)
    return Call(test, dataset, encode(told))


def _browser(sealer: Sealer, test: PairTest) -> Heard:
    """Nobody, where it does not open: the test is told all the same."""
    try:
        return browsing.decode(sealer.unseal(test.browser or "", store=test.store_id, column=SEALED_BROWSER))
    except (SealBroken, msgspec.DecodeError) as error:
        logger("pair test").warning("a browser cannot be read", store=test.store_id, kind=type(error).__name__)
        return Heard()


def event(test: PairTest, browser: Heard, settings: StoreSettings, page: str, now: datetime) -> ServerEvent:
    """The custom event, of that browser. Pure. Where nothing is known of it that Meta could match, it goes by the id of the
    test, which is nobody's: the merchant left the rest out, or sits beside this service.
    """
    known = {"client_ip_address": browser.ip, "client_user_agent": browser.user_agent, "fbp": browser.fbp}
    user_data = {key: value for key, value in known.items() if value}
    if not is_sufficient(user_data):
        user_data["external_id"] = pair_code.digest(test.event_id)
    # Without an address Meta has nothing to locate by, and takes no limited event.
    limits = settings.limited_data_use is LimitedDataUse.ALWAYS and browser.ip
    return ServerEvent(
        event_name=pair_code.EVENT_NAME,
        event_id=test.event_id,
        event_time=now,
        action_source="website",
        user_data=user_data,
        event_source_url=page,
        limited=LimitedData() if limits else None,
    )


def _ask(sealer: Sealer, client: GraphClient, call: Call) -> Answer:
    side = call.dataset
    try:
        token = sealer.unseal(side.sealed_token, store=side.store_id, column=SEALED_TOKEN).decode()
    except SealBroken as error:
        return Answer(Counted.NO, Paused(str(error)))
    try:
        code = side.test_event_code
        return client.send(side.dataset_id, token, [call.event], test_event_code=code, seconds=CALL_SECONDS)
    except Exception as error:  # noqa: BLE001 (see below)
        # The others of this run must not be lost with it; whether something left is not known.
        logger("pair test").error("a call broke", dataset=side.id, kind=type(error).__name__)
        return errors.unknown()


def _write(
    connection: Connection, leases: Sequence[Lease], owner: str, answered: Sequence[tuple[Call, Answer]]
) -> None:
    now = database_now(connection)
    for call, answer in answered:
        trouble = trouble_of(answer)
        told_at = None if trouble else now
        pair_tests.keep(
            connection, call.test.id, server_at=told_at, fbtrace_id=answer.fbtrace_id, trouble=trouble and trouble[:500]
        )
    leasing.release(connection, [one.dataset.id for one in leases], owner=owner)


def trouble_of(answer: Answer) -> str | None:
    """Why the server's half was not told, in a sentence; None where Meta took it. Pure."""
    match answer.next:
        case Accepted():
            return None
        case Paused(reason=reason):
            return reason
        case Refused(advice=advice):
            return advice
        case Retryable(throttled=True):
            return _THROTTLED
    return _UNREACHED if answer.counted is Counted.NO else _UNKNOWN
