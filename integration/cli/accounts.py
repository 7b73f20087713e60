"""What the demo's stand-in for Meta heard, beside what our own ledger and our coverage say of it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import click
import urllib3

from connectors.money import round_to_currency
from integration.cli import opening
from integration.cli.day import STORES, DemoStore

_BROWSER, _SERVER, _BOTH = "browser", "server", "both"  # the stand-in's words
_RIDERS = ("browser", "server")


def print_purchases(pool: urllib3.PoolManager, graph_url: str, delivered: Counter[str]) -> None:
    """What Meta would count, by the stand-in's journal; and whether it agrees with what our ledger calls delivered."""
    heard: list[dict[str, Any]] = _asked(pool, graph_url, "journal")["events"]
    columns = ("store", "the Pixel alone", "worth", "with Tandem", "worth", "told by both", "only the server told")
    rows = [_counted_purchases(store, heard) for store in STORES]
    opening.print_table("Purchases Meta would count", columns, rows)
    by_server = Counter(event["event_name"] for event in heard if event["source"] == _SERVER)
    verdict = "agrees with" if by_server == delivered else "DIFFERS from"
    click.echo(
        f"The stand-in's journal {verdict} our ledger: "
        f"{by_server.total()} server events heard, {delivered.total()} delivered."
    )


def heard_pairs(pool: urllib3.PoolManager, graph_url: str) -> list[dict[str, Any]]:
    """Each id the stand-in heard, and from whom; what came under test codes left out."""
    return [pair for pair in _asked(pool, graph_url, "pairs")["pairs"] if not pair["test"]]


def _asked(pool: urllib3.PoolManager, graph_url: str, door: str) -> dict[str, Any]:
    answer: dict[str, Any] = pool.request("GET", f"{graph_url}/_sandbox/{door}").json()
    return answer


def _counted_purchases(store: DemoStore, heard: list[dict[str, Any]]) -> tuple[Any, ...]:
    mine = [one for one in heard if one["dataset_id"] == store.dataset_id and one["event_name"] == "Purchase"]
    told_by = {source: {one["event_id"] for one in mine if one["source"] == source} for source in _RIDERS}
    pixel = {one["event_id"]: one for one in mine if one["source"] == _BROWSER}
    counted = [one for one in mine if one["counted"]]
    both, server_only = told_by[_BROWSER] & told_by[_SERVER], told_by[_SERVER] - told_by[_BROWSER]
    return (
        *(store.domain, len(pixel), _worth(pixel.values()), len(counted), _worth(counted)),
        *(len(both), len(server_only)),
    )


def _worth(purchases: Iterable[Mapping[str, Any]]) -> str:
    """The sum by currency, in major units."""
    totals: dict[str, Decimal] = {}
    for one in purchases:
        totals[one["currency"]] = totals.get(one["currency"], Decimal(0)) + Decimal(str(one["value"]))
    return ", ".join(f"{currency} {round_to_currency(total, currency)}" for currency, total in sorted(totals.items()))
