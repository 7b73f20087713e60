"""`tandem store sign-in`: a link by which somebody reads a store's pages as its merchant, for whoever runs Tandem to hand on."""

import secrets
from datetime import timedelta

import click

from integration.cli import opening
from integration.config import Settings
from integration.db import Connection, Engine, changes, transaction
from integration.db.changes import BY_COMMAND
from integration.db.stores import Store
from integration.stores import connect, sessions

LASTING = timedelta(minutes=10)
SIGN_IN = "/sign-in"


@click.command("sign-in")
@click.argument("name", metavar="STORE")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def sign_in(name: str, *, as_json: bool) -> None:
    """A link that signs its holder in to the pages of STORE, once, within ten minutes."""
    settings, engine = opening.settings_and_engine()
    with transaction(engine) as connection:
        found = connect.find(connection, name)
        url = link(connection, settings, found, LASTING)
    told = {"domain": found.domain, "url": url, "minutes": int(LASTING.total_seconds() // 60)}
    (opening.print_json if as_json else opening.print_pairs)(told)


def link(connection: Connection, settings: Settings, store: Store, lasting: timedelta) -> str:
    """The address. That it was made stands in the store's change log."""
    code = sessions.code_for(connection, store.id, secrets.token_hex(16), lasting)
    changes.record(connection, store.id, BY_COMMAND, "sign-in link made")
    return f"{settings.public_url}{SIGN_IN}?code={code}"


def links(engine: Engine, settings: Settings, stores: list[Store], lasting: timedelta) -> list[tuple[str, str]]:
    """The same of several stores, by domain."""
    with transaction(engine) as connection:
        return [(store.domain, link(connection, settings, store, lasting)) for store in stores]
