"""`tandem up`, `tandem meta-sandbox`, `tandem migrate`."""

import os
import sys
from pathlib import Path

import click

from integration import config, db, log
from integration.cli import demo
from integration.db import migrate
from integration.up import Household, note_address


@click.command()
@click.option(
    "--demo", "with_demo", is_flag=True, help="Demo stores, a stand-in for Meta, and a sample day of webhooks."
)
@click.option("--port", type=int, help="Where the web listens. Default: PORT, else 8000.")
@click.option(
    "--data-dir", type=click.Path(path_type=Path), help="Where data are kept. Default: TANDEM_DATA_DIR, else ./var."
)
def up(port: int | None, data_dir: Path | None, *, with_demo: bool) -> None:
    """Start everything on this machine, and keep it running until Ctrl-C."""
    if with_demo:
        log.configure()
        demo.run(data_dir, port)
        return
    settings = config.load(data_dir=data_dir, port=port)
    log.configure(settings.log_level, machine=settings.production)

    def ready() -> None:
        note_address(settings)
        click.echo(f"ready {settings.public_url}")
        sys.stdout.flush()

    Household(settings).run(ready)


@click.command("meta-sandbox", context_settings={"ignore_unknown_options": True})
@click.option("--port", default=0, help="Where it listens; any free port unless given.")
@click.argument("further", nargs=-1, type=click.UNPROCESSED)
def meta_sandbox(port: int, further: tuple[str, ...]) -> None:
    """A local stand-in for Meta's Graph API: refuses what Meta refuses, counts as Meta counts."""
    # It becomes that program: the sandbox shares nothing with the service, not even a process.
    os.execv(sys.executable, [sys.executable, "-m", "integration.sandbox", "--port", str(port), *further])  # noqa: S606


@click.command("migrate")
def migrate_database() -> None:
    """Bring the database's schema up to date; the release step of a deployment."""
    settings = config.load()
    log.configure(settings.log_level, machine=settings.production)
    migrate.upgrade(db.connect(settings.database_url))
    click.echo("The schema is up to date.")
