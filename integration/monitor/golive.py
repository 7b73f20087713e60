"""Going live: one button, where one sender of Purchase remains for the dataset; else with a reason that is kept."""

from datetime import datetime, timedelta

from integration.db import Connection, chores, datasets, golives
from integration.db.changes import BY_ITSELF, By
from integration.db.stores import LIVE, OBSERVING, Store
from integration.errors import Conflict
from integration.monitor import proof_mail, senders, watch
from integration.stores import settings

LEAST_REASON = 10
_FRESH = timedelta(days=1)
_PACE = timedelta(minutes=5)
NO_DATASET = "Give the store a dataset first: without one there is nobody to tell."
NOT_LOOKED = "We are looking at your shop’s pages for other senders now. Try again in a minute."
ASK_FOR_REASON = "To go live nevertheless, say why in at least 10 characters; the reason is kept."


def go_live(
    connection: Connection,
    store: Store,
    *,
    reason: str | None,
    now: datetime,
    operator: bool = False,
    by: By = BY_ITSELF,
) -> None:
    """Let the store's events leave from now on. Raises Conflict, with what is in the way and what to do about it.

    `operator`: by command; then only a sender that was found is in the way, and not that nobody looked yet.
    """
    if store.live:
        return
    hindrance = rivals_of(connection, store) if operator else hindrance_of(connection, store, now)
    given = (reason or "").replace("\x00", "").strip()
    if hindrance and (hindrance == NO_DATASET or len(given) < LEAST_REASON):
        raise Conflict(hindrance)
    found = [senders.sentence(one) for one in watch.found(connection, store)]
    kept = given[:500] if hindrance else None
    settings.change(connection, store, {"state": LIVE}, now=now, by=by, because={"reason": kept} if kept else None)
    golives.add(connection, store_id=store.id, at=now, reason=kept, senders="\n".join(found))
    proof_mail.begin(connection, store)
    told_anew(connection, store)


def hindrance_of(connection: Connection, store: Store, now: datetime) -> str | None:
    """Why this store cannot just go live; None where it can."""
    if not datasets.of_store(connection, store.id):
        return NO_DATASET
    rivals = rivals_of(connection, store)
    if rivals:
        return rivals
    findings, looked_at = watch.findings(connection, store.id)
    if looked_at is None or now - looked_at > _FRESH:
        return f"{NOT_LOOKED} {ASK_FOR_REASON}"
    return None if findings.pages else f"{findings.trouble} {ASK_FOR_REASON}"


def rivals_of(connection: Connection, store: Store) -> str | None:
    """Who else tells its dataset, and what to do about it; None where nobody was found."""
    blocking = [one for one in watch.found(connection, store) if one.blocks]
    return " ".join([*map(senders.sentence, blocking), ASK_FOR_REASON]) if blocking else None


def look_first(connection: Connection, store: Store, now: datetime) -> None:
    """Plan a look at the shop's pages, where the last one is older than a day."""
    looked_at = watch.findings(connection, store.id)[1]
    if looked_at is None or now - looked_at > _FRESH:
        chores.plan(connection, store.id, chores.SCAN)


def look_again(connection: Connection, store: Store, now: datetime) -> None:
    """The merchant wants a look now: one is planned, unless one is only minutes old."""
    looked_at = watch.findings(connection, store.id)[1]
    if looked_at is None or now - looked_at > _PACE:
        chores.plan(connection, store.id, chores.SCAN)


def is_gated(store: Store, state: str | None) -> bool:
    """Whether setting this state is going live of a store that was connected through the pages: one that was added by
    command is the operator's own affair.
    """
    return state == LIVE and store.state == OBSERVING and store.connected_at is not None


def told_anew(connection: Connection, store: Store) -> None:
    """The storefront's Pixel has another plan now: tell whoever has to be told, where we can ask the platform at all."""
    if any(one.kind == chores.PIXEL for one in chores.of_store(connection, store.id)):
        chores.plan(connection, store.id, chores.PIXEL)
