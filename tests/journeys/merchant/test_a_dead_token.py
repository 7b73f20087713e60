"""Meta refuses the token: the merchant is told since when and how many wait, pastes another, and all of them arrive."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from integration.cli.browsers import Fate
from tests.rig.merchant_browser import Merchant
from tests.rig.merchant_scene import Scene


@pytest.fixture(scope="module", autouse=True)
def _connected(scene: Scene) -> None:
    scene.connects()


@pytest.fixture(scope="module")
def merchant(scene: Scene) -> Iterator[Merchant]:
    with Merchant.at(scene.chromium, **scene.signed_in()) as found:
        yield found


def test_home_says_since_when_and_how_many_wait_until_another_token_sends_them(
    scene: Scene, merchant: Merchant
) -> None:
    page = merchant.page
    scene.meta.expire(scene.token)
    orders = [scene.buys(Fate.TOLD) for _ in range(3)]
    page.goto(f"{scene.url}/store")
    said = page.get_by_role("alert")
    scene.comes_to(lambda: page.reload() and said.count() and "3 purchases are waiting" in said.inner_text())
    expect(said).to_contain_text(re.compile(r"on \d+ \w+ at \d\d:\d\d\. 3 purchases are waiting\."))
    expect(said).to_contain_text("othing is lost")
    assert not scene.told() & set(orders)

    said.get_by_role("link", name="Mend it").click()
    expect(page.locator("main .lead")).to_contain_text("What is held is not lost")
    # Those of their checkouts, too, as soon as they no longer rest.
    expect(page.get_by_text(re.compile(r"\d events are waiting and leave with the new token"))).to_be_visible()
    page.get_by_label("Access token", exact=True).first.fill(f"{scene.token}-again")
    page.get_by_role("button", name="Check and replace").click()
    expect(page.locator("main .lead")).to_have_text("Your dataset takes what this store tells.")

    assert scene.reached(*orders)
    merchant.follow("Home")
    expect(page.locator("main .lead").first).to_have_text(re.compile("All 3 orders of the last 7 days reached Meta"))
    expect(page.get_by_role("alert")).to_have_count(0)
    assert merchant.troubles == []
