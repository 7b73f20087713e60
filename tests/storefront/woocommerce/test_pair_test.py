"""The pair test in a real browser on a page with the plugin's scripts: what it says is put to a real beacon, and both riders
are heard at the stand-in for Meta under one id. Constructed pages.
"""

from collections.abc import Iterator

import pytest

from tests.rig import browser as rig
from tests.rig.node import Node
from tests.rig.sandbox import Sandbox
from tests.rig.shop import DATASET, Bench
from tests.storefront.trials import Trial
from tests.storefront.woocommerce.test_pixel_script import ALLOW, left, shop, words

__all__ = ["shop"]
CODE = "abcdefghij" + "k" * 24
OBSERVING = 'plan={"tells":false}'


@pytest.fixture(scope="module")
def shopper(shop: str, meta: Sandbox) -> Iterator[Node]:
    with rig.running("browser_shop.mjs", shop, meta.url) as browser:
        yield browser


def test_both_riders_tell_the_same_event_while_the_store_observes(shopper: Node, bench: Bench) -> None:
    trial = Trial.of(bench.shop("woocommerce", state="observing"))
    seen = shopper.ask("visit", path=f"/?page=product&{OBSERVING}&tandem-test={trial.code}")
    trial.says(*words(seen, "sighting"))
    trial.served()

    (pixel,) = bench.sandbox.events(source="browser")
    (server,) = bench.sandbox.told("TandemTest")
    assert (pixel["event_name"], pixel["event_id"]) == ("TandemTest", server["event_id"])
    assert (pixel["dataset_id"], left(seen)) == (DATASET, ["TandemTest"])
    assert "told Meta the same event under the same id" in trial.verdict().sentence
    assert [one[0] for one in seen["heard"] if one[0].startswith("track")] == ["trackSingleCustom"]
    assert ["set", "autoConfig", False, DATASET] in seen["heard"]


def test_a_page_with_a_code_tells_nothing_else_whatever_is_done_on_it(shopper: Node, sandbox: Sandbox) -> None:
    code = "document.querySelector('form').requestSubmit()"
    seen = shopper.ask("visit", path=f"/?page=order&tandem-test={CODE}", code=code)
    # Anybody can write the address: of whoever follows it nothing is told.
    assert [one[1:] for one in seen["heard"] if one[0] == "init"] == [[DATASET, {}]]
    assert [one["event_name"] for one in sandbox.events(source="browser")] == ["TandemTest"]


def test_a_banner_that_holds_the_pixel_back_is_said_and_consent_lets_it_go_on(shopper: Node, sandbox: Sandbox) -> None:
    path = f"/?consent=no&{OBSERVING}&tandem-test={CODE}"
    seen = shopper.ask("visit", path=path)
    ((name, held),) = seen["posts"]
    assert (name, held["state"], held["proof"], seen["asked"]) == ("sighting", "held", CODE, [])
    assert "fbp" not in held
    seen = shopper.ask("visit", path=path, code=ALLOW)
    assert left(seen) == ["TandemTest"]


@pytest.mark.parametrize(("blocked", "last"), [("script", "called"), ("tr", "loaded")])
def test_an_ad_blocker_is_seen(shopper: Node, sandbox: Sandbox, blocked: str, last: str) -> None:
    seen = shopper.ask("visit", path=f"/?tandem-test={CODE}", blocked=[blocked])
    assert words(seen, "sighting")[-1]["state"] == last
    assert sandbox.events(source="browser") == []
