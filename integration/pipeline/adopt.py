"""What was held for want of a dataset goes to the store's first one, each by its own rule."""

from integration.db import Connection, clock, datasets, deliveries, held
from integration.db.datasets import Dataset
from integration.db.deliveries import State
from integration.meta.event import REFUND
from integration.pipeline.qualify import AWAITS_PURCHASE, TEST_ORDER

ID_OF_ANOTHER_SHOP = "its id could be another shop's at this dataset"


def adopt(connection: Connection, store_id: str, dataset: Dataset, *, key: str | None = None) -> None:
    """Give the store's orphans to `dataset`: due now, or waiting for their Purchase, or skipped as test orders.

    `key`: another shop with small order numbers tells this dataset too. An event id is never computed again, so what
    was stored without the store's key cannot be told there: Meta might take it for the other shop's.
    """
    found = held.orphans(connection, store_id)
    alike = [one.id for one in found if key is not None and key not in one.event_id]
    tests = [one.id for one in found if one.test and not dataset.test_event_code and one.id not in alike]
    refunds = [one.id for one in found if one.event_name == REFUND and one.id not in {*alike, *tests}]
    ready = [one.id for one in found if one.id not in {*alike, *tests, *refunds}]
    mine = {"dataset_pk": dataset.id}
    deliveries.change(connection, alike, state=State.SKIPPED, reason=ID_OF_ANOTHER_SHOP, **mine)
    deliveries.change(connection, tests, state=State.SKIPPED, reason=TEST_ORDER, **mine)
    deliveries.change(connection, refunds, state=State.WAITING, reason=AWAITS_PURCHASE, next_at=None, **mine)
    deliveries.change(connection, ready, state=State.PENDING, reason=None, next_at=clock(), **mine)


def adopt_stragglers(connection: Connection) -> None:
    """A webhook that saw no dataset may be written just after the first one came: nobody else would find it."""
    for store_id in held.stores_with_orphans(connection):
        adopt(connection, store_id, datasets.of_store(connection, store_id)[0])
