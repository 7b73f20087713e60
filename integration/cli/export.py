"""`tandem export STORE`: all that is kept of a store, for its merchant, as JSON lines; or the answer to one request."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from integration.cli import opening
from integration.crypto import Sealer
from integration.db import changes, privacy_requests, reading, transaction
from integration.db.changes import BY_COMMAND
from integration.db.privacy_requests import SEALED_EXPORT, Request
from integration.db.stores import Store
from integration.errors import InvalidSetting, NotFound
from integration.privacy import archive
from integration.stores import connect


@click.command()
@click.argument("name", metavar="STORE")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Default: standard output.")
@click.option(
    "--request", "pk", type=click.IntRange(1, 2**63 - 1), help="Only the answer to that request for a person's data."
)
def export(name: str, output: Path | None, pk: int | None) -> None:
    """All that is kept of STORE, as JSON lines: what it told, who was told, hashes of people; no secret or token."""
    settings, engine = opening.settings_and_engine()
    with reading(engine) as connection:
        store = connect.find(connection, name)
        request = privacy_requests.by_id(connection, pk) if pk else None
    sealer = Sealer(settings.encryption_keys)
    lines = _answer(request, sealer, store) if pk else archive.of_store(engine, sealer, store, datetime.now(UTC))
    with transaction(engine) as connection:
        what = "a person's data was exported" if pk else "all that is kept of the store was exported"
        changes.record(connection, store.id, BY_COMMAND, what)
    if output is None:
        sys.stdout.buffer.writelines(lines)
    else:
        _write(output, lines)


def _answer(request: Request | None, sealer: Sealer, store: Store) -> Iterator[bytes]:
    """What was found of a person. A merchant inside a platform's admin has no page to download it from."""
    if request is None or request.store_id != store.id or request.export is None:
        raise NotFound("There is no such answer, or it is no longer kept.")
    return iter([sealer.unseal(request.export, store=store.id, column=SEALED_EXPORT)])


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
