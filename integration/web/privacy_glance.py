"""What our page inside a platform's admin says of data & privacy: only read, and of the store that was proven to it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from connectors import registry
from integration.db import Connection, consents, privacy_requests
from integration.db.consents import Withheld
from integration.db.stores import Store
from integration.monitor import foresight
from integration.monitor.foresight import Foresight
from integration.retention import Retention
from integration.web import consent_words, privacy_words
from integration.web.consent_words import Mode
from integration.web.privacy import LOOKS_BACK
from integration.web.privacy_words import Asked, Kept


class Glance(NamedTuple):
    """What is shown. `requests`: the newest first; `withheld`: of the last 30 days."""

    mode: Mode
    foresight: Foresight | None
    withheld: Sequence[Withheld]
    requests: Sequence[Asked]
    kept: Sequence[Kept]


def of_store(connection: Connection, store: Store, retention: Retention, now: datetime) -> Glance:
    """The store's. Raises Unavailable."""
    label, since = registry.get(store.platform).label, now - LOOKS_BACK
    return Glance(
        mode=consent_words.mode(store.settings),
        foresight=foresight.of_store(connection, store, now),
        withheld=privacy_words.withheld(consents.withheld_since(connection, store.id, since)),
        requests=[privacy_words.asked(one, label, now) for one in privacy_requests.of_store(connection, store.id)],
        kept=privacy_words.kept(retention),
    )
