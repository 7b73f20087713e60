"""A store's own secret is changed without a gap: the new one and the former both sign until nobody uses the former."""

from datetime import datetime, timedelta
from typing import NamedTuple

from connectors import registry
from integration.crypto import Sealer
from integration.db import Connection, chores, grants, signing, stores
from integration.db.chores import Chore
from integration.db.signing import Secrets
from integration.db.stores import SEALED_SECRET, Store
from integration.errors import Conflict, NotFound
from integration.stores.connect import new_secret

# A delivery is signed when it is sent, and may be under way for as long as this, and then some.
SETTLED = timedelta(hours=1)
# Where a person has to change it in the shop, or our half there does not answer.
PATIENCE = timedelta(days=7)
# Who began to look after the webhooks before the change may write the former secret until then.
_STRAGGLES = timedelta(minutes=5)
_LOOK_AGAIN = timedelta(minutes=10)


class Rotated(NamedTuple):
    """`by_hand`: somebody has to bring the new secret into the shop, since we are not let in there."""

    secret: str
    by_hand: bool


def rotate(connection: Connection, sealer: Sealer, store: Store, *, at_once: bool = False) -> Rotated:
    """A new secret for a store that signs with its own; its webhooks are told by the next chore. The former one goes on
    signing; `at_once`: it has leaked, and is good for nothing from now on, whatever is lost by that.

    Raises Conflict where the platform's app signs, or a change is under way already.
    """
    known = stores.by_id(connection, store.id, kept=True)
    if known is None:
        raise NotFound("The store is gone.")
    _refuse_what_cannot(known, at_once=at_once)
    secret = new_secret()
    sealed = sealer.seal(secret.encode(), store=store.id, column=SEALED_SECRET)
    signing.change(connection, store.id, Secrets(sealed, None if at_once else known.sealed_secret))
    by_hand = grants.of_store(connection, store.id) is None
    for kind in () if by_hand else (chores.SUBSCRIPTIONS, chores.PIXEL):
        chores.plan(connection, store.id, kind)
    chores.plan(connection, store.id, chores.SECRET, PATIENCE if by_hand else SETTLED)
    return Rotated(secret, by_hand)


def _refuse_what_cannot(store: Store, *, at_once: bool) -> None:
    label = registry.get(store.platform).label
    if store.sealed_secret is None:
        raise Conflict(f"{store.domain} has no secret of its own: {label} signs with the app's.")
    if store.sealed_former_secret is not None and not at_once:
        raise Conflict(
            f"The secret of {store.domain} is being changed already: the former one still signs. If it has leaked, "
            "--at-once ends that, and what is signed with it is refused."
        )


def is_to_be_told(store: Store, chore: Chore) -> bool:
    """Whether the store's webhooks may not know its secret yet; `chore`: the one that tells them, before it does."""
    if store.secret_at is None:
        return False
    return store.sealed_former_secret is not None or not _is_told(chore, store.secret_at + _STRAGGLES)


def settle(connection: Connection, store: Store, now: datetime) -> timedelta | None:
    """Let the former secret go if nobody signs with it any more; else, after how long to look again.

    Webhooks are told the new one by the chore that looks after them, and our half in the storefront by its own. While we
    are not let in, the shop cannot be told, and both go on signing until it can.
    """
    if store.sealed_former_secret is None or store.secret_at is None:
        return None
    planned = {chore.kind: chore for chore in chores.of_store(connection, store.id)}
    waited = now - store.secret_at
    if grants.of_store(connection, store.id) is None:
        over = waited >= PATIENCE
    else:
        told = _is_told(planned.get(chores.SUBSCRIPTIONS), store.secret_at + _STRAGGLES)
        half = waited >= PATIENCE or _knows_nothing_else(planned.get(chores.PIXEL), store.secret_at)
        over = waited >= SETTLED and told and half
    if not over:
        return _LOOK_AGAIN
    # Not so where the secrets were changed, or sealed with another key, since the store was read.
    return None if signing.drop_former(connection, store) else _LOOK_AGAIN


def _is_told(chore: Chore | None, since: datetime) -> bool:
    return chore is not None and chore.done_at is not None and chore.done_at >= since


def _knows_nothing_else(chore: Chore | None, since: datetime) -> bool:
    """Whether our half in the storefront was told, or never was there to be told anything."""
    return chore is None or chore.done_at is None or _is_told(chore, since)
