"""What the demo's stand-in for Meta heard, beside what our own ledger and our coverage say of it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import click
import urllib3

from connectors.money import round_to_currency
from integration.cli import opening
from integration.cli.day import STORES, DemoStore
from integration.db.stores import Store
from integration.meta.event import PURCHASE
from integration.monitor import coverage_report
from integration.monitor.coverage import SENTENCES, Value
from integration.monitor.coverage_report import Judged, Sum

_BROWSER, _SERVER, _BOTH = "browser", "server", "both"  # the stand-in's words
_HEARD = {_BOTH: "both", _BROWSER: "the Pixel only", _SERVER: "the server only", "": "nobody"}
# Of what is unknown nothing is claimed, so nothing can contradict it.
_CLAIMED = {Value.BOTH: _BOTH, Value.PIXEL_ONLY: _BROWSER, Value.SERVER_ONLY: _SERVER}
_RIDERS = ("browser", "server")


def print_purchases(pool: urllib3.PoolManager, graph_url: str, delivered: Counter[str]) -> None:
    """What Meta would count, by the stand-in's journal; and whether it agrees with what our ledger calls delivered."""
    heard: list[dict[str, Any]] = asked(pool, graph_url, "journal")["events"]
    columns = ("store", "the Pixel alone", "worth", "with Tandem", "worth", "told by both", "only the server told")
    rows = [_counted_purchases(store, heard) for store in STORES]
    opening.print_table("Purchases Meta would count", columns, rows)
    by_server = Counter(event["event_name"] for event in heard if event["source"] == _SERVER)
    verdict = "agrees with" if by_server == delivered else "DIFFERS from"
    click.echo(
        f"The stand-in's journal {verdict} our ledger: "
        f"{by_server.total()} server events heard, {delivered.total()} delivered."
    )


def print_riders(pool: urllib3.PoolManager, graph_url: str, told: Sequence[tuple[Store, Judged]]) -> None:
    """Each event as coverage judges it, beside what the stand-in heard under its id; and whether the two contradict."""
    pairs = asked(pool, graph_url, "pairs")["pairs"]
    heard = {(one["dataset_id"], one["event_name"], one["event_id"]): one["heard_by"] for one in pairs}
    rows, wrong = Counter[tuple[str, str, Value, str, str]](), list[str]()
    for store, one in told:
        by = heard.get((one.told.dataset_id, one.told.event_name, one.told.event_id), "")
        rows[store.domain, one.told.event_name, one.verdict.value, SENTENCES[one.verdict.cause], _HEARD[by]] += 1
        wrong += [one.told.event_id] if _CLAIMED.get(one.verdict.value, by) != by else []
    columns = ("store", "event", "coverage", "because", "the stand-in heard its id from", "events")
    title = "Who told Meta so far (an event is judged an hour after it came; here as if that were over)"
    opening.print_table(title, columns, ((*row, number) for row, number in sorted(rows.items())))
    _print_pairs(pairs, told)
    for name, of in _server_only(told).items():
        click.echo(f"{name}: {coverage_report.sentence(of)}")
    verdict = f"DIFFERS from it for {', '.join(wrong)}" if wrong else "agrees with it in every event it claims to know"
    click.echo(f"The browsers of this day were played. By the ids in the stand-in's journal, coverage {verdict}.")


def _print_pairs(pairs: Sequence[Mapping[str, Any]], told: Sequence[tuple[Store, Judged]]) -> None:
    """How many ids the journal holds, and orders that it holds under two."""
    heard = Counter((one["event_name"], _HEARD[one["heard_by"]]) for one in pairs)
    rows = ((*name, number) for name, number in sorted(heard.items()))
    opening.print_table("Ids in the stand-in's journal", ("event", "heard from", "ids"), rows)
    others = [(store.domain, one.told.event_id, other) for store, one in told for other in one.pixel_ids]
    opening.print_table("Told under two ids", ("store", "by the server", "by the Pixel"), others)


def _server_only(told: Sequence[tuple[Store, Judged]]) -> dict[str, Sum]:
    found: dict[str, Sum] = {}
    for store, one in told:
        if one.told.event_name == PURCHASE and one.verdict.value is Value.SERVER_ONLY:
            found.setdefault(store.domain, Sum()).add(one.told)
    return found


def asked(pool: urllib3.PoolManager, graph_url: str, door: str) -> dict[str, Any]:
    """What the stand-in says at one of its own doors."""
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
