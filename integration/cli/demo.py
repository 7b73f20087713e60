"""`tandem up --demo`: two stores, stand-ins for Meta and the platforms, a believable day of signed webhooks and browser events, and
tables of what came of it. The last table is read from the stand-in's own journal, not from our ledger.
"""

import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import urllib3

from connectors import registry
from connectors.event import Event, Kind
from connectors.money import round_to_currency
from integration import config, db
from integration.cli import opening, standins
from integration.cli.simulate import Sender, sender
from integration.config import Settings
from integration.crypto import Sealer
from integration.db import Connection, Engine, due, reading, reports, stores, transaction
from integration.db.deliveries import State
from integration.stores import connect, credentials
from integration.stores import settings as store_settings
from integration.up import Household, note_address

_PATIENCE_SECONDS = 45.0
_LOOK_SECONDS = 0.25
NONSENSE = "nonsense"  # the case of an act whose body nobody can read


@dataclass(frozen=True, slots=True)
class DemoStore:
    """A store of the demo, and the settings its merchant chose."""

    platform: str
    domain: str
    dataset_id: str
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Act:
    """One webhook of the day. Acts with the same `order` are about one order, placed `minutes` ago."""

    platform: str
    topic: str
    case: str
    order: int
    minutes: int
    pixel: bool = False  # the browser told Meta too
    copies: int = 1
    forged: bool = False
    what: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where and when the day is played. `first`: order ids count from here."""

    pool: urllib3.PoolManager
    graph_url: str
    first: int
    now: datetime


STORES = (
    # This merchant vouches for consent; the other leaves the default, so that the demo shows both.
    DemoStore("shopify", "tandem-demo.myshopify.com", "100200300400501", {"consent_mode": "assumed"}),
    DemoStore("woocommerce", "shop.tandem-demo.example", "100200300400502", {}),
)

# Stores that are not connected yet, for whoever wants to see that done.
NEWCOMERS = {"shopify": "tandem-newcomer.myshopify.com"}
ANOTHER = {"shopify": "tandem-another.myshopify.com"}

_SHOP, _WOO = "shopify", "woocommerce"
DAY = (
    Act(_SHOP, "orders/create", "pending_bank_transfer", 1, 840, what="bank transfer, not paid yet"),
    Act(_WOO, "order.created", "card", 1, 790, pixel=True, copies=2, what="card, told twice"),
    Act(_SHOP, "orders/paid", "card", 2, 700, pixel=True, what="card"),
    Act(_WOO, "order.updated", "completed", 1, 790, what="the same order, sent out"),
    Act(_WOO, "order.created", "bank_transfer_on_hold", 2, 640, what="bank transfer, not paid yet"),
    Act(_SHOP, "orders/paid", "shop_pay", 3, 610, what="Shop Pay: the Pixel never loaded"),
    Act(_WOO, "order.created", "german_with_consent", 3, 560, pixel=True, what="Germany, consent granted"),
    Act(_SHOP, "orders/create", "cash_on_delivery", 4, 520, pixel=True, what="cash on delivery"),
    Act(_WOO, "order.created", "cash_on_delivery", 4, 480, what="cash on delivery, ad blocker"),
    Act(_SHOP, "orders/paid", "presentment_currency", 5, 450, what="paid in the buyer's currency, ad blocker"),
    Act(_SHOP, "orders/paid", "after_bank_transfer", 1, 840, what="the bank transfer arrived"),
    Act(_WOO, "order.updated", "checkout_draft", 5, 400, what="somebody opened the checkout"),
    Act(_SHOP, "orders/create", "test_order", 6, 380, what="the merchant's test order"),
    Act(_WOO, "order.created", "german_without_consent", 6, 350, what="Germany, nothing stated"),
    Act(_SHOP, "orders/create", "pos", 7, 300, what="sold over the counter"),
    Act(_WOO, "order.created", "pending_wallet", 7, 260, what="gone to the wallet's page"),
    Act(_SHOP, "orders/paid", "card", 8, 240, forged=True, what="a bad signature"),
    Act(_WOO, "order.updated", "wallet_paid", 7, 260, pixel=True, what="back from the wallet, paid"),
    Act(_WOO, "order.updated", NONSENSE, 8, 120, what="a plugin broke the shop's JSON"),
    Act(_SHOP, "checkouts/create", "with_email", 9, 30, what="a checkout begun"),
    Act(_WOO, "order.updated", "bank_transfer_paid", 2, 640, what="the bank transfer arrived"),
    Act(_SHOP, "refunds/create", "partial", 2, 700, what="a part refunded"),
    Act(_WOO, "order.updated", "partial_refund", 1, 790, what="a part refunded"),
    Act(_SHOP, "orders/paid", "card", 2, 700, copies=2, what="the card order again, twice"),
)


def run(data_dir: Path | None, port: int | None) -> None:
    """Start everything with the stand-ins, play the day, print the tables, stay. Raises Misconfigured."""
    public_url = config.load(data_dir=data_dir, port=port).public_url
    with standins.running(public_url) as told:
        settings = config.load({**os.environ, **told.variables}, data_dir=data_dir, port=port)
        household = Household(settings, told=told.variables)

        def ready() -> None:
            note_address(settings)
            click.echo(f"ready {settings.public_url}")
            sys.stdout.flush()
            _play(settings, household)
            _invite(settings, told.addresses)

        household.run(ready)


def _play(settings: Settings, household: Household) -> None:
    engine = db.connect(settings.database_url)
    began = datetime.now(UTC)
    senders = {store.platform: _connected(engine, settings, store, began) for store in STORES}
    told_before = _delivered(engine)
    # Order ids come from the clock: a second demo on the same data tells of other orders.
    first = int(began.timestamp()) * 1_000
    answers: Counter[str] = Counter()
    pool = urllib3.PoolManager(retries=False, timeout=10.0)
    stage = Stage(pool, settings.graph_url, first, began)
    told = [_perform(act, senders[act.platform], answers, stage) for act in DAY]
    _await_deliveries(engine, household)
    opening.print_table("The day", ("placed", "store", "what happened", "Pixel", "answers to our webhooks"), told)
    opening.print_table("Webhooks", ("answer", "webhooks"), sorted(answers.items()))
    _print_events(engine, began)
    _print_truth(pool, settings.graph_url, _delivered(engine) - told_before)


def _invite(settings: Settings, addresses: Mapping[str, str]) -> None:
    """Where to look on, and how to connect a store of one's own at each stand-in."""
    click.echo(f"\nThe events, as they come: {settings.public_url}/")
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


def _connected(engine: Engine, settings: Settings, demo: DemoStore, now: datetime) -> Sender:
    """The demo's store, connected the day before, now or in an earlier run; and who posts for it."""
    sealer = Sealer(settings.encryption_keys)
    with transaction(engine) as connection:
        store = stores.by_domain(connection, demo.platform, demo.domain)
        if store is None:
            new = connect.NewStore(demo.platform, demo.domain, None, now - timedelta(days=1))
            store = connect.add_store(
                connection, new, sealer=sealer, app_secrets=settings.app_secrets, now=now, production=False
            ).store
            store_settings.change(connection, store, demo.settings, now=now)
        credentials.attach(
            connection, store, demo.dataset_id, "demo-token", sealer=sealer, test_event_code=None, now=now
        )
    return sender(store, settings, f"http://127.0.0.1:{settings.port}")


def _perform(act: Act, post: Sender, answers: Counter[str], stage: Stage) -> tuple[str, ...]:
    """Tell one act by both riders; its line for the table of the day."""
    placed_at = stage.now - timedelta(minutes=act.minutes)
    if act.case == NONSENSE:
        body = b'{"id": "what'
    else:
        body = registry.sample(act.platform, act.topic, act.case)
        body = post.restaged(body, order_id=str(stage.first + act.order), placed_at=placed_at)
    if act.pixel:
        _tell_by_browser(stage, post, act, body)
    secret = "a forger's guess at the secret" if act.forged else None
    said = [_worded(*post.post(act.topic, body, secret=secret)) for _ in range(act.copies)]
    answers.update(answer for answer, _ in said)
    told = "; ".join(dict.fromkeys(f"{answer}: {reason}" if reason else answer for answer, reason in said))
    return (f"{placed_at:%H:%M}", post.connector.label, act.what, "told" if act.pixel else "", told)


def _worded(status: int, told: Mapping[str, str]) -> tuple[str, str]:
    return told.get("status", f"refused ({status})"), told.get("reason", "")


def _tell_by_browser(stage: Stage, post: Sender, act: Act, body: bytes) -> None:
    """What the storefront's Pixel would have sent: the order id as eventID, the same value."""
    orders = [one for one in post.connector.parse(act.topic, body) if isinstance(one, Event) and one.kind is Kind.ORDER]
    dataset_id = next(store.dataset_id for store in STORES if store.platform == act.platform)
    for order in orders:
        fields = {"id": dataset_id, "ev": "Purchase", "eid": order.subject}
        if order.amounts:
            money = order.amounts.total
            fields |= {"cd[value]": str(money.amount), "cd[currency]": money.currency}
        stage.pool.request("GET", f"{stage.graph_url}/tr", fields=fields)


def _await_deliveries(engine: Engine, household: Household) -> None:
    """Until nothing is under way that is due by now."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and not household.stopping:
        household.watch()
        with reading(engine) as connection:
            if not due.anything_due(connection) and not _sending(connection):
                return
        time.sleep(_LOOK_SECONDS)


def _sending(connection: Connection) -> bool:
    return any(state == State.SENDING for _, state, _ in reports.counts(connection))


def _delivered(engine: Engine) -> Counter[str]:
    with reading(engine) as connection:
        return Counter({name: number for name, state, number in reports.counts(connection) if state == State.DELIVERED})


def _print_events(engine: Engine, began: datetime) -> None:
    found: Counter[tuple[str, str, str]] = Counter()
    with reading(engine) as connection:
        for row in reports.listing(connection):
            if row["received_at"] >= began:
                found[row["event_name"], row["status"], row["reason"] or ""] += 1
    rows = ((*event, number) for event, number in sorted(found.items()))
    opening.print_table("Events", ("event", "state", "reason", "events"), rows)


def _print_truth(pool: urllib3.PoolManager, graph_url: str, delivered: Counter[str]) -> None:
    """What Meta would count, by the stand-in's journal; and whether it agrees with what our ledger calls delivered."""
    heard: list[dict[str, Any]] = pool.request("GET", f"{graph_url}/_sandbox/journal").json()["events"]
    columns = ("store", "the Pixel alone", "worth", "with Tandem", "worth", "told by both", "only the server told")
    rows = [_counted_purchases(store, heard) for store in STORES]
    opening.print_table("Purchases Meta would count", columns, rows)
    by_server = Counter(event["event_name"] for event in heard if event["source"] == "server")
    verdict = "agrees with" if by_server == delivered else "DIFFERS from"
    click.echo(
        f"The stand-in's journal {verdict} our ledger: "
        f"{by_server.total()} server events heard, {delivered.total()} delivered."
    )


def _counted_purchases(store: DemoStore, heard: list[dict[str, Any]]) -> tuple[Any, ...]:
    mine = [one for one in heard if one["dataset_id"] == store.dataset_id and one["event_name"] == "Purchase"]
    told_by = {source: {one["event_id"] for one in mine if one["source"] == source} for source in ("browser", "server")}
    pixel = {one["event_id"]: one for one in mine if one["source"] == "browser"}
    counted = [one for one in mine if one["counted"]]
    both, server_only = told_by["browser"] & told_by["server"], told_by["server"] - told_by["browser"]
    return (
        *(store.domain, len(pixel), _worth(pixel.values()), len(counted), _worth(counted)),
        *(len(both), len(server_only)),
    )


def _worth(purchases: Iterable[Mapping[str, Any]]) -> str:
    """The sum by currency, in major units."""
    totals: dict[str, Decimal] = {}
    for one in purchases:
        totals[one["currency"]] = totals.get(one["currency"], Decimal(0)) + Decimal(str(one["value"]))
    return ", ".join(f"{currency} {round_to_currency(total, currency)}" for currency, total in sorted(totals.items()))
