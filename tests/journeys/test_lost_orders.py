"""A shop goes on selling while we are away: the whole service, the stand-in for WooCommerce, and nobody who tells again."""

from collections import Counter
from pathlib import Path

import sqlalchemy as sa

from integration import db
from integration.db import transaction
from integration.db.chores import chores
from integration.db.stores import stores
from tests.rig.merchants import hands_keys_over
from tests.rig.service import Service, eventually
from tests.rig.woostore import WooStore

PATIENCE = 60.0


def heard_of(service: Service) -> Counter[str]:
    """How many events there are of each order."""
    return Counter(row["order_id"] for row in service.events())


def as_if_hours_had_passed(service: Service) -> None:
    """Since the store was connected, and since it was asked for its orders."""
    engine = db.connect(f"sqlite:///{service.data_dir / 'tandem.db'}")
    with transaction(engine) as connection:
        connection.execute(sa.update(chores).where(chores.c.kind == "orders").values(due_at=db.from_ms(0)))
        connection.execute(sa.update(stores).values(since=db.from_ms(0)))
    engine.dispose()


def test_what_a_shop_sold_while_we_were_away_is_there_once_and_its_webhooks_are_on_again(tmp_path: Path) -> None:
    with WooStore.running() as shop:
        service = Service(tmp_path / "data", {})
        with service.running():
            hands_keys_over(service, shop)
            assert eventually(lambda: len(shop.webhooks()) >= 4, PATIENCE)
            [heard] = shop.order()
            assert eventually(lambda: heard_of(service) == {str(heard): 1}, PATIENCE)
        lost = shop.order(count=120, ago=300)
        assert shop.sent("delivery")
        assert {one["status"] for one in shop.webhooks() if one["topic"] == "order.created"} == {"disabled"}
        as_if_hours_had_passed(service)
        with service.running():
            wanted = dict.fromkeys(map(str, [heard, *lost]), 1)
            assert eventually(lambda: heard_of(service) == wanted, PATIENCE), heard_of(service)
            assert eventually(lambda: {one["status"] for one in shop.webhooks()} == {"active"}, PATIENCE)
            [later] = shop.order()
            assert eventually(lambda: heard_of(service) == wanted | {str(later): 1}, PATIENCE)
