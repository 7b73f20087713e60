"""The daily look at who else tells Meta in a shop: kept, weighed against the store's datasets, and said as an alert."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from connectors import registry
from connectors.access import App
from connectors.reachable import is_this_machine
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
    if is_played(errand.platforms.app(errand.store.platform), errand.store):
        return DAILY
    seen = scan.look(errand.platforms.http, errand.store.domain, registry.get(errand.store.platform).rival)

    def write(connection: Connection) -> None:
        before = scans.of_store(connection, errand.store.id)
        told, hosts = seen.findings, seen.hosts
        if not told.pages and before:
            # A shop that could not be read today has not changed by that.
            former, _ = findings(connection, errand.store.id)
            told, hosts = msgspec.structs.replace(former, trouble=told.trouble), before.hosts
        scans.keep(connection, errand.store.id, findings=msgspec.json.encode(told).decode(), hosts=hosts)
        weigh(connection, errand.store, errand.now)

    transact(errand.platforms.engine, write)
    return DAILY


def is_played(app: App, store: Store) -> bool:
    """Whether the platform is a stand-in on this machine, so that the shop has pages nowhere: under its name somebody
    else's may be found in the world.
    """
    return any(text.startswith("http://") for text in app.options.values()) and not is_this_machine(
        store.domain.partition(":")[0]
    )


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
