"""Words of browsers become rows: a signal is put to what its key is known by, a sighting is kept beside its proof.

Nothing here makes an event or a delivery. A signal can add to an event that a webhook made, let it be due now where it
waits, and have its order read again where it was withheld; a sighting touches none.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import msgspec

from connectors import registry
from connectors.event import Stated
from integration.crypto import Sealer
from integration.db import Connection, Engine, beacons, events, reading, sightings, signals, transact, withheld
from integration.db import now as database_now
from integration.db.sightings import Seen, Stage
from integration.db.stores import Store
from integration.errors import SealBroken
from integration.pipeline import beacon_words, browsing, joining, page_token, pair_hearing, quota, withholding
from integration.pipeline.acquaintances import Acquaintance, Acquaintances
from integration.pipeline.beacon_words import Caller, Sighting, Signal
from integration.pipeline.browsing import Heard
from integration.pipeline.joining import By
from integration.pipeline.quota import Quota
from integration.pipeline.signers import own_secrets

# What is told again within this time, and says nothing new, is not written again.
_FRESH = timedelta(hours=1)


def _signal_quota() -> Quota:
    return Quota(
        quota.MOST_SIGNALS, lambda on, store_id, most: beacons.new_signals(on, store_id, within=quota.DAY, most=most)
    )


def _sighting_quota(most: int, *, proven: bool) -> Quota:
    return Quota(most, partial(_count_sightings, proven=proven))


def _count_sightings(connection: Connection, store_id: str, most: int, *, proven: bool) -> int:
    return beacons.new_sightings(connection, store_id, within=quota.DAY, most=most, proven=proven)


@dataclass(frozen=True, slots=True)
class Collector:
    """Takes the beacon's words, of stores that the caller has looked up. Every call may raise Unavailable."""

    engine: Engine
    sealer: Sealer
    acquaintances: Acquaintances
    signals: Quota = field(default_factory=_signal_quota)
    proven: Quota = field(default_factory=partial(_sighting_quota, quota.MOST_PROVEN, proven=True))
    unproven: Quota = field(default_factory=partial(_sighting_quota, quota.MOST_UNPROVEN, proven=False))

    def hear(self, of: Acquaintance, body: bytes, caller: Caller, now: datetime) -> bool:
        """Keep a signal; whether an event that waited for it is due now. Raises MalformedPayload."""
        told = beacon_words.signal(body, caller, of.own, now)
        order_id = self._own_order(of.store, told, now)
        keys = sorted(_keys(told, order_id))
        heard = browsing.without(told.heard, of.store.settings.leave_out)
        if not keys or not self._keep(of.store, keys, heard):
            return False
        self._at_work(of.store)
        if Stated.REFUSED in (heard.marketing, heard.sale_of_data):
            self._note_refusals(of.store, keys, order_id, heard)
        # After the commit: a webhook looks for signals after its own, so that one of the two always sees the other.
        return self._met(of.store, keys, order_id, heard)

    def see(self, of: Acquaintance, body: bytes, now: datetime, caller: Caller | None = None) -> bool:
        """Keep a sighting; whether it was of a pair test whose other half is due now. Raises MalformedPayload."""
        told = beacon_words.sighting(body)
        if told is None:
            return pair_hearing.hear(self.engine, self.sealer, of, body, caller, now)
        proof_key = self._proof(of, told, now)
        seen = Seen(of.store.id, told.dataset_id, told.event_name, told.event_id, proof_key)
        room = self.proven if proof_key else self.unproven
        if transact(self.engine, partial(_keep_sighting, room=room, seen=seen, stage=Stage(told.state))):
            room.add(of.store.id, 1)
        if proof_key:
            self._at_work(of.store)
        return False

    def _keep(self, store: Store, keys: Sequence[str], heard: Heard) -> bool:
        """Whether anything was new."""
        with reading(self.engine) as connection:
            fresh_after = database_now(connection) - _FRESH
            known = {kept.join_key: kept for kept in signals.of_keys(connection, store.id, keys)}
        after = self._after(store, {key: known[key].sealed if key in known else "" for key in keys}, heard)
        if all(key in known and key not in after and known[key].last_at > fresh_after for key in keys):
            return False
        new = transact(self.engine, partial(self._merge, store=store, keys=keys, heard=heard))
        self.signals.add(store.id, new)
        return True

    def _merge(self, connection: Connection, store: Store, keys: Sequence[str], heard: Heard) -> int:
        """In the order of the keys, as everybody does; how many rows are new."""
        full = self.signals.full(connection, store.id)
        new, sealed = 0, {}
        for key in keys:
            made = not full and signals.reserve(connection, store.id, key)
            found = None if made else signals.lock(connection, store.id, key)
            if made or found:
                sealed[key] = found.sealed if found else ""
            new += made
        after = self._after(store, sealed, heard)
        for key, text in sealed.items():
            signals.keep(connection, store.id, key, after.get(key, text))
        return new

    def _after(self, store: Store, sealed: dict[str, str], heard: Heard) -> dict[str, str]:
        """What the rows are to hold, sealed; those that stay as they are are left out."""
        before = {key: self._opened(store, text) for key, text in sealed.items()}
        after = browsing.agreed({key: browsing.updated(older, heard) for key, older in before.items()})
        return {
            key: self.sealer.seal(one.encoded(), store=store.id, column=signals.SEALED)
            for key, one in after.items()
            if one != before[key]
        }

    def _opened(self, store: Store, sealed: str) -> Heard | None:
        """None too for what can be opened no more: then it begins anew."""
        try:
            opened = self.sealer.unseal(sealed, store=store.id, column=signals.SEALED) if sealed else b""
            return browsing.decode(opened) if opened else None
        except (SealBroken, msgspec.DecodeError):
            return None

    def _met(self, store: Store, keys: Sequence[str], order_id: str | None, heard: Heard) -> bool:
        with reading(self.engine) as connection:
            found = withheld.met_by(connection, store.id, keys, order_id)
        return bool(found) and transact(
            self.engine, partial(self._let_go, store_id=store.id, keys=keys, pks=found, heard=heard)
        )

    def _note_refusals(self, store: Store, keys: Sequence[str], order_id: str | None, heard: Heard) -> None:
        transact(
            self.engine,
            lambda on: withholding.note_refusals(on, self.sealer, store.id, keys, order_id, heard),
        )

    def _let_go(
        self, connection: Connection, store_id: str, keys: Sequence[str], pks: Sequence[int], heard: Heard
    ) -> bool:
        """The events before their deliveries, as every webhook locks them."""
        events.lock_many(connection, pks)
        withholding.hear_of_withheld(connection, self.sealer, store_id, keys, pks, heard)
        return beacons.pull(connection, pks) > 0

    def _at_work(self, store: Store) -> None:
        if not store.hears_browsers:
            transact(self.engine, partial(beacons.mark_heard, store_id=store.id))
            self.acquaintances.forget(store.public_key)

    def _own_order(self, store: Store, told: Signal, now: datetime) -> str | None:
        """The order it names, if its page's token is of that very order: order ids can be guessed."""
        proven = self._page_proves(store, told.proof, now) if told.order_id else None
        return told.order_id if proven == (By.ORDER, told.order_id) else None

    def _page_proves(self, store: Store, token: str | None, now: datetime) -> page_token.Proven | None:
        if token is None or registry.get(store.platform).plugin is None:
            return None  # only a plugin of ours makes page tokens
        return page_token.read(token, own_secrets(self.sealer, store), now)

    def _proof(self, of: Acquaintance, told: Sighting, now: datetime) -> str:
        """The key it is proven by; "" where it is not. Where no plugin makes page tokens the checkout's own is the proof:
        it joins, or it does not.
        """
        if told.proof is None or told.dataset_id not in of.dataset_ids:
            return ""
        if registry.get(of.store.platform).plugin is None:
            return joining.key(By.CHECKOUT, told.proof)
        proven = self._page_proves(of.store, told.proof, now)
        return joining.key(*proven) if proven and _is_about(told, proven) else ""


def _keys(told: Signal, order_id: str | None) -> set[str]:
    named = ((By.CHECKOUT, told.checkout_token), (By.CART, told.cart_token), (By.ORDER, order_id))
    return {joining.key(by, value) for by, value in named if value}


def _is_about(told: Sighting, proven: page_token.Proven) -> bool:
    """Whether it is of what the page stands before. An order's Purchase may come under any id: that it is another than the
    server's is what coverage has to show.
    """
    if proven.by is By.CHECKOUT and told.event_name in ("InitiateCheckout", "AddPaymentInfo"):
        return told.event_id == proven.value
    return True


def _keep_sighting(connection: Connection, room: Quota, seen: Seen, stage: Stage) -> bool:
    """Whether it was kept as one that may be new."""
    if room.full(connection, seen.store_id):
        sightings.add_stage(connection, seen, stage)
        return False
    sightings.keep(connection, seen, stage)
    return True
