"""What each choice in the settings would mean, on the store's own last orders as the ledger kept them. Pure but for `of_store`.

Nothing here says who bought: the parts of the money, the ids of items, what was said of consent, and from where an order came.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from connectors.event import Source
from integration.db import Connection, last_orders
from integration.db.deliveries import State
from integration.db.last_orders import LastOrder
from integration.db.stores import Store
from integration.meta import mapping
from integration.meta.contents import FactLine
from integration.meta.event import PURCHASE
from integration.meta.mapping import Facts
from integration.monitor import foresight
from integration.pipeline.consent import NO_CONSENT, Withhold
from integration.pipeline.qualify import SOURCE_REASONS
from integration.store_settings import ConsentMode, StoreSettings, ValueBasis

MOST, MOST_ITEMS = 20, 3
# A payment that is this much later than the order was not made in the checkout.
_LATER = timedelta(hours=1)


class Order(NamedTuple):
    """One order's money under each basis, in the buyer's currency. `at`: when it was placed."""

    number: str
    at: datetime
    currency: str
    worth: Mapping[ValueBasis, Decimal]


class Moments(NamedTuple):
    """When orders came to count. `unpaid`: before they were paid, cash on delivery apart, which is `cash`; `later`: those
    that were paid more than an hour after they were placed; `of`: how many orders say so much.
    """

    of: int
    unpaid: int
    cash: int
    later: int


class Withheld(NamedTuple):
    """What a consent mode would hold back: for want of a yes, and because of a no."""

    silent: int
    refused: int


class Choices(NamedTuple):
    """All of it. `read`: how many orders; `left_out`: of those, the ones whose money nobody told us; `last`: the newest
    one's id and number; `items`: the first ones of the newest order that has any; `sources`: where those from outside the website came from; `modes`: of `asked` orders.
    """

    read: int
    left_out: int
    orders: Sequence[Order]
    sums: Mapping[str, Mapping[ValueBasis, Decimal]]
    last: tuple[str, str | None] | None
    items: Sequence[FactLine]
    moments: Moments
    sources: Mapping[Source, int]
    asked: int
    modes: Mapping[ConsentMode, Withheld]


def of_store(connection: Connection, store: Store) -> Choices:
    """Of its last orders. Raises Unavailable."""
    return weighed(last_orders.of_store(connection, store.id, PURCHASE, MOST), store.settings)


def weighed(found: Sequence[LastOrder], settings: StoreSettings) -> Choices:
    """The same, of these orders, the newest first."""
    known = [(one, mapping.decode_facts(one.facts)) for one in found]
    told = [(one, facts) for one, facts in known if _is_of_the_store(facts, settings)]
    orders = [order for one, facts in told if (order := _order(one, facts)) is not None]
    asked = [one for one, _ in told if one.region is not None and one.states != {State.SKIPPED}]
    return Choices(
        read=len(found),
        left_out=len(told) - len(orders),
        orders=orders,
        sums=_sums(orders),
        last=next(((one.subject, facts.number) for one, facts in told), None),
        items=next((facts.lines[:MOST_ITEMS] for _, facts in told if facts.lines), ()),
        moments=_moments(told),
        sources=Counter(facts.source for _, facts in known if facts.source in SOURCE_REASONS),
        asked=len(asked),
        modes={mode: _withheld(asked, settings.changed({"consent_mode": mode})) for mode in ConsentMode},
    )


def event_id(template: str, last: tuple[str, str | None], store: Store) -> str:
    """What the last order would be called by that template."""
    return mapping.order_event_id(template, *last, store_key=store.short_key)


def _is_of_the_store(facts: Facts, settings: StoreSettings) -> bool:
    return facts.source is Source.WEBSITE or facts.source in settings.include_sources


def _order(one: LastOrder, facts: Facts) -> Order | None:
    worth = {basis: mapping.value(PURCHASE, facts, basis) for basis in ValueBasis}
    whole = {basis: amount for basis, amount in worth.items() if amount is not None}
    if not whole or facts.currency is None:
        return None
    return Order(facts.number or one.subject, one.placed_at, facts.currency, whole)


def _sums(orders: Sequence[Order]) -> Mapping[str, Mapping[ValueBasis, Decimal]]:
    currencies = sorted({one.currency for one in orders})
    return {
        currency: {
            basis: sum((one.worth[basis] for one in orders if one.currency == currency), Decimal(0))
            for basis in ValueBasis
        }
        for currency in currencies
    }


def _moments(told: Sequence[tuple[LastOrder, Facts]]) -> Moments:
    said = [(one, facts) for one, facts in told if facts.paid is not None]
    return Moments(
        of=len(said),
        unpaid=sum(not facts.paid and not facts.cash_on_delivery for _, facts in said),
        cash=sum(facts.cash_on_delivery for _, facts in said),
        later=sum(bool(facts.paid) and one.received_at - one.placed_at > _LATER for one, facts in said),
    )


def _withheld(asked: Sequence[LastOrder], settings: StoreSettings) -> Withheld:
    decisions = [foresight.judged(one.region or "", one.stated, settings) for one in asked]
    reasons = [one.reason for one in decisions if isinstance(one, Withhold)]
    silent = reasons.count(NO_CONSENT)
    return Withheld(silent, len(reasons) - silent)
