"""Whether a store whose platform demands its erasure is gone: the word that our app was removed may never have reached us."""

from enum import StrEnum

from integration.db import Connection, chores, grants
from integration.db.privacy_requests import Request
from integration.db.stores import Store


class Standing(StrEnum):
    """How a store stands when its platform wants it erased."""

    GONE = "gone"
    BACK = "back"  # it was connected since, or its API still takes our token
    ASKED = "asked"  # whether it does is asked at this moment
    UNKNOWN = "unknown"  # it was connected by command, so nobody can be asked


def of(connection: Connection, store: Store, row: Request) -> Standing:
    """How it stands; has its API asked, the first time, where only our token can tell. A webhook may be an old one that was
    posted again, so its word alone erases no store that seems to be connected.
    """
    if store.connected_at is not None and store.connected_at > row.asked_at:
        return Standing.BACK
    if store.uninstalled_at is not None:
        return Standing.GONE
    if grants.of_store(connection, store.id) is None:
        return Standing.UNKNOWN
    if row.begun_at is None:
        chores.plan(connection, store.id, chores.FAREWELL)
        return Standing.ASKED
    asking = any(one.kind == chores.FAREWELL for one in chores.of_store(connection, store.id))
    return Standing.ASKED if asking else Standing.BACK
