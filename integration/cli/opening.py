"""What most commands need first: settings, the database brought up to date, and where the service answers."""

import json
import os
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from integration import config, db, log
from integration.config import Settings
from integration.db import Engine, migrate, reading
from integration.errors import InvalidSetting, Misconfigured
from integration.up import noted_address

_WIDTH = 140


def settings_and_engine() -> tuple[Settings, Engine]:
    """This process's settings and its database; in development the schema is made when it is missing."""
    settings = config.load()
    log.configure(settings.log_level, machine=settings.production)
    engine = db.connect(settings.database_url)
    with reading(engine) as connection:
        current = migrate.is_current(connection)
    if not current and settings.production:
        raise Misconfigured("The database's schema is not the newest: run `tandem migrate`.")
    if not current:
        migrate.upgrade(engine)
    return settings, engine


def service_address(settings: Settings) -> str:
    """Where the running service answers: as configured, else as `tandem up` noted it in the data directory."""
    if os.environ.get("PUBLIC_URL") or os.environ.get("PORT"):
        return settings.public_url
    return noted_address(settings.data_dir) or settings.public_url


def pairs(words: Iterable[str]) -> dict[str, str]:
    """NAME=VALUE words. Raises InvalidSetting."""
    found: dict[str, str] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            raise InvalidSetting(f"{word!r} is not of the form NAME=VALUE.")
        found[name.strip()] = text.strip()
    return found


def moment(text: str) -> datetime:
    """A time as ISO 8601; without a zone it is UTC. Raises InvalidSetting."""
    try:
        given = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InvalidSetting(f"{text!r} is not a time like 2026-11-22T14:05:00Z.") from None
    return (given if given.tzinfo else given.replace(tzinfo=UTC)).astimezone(UTC)


def print_json(value: Any) -> None:
    """One JSON value on one line of standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    raise TypeError(type(value).__name__)


def print_table(title: str, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """A table for people. Cells are taken literally: square brackets in them mean nothing."""
    table = Table(title=title, title_justify="left", title_style="bold", header_style="dim")
    for place, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=place == 0)
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    # Into a pipe or a file rich assumes 80 columns, and folds ids and reasons to shreds.
    width = None if sys.stdout.isatty() else _WIDTH
    Console(markup=False, highlight=False, emoji=False, width=width).print(table)


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return "" if value is None else str(value)


def print_pairs(values: Mapping[str, Any]) -> None:
    """Labels and values, one a line."""
    width = max(map(len, values))
    for label, value in values.items():
        click.echo(f"{label:<{width}}  {value}")
