"""`tandem erase`: a person, or all of a store, is erased as a platform's demand would have it."""

import json
import time
from datetime import datetime

import click

from connectors.event import PrivacyKind, PrivacyRequest
from integration.cli import opening
from integration.config import Settings
from integration.crypto import Sealer
from integration.db import Engine, changes, reading, transaction
from integration.db import now as database_now
from integration.db.changes import BY_COMMAND
from integration.db.privacy_requests import OPERATOR, Request
from integration.db.stores import Store
from integration.errors import InvalidSetting, NotFound
from integration.privacy import person, requests
from integration.stores import connect

_WHOM = "Say whom to erase: --email, --phone, --customer-id or --order; or --everything for all of the store."

# In the change log, which says nothing of a shopper.
_WRITTEN_DOWN = {PrivacyKind.STORE_ERASURE: "the store's erasure was asked for"}

_BREATH_SECONDS = 0.1  # the running service may be at it, too


@click.command("erase")
@click.argument("store", metavar="STORE")
@click.option("--email", help="The person's e-mail address; - asks for it, so that no list of processes shows it.")
@click.option("--phone", help="Their phone number with its country's code, such as +49...; - asks for it.")
@click.option("--customer-id", help="The shop's own id of them.")
@click.option("--order", "order_ids", multiple=True, help="The shop's own id of an order; may be given several times.")
@click.option("--everything", is_flag=True, help="All that is kept of the store, and the store itself.")
@click.option("--yes", is_flag=True, help="Do erase the whole store. Without this --everything changes nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def erase(
    store: str,
    email: str | None,
    phone: str | None,
    customer_id: str | None,
    order_ids: tuple[str, ...],
    *,
    everything: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Erase a person of STORE (a store_id or a domain) from all that is kept, for good."""
    named = any((email, phone, customer_id, order_ids))
    if named is everything:
        raise InvalidSetting(_WHOM)
    email, phone = _typed("E-mail address", email), _typed("Phone number", phone)
    if phone and not person.is_whole_phone(phone):
        raise InvalidSetting("The phone number needs its country's code, such as +49 202 55501.")
    settings, engine = opening.settings_and_engine()
    with reading(engine) as connection:
        found, now = connect.find(connection, store), database_now(connection)
    kind = PrivacyKind.STORE_ERASURE if everything else PrivacyKind.CUSTOMER_ERASURE
    demand = PrivacyRequest(kind, found.domain, customer_id, email, phone, order_ids)
    if everything and not yes:
        _say(f"All of {found.domain} would be erased. Nothing was changed: add --yes to do it.", as_json=as_json)
        return
    wanted = person.wanted(demand, found, settings.secret_key)
    if named and not wanted.hmacs and not wanted.order_ids:
        raise InvalidSetting("That is neither a whole e-mail address nor a phone number with its country's code.")
    _show(_carried_out(settings, engine, found, demand, now), found, as_json=as_json)


def _typed(what: str, given: str | None) -> str | None:
    return str(click.prompt(what, err=True)).strip() if given == "-" else given


def _carried_out(settings: Settings, engine: Engine, store: Store, demand: PrivacyRequest, now: datetime) -> Request:
    """At once, as far as it goes at once; the rest is the running service's."""
    sealer, key = Sealer(settings.encryption_keys), settings.secret_key
    with transaction(engine) as connection:
        pk = requests.ask(connection, store, demand, asked_by=OPERATOR, sealer=sealer, secret_key=key, now=now)
        changes.record(
            connection, store.id, BY_COMMAND, _WRITTEN_DOWN.get(demand.kind, "a person's erasure was asked for")
        )
    row = requests.go_on(engine, sealer, key, pk, now)
    while row and row.kind == PrivacyKind.STORE_ERASURE and row.done_at is None and row.trouble is None:
        time.sleep(_BREATH_SECONDS)
        row = requests.go_on(engine, sealer, key, pk, now)
    if row is None:
        raise NotFound("The store was erased by another at this moment.")
    return row


def _say(sentence: str, *, as_json: bool) -> None:
    if as_json:
        opening.print_json({"dry_run": True, "erased": {}})
    else:
        click.echo(sentence)


def _show(row: Request, store: Store, *, as_json: bool) -> None:
    erased = json.loads(row.proof or "{}")
    if as_json:
        told = {"request": row.id, "erased": erased, "done_at": row.done_at, "next_at": row.next_at}
        opening.print_json({**told, "due_at": row.due_at, "trouble": row.trouble})
        return
    opening.print_table("Erased", ("table", "rows"), sorted((table, number) for table, number in erased.items()))
    click.echo(_ending(row, store))


def _ending(row: Request, store: Store) -> str:
    if row.trouble:
        return f"It is not done: {row.trouble}"
    if row.done_at:
        return f"Nothing of {store.domain} is left." if row.kind == PrivacyKind.STORE_ERASURE else "It is done."
    return "In a minute the running service goes over it once more: a webhook of theirs may be under way."
