"""`tandem events list`: the ledger with its deliveries, for people and for scripts."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import click

from integration.cli import opening
from integration.db import reading, reports
from integration.db.deliveries import State
from integration.stores import connect

_FIELDS = (
    *("store_id", "dataset_id", "event_name", "event_id", "order_id", "status", "reason", "value", "currency"),
    *("attempts", "received_at", "delivered_at", "fbtrace_id"),
)
_COLUMNS = ("received_at", "event_name", "event_id", "value", "currency", "status", "reason", "attempts", "fbtrace_id")


@click.group()
def events() -> None:
    """What happened in the stores, and what Meta was told."""


@events.command("list")
@click.option("--store", "name", help="Only this store: a store_id or a domain.")
@click.option("--status", type=click.Choice([str(state) for state in State]), help="Only deliveries in this state.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a delivery and line.")
def list_events(name: str | None, status: str | None, *, as_json: bool) -> None:
    """All deliveries, oldest first."""
    _settings, engine = opening.settings_and_engine()
    with reading(engine) as connection:
        store_id = connect.find(connection, name).id if name else None
        rows = reports.listing(connection, store_id=store_id, state=status)
        if as_json:
            for row in rows:
                opening.print_json({field: _told(row, field) for field in _FIELDS})
        else:
            opening.print_table("Events", _COLUMNS, ([row[column] for column in _COLUMNS] for row in rows))


def _told(row: Mapping[str, Any], field: str) -> Any:
    value = row[field]
    return _number(value) if field == "value" and value is not None else value


def _number(text: str) -> int | float:
    amount = Decimal(text)
    return int(amount) if amount == amount.to_integral_value() else float(amount)
