"""Asking the stand-in for Meta as a page does."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from integration.db import Connection, changes, reading, transaction
from integration.db import now as database_now
from integration.db.changes import By, Change
from integration.db.datasets import Dataset, of_store
from integration.meta.client import GraphClient
from integration.meta.inspect import Inspector
from integration.stores import datasets_at_meta
from integration.stores.datasets_at_meta import Given
from tests.rig.sandbox import Sandbox
from tests.rig.shop import DATASET, Shop

TOKEN = "EAAB-a-whole-constructed-token-WxYz"
OWNER = By("the merchant", changes.OWN)


def inspector(sandbox: Sandbox, **more: Any) -> Inspector:
    return Inspector(GraphClient(sandbox.url, "v26.0"), **more)


@contextmanager
def tokens(sandbox: Sandbox, *rules: dict[str, Any]) -> Iterator[None]:
    """Meta's rules about tokens, for as long as the block lasts."""
    for rule in rules:
        sandbox._control("POST", "tokens", rule)
    try:
        yield
    finally:
        sandbox._control("DELETE", "tokens")


def give(shop: Shop, token: str = TOKEN, dataset: str = DATASET, **more: Any) -> Dataset:
    """What the page does: ask Meta, then save. `asking`: an inspector of one's own."""
    asking = more.pop("asking", None) or inspector(shop.bench.sandbox)
    given, now = Given.of(dataset, token), datetime.now(UTC)
    seen = datasets_at_meta.look(asking, given, now)
    with transaction(shop.bench.engine) as connection:
        told = {"sealer": shop.bench.sealer, "by": OWNER, "now": now, **more}
        return datasets_at_meta.save(connection, shop.row, given, seen, **told)


def attached(shop: Shop) -> list[Dataset]:
    with reading(shop.bench.engine) as connection:
        return of_store(connection, shop.id)


def log(shop: Shop) -> list[Change]:
    with reading(shop.bench.engine) as connection:
        return list(changes.of_store(connection, shop.id, before=None, most=50))


def done(shop: Shop, deed: Any, *more: Any, **named: Any) -> Any:
    """`deed(connection, store, ...)` in one transaction."""

    def call(connection: Connection) -> Any:
        return deed(connection, shop.row, *more, **named)

    with transaction(shop.bench.engine) as connection:
        return call(connection)


def moment(shop: Shop) -> datetime:
    """By the database's clock."""
    with reading(shop.bench.engine) as connection:
        return database_now(connection)
