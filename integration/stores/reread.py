"""Orders whose shopper agreed after they were withheld are read again: of what is withheld nothing is kept that could be
told. The store's API is asked, and what it says is received as if it had been posted.

Only an order can be asked for: a checkout cannot, and its mark is taken away.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from connectors.access import StoreApi, Told
from connectors.errors import ConnectorError, Declined, Unreachable
from integration.db import reading, rereading, transact
from integration.db.rereading import Granted
from integration.db.stores import Store
from integration.errors import Unavailable
from integration.log import logger
from integration.meta.event import PURCHASE
from integration.pipeline.receive import Receiver
from integration.pipeline.schedule import TOO_OLD

_AT_A_TURN = 20
_OUR_FAULT = "Something went wrong on our side when this order was read again."


def read_on(
    receiver: Receiver,
    store: Store,
    api: StoreApi,
    *,
    now: datetime,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
) -> timedelta | None:
    """Read some of them, beginning none after so many seconds; zero where there may be more, None where all is done.

    An order that cannot be had keeps its mark, and none of the others from being read; its trouble (Unreachable or
    Declined) is raised at the end. Throttled and CredentialsRejected pass through at once; so does Unavailable.
    """
    until = clock() + seconds
    with reading(receiver.engine) as connection:
        found = rereading.granted(connection, store.id, _AT_A_TURN)
    trouble: ConnectorError | None = None
    for place, one in enumerate(found):
        if place and clock() >= until:
            return timedelta(0)
        try:
            _read_again(receiver, store, api, one, now)
        except (Unreachable, Declined) as refusal:
            trouble = trouble or refusal
    if trouble is not None:
        raise trouble
    return timedelta(0) if len(found) == _AT_A_TURN else None


def _read_again(receiver: Receiver, store: Store, api: StoreApi, one: Granted, now: datetime) -> None:
    """The mark goes after all else: who dies in between has an order received twice, which does no harm."""
    if one.order_id is not None and _is_of_use(one, now):
        told = api.order(one.order_id)
        if told is not None:
            _take(receiver, store, told, now)
    transact(receiver.engine, lambda connection: rereading.settle(connection, one))


def _is_of_use(one: Granted, now: datetime) -> bool:
    return one.event_name == PURCHASE and one.withheld and now - one.event_time < TOO_OLD


def _take(receiver: Receiver, store: Store, told: Told, now: datetime) -> None:
    """An order that breaks us is set aside, as a sweep does it."""
    try:
        receiver.recover(store, told.topic, told.body, now, again=True)
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001
        logger("reread").error("an order broke", store=store.id, order=told.order_id, kind=type(error).__name__)
        receiver.set_aside(store, told.topic, told.body, now, reason=_OUR_FAULT)
