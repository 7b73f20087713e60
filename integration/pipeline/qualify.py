"""Does an event count, not yet, or never, and why. Pure: DESIGN's "what counts", as tables and one line per rule."""

from datetime import datetime, timedelta

import msgspec

from connectors.event import Event, Kind, Order, Source, Standing
from integration.pipeline.schedule import SAFE_TO_REPEAT, TOO_OLD
from integration.store_settings import Route, StoreSettings, When

CANCELLED, DELETED = "cancelled", "deleted"
TEST_ORDER = "test order"
NO_CUSTOMER_INFORMATION = "no customer information"
NO_AMOUNT = "no amount or no currency"
PURCHASE_NOT_TOLD, AWAITS_PURCHASE = "purchase not told", "waiting for its Purchase"
NO_CONTACT = "no contact data yet"
TOLD_BY_PIXEL_ALONE, SWITCHED_OFF = "told by the Pixel alone, by your settings", "switched off in your settings"
STORE_DISCONNECTED = "the store is disconnected"
ERASED = "erased on request"

_COUNTING = {
    When.PAID: frozenset({Standing.PAID}),
    When.PLACED: frozenset({Standing.PAID, Standing.PLACED}),
}

SOURCE_REASONS = {
    Source.POS: "sold in a shop, not on the website",
    Source.DRAFT: "made by hand, not on the website",
    Source.SUBSCRIPTION: "a subscription's renewal",
    Source.OTHER: "made by another app, not on the website",
}


class Counts(msgspec.Struct, frozen=True):
    """It is told. `event_time` is the deed's, never in the future. `placed_at`: when a Pixel may have told it."""

    event_time: datetime
    placed_at: datetime
    test: bool = False


class NotYet(msgspec.Struct, frozen=True):
    """A later payload may make it count; until then nothing is written down."""

    status: str


class Never(msgspec.Struct, frozen=True):
    """It is not told, and why. `ended`: the store took the deed back, which an older payload cannot undo.

    `late`: it is only too late to begin with it; what is under way already goes by the age rules instead.
    """

    reason: str
    ended: bool = False
    late: bool = False


Verdict = Counts | NotYet | Never


class Horizon(msgspec.Struct, frozen=True):
    """Which deeds are ours to tell: none before `since`, none older than Meta takes. Both None for a preview."""

    now: datetime
    since: datetime | None


def routed_away(settings: StoreSettings, event_name: str) -> str | None:
    """Why the server does not tell events of that name, in the merchant's words; None where it does."""
    route = settings.route(event_name)
    if route.by_server:
        return None
    return TOLD_BY_PIXEL_ALONE if route is Route.PIXEL else SWITCHED_OFF


def lacks_a_browser(verdict: Verdict) -> bool:
    """Whether a browser's signal would make it count: it would show a shopper in the storefront."""
    if isinstance(verdict, NotYet):
        return verdict.status == NO_CONTACT
    return isinstance(verdict, Never) and verdict.reason in (NO_CUSTOMER_INFORMATION, SOURCE_REASONS[Source.OTHER])


def qualify(event: Event, settings: StoreSettings, horizon: Horizon, *, seen: bool = False) -> Verdict:
    """The verdict on one event, by its own words, the store's settings and the horizon. `seen`: a browser told of this
    very checkout, which is as good as contact data.
    """
    if event.kind is Kind.ORDER_DELETED:
        return Never(DELETED, ended=True)
    if event.kind is Kind.REFUND:
        return _dated(event, horizon) if settings.refunds else Never("refunds are switched off")
    if event.kind is Kind.CHECKOUT_STARTED:
        return _dated(event, horizon) if seen or _has_contact(event) else NotYet(NO_CONTACT)
    return _order(event, event.order, settings, horizon) if event.order else NotYet("no order")


def _order(event: Event, order: Order, settings: StoreSettings, horizon: Horizon) -> Verdict:
    if order.standing is Standing.CANCELLED:
        return Never(CANCELLED, ended=True)
    when = settings.cod_when if order.cash_on_delivery else settings.purchase_when
    if order.standing not in _COUNTING[when]:
        return NotYet(order.status)
    if order.source is not Source.WEBSITE and order.source not in settings.include_sources:
        return Never(SOURCE_REASONS[order.source])
    return _dated(event, horizon, test=order.test, paid_late=when is When.PAID)


def _has_contact(event: Event) -> bool:
    return bool(event.customer.email or event.customer.phone)


def _dated(event: Event, horizon: Horizon, *, test: bool = False, paid_late: bool = False) -> Verdict:
    placed_at = min(event.placed_at or event.updated_at or horizon.now, horizon.now)
    event_time = _event_time(event, placed_at, horizon.now) if paid_late else placed_at
    if horizon.since is not None:
        if placed_at < horizon.since and event.kind is not Kind.REFUND:
            return Never("placed before the store was connected", late=True)
        if horizon.now - event_time >= TOO_OLD:
            return Never("older than 7 days", late=True)
    return Counts(event_time, placed_at, test)


def _event_time(event: Event, placed_at: datetime, now: datetime) -> datetime:
    """For an order that counts once it is paid: placement, as the Pixel's, if that came within 47 h; else the payment."""
    counted_at = min(event.paid_at or event.updated_at or now, now)
    late: timedelta = counted_at - placed_at
    return counted_at if late > SAFE_TO_REPEAT else placed_at
