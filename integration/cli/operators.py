"""`tandem operator add|list|renew|remove`: who may sign in to the operator's pages.

`add` and `renew` print the key, once. As JSON: {"name", "key"}; `list --json`: one object a line, `name`, `added_at`,
`removed_at`, `signed_in_at`.
"""

import getpass
from datetime import UTC, datetime

import click

from integration.cli import opening
from integration.db import changes, reading, transaction
from integration.db import operators as table
from integration.db.changes import By
from integration.stores import operators

_ONCE = "Keep it in a password manager. Nobody can show it again; `tandem operator renew {name}` makes another one."


@click.group()
def operator() -> None:
    """Who may sign in to the operator's pages, /operator."""


@operator.command("add")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def add(name: str, *, as_json: bool) -> None:
    """Let NAME sign in, with a key that is printed once."""
    _settings, engine = opening.settings_and_engine()
    with transaction(engine) as connection:
        key = operators.add(connection, name, _by(), datetime.now(UTC))
    _show(name, key, as_json=as_json)


@operator.command("renew")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def renew(name: str, *, as_json: bool) -> None:
    """Give NAME another key. The former one, and whoever is signed in with it, is out at once."""
    _settings, engine = opening.settings_and_engine()
    with transaction(engine) as connection:
        key = operators.renew(connection, name, _by())
    _show(name, key, as_json=as_json)


@operator.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """Let NAME sign in no more. Whoever is signed in by that name is out at once."""
    _settings, engine = opening.settings_and_engine()
    with transaction(engine) as connection:
        operators.remove(connection, name, _by(), datetime.now(UTC))


@operator.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_operators(*, as_json: bool) -> None:
    """All operators, the removed ones too."""
    _settings, engine = opening.settings_and_engine()
    with reading(engine) as connection:
        everyone, inside = table.everyone(connection), table.signed_in(connection, datetime.now(UTC))
    rows = [(one.name, one.created_at, one.ended_at, inside.get(one.id)) for one in everyone]
    names = ("name", "added_at", "removed_at", "signed_in_at")
    if as_json:
        for row in rows:
            opening.print_json(dict(zip(names, row, strict=True)))
    else:
        opening.print_table("Operators", (name.replace("_at", "").replace("_", " ") for name in names), rows)


def _show(name: str, key: str, *, as_json: bool) -> None:
    if as_json:
        opening.print_json({"name": name, "key": key})
        return
    opening.print_pairs({"name": name, "key": key})
    click.echo(_ONCE.format(name=name))


def _by() -> By:
    """Whoever has this machine's command line, by the name they have there."""
    try:
        return By(getpass.getuser(), changes.COMMAND_LINE)
    except (OSError, KeyError):  # no such user, as in a container
        return By("somebody", changes.COMMAND_LINE)
