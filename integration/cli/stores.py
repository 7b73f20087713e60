"""`tandem store add|set|list|rotate-secret`, `tandem dataset add`."""

from datetime import UTC, datetime
from typing import Any

import click

from integration.cli import opening
from integration.config import Settings
from integration.crypto import Sealer
from integration.db import Connection, changes, datasets, reading, transaction
from integration.db import stores as stores_table
from integration.db.changes import BY_COMMAND
from integration.db.datasets import Dataset
from integration.errors import InvalidSetting
from integration.monitor import golive
from integration.stores import connect, credentials, datasets_at_meta, rotation
from integration.stores import settings as settings_use_case


@click.group()
def store() -> None:
    """The merchants' shops Tandem is connected to."""


@click.group()
def dataset() -> None:
    """Meta's side of a store."""


@store.command("add")
@click.argument("platform")
@click.option("--domain", required=True, help="The store's host, with an optional port.")
@click.option("--webhook-secret", help="What the store signs with; made up unless given.")
@click.option("--dataset", "dataset_id", help="The id of the dataset (the Pixel's id).")
@click.option("--token", help="The access token of that dataset.")
@click.option("--test-event-code", help="From Events Manager; test orders are then sent, with this code.")
@click.option("--since", help="Orders placed since this time are ours to tell. Default: now.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def add_store(
    platform: str,
    domain: str,
    webhook_secret: str | None,
    dataset_id: str | None,
    token: str | None,
    test_event_code: str | None,
    since: str | None,
    *,
    as_json: bool,
) -> None:
    """Connect a store of PLATFORM without OAuth. It is live at once."""
    if bool(dataset_id) != bool(token):
        raise InvalidSetting("--dataset and --token go together.")
    if test_event_code and not dataset_id:
        raise InvalidSetting("--test-event-code goes with --dataset.")
    settings, engine = opening.settings_and_engine()
    sealer, now = Sealer(settings.encryption_keys), datetime.now(UTC)
    with transaction(engine) as connection:
        connected = connect.add_store(
            connection,
            connect.NewStore(platform, domain, webhook_secret, opening.moment(since) if since else now),
            sealer=sealer,
            app_secrets=settings.app_secrets,
            now=now,
            production=settings.production,
        )
        added = {"platform": connected.store.platform, "domain": connected.store.domain}
        changes.record(connection, connected.store.id, BY_COMMAND, "store added", None, added)
        if dataset_id and token:
            _attach(connection, connected.store, sealer, (dataset_id, token, test_event_code), now)
    _show(
        {
            "store_id": connected.store.id,
            "platform": connected.store.platform,
            "domain": connected.store.domain,
            "webhook_url": opening.service_address(settings) + connected.webhook_path,
            "public_key": connected.store.public_key,
            "webhook_secret": connected.webhook_secret,
        },
        as_json=as_json,
    )


def _show(told: dict[str, Any], *, as_json: bool) -> None:
    (opening.print_json if as_json else opening.print_pairs)(told)


@store.command("set")
@click.argument("name", metavar="STORE")
@click.argument("changes", metavar="KEY=VALUE...", nargs=-1, required=True)
@click.option("--because", help="Why it goes live although somebody else tells its dataset; kept.")
def set_store(name: str, changes: tuple[str, ...], because: str | None) -> None:
    """Change settings of STORE, a store_id or a domain."""
    _settings, engine = opening.settings_and_engine()
    now, wanted = datetime.now(UTC), opening.pairs(changes)
    with transaction(engine) as connection:
        found = connect.find(connection, name)
        gated = golive.is_gated(found, wanted.get("state"))
        kept = {key: value for key, value in wanted.items() if not (gated and key == "state")}
        settings_use_case.change(connection, found, kept, now=now, by=BY_COMMAND)
        if gated:
            found = connect.find(connection, name)
            golive.go_live(connection, found, reason=because, now=now, operator=True, by=BY_COMMAND)
        golive.told_anew(connection, found)


@store.command("rotate-secret")
@click.argument("name", metavar="STORE")
@click.option("--at-once", is_flag=True, help="The former secret has leaked: what it signs is refused from now on.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def rotate_secret(name: str, *, at_once: bool, as_json: bool) -> None:
    """Give STORE a new webhook secret. The former one signs too, until nobody uses it any more."""
    settings, engine = opening.settings_and_engine()
    sealer = Sealer(settings.encryption_keys)
    with transaction(engine) as connection:
        found = connect.find(connection, name)
        rotated = rotation.rotate(connection, sealer, found, at_once=at_once)
        former = {"former secret": "refused at once" if at_once else "signs for a while"}
        changes.record(connection, found.id, BY_COMMAND, "webhook secret renewed", None, former)
    shown = {"store_id": found.id, "domain": found.domain, "advice": _advice(found, rotated, at_once=at_once)}
    # Shown once, and only to somebody who has to bring it into the shop.
    _show(shown | ({"webhook_secret": rotated.secret} if rotated.by_hand else {}), as_json=as_json)


def _advice(found: stores_table.Store, rotated: rotation.Rotated, *, at_once: bool) -> str:
    if not rotated.by_hand:
        return "Tandem tells the shop by itself, within minutes. Nothing is to be done."
    still = "is refused from now on" if at_once else f"signs too for {rotation.PATIENCE.days} days"
    return (
        f"Tandem has no keys of {found.domain}, so put this secret into each of its webhooks that post to Tandem: in the "
        f"shop's admin, at the webhook's Secret. The former one {still}."
    )


@store.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_stores(*, as_json: bool) -> None:
    """All stores, their settings and datasets."""
    settings, engine = opening.settings_and_engine()
    with reading(engine) as connection:
        told = [_described(connection, settings, one) for one in stores_table.everyone(connection)]
    if as_json:
        for one in told:
            opening.print_json(one)
        return
    rows = (
        (
            one["store_id"],
            one["platform"],
            one["domain"],
            one["state"],
            ", ".join(d["dataset_id"] for d in one["datasets"]),
        )
        for one in told
    )
    opening.print_table("Stores", ("store", "platform", "domain", "state", "datasets"), rows)


def _described(connection: Connection, settings: Settings, one: stores_table.Store) -> dict[str, Any]:
    """A store without its secrets."""
    return {
        "store_id": one.id,
        "platform": one.platform,
        "domain": one.domain,
        "state": "uninstalled" if one.uninstalled_at else one.state,
        "since": one.since,
        "public_key": one.public_key,
        "webhook_url": opening.service_address(settings) + connect.webhook_path(one),
        "settings": one.settings.as_text(),
        "datasets": [
            {
                "dataset_id": dataset.dataset_id,
                "state": dataset.state,
                "reason": dataset.reason,
                "test_event_code": dataset.test_event_code,
            }
            for dataset in datasets.of_store(connection, one.id)
        ],
    }


@dataset.command("add")
@click.argument("name", metavar="STORE")
@click.option("--dataset", "dataset_id", required=True, help="The id of the dataset (the Pixel's id).")
@click.option("--token", required=True, help="Its access token.")
@click.option("--test-event-code", help="From Events Manager; test orders are then sent, with this code.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def add_dataset(name: str, dataset_id: str, token: str, test_event_code: str | None, *, as_json: bool) -> None:
    """Attach a dataset to STORE, or give it a new token: what was held for it is due again."""
    settings, engine = opening.settings_and_engine()
    with transaction(engine) as connection:
        found = connect.find(connection, name)
        sealer, told = Sealer(settings.encryption_keys), (dataset_id, token, test_event_code)
        attached = _attach(connection, found, sealer, told, datetime.now(UTC))
    shown = {"store_id": found.id, "dataset_id": attached.dataset_id, "state": attached.state}
    _show({**shown, "test_event_code": attached.test_event_code}, as_json=as_json)


def _attach(
    connection: Connection,
    store: stores_table.Store,
    sealer: Sealer,
    given: tuple[str, str, str | None],
    now: datetime,
) -> Dataset:
    """With a line in the change log: of the token the last letters alone."""
    dataset_id, token, code = given
    former = datasets_at_meta.known(connection, store, dataset_id)
    attached = credentials.attach(connection, store, dataset_id, token, sealer=sealer, test_event_code=code, now=now)
    datasets_at_meta.record(connection, former, attached, BY_COMMAND)
    return attached
