"""`tandem coverage STORE`: who told Meta, by event, day and way of paying; pairs of ids that do not agree.

As JSON one object: `store_id, since, until` (days, UTC, both included), `totals` {event: {value: {"events", "value":
{currency: "amount"}}}} with the values both, pixel_only, server_only and unknown, `causes` {event: {cause: events}}, `days`
[{"day", event: {value: events}}], `mismatches` [{"event_name", "order_id", "server_id", "pixel_id"}], `payments` [{"payment",
"orders", "by_pixel", "share"}] (`share` null under 20 orders), `pixel_last_heard` and `sentence`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import click

from integration.cli import opening
from integration.db import reading
from integration.errors import InvalidSetting
from integration.monitor import coverage_report
from integration.monitor.coverage import SENTENCES, Value
from integration.monitor.coverage_report import MOST_DAYS, Report
from integration.stores import connect

_USUAL = timedelta(days=6)


@click.command()
@click.argument("name", metavar="STORE")
@click.option("--since", help="The first day (UTC), like 2026-11-24. Default: six days before the last.")
@click.option("--until", help="The last day (UTC). Default: today.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def coverage(name: str, since: str | None, until: str | None, *, as_json: bool) -> None:
    """Who told Meta of STORE's events: both riders, the Pixel only, the server only, or nobody can say."""
    _settings, engine = opening.settings_and_engine()
    now = datetime.now(UTC)
    last = _day(until) if until else now.date()
    first = _day(since) if since else last - _USUAL
    if not timedelta(0) <= last - first < timedelta(days=MOST_DAYS):
        raise InvalidSetting(f"--since comes before --until, and they span {MOST_DAYS} days at most.")
    with reading(engine) as connection:
        store = connect.find(connection, name)
        made = coverage_report.report(connection, store, since=first, until=last, now=now)
    if as_json:
        opening.print_json({"store_id": store.id, **_object(made)})
    else:
        _print(made)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidSetting(f"{text!r} is no day: write it like 2026-11-24.") from None


def _object(made: Report) -> Mapping[str, Any]:
    return {
        "since": made.since.isoformat(),
        "until": made.until.isoformat(),
        "totals": {
            event_name: {
                value: {"events": of.events, "value": {currency: str(amount) for currency, amount in of.worth.items()}}
                for value, of in by_value.items()
            }
            for event_name, by_value in made.totals.items()
        },
        "causes": {event_name: dict(found) for event_name, found in made.causes.items()},
        "days": [
            {"day": day.isoformat(), **{event_name: dict(found) for event_name, found in of_day.items()}}
            for day, of_day in sorted(made.days.items())
        ],
        "mismatches": [pair._asdict() for pair in made.pairs],
        "payments": [rate._asdict() for rate in made.rates],
        "pixel_last_heard": made.last_heard,
        "sentence": made.sentence,
    }


def _print(made: Report) -> None:
    click.echo(made.sentence)
    opening.print_table("Coverage", ("event", *Value), _rows(made))
    causes = [
        (event_name, count, SENTENCES[cause]) for event_name, of in made.causes.items() for cause, count in of.items()
    ]
    opening.print_table("Why", ("event", "events", "cause"), causes)
    if made.pairs:
        opening.print_table("Told under two ids", ("event", "order", "server", "Pixel"), made.pairs)


def _rows(made: Report) -> Iterator[Sequence[Any]]:
    for event_name, by_value in made.totals.items():
        yield (event_name, *(by_value[value].events for value in Value))
