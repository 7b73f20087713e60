"""Past orders, constructed, and an API that hands them out in pages: what the tests of a survey read."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from connectors.access import Endpoint, Page, PastOrder, Shop, Storefront, Told
from connectors.event import Consent, Event, Kind, Order, Source, Standing, Stated

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def past(
    order_id: str = "5001",
    *,
    source: str = "web",
    door: Source = Source.WEBSITE,
    payment: str = "card",
    region: str | None = "US",
    standing: Standing = Standing.PAID,
    status: str = "paid",
    cod: bool = False,
    test: bool = False,
    marketing: Stated = Stated.UNSTATED,
    sale_of_data: Stated = Stated.UNSTATED,
    placed_at: datetime = NOW - timedelta(days=20),
) -> PastOrder:
    """One order; by default one that would be sent, though nobody could send it now."""
    order = Order(order_id, order_id, status, standing, door, cod, test)
    event = Event(
        Kind.ORDER,
        order_id,
        placed_at=placed_at,
        order_id=order_id,
        order=order,
        consent=Consent(marketing, sale_of_data),
        region=(region, None),
    )
    return PastOrder(event, source, payment)


class Shelf:
    """A StoreApi with orders on it, oldest first, `size` a page; cursors are places. `trouble(n)` may raise at call n."""

    def __init__(
        self, orders: Sequence[PastOrder], size: int = 10, trouble: Callable[[int], None] = lambda _: None
    ) -> None:
        self.all, self.size, self.trouble = orders, size, trouble
        self.asked: list[tuple[datetime, str | None]] = []

    def orders(self, since: datetime, cursor: str | None) -> Page:
        self.asked.append((since, cursor))
        self.trouble(len(self.asked))
        start = int(cursor or 0)
        end = start + self.size
        return Page(self.all[start:end], str(end) if end < len(self.all) else None)

    def shop(self) -> Shop:
        raise AssertionError("a survey reads orders and asks for nothing else")

    def mend_subscriptions(self, endpoint: Endpoint) -> Sequence[str]:
        raise AssertionError("a survey reads orders and asks for nothing else")

    def mend_pixel(self, storefront: Storefront) -> bool:
        raise AssertionError("a survey reads orders and asks for nothing else")

    def leave(self, endpoint: Endpoint) -> None:
        raise AssertionError("a survey reads orders and asks for nothing else")

    def order(self, order_id: str) -> Told | None:
        raise AssertionError("a survey reads orders and asks for nothing else")
