"""What the storefront's script says of a pair test. It is kept beside the test, and counts for nothing else.

The first word that the Pixel was called lets the server tell its half, of the very browser that said so.
"""

from datetime import datetime
from typing import Any

from integration.crypto import Sealer
from integration.db import Connection, Engine, clock, pair_tests, reading, transact
from integration.db.pair_tests import SEALED_BROWSER, PairTest
from integration.meta import hashing
from integration.pipeline import beacon_words, browsing, pair_code
from integration.pipeline.acquaintances import Acquaintance
from integration.pipeline.beacon_words import HELD, Caller, Trial
from integration.pipeline.browsing import Heard

# How far the Pixel came. Words may overtake one another; the furthest stays.
STAGES = (HELD, "called", "loaded", "sent")


def hear(engine: Engine, sealer: Sealer, of: Acquaintance, body: bytes, caller: Caller | None, now: datetime) -> bool:
    """Keep it; whether the server has to tell its half now. A code that is none, is over, or is of another store or
    dataset changes nothing. Raises MalformedPayload and Unavailable.
    """
    told = beacon_words.trial(body, now)
    if told is None:
        return False
    with reading(engine) as connection:
        if not pair_tests.is_open(connection, pair_code.digest(told.code)):
            return False
    heard = _browser(of, told, caller)
    return transact(engine, lambda connection: _keep(connection, sealer, of.store.id, told, heard))


def _keep(connection: Connection, sealer: Sealer, store_id: str, told: Trial, heard: Heard) -> bool:
    test = pair_tests.of_code(connection, pair_code.digest(told.code))
    if test is None or test.store_id != store_id or not _is_about(told, test) or not _is_news(told, test):
        return False
    values: dict[str, Any] = {"pixel_state": told.state, "pixel_at": clock()}
    begins = told.state != HELD and test.pixel_state in (None, HELD)
    if begins:
        browser = sealer.seal(heard.encoded(), store=store_id, column=SEALED_BROWSER)
        values |= {"browser": browser, "due_at": clock()}
    pair_tests.keep(connection, test.id, **values)
    pair_tests.mark_opened(connection, test.id)
    return begins


def _is_about(told: Trial, test: PairTest) -> bool:
    """A Pixel that waits for consent has told nobody of anything yet, and names nothing."""
    return told.state == HELD or (told.dataset_id, told.event_id) == (test.dataset_id, test.event_id)


def _is_news(told: Trial, test: PairTest) -> bool:
    return test.pixel_state is None or STAGES.index(told.state) > STAGES.index(test.pixel_state)


def _browser(of: Acquaintance, told: Trial, caller: Caller | None) -> Heard:
    address, agent = (caller.address, caller.user_agent) if caller else (None, None)
    heard = Heard(fbp=told.fbp, ip=hashing.client_ip(address), user_agent=hashing.user_agent(agent))
    return browsing.without(heard, of.store.settings.leave_out)
