"""What shoppers say of their data, on the whole road: the service in its processes, the stand-ins for Shopify, WooCommerce and
Meta in theirs, stores connected by their merchants, so that an order can be read again.

Long: one scene, slow to open, serves all of it.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from integration import config, db
from integration.crypto import Sealer
from integration.db import metadata, reading, transaction
from integration.db.chores import chores
from integration.db.events import NOBODY, events
from integration.db.privacy_requests import privacy_requests as table
from tests.rig import hasten
from tests.rig.consenting import NO, NOT_FOR_SALE, YES, Bought, Selling, SellingByShopify, SellingByWooCommerce
from tests.rig.postgres import Cluster
from tests.rig.sandbox import Sandbox
from tests.rig.service import Service, eventually, free_port
from tests.rig.shop import Shop
from tests.rig.shoppers import every_text
from tests.rig.standin import KEY, SECRET, StandIn
from tests.rig.woostore import WooStore

DATASETS = ("100000000000081", "100000000000082")


@dataclass
class Scene:
    """One service, and a shop of each platform."""

    shopify: SellingByShopify
    woo: SellingByWooCommerce

    @property
    def shops(self) -> tuple[Selling, Selling]:
        return self.shopify, self.woo

    @property
    def engine(self) -> db.Engine:
        return self.shopify.engine


@contextmanager
def opened(url: str, directory: Path, meta: Sandbox) -> Iterator[Scene]:
    """All of it up, both shops connected and live."""
    port = free_port()
    with ExitStack() as stack:
        app_url = f"http://127.0.0.1:{port}"
        standin = stack.enter_context(StandIn.running(app_url=app_url))
        woo = stack.enter_context(WooStore.running(app_url=app_url))
        told = {"META_GRAPH_URL": meta.url, "DATABASE_URL": url, "TRUSTED_PROXIES": "1", "SHOPIFY_API_KEY": KEY}
        told |= {"SHOPIFY_API_SECRET": SECRET, "SHOPIFY_ADMIN_URL": standin.url}
        service = Service(directory / "data", told, port)
        stack.enter_context(service.running())
        engine = db.connect(url)
        stack.callback(engine.dispose)
        settings = config.load(service.surroundings, data_dir=service.data_dir)
        tools = (service, meta, engine, Sealer(settings.encryption_keys), settings.secret_key)
        scene = Scene(
            SellingByShopify(*tools, "moss-and-marrow.myshopify.com", DATASETS[0], standin),
            SellingByWooCommerce(*tools, woo.url.partition("//")[2], DATASETS[1], woo),
        )
        for shop in scene.shops:
            shop.opens()
        yield scene


@pytest.fixture(scope="module")
def scene(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory, meta: Sandbox) -> Iterator[Scene]:
    meta.reset()
    with cluster.empty() as url, opened(url, tmp_path_factory.mktemp("consent"), meta) as found:
        yield found


def keeps_nobody(shop: Selling, bought: Bought) -> bool:
    """Whether the ledger knows of its Purchase that it happened, and not whose it was."""
    columns = [events.c[name] for name in NOBODY]
    with reading(shop.engine) as connection:
        rows = connection.execute(sa.select(*columns).where(events.c.order_id == bought.order_id)).all()
    return bool(rows) and all(value == NOBODY[name] for row in rows for name, value in row._mapping.items())


def a_refusal_taken_back(shop: Selling) -> None:
    """Withheld, then told once it may be: as it would have been at first."""
    usual = shop.purchase(shop.sold())["custom_data"]
    bought = shop.refused()
    assert shop.becomes(bought, "withheld")
    assert keeps_nobody(shop, bought)
    assert (shop.payloads(bought), shop.traces(bought), shop.asked_for(bought)) == ([], set(), 0)

    shop.says(bought, YES)
    told = shop.purchase(bought)
    assert told, shop.rows_of(bought)
    assert shop.asked_for(bought) == 1
    assert told["custom_data"] == usual | {"order_id": bought.order_id}
    assert (told["user_data"]["em"], told["user_data"]["fbp"]) == (bought.hashed, bought.fbp)

    shop.says(bought, YES)
    shop.changes(bought)
    assert shop.becomes(bought, "delivered")
    assert len(shop.purchases(bought)) == 1


def test_who_says_yes_after_a_no_is_told_of_once_read_again_from_the_shop(scene: Scene) -> None:
    for shop in scene.shops:
        a_refusal_taken_back(shop)


def nothing_is_under_way(shop: Selling) -> bool:
    """Whether all that could be told was told, or ended otherwise, once its time has come."""
    moving = {"pending", "sending", "waiting"}

    def all_ended() -> bool:
        hasten.make_everything_due(shop.engine)
        return not moving & {row["status"] for row in shop.bench.rows()}

    return bool(eventually(all_ended, 30))


def test_a_yes_withdrawn_while_the_order_waits_for_its_browser_is_a_no(scene: Scene) -> None:
    for shop in scene.shops:
        bought = shop.place(frozen=YES)
        shop.tell(bought)
        assert shop.becomes(bought, "waiting")
        shop.says(bought, NO)
        assert shop.becomes(bought, "withheld")
        assert nothing_is_under_way(shop), shop.bench.rows()
        assert (shop.payloads(bought), shop.traces(bought), keeps_nobody(shop, bought)) == ([], set(), True)


def test_a_yes_withdrawn_while_meta_fails_is_a_no(scene: Scene) -> None:
    for shop in scene.shops:
        shop.meta.fail(kind="status", status=503, dataset=shop.dataset, times=None)
        bought = shop.place(frozen=YES)
        shop.tell(bought)
        shop.says(bought, YES)
        assert eventually(lambda of=shop, by=bought: of.attempts(by), 30)
        shop.says(bought, NO)
        shop.meta.mend()
        assert nothing_is_under_way(shop), shop.bench.rows()
        assert (shop.state(bought), shop.payloads(bought)) == ("withheld", [])
        assert (shop.traces(bought), keeps_nobody(shop, bought)) == (set(), True)


@pytest.mark.parametrize(("stated", "gpc"), [(NOT_FOR_SALE, False), ({}, True)], ids=["by the banner", "by Sec-GPC"])
def test_who_in_the_us_wants_no_sale_of_data_is_told_of_for_limited_use(
    scene: Scene, stated: dict[str, bool], *, gpc: bool
) -> None:
    for shop in scene.shops:
        bought = shop.place("US")
        shop.says(bought, stated, gpc=gpc)
        shop.tell(bought)
        told = shop.purchase(bought)
        limits = {name: value for name, value in told.items() if name.startswith("data_processing")}
        assert limits == {
            "data_processing_options": ["LDU"],
            "data_processing_options_country": 0,
            "data_processing_options_state": 0,
        }


def is_forgotten(shop: Selling, bought: Bought) -> bool:
    """Whether nothing of them is left but what was asked, and not even that once the request was gone over again, a minute
    later.
    """

    def over_and_gone() -> bool:
        with transaction(shop.engine) as connection:
            due = sa.update(table).where(table.c.begun_at.is_not(None), table.c.next_at.is_not(None))
            connection.execute(due.values(next_at=db.from_ms(0)))
        return shop.traces(bought) == set()

    asked = {"privacy_requests.demand", "tasks.payload"}
    return bool(eventually(lambda: shop.traces(bought) <= asked, 30)) and bool(eventually(over_and_gone, 30))


def stays_forgotten(shop: Selling, bought: Bought) -> bool:
    """Though the shop tells of the order again, in the same words and in others."""
    shop.tell(bought)
    shop.changes(bought)
    return (keeps_nobody(shop, bought), shop.traces(bought), len(shop.purchases(bought))) == (True, set(), 1)


def test_who_is_erased_by_the_operator_is_gone_and_no_webhook_brings_them_back(scene: Scene) -> None:
    for shop in scene.shops:
        bought = shop.sold()
        assert shop.traces(bought) >= {"events.user_data", "events.email_hmac", "signals.sealed"}
        erased = json.loads(scene.shopify.service.run("erase", shop.domain, "--email", bought.email, "--json"))
        assert erased["erased"]["events"] >= 1
        assert is_forgotten(shop, bought)
        assert stays_forgotten(shop, bought)


def test_nor_does_an_order_of_theirs_that_only_the_search_for_lost_orders_finds(scene: Scene) -> None:
    shop = scene.woo
    shop.woo.stick()
    bought, lost = shop.place(frozen=YES), shop.place(frozen=YES)
    shop.service.run("erase", shop.domain, "--email", bought.email)
    assert is_forgotten(shop, bought)
    with transaction(shop.engine) as connection:
        connection.execute(sa.update(chores).where(chores.c.kind == "orders").values(due_at=db.from_ms(0)))
    assert shop.becomes(lost, "waiting", "delivered")
    assert (keeps_nobody(shop, bought), shop.traces(bought)) == (True, set())

    shop.woo.stick(stuck=False)
    shop.woo.run()
    assert shop.woo.sent("checkout")[-1]["status"] == 200
    assert nothing_is_under_way(shop)
    assert (keeps_nobody(shop, bought), shop.traces(bought), shop.payloads(bought)) == (True, set(), [])


def test_who_is_redacted_by_shopify_is_gone_and_no_webhook_brings_them_back(scene: Scene) -> None:
    shop = scene.shopify
    bought, late = shop.sold(), shop.place(frozen=YES)
    assert shop.traces(bought)
    for one in (bought, late):
        shop.redacts(one)
    assert all(is_forgotten(shop, one) for one in (bought, late))
    assert stays_forgotten(shop, bought)

    shop.tell(late)
    assert nothing_is_under_way(shop)
    assert (keeps_nobody(shop, late), shop.traces(late), shop.payloads(late)) == (True, set(), [])


def test_every_order_was_counted_once_and_nobody_stands_in_the_log(scene: Scene) -> None:
    counted = Counter(one["event_id"] for one in scene.woo.meta.events() if one["dataset_id"] in DATASETS)
    assert counted
    assert set(counted.values()) == {1}
    assert "@example.com" not in scene.woo.service.log()


def test_of_a_store_that_left_and_is_redacted_no_row_is_left(scene: Scene) -> None:
    shop, store = scene.shopify, scene.shopify.store
    shop.leaves()
    assert eventually(lambda: not rows_of(shop, store.id), 30), rows_of(shop, store.id)
    assert all(shop.domain not in text for _, text in every_text(Shop(shop.bench, "", shop.platform, "")))


def rows_of(shop: Selling, store_id: str) -> dict[str, int]:
    """How many rows of it there are, by table."""
    with reading(shop.engine) as connection:
        counts = {
            one.name: connection.execute(sa.select(sa.func.count()).where(column == store_id)).scalar_one()
            for one in metadata.sorted_tables
            if (column := one.c.get("store_id", one.c.id if one.name == "stores" else None)) is not None
        }
    return {name: number for name, number in counts.items() if number}


def test_the_same_on_sqlite(tmp_path: Path, meta: Sandbox) -> None:
    meta.reset()
    with opened(f"sqlite:///{tmp_path / 'tandem.db'}", tmp_path, meta) as scene:
        for shop in scene.shops:
            a_refusal_taken_back(shop)
