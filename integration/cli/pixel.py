"""`tandem pixel STORE`: the text that is pasted as the storefront's Pixel, alone on standard output."""

import click

from integration.cli import opening
from integration.db import reading
from integration.errors import NotFound
from integration.stores import connect, snippet


@click.command()
@click.argument("name", metavar="STORE")
def pixel(name: str) -> None:
    """Print STORE's Pixel, as the merchant pastes it into the shop's admin. How, is said on standard error."""
    settings, engine = opening.settings_and_engine()
    with reading(engine) as connection:
        store = connect.find(connection, name)
        made = snippet.of_store(connection, store, public_url=opening.service_address(settings))
    if made.text is None:
        raise NotFound(
            made.refusal
            or f"There is nothing to paste: the {made.half.name.lower()} puts the Pixel into the shop’s pages."
        )
    for line in (*made.half.pasting, made.half.unproven):
        click.echo(line, err=True)
    click.echo(made.text, nl=False)
