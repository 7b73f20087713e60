"""`tandem up --demo`: two stores, stand-ins for Meta and the platforms, a believable day of signed webhooks and played browsers,
and tables of what came of it. The last tables are read from the stand-in's own journal, and held against what we say.
"""

import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import urllib3

from connectors import registry
from connectors.event import Event, Kind
from integration import config, db
from integration.cli import accounts, browsers, consent_walk, opening, sign_in, standins
from integration.cli.browsers import Storefront
from integration.cli.consent_walk import Ledger, Party
from integration.cli.day import ANOTHER, DAY, NEWCOMERS, NONSENSE, STORES, WALKS, Act, DemoStore
from integration.cli.simulate import Sender, sender
from integration.config import Settings
from integration.crypto import Sealer
from integration.db import Connection, Engine, due, reading, reports, stores, transaction
from integration.db.deliveries import State
from integration.db.stores import Store
from integration.monitor import coverage_report
from integration.monitor.coverage_report import Judged
from integration.monitor.settling import AN_HOUR
from integration.pipeline.scribe import AWAITS_SIGNAL
from integration.stores import connect, credentials
from integration.stores import settings as store_settings
from integration.up import Household, note_address

_PATIENCE_SECONDS = 45.0
_LOOK_SECONDS = 0.25
_LINK_LASTS = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Stage:
    """When the day is played, and who takes part, by platform. `first`: order ids count from here."""

    senders: Mapping[str, Sender]
    storefronts: Mapping[str, Storefront]
    first: int
    now: datetime


def run(data_dir: Path | None, port: int | None) -> None:
    """Start everything with the stand-ins, play the day, print the tables, stay. Raises Misconfigured."""
    public_url, opened = config.load(data_dir=data_dir, port=port).public_url, datetime.now(UTC)
    with standins.running(public_url) as told:
        settings = config.load({**os.environ, **told.variables}, data_dir=data_dir, port=port)
        household = Household(settings, told=told.variables)

        def ready() -> None:
            note_address(settings)
            click.echo(f"ready {settings.public_url}")
            sys.stdout.flush()
            _play(settings, household, opened)
            _invite(settings, told.addresses)

        household.run(ready)


def _play(settings: Settings, household: Household, opened: datetime) -> None:
    """`opened`: since when there is a stand-in, with an empty journal; what an earlier demo left may be told to it too."""
    engine = db.connect(settings.database_url)
    began = datetime.now(UTC)
    pool = urllib3.PoolManager(retries=False, timeout=10.0)
    connected = {demo.platform: _connected(engine, settings, demo, began) for demo in STORES}
    address = f"http://127.0.0.1:{settings.port}"
    senders = {platform: sender(store, settings, address) for platform, store in connected.items()}
    fronts = {
        platform: _storefront(store, senders[platform], settings, address, pool)
        for platform, store in connected.items()
    }
    # Order ids come from the clock: a second demo on the same data tells of other orders.
    stage = Stage(senders, fronts, int(began.timestamp()) * 1_000, began)
    answers: Counter[str] = Counter()
    told = [_perform(act, answers, stage) for act in DAY]
    # Last, when the scripts of both shops are known to be at work: an order waits for one only then.
    ledger = Ledger(engine, Sealer(settings.encryption_keys))
    parties = {demo.platform: _party(demo, connected[demo.platform], stage) for demo in STORES}
    walked = [consent_walk.take(walk, parties[walk.platform], ledger, stage.first, began) for walk in WALKS]
    _await_deliveries(engine, household)
    columns = ("placed", "store", "what happened", "the Pixel (played)", "answers to our webhooks")
    opening.print_table("The day", columns, told)
    opening.print_table("Webhooks", ("answer", "webhooks"), sorted(answers.items()))
    _print_events(engine, began)
    consent_walk.print_endings(walked, accounts.asked(pool, settings.graph_url, "journal")["events"], ledger)
    accounts.print_purchases(pool, settings.graph_url, _delivered(engine, opened))
    accounts.print_riders(pool, settings.graph_url, _judged(engine, connected.values(), began))


def _invite(settings: Settings, addresses: Mapping[str, str]) -> None:
    """Where to look on, and how to connect a store of one's own at each stand-in."""
    click.echo("\nWhat the merchants see (each link signs you in once, within an hour):")
    for domain, url in _merchants_links(settings):
        click.echo(f"  {domain}: {url}")
    click.echo(f"The events of all stores, as they come: {settings.public_url}/dev")
    click.echo(f"All that the stand-in for Meta heard: {settings.graph_url}/_sandbox/journal")
    for connector in registry.connectors():
        if connector.name not in addresses:
            continue
        if connector.embedding is not None:
            home = connector.embedding.home(settings.apps[connector.name], NEWCOMERS[connector.name])
            click.echo(f"Install Tandem on a stand-in for {connector.label}: {home}")
            words = connector.embedding.words
            begun = f"{settings.public_url}/{connector.name}/install?{words.store}={ANOTHER[connector.name]}"
            click.echo(f"Or by its consent page: {begun}")
        if connector.handover is not None:
            address, door = addresses[connector.name], f"{settings.public_url}/{connector.name}/connect"
            click.echo(f"Connect a stand-in {connector.label} store: open {door} and type {address}")
    click.echo("Ctrl-C stops everything.")
    sys.stdout.flush()


def _merchants_links(settings: Settings) -> Sequence[tuple[str, str]]:
    engine = db.connect(settings.database_url)
    with reading(engine) as connection:
        found = [stores.by_domain(connection, demo.platform, demo.domain) for demo in STORES]
    return sign_in.links(engine, settings, [store for store in found if store], _LINK_LASTS)


def _connected(engine: Engine, settings: Settings, demo: DemoStore, now: datetime) -> Store:
    """The demo's store, connected the day before, now or in an earlier run, with the settings the day needs."""
    sealer = Sealer(settings.encryption_keys)
    with transaction(engine) as connection:
        store = stores.by_domain(connection, demo.platform, demo.domain)
        if store is None:
            new = connect.NewStore(demo.platform, demo.domain, None, now - timedelta(days=1))
            store = connect.add_store(
                connection, new, sealer=sealer, app_secrets=settings.app_secrets, now=now, production=False
            ).store
        if store.settings.changed(demo.settings) != store.settings:
            store_settings.change(connection, store, demo.settings, now=now)
        credentials.attach(
            connection, store, demo.dataset_id, "demo-token", sealer=sealer, test_event_code=None, now=now
        )
    return store


def _storefront(store: Store, post: Sender, settings: Settings, address: str, pool: urllib3.PoolManager) -> Storefront:
    """Its pages. A shop that signs webhooks with a secret of its own signs words for its pages with it too."""
    return Storefront(
        beacon=f"{address}/s/{store.public_key}",
        meta_url=settings.graph_url,
        page=f"https://{store.domain}/",
        page_secret=post.secret if store.sealed_secret else None,
        pool=pool,
    )


def _perform(act: Act, answers: Counter[str], stage: Stage) -> tuple[str, ...]:
    """Tell one act, the shopper's browser first; its line for the table of the day."""
    post, placed_at = stage.senders[act.platform], stage.now - timedelta(minutes=act.minutes)
    if act.case == NONSENSE:
        body = b'{"id": "what'
    else:
        body = registry.sample(act.platform, act.topic, act.case)
        body = post.restaged(body, order_id=str(stage.first + act.order), placed_at=placed_at)
        _browse(act, body, stage)
    secret = "a forger's guess at the secret" if act.forged else None
    said = [_worded(*post.post(act.topic, body, secret=secret)) for _ in range(act.copies)]
    answers.update(answer for answer, _ in said)
    told = "; ".join(dict.fromkeys(f"{answer}: {reason}" if reason else answer for answer, reason in said))
    return (f"{placed_at:%H:%M}", post.connector.label, act.what, act.browser.value, told)


def _browse(act: Act, body: bytes, stage: Stage) -> None:
    """The page of an order knows what the order's body on the wire says; nothing is taken from what our server made of it."""
    for told in stage.senders[act.platform].connector.parse(act.topic, body):
        if isinstance(told, Event) and told.kind in (Kind.ORDER, Kind.CHECKOUT_STARTED):
            browsers.play(told, act.browser, stage.storefronts[act.platform], stage.now)


def _party(demo: DemoStore, store: Store, stage: Stage) -> Party:
    return Party(store, demo.dataset_id, stage.senders[demo.platform], stage.storefronts[demo.platform])


def _worded(status: int, told: Mapping[str, str]) -> tuple[str, str]:
    return told.get("status", f"refused ({status})"), told.get("reason", "")


def _await_deliveries(engine: Engine, household: Household) -> None:
    """Until nothing is under way that is due by now. Where no script ran, nobody speaks for half a minute."""
    click.echo("Orders whose browser never speaks wait for it: half a minute, then the tables.")
    sys.stdout.flush()
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and not household.stopping:
        household.watch()
        with reading(engine) as connection:
            if not due.anything_due(connection) and not _moving(connection):
                return
        time.sleep(_LOOK_SECONDS)


def _moving(connection: Connection) -> bool:
    """Whether something is under way, or waits the half minute for a browser that may still speak."""
    return any(row["status"] == State.SENDING or row["reason"] == AWAITS_SIGNAL for row in reports.listing(connection))


def _delivered(engine: Engine, since: datetime) -> Counter[str]:
    with reading(engine) as connection:
        told = reports.listing(connection, state=State.DELIVERED)
        return Counter(row["event_name"] for row in told if row["delivered_at"] >= since)


def _judged(engine: Engine, connected: Iterable[Store], began: datetime) -> list[tuple[Store, Judged]]:
    """The events that came since then, each as coverage will judge it in an hour, should nothing more be heard."""
    days = {"since": began - timedelta(days=1), "until": began + timedelta(hours=1)}
    later = datetime.now(UTC) + AN_HOUR
    with reading(engine) as connection:
        return [
            (store, one)
            for store in connected
            for one in coverage_report.judged(connection, store, **days, now=later)
            if one.told.received_at >= began
        ]


def _print_events(engine: Engine, began: datetime) -> None:
    found: Counter[tuple[str, str, str]] = Counter()
    with reading(engine) as connection:
        for row in reports.listing(connection):
            if row["received_at"] >= began:
                found[row["event_name"], row["status"], row["reason"] or ""] += 1
    rows = ((*event, number) for event, number in sorted(found.items()))
    opening.print_table("Events", ("event", "state", "reason", "events"), rows)
