"""`tandem keys new|status|rotate`: ENCRYPTION_KEYS change while everything runs (docs/operations.md, Keys).

As JSON one object: `columns` {"table.column": {"newest", "older", "unreadable"}}, their sums `newest`, `older` and
`unreadable`, and of `rotate` also `resealed`. As long as `older` is not 0, no key may be taken away.
"""

import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click

from integration.cli import opening
from integration.crypto import Sealer, new_key
from integration.privacy import reseal
from integration.privacy.reseal import Rotated, Tally

_AGAIN = "Seals of an older key keep coming: a process still runs with the former ENCRYPTION_KEYS. Start it again, then this."


@click.group()
def keys() -> None:
    """ENCRYPTION_KEYS, the keys that personal data and secrets are sealed with."""


@keys.command("new")
def new() -> None:
    """Print a fresh key."""
    click.echo(new_key())


@keys.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(*, as_json: bool) -> None:
    """Count the seals of the newest key, of older ones, and those that no key opens. Changes nothing."""
    settings, engine = opening.settings_and_engine()
    found = reseal.status(engine, Sealer(settings.encryption_keys))
    if as_json:
        opening.print_json(_object(found))
    else:
        _print(found)


@keys.command("rotate")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def rotate(*, as_json: bool) -> None:
    """Seal everything anew with the first of ENCRYPTION_KEYS. Broken off, it goes on when it is called again."""
    settings, engine = opening.settings_and_engine()
    rotated = reseal.rotate(engine, Sealer(settings.encryption_keys))
    resealed = sum(rotated.resealed.values())
    if as_json:
        opening.print_json({"resealed": resealed, **_object(rotated.found)})
    else:
        click.echo(f"{resealed} {'seal was' if resealed == 1 else 'seals were'} made anew with the newest key.")
        _print(rotated.found)
    _leave(rotated)


def _leave(rotated: Rotated) -> None:
    if not rotated.settled:
        sys.exit(f"tandem: {_AGAIN}")


def _object(found: Mapping[str, Tally]) -> Mapping[str, Any]:
    columns = {spot: asdict(tally) for spot, tally in found.items()}
    return {"columns": columns, **asdict(sum(found.values(), Tally()))}


def _print(found: Mapping[str, Tally]) -> None:
    rows = ((spot, *asdict(tally).values()) for spot, tally in found.items())
    opening.print_table("Seals", ("column", "newest", "older", "unreadable"), rows)
    click.echo(_sentence(sum(found.values(), Tally())))


def _sentence(total: Tally) -> str:
    lost = (
        f" {total.unreadable} open with no key of ENCRYPTION_KEYS, and stay as they are: without the key that they were "
        "sealed with, nobody can read them."
    )
    said = (
        f"{total.older} are of an older key: keep all keys, and run `tandem keys rotate`."
        if total.older
        else "None is of an older key: only the first of ENCRYPTION_KEYS is needed."
    )
    return said + (lost if total.unreadable else "")
