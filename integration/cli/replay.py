"""`tandem replay`: send again what failed. It says first what it would do, and does it when asked once more."""

import click

from integration.cli import opening
from integration.db import reading
from integration.db.deliveries import FAILED, State
from integration.db.replays import Selection
from integration.pipeline import replay as road
from integration.pipeline.replay import Prospect
from integration.stores import connect


@click.command("replay")
@click.option("--store", "name", help="Only this store: a store_id or a domain.")
@click.option(
    "--status",
    "states",
    type=click.Choice([str(state) for state in State]),
    multiple=True,
    help=f"Only deliveries in this state; may be given several times. Default: {', '.join(FAILED)}.",
)
@click.option("--since", help="Only events that happened at or after this time, like 2026-11-22T14:05:00Z.")
@click.option("--until", help="Only events that happened before this time.")
@click.option("--insist", is_flag=True, help="Also send what Meta may have counted, and would count a second time.")
@click.option("--yes", is_flag=True, help="Do it. Without this nothing is changed.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def replay(
    name: str | None,
    states: tuple[str, ...],
    since: str | None,
    until: str | None,
    *,
    insist: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Send failed deliveries again, with the ids they have. Without --yes it only says what would be done."""
    _settings, engine = opening.settings_and_engine()
    with reading(engine) as connection:
        store_id = connect.find(connection, name).id if name else None
    selection = Selection(
        states=states or FAILED,
        store_id=store_id,
        since=opening.moment(since) if since else None,
        until=opening.moment(until) if until else None,
    )
    forecast = road.foresee(engine, selection)
    done = road.replay(engine, selection, insist=insist) if yes else 0
    if as_json:
        prospects = {str(prospect): number for prospect, number in forecast.by_prospect.items()}
        opening.print_json({"dry_run": not yes, "replayed": done, "selected": prospects})
        return
    opening.print_table("Replay", ("what", "deliveries"), sorted(forecast.by_prospect.items()))
    click.echo(f"{done} deliveries are due again." if yes else _invitation(forecast, insist=insist))


def _invitation(forecast: road.Forecast, *, insist: bool) -> str:
    going = forecast.going(insist=insist)
    twice = forecast.by_prospect.get(Prospect.TWICE, 0)
    if not going and not twice:
        return "Nothing would be sent. Nothing was changed."
    said = f"{going} would be sent again. Nothing was changed: add --yes to do it."
    if twice and not insist:
        said += f" {twice} more would go with --insist; Meta may then count each of them twice."
    return said
