"""A Shopify merchant from the first click to the last: both ways in, the page, an order, an expired token, out and back.

All of it is real but Shopify and Meta, which are stand-ins in processes of their own: `tandem up` with broker, worker,
steward and clock, and a browser.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from integration import db
from tests.rig import browser
from tests.rig.node import Node
from tests.rig.office import Office
from tests.rig.sandbox import Sandbox
from tests.rig.service import Service, eventually, free_port
from tests.rig.standin import KEY, SECRET, StandIn

DATASET = "100000000000061"
BY_CONSENT, BY_ADMIN = "lumen-and-loom", "salt-and-slate"


@dataclass
class Scene:
    """The service, the two stand-ins, and a merchant at a browser."""

    service: Service
    shopify: StandIn
    meta: Sandbox
    merchant: Node
    office: Office

    def home(self, handle: str) -> str:
        return f"{self.shopify.url}/store/{handle}/apps/{KEY}"

    def goes_live(self, handle: str) -> None:
        """What the merchant's pages will do once they are built."""
        shop = f"{handle}.myshopify.com"
        self.service.run("dataset", "add", shop, "--dataset", DATASET, "--token", "good-token", "--json")
        self.service.run("store", "set", shop, "state=live", "consent_mode=assumed")

    def told(self) -> set[str]:
        return {event["event_id"] for event in self.meta.told()}

    def states(self, order_id: str) -> list[str]:
        return [row["status"] for row in self.service.events() if row["order_id"] == order_id]

    def subscribed(self, handle: str) -> bool:
        """Whether the steward has done its first work for the shop."""
        found = self.shopify.shop(f"{handle}.myshopify.com")["subscriptions"]
        return {"ORDERS_CREATE", "ORDERS_PAID", "APP_UNINSTALLED"} <= {one["topic"] for one in found}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, meta: Sandbox) -> Iterator[Scene]:
    browser.have_or_skip()
    port = free_port()
    with StandIn.running(app_url=f"http://127.0.0.1:{port}") as shopify:
        told = {
            "META_GRAPH_URL": meta.url,
            "SHOPIFY_API_KEY": KEY,
            "SHOPIFY_API_SECRET": SECRET,
            "SHOPIFY_ADMIN_URL": shopify.url,
            "SHOPIFY_APP_BRIDGE_URL": f"{shopify.url}/app-bridge.js",
        }
        service = Service(tmp_path_factory.mktemp("merchant") / "data", told, port)
        with service.running(), browser.running("browser_merchant.mjs") as merchant:
            engine = db.connect(f"sqlite:///{service.data_dir / 'tandem.db'}")
            yield Scene(service, shopify, meta, merchant, Office(engine, shopify))
            engine.dispose()


def test_installed_by_the_consent_page_the_merchant_lands_on_our_page_in_the_admin(scene: Scene) -> None:
    shop = f"{BY_CONSENT}.myshopify.com"
    scene.shopify.order(shop, count=3, silent=True)

    asked = scene.merchant.ask("open", url=f"{scene.service.url}/shopify/install?shop={shop}")
    assert asked["url"].startswith(f"{scene.shopify.url}/{shop}/admin/oauth/authorize")
    landed = scene.merchant.ask("click", text="Install app")

    assert landed["url"] == scene.home(BY_CONSENT)
    page = scene.merchant.ask("frame", until="observing")
    assert shop in page
    assert "observing" in page
    assert eventually(lambda: scene.subscribed(BY_CONSENT), 30)
    assert "3 orders since" in scene.merchant.ask("frame", until="3 orders since")


def test_installed_by_one_click_in_the_admin_it_is_the_same_and_no_cookie_is_set(scene: Scene) -> None:
    scene.merchant.ask("open", who="other", url=scene.home(BY_ADMIN))
    scene.merchant.ask("click", who="other", text="Install app")

    assert f"{BY_ADMIN}.myshopify.com" in scene.merchant.ask("frame", who="other", until="observing")
    assert eventually(lambda: scene.subscribed(BY_ADMIN), 30)
    assert scene.merchant.ask("cookies", who="other") == []


def test_an_order_of_an_observing_store_is_shown_on_the_open_page_and_not_told(scene: Scene) -> None:
    (order_id,) = scene.shopify.order(f"{BY_ADMIN}.myshopify.com")

    assert eventually(lambda: scene.states(order_id), 20) in (["observed"], ["withheld"])
    assert order_id not in scene.told()
    assert "Purchase" in scene.merchant.ask("frame", who="other", until="Purchase")


def test_once_live_an_order_is_told_within_seconds(scene: Scene) -> None:
    scene.goes_live(BY_CONSENT)
    (order_id,) = scene.shopify.order(f"{BY_CONSENT}.myshopify.com")

    assert eventually(lambda: order_id in scene.told(), 20)


def test_a_token_that_expires_while_orders_come_costs_nothing_and_is_renewed(scene: Scene) -> None:
    shop = f"{BY_CONSENT}.myshopify.com"
    before = scene.office.grant(shop)
    scene.meta.fail(kind="slow", dataset=DATASET, seconds=2)
    (first,) = scene.shopify.order(shop)
    scene.shopify.ahead(3_700)
    scene.shopify.drop(shop, "orders/paid")
    scene.office.make_due("subscriptions")

    assert eventually(lambda: scene.subscribed(BY_CONSENT), 30)
    (second,) = scene.shopify.order(shop)
    assert eventually(lambda: {first, second} <= scene.told(), 30)
    after = scene.office.grant(shop)
    assert after.generation > before.generation
    assert not after.rejected
    scene.shopify.ahead(0)  # its session tokens would come from the future


def test_uninstalled_nothing_leaves_any_more_and_installed_again_it_goes_on(scene: Scene) -> None:
    shop = f"{BY_CONSENT}.myshopify.com"
    before = scene.office.store(shop)
    scene.merchant.ask("open", url=scene.home(BY_CONSENT))
    scene.merchant.ask("click", text="Uninstall")
    assert eventually(lambda: scene.office.store(shop).uninstalled_at, 30)
    assert scene.office.grant(shop) is None

    scene.merchant.ask("open", url=scene.home(BY_CONSENT))
    scene.merchant.ask("click", text="Install app")
    assert shop in scene.merchant.ask("frame", until=shop)
    again = scene.office.store(shop)
    assert (again.id, again.public_key, again.state) == (before.id, before.public_key, "live")

    assert eventually(lambda: scene.subscribed(BY_CONSENT), 30)
    (order_id,) = scene.shopify.order(shop)
    assert eventually(lambda: order_id in scene.told(), 30)


def test_the_stale_word_of_the_first_uninstall_does_no_harm_then(scene: Scene) -> None:
    """Item 4: webhooks may come a day late."""
    shop = f"{BY_CONSENT}.myshopify.com"
    scene.shopify.webhook("app/uninstalled", shop)
    assert [one["status"] for one in scene.shopify.webhooks("app/uninstalled")][-1] == 200
    assert eventually(lambda: not scene.office.chores(shop).get("farewell"), 30)

    (order_id,) = scene.shopify.order(shop)
    assert eventually(lambda: order_id in scene.told(), 30)
    assert scene.office.store(shop).uninstalled_at is None


def test_no_token_code_or_secret_was_logged(scene: Scene) -> None:
    """T25."""
    log = scene.service.log()
    for telling in ("shpat_", "shprt_", SECRET, "eyJ", "code=", "hmac=", "id_token="):
        assert telling not in log, telling
