"""The daily look at who else tells Meta in a shop: kept, weighed against the store's datasets, and said as an alert."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from integration.db import Connection, alerts, chores, datasets, scans, transact
from integration.db.stores import Store
from integration.monitor import scan, senders
from integration.monitor.senders import Findings, Sender
from integration.stores import storefront
from integration.stores.upkeep import Again, Errand

OTHER_SENDER = "other_sender"
DAILY = timedelta(days=1)
_LONGEST_ALERT = 500


def look(errand: Errand) -> Again:
    """The chore: read the shop's pages, and raise the alert or take it back."""
    seen = scan.look(errand.platforms.http, errand.store.domain)
    kept = msgspec.json.encode(seen.findings).decode()

    def write(connection: Connection) -> None:
        scans.keep(connection, errand.store.id, findings=kept, hosts=seen.hosts)
        weigh(connection, errand.store, errand.now)

    transact(errand.platforms.engine, write)
    return DAILY


def weigh(connection: Connection, store: Store, now: datetime) -> None:
    """The alert about another sender of our dataset, by what was last found."""
    blocking = [one for one in found(connection, store) if one.blocks]
    if blocking:
        sentence = " ".join(map(senders.sentence, blocking))[:_LONGEST_ALERT]
        alerts.keep(connection, store_id=store.id, kind=OTHER_SENDER, sentence=sentence, at=now)
    else:
        alerts.clear(connection, store_id=store.id, kind=OTHER_SENDER)


def found(connection: Connection, store: Store) -> Sequence[Sender]:
    """Who else tells Meta, by the last look at the pages and the plugin's last report; what blocks comes first."""
    report = storefront.of_store(connection, store.id)
    beside = senders.reported((one.name, one.ids) for one in report.report.pixels) if report else ()
    ours = [one.dataset_id for one in datasets.of_store(connection, store.id)]
    return senders.weigh([*findings(connection, store.id)[0].found, *beside], ours)


def findings(connection: Connection, store_id: str) -> tuple[Findings, datetime | None]:
    """What the last look found, and when it was; nothing, and None, where nobody looked."""
    kept = scans.of_store(connection, store_id)
    try:
        return (msgspec.json.decode(kept.findings, type=Findings), kept.at) if kept else (Findings(), None)
    except msgspec.DecodeError:
        return Findings(), None


CHORES = {chores.SCAN: look}
