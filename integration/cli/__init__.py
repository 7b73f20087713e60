"""The operator's commands; `tandem --help` lists them. Each joins settings, database and a use-case, and prints."""

import os
import sys

import click

from connectors.errors import TandemError
from integration import __version__
from integration.cli import (
    coverage,
    erase,
    events,
    export,
    keys,
    operators,
    pixel,
    plugin,
    preview,
    replay,
    run,
    sign_in,
    simulate,
    stores,
)
from integration.stores.credentials import Collides


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tandem")
def tandem() -> None:
    """One purchase, told by the browser and by the server, counted once."""


stores.store.add_command(sign_in.sign_in)
for command in (
    *(run.up, run.meta_sandbox, run.migrate_database),
    *(stores.store, stores.dataset, events.events, coverage.coverage, pixel.pixel, replay.replay, export.export),
    *(preview.preview, preview.normalize, simulate.simulate, plugin.plugin, keys.keys, erase.erase, operators.operator),
):
    tandem.add_command(command)


def main() -> None:
    """The console script: a mistake of the user's is one sentence on standard error, and exit code 1."""
    os.umask(0o077)  # the database and its neighbours are nobody else's to read
    try:
        tandem(prog_name="tandem")
    except Collides as error:
        sys.exit(f"tandem: {error} The other shop is {error.rival}.")
    except TandemError as error:
        sys.exit(f"tandem: {error}")
