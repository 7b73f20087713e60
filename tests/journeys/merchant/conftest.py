"""The scene of a merchant's journeys: the service in its processes, the stand-ins for Meta, Shopify, WooCommerce and a mail
server, and a browser.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import count

import pytest
from playwright.sync_api import Browser

from integration import db
from tests.rig import mailbox
from tests.rig.merchant_browser import Merchant
from tests.rig.merchant_scene import Scene
from tests.rig.sandbox import Sandbox
from tests.rig.service import Service, free_port
from tests.rig.standin import KEY, SECRET, StandIn
from tests.rig.woostore import WooStore


@pytest.fixture(scope="session")
def chromium(chrome: Browser) -> Browser:
    return chrome


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Scene]:
    """One for all journeys, on SQLite: what a browser sees does not depend on the database."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        meta, box = stack.enter_context(Sandbox.running()), stack.enter_context(mailbox.opened())
        shopify = stack.enter_context(StandIn.running(app_url=url))
        woo = stack.enter_context(WooStore.running(app_url=url))
        told = {
            "META_GRAPH_URL": meta.url,
            "SMTP_URL": box.url,
            "MAIL_FROM": "tandem@example.com",
            "TRUSTED_PROXIES": "1",
            "SHOPIFY_API_KEY": KEY,
            "SHOPIFY_API_SECRET": SECRET,
            "SHOPIFY_ADMIN_URL": shopify.url,
            "SHOPIFY_APP_BRIDGE_URL": f"{shopify.url}/app-bridge.js",
        }
        service = stack.enter_context(Service(tmp_path_factory.mktemp("merchants") / "data", told, port).running())
        engine = db.connect(f"sqlite:///{service.data_dir / 'tandem.db'}")
        stack.callback(engine.dispose)
        yield Scene(service, meta, box, shopify, woo, chromium, engine)


_datasets = count(100_000_000_000_071)


@pytest.fixture(scope="module")
def scene(world: Scene) -> Iterator[Scene]:
    """A shop in WooCommerce of the module's own, with our plugin and nothing sold yet, and the dataset it will tell."""
    with WooStore.running(app_url=world.url) as woo:
        woo.site(country="DE", currency="EUR", timezone="Europe/Berlin")
        woo.plugin()
        yield replace(world, woo=woo, dataset=str(next(_datasets)))


@pytest.fixture(scope="module")
def merchant(scene: Scene) -> Iterator[Merchant]:
    """One, at the same browser for all of a module's steps."""
    with Merchant.at(scene.chromium) as found:
        yield found
