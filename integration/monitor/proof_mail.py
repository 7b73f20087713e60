"""The chore of a store that went live: look whether its first order is proven, keep the proof, and send it by mail once.

It counts as sent when the mail server took it; a process that dies before that is written down sends it again.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial

from connectors import registry
from integration import mail
from integration.db import Connection, chores, proofs, transact
from integration.db.chores import PROOF
from integration.db.stores import Store
from integration.errors import SealBroken
from integration.mail import NotSent, Post
from integration.monitor import proof
from integration.monitor.proof import Shown
from integration.stores import alert_addresses
from integration.stores.upkeep import Again, Errand
from integration.stores.zone import zone_of

_SOON, _LATER = timedelta(minutes=1), timedelta(minutes=10)
_EAGER = timedelta(hours=6)  # so long after going live somebody may sit and wait
_MOST_TRIES = 30  # about a day


def chore(post: Post | None) -> Mapping[str, Callable[[Errand], Again]]:
    """The chore by its kind, with the mail server it writes through; None: it only keeps the proof."""
    return {PROOF: partial(look, post=post)}


def look(errand: Errand, *, post: Post | None) -> Again:
    """Prove, then tell. Raises NotSent, and is then tried again."""
    engine, store = errand.platforms.engine, errand.store
    if not store.live:
        return None
    shown = transact(engine, lambda connection: _proven(connection, errand))
    if shown is None:
        return _SOON if errand.now - store.since < _EAGER else _LATER
    addresses = _addresses(errand)
    if shown.mailed_at or shown.trouble or post is None or not addresses:
        return None
    return _mailed(errand, post, addresses, shown)


def _proven(connection: Connection, errand: Errand) -> Shown | None:
    if not proof.prove(connection, errand.store, errand.now):
        return None
    return proof.of_store(connection, errand.store, errand.now)


def _addresses(errand: Errand) -> Sequence[str]:
    def read(connection: Connection) -> Sequence[str]:
        return alert_addresses.of_store(connection, errand.platforms.sealer, errand.store)

    try:
        return transact(errand.platforms.engine, read)
    except SealBroken:
        return ()


def _mailed(errand: Errand, post: Post, addresses: Sequence[str], shown: Shown) -> Again:
    engine, store = errand.platforms.engine, errand.store
    try:
        mail.send(post, addresses, subject(store), text(errand, shown))
    except NotSent as error:
        if errand.chore.tries < _MOST_TRIES:
            raise
        why = str(error)
        transact(engine, lambda connection: proofs.given_up(connection, store.id, why))
    else:
        transact(engine, lambda connection: proofs.mailed(connection, store.id))
    return None


def subject(store: Store) -> str:
    """One line."""
    return f"The first order of {store.domain} reached Meta"


def text(errand: Errand, shown: Shown) -> str:
    """The whole mail: an order's id, and nothing of who bought."""
    zone = zone_of(errand.store)
    return (
        f"{subject(errand.store)}.\n\n"
        f"Order {shown.proof.order}, placed on {proof.day(shown.proof, zone)}; times are those of {zone.key}.\n\n"
        f"{shown.sentence}\n\n"
        f"{_way(errand)}\n\n"
        "You get this mail once, since your address is among this store's alert addresses.\n"
    )


def _way(errand: Errand) -> str:
    """Where the merchant reads more: in the platform's admin, or with our own sign-in."""
    app, embedding = errand.platforms.app(errand.store.platform), registry.get(errand.store.platform).embedding
    if embedding is not None:
        return f"Open Tandem in your store's admin: {embedding.home(app, errand.store.domain)}"
    return f"Open Tandem from your shop's admin, or sign in: {app.public_url}/sign-in"


def begin(connection: Connection, store: Store) -> None:
    """The store goes live: its first order is still to come, whatever was proven before."""
    proofs.forget(connection, store.id)
    chores.plan(connection, store.id, PROOF)
