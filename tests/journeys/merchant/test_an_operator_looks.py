"""Whoever runs Tandem: signs in with the key that a command printed once, sees all stores, looks at one and can change nothing;
that they looked is in its merchant's change log.
"""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.rig.merchant_browser import Merchant
from tests.rig.merchant_scene import Scene

NAME = "kim"


@pytest.fixture(scope="module", autouse=True)
def _connected(scene: Scene) -> None:
    scene.connects()


@pytest.fixture(scope="module")
def merchant(scene: Scene) -> Iterator[Merchant]:
    with Merchant.at(scene.chromium, **scene.signed_in()) as found:
        yield found


@pytest.fixture(scope="module")
def operator(scene: Scene) -> Iterator[Merchant]:
    with Merchant.at(scene.chromium) as found:
        yield found


def test_the_key_opens_the_stores_and_a_wrong_one_does_not(scene: Scene, operator: Merchant) -> None:
    key = json.loads(scene.service.run("operator", "add", NAME, "--json"))["key"]
    page = operator.page
    page.goto(f"{scene.url}/operator")
    for typed in (f"{key[:-1]}{'2' if key[-1] != '2' else '3'}", key):
        page.get_by_label("Name", exact=True).fill(NAME)
        page.get_by_label("Key", exact=True).fill(typed)
        page.get_by_role("button", name="Sign in").click()
        if typed != key:
            expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Stores")


def test_one_store_is_seen_as_its_merchant_sees_it_and_nothing_can_be_changed(scene: Scene, operator: Merchant) -> None:
    page = operator.page
    page.get_by_role("link", name=scene.store().domain).click()
    expect(page.get_by_text("You see this store as its merchant does, and can change nothing.")).to_be_visible()
    for name in ("Settings", "Dataset & token", "Replay", "Setup"):
        operator.follow(name)
        assert page.locator('main form[method="post"]').count() == 0, name


def test_the_look_is_in_the_merchant_s_change_log(scene: Scene, merchant: Merchant) -> None:
    merchant.page.goto(f"{scene.url}/store/changes")
    row = merchant.page.get_by_role("row").filter(has_text=NAME)
    expect(row).to_have_count(1)
    expect(row).to_contain_text("ooked at the store")


def test_no_page_had_a_complaint_in_the_console(operator: Merchant) -> None:
    assert [one for one in operator.troubles if "status of 403" not in one] == []
