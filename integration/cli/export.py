"""`tandem export STORE`: all that is kept of a store, for its merchant, as JSON lines."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from integration.cli import opening
from integration.crypto import Sealer
from integration.db import reading
from integration.errors import InvalidSetting
from integration.privacy import archive
from integration.stores import connect


@click.command()
@click.argument("name", metavar="STORE")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Default: standard output.")
def export(name: str, output: Path | None) -> None:
    """All that is kept of STORE, as JSON lines: what it told, who was told, hashes of people; no secret or token."""
    settings, engine = opening.settings_and_engine()
    with reading(engine) as connection:
        store = connect.find(connection, name)
    lines = archive.of_store(engine, Sealer(settings.encryption_keys), store, datetime.now(UTC))
    if output is None:
        sys.stdout.buffer.writelines(lines)
    else:
        _write(output, lines)


def _write(output: Path, lines: Iterator[bytes]) -> None:
    """The file is there once it is whole; until then it has another name."""
    part = output.with_name(f"{output.name}.part")
    try:
        with part.open("wb") as file:
            file.writelines(lines)
        part.replace(output)
    except OSError as error:
        raise InvalidSetting(f"{output} cannot be written: {error.strerror}.") from None
    finally:
        part.unlink(missing_ok=True)
