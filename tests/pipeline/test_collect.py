"""What becomes of signals and sightings: rows by key, sealed, tenant by tenant, and events that wait no longer.

Long: each rule of what a browser may and may not do stands here against both databases.
"""

import json
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from connectors.event import Stated
from integration import db
from integration.db import beacons, datasets, reading, scans, sightings, signals, transaction
from integration.db.deliveries import State, deliveries
from integration.db.events import events
from integration.db.stores import stores
from integration.pipeline import browsing, joining, page_token, silence
from integration.pipeline.acquaintances import Acquaintance, Acquaintances
from integration.pipeline.beacon_words import Caller
from integration.pipeline.browsing import Heard
from integration.pipeline.collect import Collector
from integration.pipeline.joining import By
from integration.privacy import purge
from integration.retention import Retention
from tests.rig.shop import DATASET, Bench, Shop

IP, AGENT = "203.0.113.9", "Mozilla/5.0 (test)"
CALLER = Caller(IP, AGENT, opts_out=False)
CHECKOUT, CART = "c1-0123456789abcdef", "cart-0123456789abcdef"
DENIED, GRANTED = {"consent": {"marketing": False}}, {"consent": {"marketing": True}}


def without_times(heard: Heard) -> Heard:
    """When an answer was given is another test's."""
    return msgspec.structs.replace(heard, marketing_at=None, sale_at=None)


class Beacon:
    """A store's beacon, called by hand."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.bench = shop, shop.bench
        self.collector = Collector(
            self.bench.engine, self.bench.sealer, Acquaintances(self.bench.engine, loopback=False)
        )

    @property
    def of(self) -> Acquaintance:
        found = Acquaintances(self.bench.engine, loopback=False).named(self.shop.row.public_key)
        assert found
        return found

    def hear(self, caller: Caller = CALLER, **told: Any) -> bool:
        return self.collector.hear(self.of, json.dumps(told).encode(), caller, datetime.now(UTC))

    def see(self, **told: Any) -> None:
        usual = {"dataset_id": DATASET, "event_name": "Purchase", "event_id": "5001", "state": "called"}
        self.collector.see(self.of, json.dumps({**usual, **told}).encode(), datetime.now(UTC))

    def token(self, kind: str, value: str, *, secret: str | None = None) -> str:
        signed = f"{kind}:{value}:{int(datetime.now(UTC).timestamp()) + 3600}"
        return f"{signed}:{page_token.sign(signed, secret or self.shop.secret)}"

    def known(self, by: By = By.CHECKOUT, value: str = CHECKOUT) -> Heard | None:
        with reading(self.bench.engine) as connection:
            kept = signals.of_keys(connection, self.shop.id, [joining.key(by, value)])
        opened = [self.bench.sealer.unseal(one.sealed, store=self.shop.id, column=signals.SEALED) for one in kept]
        return without_times(browsing.decode(opened[0])) if opened else None

    def sighted(self) -> list[dict[str, Any]]:
        wanted = sa.select(sightings.sightings).where(sightings.sightings.c.store_id == self.shop.id)
        with reading(self.bench.engine) as connection:
            return [dict(row._mapping) for row in connection.execute(wanted)]

    def number(self) -> int:
        with reading(self.bench.engine) as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(signals.signals)).scalar_one()


@pytest.fixture(params=["shopify", "woocommerce"])
def beacon(request: pytest.FixtureRequest, bench: Bench) -> Beacon:
    return Beacon(bench.shop(request.param))


@pytest.fixture
def shopify(bench: Bench) -> Beacon:
    return Beacon(bench.shop("shopify"))


@pytest.fixture
def plugin(bench: Bench) -> Beacon:
    """Of a shop whose pages our plugin signs."""
    return Beacon(bench.shop("woocommerce"))


def test_a_signal_is_kept_sealed_by_each_of_its_tokens(beacon: Beacon) -> None:
    beacon.hear(checkout_token=CHECKOUT, cart_token=CART)

    assert beacon.known() == beacon.known(By.CART, CART) == Heard(ip=IP, user_agent=AGENT)
    with reading(beacon.bench.engine) as connection:
        rows = str(connection.execute(sa.select(signals.signals)).all())
    assert not [clear for clear in (CHECKOUT, CART, IP, AGENT) if clear in rows]


def test_b12_the_first_value_wins(beacon: Beacon) -> None:
    beacon.hear(checkout_token=CHECKOUT, fbclid="Mine")
    mine = beacon.known()
    beacon.hear(Caller("198.51.100.7", "Another", opts_out=True), checkout_token=CHECKOUT, fbclid="Anothers")
    kept = beacon.known()

    assert mine
    assert kept
    assert (kept.fbc, kept.ip, kept.user_agent) == (mine.fbc, IP, AGENT)
    assert kept.sale_of_data is Stated.REFUSED


def test_b17_of_whoever_refuses_the_refusal_alone_is_kept_and_what_was_kept_is_wiped(beacon: Beacon) -> None:
    beacon.hear(checkout_token=CHECKOUT, cart_token=CART, fbclid="Mine", **GRANTED)
    beacon.hear(checkout_token=CHECKOUT, fbclid="Mine", **DENIED)

    assert beacon.known() == Heard(marketing=Stated.REFUSED)
    beacon.hear(checkout_token=CHECKOUT, fbclid="Again")
    assert beacon.known() == Heard(marketing=Stated.REFUSED)


def test_a_later_grant_with_the_token_raises_and_only_what_comes_with_it_is_kept(beacon: Beacon) -> None:
    beacon.hear(checkout_token=CHECKOUT, fbclid="Before", **DENIED)
    beacon.hear(Caller("198.51.100.7", None, opts_out=False), checkout_token=CHECKOUT, **GRANTED)

    assert beacon.known() == Heard(ip="198.51.100.7", marketing=Stated.GRANTED)


def test_a_refusal_in_the_cart_counts_in_the_checkout_that_is_told_with_it(beacon: Beacon) -> None:
    beacon.hear(cart_token=CART, **DENIED)
    beacon.hear(cart_token=CART, checkout_token=CHECKOUT)

    assert beacon.known() == beacon.known(By.CART, CART) == Heard(marketing=Stated.REFUSED)


def test_b27_a_token_of_another_store_leads_nowhere_here(bench: Bench) -> None:
    one, other = Beacon(bench.shop("shopify")), Beacon(bench.shop("shopify", "other.myshopify.com", dataset="2" * 15))
    one.hear(checkout_token=CHECKOUT, fbclid="Mine")
    other.hear(checkout_token=CHECKOUT, fbclid="Theirs")

    assert "Mine" in str(one.known())
    assert "Theirs" in str(other.known())


def test_b11_an_order_id_counts_with_its_own_pages_token_alone(plugin: Beacon, bench: Bench) -> None:
    another = Beacon(bench.shop("woocommerce", "other.example.com", dataset=None))
    for proof in (
        "",
        "x",
        plugin.token("order", "5002"),
        plugin.token("checkout", "5001"),
        another.token("order", "5001"),
    ):
        assert not plugin.hear(order_id="5001", proof=proof)
    assert plugin.number() == 0

    plugin.hear(order_id="5001", proof=plugin.token("order", "5001"))
    assert plugin.known(By.ORDER, "5001") == Heard(ip=IP, user_agent=AGENT)


def test_where_no_plugin_signs_pages_an_order_id_proves_nothing(shopify: Beacon) -> None:
    shopify.hear(order_id="5001", proof=shopify.token("order", "5001", secret="no secret of anybody"))
    assert shopify.number() == 0


def placed(shop: Shop) -> None:
    """An order in a store that needs a yes, of a shopper who said nothing yet."""
    topic = {"shopify": "orders/paid", "woocommerce": "order.created"}[shop.platform]
    shop.tell(topic, shop.sample(topic, "card"))


def due(shop: Shop) -> list[tuple[str, bool]]:
    """State of each delivery, and whether it is due."""
    wanted = sa.select(deliveries.c.state, deliveries.c.next_at, db.clock().label("now")).order_by(deliveries.c.id)
    with reading(shop.bench.engine) as connection:
        return [(state, at is not None and at <= now) for state, at, now in connection.execute(wanted)]


def change(bench: Bench, **values: Any) -> None:
    with transaction(bench.engine) as connection:
        connection.execute(sa.update(deliveries).values(**values))


def keyed(shop: Shop, column: str, by: By, value: str) -> None:
    with transaction(shop.bench.engine) as connection:
        connection.execute(sa.update(events).values({column: joining.key(by, value)}))


@pytest.fixture
def waiting(bench: Bench) -> Beacon:
    """Of a shop with one event that waits for a quarter of an hour."""
    shop = bench.shop("woocommerce", consent_mode="strict")
    placed(shop)
    keyed(shop, "checkout_key", By.CHECKOUT, CHECKOUT)
    keyed(shop, "cart_key", By.CART, CART)
    change(bench, state=State.WAITING, next_at=db.after(timedelta(minutes=15)))
    assert due(shop) == [(State.WAITING, False)]
    return Beacon(shop)


@pytest.mark.parametrize("token", [{"checkout_token": CHECKOUT}, {"cart_token": CART}])
def test_what_waited_for_a_browsers_word_is_due_now(waiting: Beacon, token: dict[str, str]) -> None:
    assert waiting.hear(**token, **GRANTED)
    assert due(waiting.shop) == [(State.WAITING, True)]


def test_what_waited_is_found_by_the_order_of_its_page(waiting: Beacon) -> None:
    assert waiting.hear(order_id="5001", proof=waiting.token("order", "5001"))
    assert due(waiting.shop) == [(State.WAITING, True)]


def test_a_word_about_another_checkout_lets_nothing_go(waiting: Beacon) -> None:
    assert not waiting.hear(checkout_token="another")
    assert due(waiting.shop) == [(State.WAITING, False)]


def test_the_same_word_again_is_neither_written_nor_lets_anything_go(waiting: Beacon) -> None:
    waiting.hear(checkout_token=CHECKOUT)
    change(waiting.bench, next_at=db.after(timedelta(minutes=15)))

    assert not waiting.hear(checkout_token=CHECKOUT)
    assert due(waiting.shop) == [(State.WAITING, False)]


@pytest.mark.parametrize("state", [State.PENDING, State.OBSERVED, State.SKIPPED, State.HELD, State.DELIVERED])
def test_what_does_not_wait_for_a_word_stays_as_it_is(waiting: Beacon, state: State) -> None:
    change(waiting.bench, state=state)

    assert not waiting.hear(checkout_token=CHECKOUT)
    assert due(waiting.shop) == [(state, False)]


def test_what_waits_for_another_event_goes_on_waiting(waiting: Beacon) -> None:
    change(waiting.bench, next_at=None)

    assert not waiting.hear(checkout_token=CHECKOUT)
    assert due(waiting.shop) == [(State.WAITING, False)]


def test_b9_a_sighting_makes_no_event_and_touches_no_delivery(waiting: Beacon) -> None:
    waiting.see(proof=waiting.token("order", "5001"), state="sent", value=99_999)

    assert due(waiting.shop) == [(State.WAITING, False)]
    assert len(waiting.sighted()) == 1


def test_a_sighting_at_a_shop_without_page_tokens_is_proven_by_its_checkout(shopify: Beacon) -> None:
    shopify.see(proof=CHECKOUT)
    shopify.see(proof=CHECKOUT, event_name="PageView", event_id="e-1", dataset_id="999")
    shopify.see(event_name="ViewContent", event_id="e-2")

    keys = {row["event_name"]: row["proof_key"] for row in shopify.sighted()}
    assert keys == {"Purchase": joining.key(By.CHECKOUT, CHECKOUT), "PageView": "", "ViewContent": ""}


def test_a_sighting_at_a_shop_with_page_tokens_is_proven_by_its_order_under_whichever_id(
    plugin: Beacon, bench: Bench
) -> None:
    """One under another id than the server's is what coverage has to show; it joins its own order and no other."""
    another = Beacon(bench.shop("woocommerce", "other.example.com", dataset=None))
    tokens = {
        "5001": plugin.token("order", "5001"),
        "5002": plugin.token("order", "5001"),
        "5003": another.token("order", "5003"),
        "5004": "order:5004",
        "5005": CHECKOUT,
        "5006": plugin.token("checkout", CHECKOUT),
    }
    for event_id, proof in tokens.items():
        plugin.see(event_id=event_id, proof=proof)

    proven = {row["event_id"]: row["proof_key"] for row in plugin.sighted() if row["proof_key"]}
    own = joining.key(By.ORDER, "5001")
    assert proven == {"5001": own, "5002": own, "5006": joining.key(By.CHECKOUT, CHECKOUT)}


def test_a_checkouts_own_event_is_proven_by_that_checkout_alone(plugin: Beacon) -> None:
    proof = plugin.token("checkout", CHECKOUT)
    plugin.see(event_name="InitiateCheckout", event_id=CHECKOUT, proof=proof)
    plugin.see(event_name="AddPaymentInfo", event_id="another", proof=proof)

    assert {row["event_name"]: bool(row["proof_key"]) for row in plugin.sighted()} == {
        "InitiateCheckout": True,
        "AddPaymentInfo": False,
    }


def test_a_later_stage_implies_the_earlier_and_the_first_time_of_each_stays(shopify: Beacon) -> None:
    shopify.see(proof=CHECKOUT, state="loaded")
    (first,) = shopify.sighted()
    assert first["called_at"] == first["loaded_at"] == first["first_at"]
    assert first["sent_at"] is None

    shopify.see(proof=CHECKOUT, state="sent")
    shopify.see(proof=CHECKOUT, state="called")
    (last,) = shopify.sighted()
    assert last["sent_at"] is not None
    assert (last["called_at"], last["loaded_at"]) == (first["called_at"], first["loaded_at"])


def test_the_first_word_of_a_storefront_says_that_its_script_is_at_work(beacon: Beacon) -> None:
    version = beacon.shop.row.version
    beacon.see()
    assert beacon.shop.row.storefront_at is None  # what proves nothing says nothing

    beacon.hear(checkout_token=CHECKOUT)
    heard = beacon.shop.row
    assert (heard.storefront_at is not None, heard.version) == (True, version + 1)

    beacon.hear(checkout_token="another")
    assert (beacon.shop.row.storefront_at, beacon.shop.row.version) == (heard.storefront_at, version + 1)


def test_a_proven_sighting_says_so_too(shopify: Beacon) -> None:
    shopify.see(proof=CHECKOUT)
    assert shopify.shop.row.hears_browsers


def long_ago(bench: Bench, days: int) -> None:
    then = db.after(timedelta(days=-days))
    with transaction(bench.engine) as connection:
        connection.execute(sa.update(signals.signals).values(first_at=then, last_at=then))
        connection.execute(sa.update(sightings.sightings).values(first_at=then))
        connection.execute(sa.update(stores).values(storefront_at=then))


@pytest.mark.parametrize(("days", "left"), [(13, (1, 1)), (15, (0, 1)), (39, (0, 1)), (41, (0, 0))])
def test_signals_are_forgotten_after_14_days_and_sightings_after_40(
    shopify: Beacon, days: int, left: tuple[int, int]
) -> None:
    shopify.hear(checkout_token=CHECKOUT)
    shopify.see(proof=CHECKOUT)
    long_ago(shopify.bench, days)
    purge.look(shopify.bench.engine, Retention())

    assert (shopify.number(), len(shopify.sighted())) == left


def test_what_is_told_again_is_kept_on(shopify: Beacon) -> None:
    shopify.hear(checkout_token=CHECKOUT)
    long_ago(shopify.bench, 13)
    shopify.hear(checkout_token=CHECKOUT)
    with transaction(shopify.bench.engine) as connection:
        assert signals.forget(connection, before=datetime.now(UTC) - timedelta(days=1), most=10) == 0


def test_forgetting_takes_bounded_slices(shopify: Beacon) -> None:
    for number in range(5):
        shopify.hear(checkout_token=f"c1-{number}")
        shopify.see(proof=f"c1-{number}")
    with transaction(shopify.bench.engine) as connection:
        later = datetime.now(UTC) + timedelta(days=1)
        assert signals.forget(connection, before=later, most=2) == 2
        assert sightings.forget(connection, before=later, most=2) == 2
    assert (shopify.number(), len(shopify.sighted())) == (3, 3)


@pytest.mark.parametrize(("days", "at_work"), [(6, True), (8, False)])
def test_a_script_that_was_silent_for_a_week_is_not_waited_for(shopify: Beacon, days: int, *, at_work: bool) -> None:
    shopify.hear(checkout_token=CHECKOUT)
    long_ago(shopify.bench, days)
    version = shopify.shop.row.version
    silence.look(shopify.bench.engine)

    assert (shopify.shop.row.hears_browsers, shopify.shop.row.version) == (at_work, version + (not at_work))


def test_a_script_that_speaks_is_waited_for_however_long_it_has_spoken(shopify: Beacon) -> None:
    shopify.hear(checkout_token=CHECKOUT)
    with transaction(shopify.bench.engine) as connection:
        connection.execute(sa.update(stores).values(storefront_at=db.after(timedelta(days=-30))))
    silence.look(shopify.bench.engine)

    assert shopify.shop.row.hears_browsers


def test_b23_a_store_that_is_full_takes_no_new_keys_and_known_ones_go_on(shopify: Beacon) -> None:
    shopify.collector.signals.most = 2
    for number in range(4):
        shopify.hear(checkout_token=f"c1-{number}")
    assert shopify.number() == 2

    shopify.hear(checkout_token="c1-0", fbclid="Mine")
    assert "Mine" in str(shopify.known(By.CHECKOUT, "c1-0"))


def test_b23_what_proves_nothing_has_a_bound_of_its_own(shopify: Beacon) -> None:
    shopify.collector.unproven.most = 2
    for number in range(4):
        shopify.see(event_id=str(number))
    shopify.see(event_id="9", proof=CHECKOUT)
    shopify.see(event_id="0", state="sent")
    shopify.see(event_id="3", state="sent")

    assert sorted(row["event_id"] for row in shopify.sighted()) == ["0", "1", "9"]
    assert [row["event_id"] for row in shopify.sighted() if row["sent_at"]] == ["0"]


def test_the_bound_is_counted_by_what_the_database_has_of_a_day(shopify: Beacon) -> None:
    shopify.hear(checkout_token=CHECKOUT)
    shopify.see(proof=CHECKOUT)
    with reading(shopify.bench.engine) as connection:
        day = timedelta(days=1)
        assert beacons.new_signals(connection, shopify.shop.id, within=day, most=9) == 1
        assert beacons.new_sightings(connection, shopify.shop.id, within=day, most=9, proven=True) == 1
        assert beacons.new_sightings(connection, shopify.shop.id, within=day, most=9, proven=False) == 0
    long_ago(shopify.bench, 2)
    with reading(shopify.bench.engine) as connection:
        assert beacons.new_signals(connection, shopify.shop.id, within=day, most=9) == 0


def test_a_row_that_opens_no_more_begins_anew(shopify: Beacon) -> None:
    shopify.hear(checkout_token=CHECKOUT)
    with transaction(shopify.bench.engine) as connection:
        connection.execute(sa.update(signals.signals).values(sealed="nothing that was ever sealed"))
    shopify.hear(checkout_token=CHECKOUT)
    assert shopify.known() == Heard(ip=IP, user_agent=AGENT)


def at_once(works: Sequence[Any]) -> None:
    """All begin together; each ends."""
    ready, failed = threading.Barrier(len(works)), list[BaseException]()

    def run(work: Any) -> None:
        ready.wait()
        try:
            work()
        except BaseException as error:  # noqa: BLE001
            failed.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


@pytest.mark.parametrize("turn", range(5))
def test_of_signals_that_come_at_once_none_is_lost(postgres_bench: Bench, turn: int) -> None:
    beacon = Beacon(postgres_bench.shop("shopify"))
    words = (
        {"fbclid": "Mine"},
        {"url": "https://tea.myshopify.com/"},
        {"fbp": "fb.1.1700000000000.5"},
        DENIED | {"t": turn},
    )
    works = [lambda word=word: beacon.hear(checkout_token=CHECKOUT, cart_token=CART, **word) for word in words[:3]]
    at_once(works)

    kept = beacon.known()
    assert kept
    assert (bool(kept.fbc), bool(kept.page), bool(kept.fbp)) == (True, True, True)
    assert beacon.known(By.CART, CART) == kept

    at_once([lambda: beacon.hear(checkout_token=CHECKOUT, **DENIED), lambda: beacon.hear(checkout_token=CHECKOUT)])
    assert beacon.known() == Heard(marketing=Stated.REFUSED)


@pytest.fixture
def postgres_bench(postgres_url: str, sandbox: Any) -> Any:
    engine = db.connect(postgres_url)
    yield Bench(engine, sandbox)
    engine.dispose()


def test_a_store_that_was_let_go_is_unknown_and_further_hosts_are_its_own(shopify: Beacon) -> None:
    with transaction(shopify.bench.engine) as connection:
        scans.keep(connection, shopify.shop.id, findings="{}", hosts=("tea.example.org",))
        assert [one.dataset_id for one in datasets.of_store(connection, shopify.shop.id)] == [DATASET]
    assert "https://tea.example.org" in shopify.of.own.origins

    with transaction(shopify.bench.engine) as connection:
        connection.execute(sa.update(stores).values(uninstalled_at=db.clock()))
    assert Acquaintances(shopify.bench.engine, loopback=False).named(shopify.shop.row.public_key) is None


def test_a_store_is_remembered_for_seconds_and_looked_up_again(shopify: Beacon) -> None:
    now = [0.0]
    remembered = Acquaintances(shopify.bench.engine, loopback=False, clock=lambda: now[0])
    key = shopify.shop.row.public_key
    first = remembered.named(key)
    shopify.shop.set(state="observing")

    assert remembered.named(key) is first
    now[0] += 15.0
    found = remembered.named(key)
    assert found
    assert found.store.state == "observing"
    assert remembered.named("0" * 32) is None
