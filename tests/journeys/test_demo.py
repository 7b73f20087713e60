"""`make run`, which is `tandem up --demo`: what it prints is true, and a merchant can install Tandem on its stand-in."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import urllib3

from tests.rig import browser, valkey
from tests.rig.node import Node
from tests.rig.service import eventually, free_port
from tests.rig.woostore import WooStore

DATASETS = {"Shopify": "100200300400501", "WooCommerce": "100200300400502"}


@dataclass
class Demo:
    """It runs; `told` is all it printed until it had nothing more to say."""

    url: str
    told: str

    def found(self, pattern: str) -> str:
        match = re.search(pattern, self.told)
        assert match, self.told
        return match[1]

    @property
    def home(self) -> str:
        """Our page in the stand-in's admin of a shop that is not connected yet."""
        return self.found(r"stand-in for Shopify: (http://127\.0\.0\.1:\d+/store/[\w-]+/apps/[\w-]+)")

    @property
    def store(self) -> str:
        """The address of the stand-in for a WooCommerce store."""
        return self.found(r"stand-in WooCommerce store: open \S+ and type (http://127\.0\.0\.1:\d+)\n")

    def purchases(self, what: str, platform: str) -> list[dict[str, Any]]:
        """What the stand-in for Meta has in its journal of an order in the walk of consent."""
        order_id = self.found(rf"│ {what}, {platform} (\d+) +│")
        journal = urllib3.request("GET", self.found(r"stand-in for Meta heard: (\S+)")).json()["events"]
        heard = [one for one in journal if one["dataset_id"] == DATASETS[platform]]
        assert heard
        return [one for one in heard if order_id in json.dumps(one)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    valkey.have_or_skip()
    port, directory = free_port(), tmp_path_factory.mktemp("demo")
    # What the surroundings say of Shopify or Meta would be the demo's too.
    surroundings = {name: text for name, text in os.environ.items() if not name.startswith(("SHOPIFY_", "META_"))}
    words = [sys.executable, "-m", "integration", "up", "--demo", "--port", str(port), "--data-dir", "data"]
    lines: list[str] = []
    with (
        (directory / "log").open("w") as log,
        subprocess.Popen(words, cwd=directory, env=surroundings, stdout=subprocess.PIPE, stderr=log, text=True) as up,
    ):
        threading.Thread(target=lambda: lines.extend(up.stdout), daemon=True).start()
        try:
            assert eventually(lambda: "Ctrl-C stops everything.\n" in lines, 120), (
                lines,
                (directory / "log").read_text(),
            )
            yield Demo(f"http://127.0.0.1:{port}", "".join(lines))
        finally:
            up.send_signal(signal.SIGTERM)
            up.wait(60)


@pytest.fixture(scope="module")
def merchant() -> Iterator[Node]:
    with browser.running("browser_merchant.mjs") as found:
        yield found


@pytest.fixture(scope="module")
def shopkeeper() -> Iterator[Node]:
    with browser.running("browser_handover.mjs") as found:
        found.ask("fresh")
        yield found


def test_it_says_ready_first_and_its_ledger_agrees_with_what_the_stand_in_for_meta_heard(demo: Demo) -> None:
    assert demo.told.startswith(f"ready {demo.url}\n")
    heard, delivered = demo.found(r"ledger: (\d+) server"), demo.found(r"heard, (\d+) delivered")
    assert "The stand-in's journal agrees with our ledger" in demo.told
    assert heard == delivered
    assert int(heard) > 0


def test_what_coverage_claims_of_the_played_day_is_what_the_stand_in_heard_by_id(demo: Demo) -> None:
    assert "coverage agrees with it in every event it claims to know" in demo.told
    table = demo.found(r"(?s)(Who told Meta so far.*?)Ids in the stand-in's journal")
    for value in ("both", "pixel_only", "server_only", "unknown"):
        assert f" {value} " in table
    assert re.search(r"Purchase +│ both +│ 5 ", demo.told), demo.told
    assert re.search(r"│ (\d+) +│ order-\1 +│", demo.told), demo.told
    # Of the second store one more order went under another id: a pair, and nothing is claimed of it.
    for domain, number in (("tandem-demo.myshopify.com", 5), ("shop.tandem-demo.example", 2)):
        assert re.search(rf"{re.escape(domain)}: Told to Meta only by the server: {number} orders, ", demo.told), (
            demo.told
        )
    assert "This is not extra sales and not attributed sales." in demo.told


@pytest.mark.parametrize("platform", DATASETS)
@pytest.mark.parametrize("what", ["refused", "withdrawn"])
def test_of_who_refused_and_of_who_took_their_yes_back_the_stand_in_heard_nothing(
    demo: Demo, what: str, platform: str
) -> None:
    assert demo.purchases(what, platform) == []


@pytest.mark.parametrize("platform", DATASETS)
@pytest.mark.parametrize(("what", "options"), [("granted late", None), ("sale of data refused", ["LDU"])])
def test_who_agreed_late_is_counted_and_who_opted_out_of_sale_is_counted_under_limited_use(
    demo: Demo, what: str, options: list[str] | None, platform: str
) -> None:
    told = [
        (one["source"], one["event_name"], one["counted"], one["payload"].get("data_processing_options"))
        for one in demo.purchases(what, platform)
    ]
    assert told == [("server", "Purchase", True, options)]


def test_the_walk_of_consent_agrees_with_the_journal_and_shows_that_the_late_yes_was_waited_for(demo: Demo) -> None:
    assert "Each of these 8 orders is in the stand-in's journal as it must be, and as our ledger ruled." in demo.told
    # A cell is folded to its column's width.
    waited = re.findall(r"│ granted late, \w+ \d+ +│[^│]+│ (waits: \w+)", demo.told)
    assert waited == ["waits: waiting"] * len(DATASETS)


def test_one_click_in_the_admin_it_names_connects_a_shop(demo: Demo, merchant: Node) -> None:
    merchant.ask("open", url=demo.home)
    merchant.ask("click", text="Install app")

    shown = merchant.ask("frame", until="Webhooks subscribed")
    assert "Connected to tandem-newcomer.myshopify.com. Tandem is observing" in shown
    assert "Webhooks subscribed" in shown


def test_the_consent_page_connects_another(demo: Demo, merchant: Node) -> None:
    merchant.ask("open", who="other", url=demo.found(r"consent page: (\S+)"))
    merchant.ask("click", who="other", text="Install app")

    assert "Connected to tandem-another.myshopify.com" in merchant.ask("frame", who="other", until="Connected")


def test_something_bought_there_shows_on_the_open_page(demo: Demo, merchant: Node) -> None:
    merchant.ask("click", text="Buy something")

    assert "Purchase" in merchant.ask("frame", until="Purchase")


def test_a_store_that_hands_its_keys_over_is_connected_at_the_address_it_names(demo: Demo, shopkeeper: Node) -> None:
    shopkeeper.ask("open", url=demo.found(r"stand-in WooCommerce store: open (\S+)"))
    shopkeeper.ask("type", label="The address of your store", text=demo.store)
    shopkeeper.ask("click", text="Go on")
    shopkeeper.ask("type", label="Username", text="admin")
    shopkeeper.ask("type", label="Password", text="password")
    shopkeeper.ask("click", text="Login")
    shopkeeper.ask("follow", text="Approve")

    assert shopkeeper.ask("url", part="/store") == f"{demo.url}/store"
    assert f"Connected to {demo.store.partition('://')[2]}" in shopkeeper.ask("read")


def test_something_bought_in_that_store_shows_on_its_page(demo: Demo, shopkeeper: Node) -> None:
    def bought() -> bool:
        """Until its webhooks are there, nothing is told of an order."""
        shopkeeper.ask("open", url=demo.store)
        shopkeeper.ask("click", text="Buy")
        shopkeeper.ask("open", url=f"{demo.url}/store")
        return "Purchase" in shopkeeper.ask("read").partition("Last orders")[2]

    assert eventually(bought, 30), shopkeeper.ask("read")


def test_what_is_given_back_in_that_store_shows_too(demo: Demo, shopkeeper: Node) -> None:
    shop = WooStore(demo.store)
    order_id = shop.order("card")[0]
    shop.act(order_id, "refund", amount="5.00")

    def told() -> bool:
        shopkeeper.ask("open", url=f"{demo.url}/store")
        return "Refund" in shopkeeper.ask("read").partition("Last orders")[2]

    assert eventually(told, 30), shopkeeper.ask("read")
