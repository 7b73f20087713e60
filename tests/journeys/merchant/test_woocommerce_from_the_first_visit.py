"""A WooCommerce merchant with their own sign-in, from the first visit to the proof of the first real order. The steps go on
from one another.
"""

import re

import pytest
from playwright.sync_api import expect

from tests.rig.merchant_browser import Merchant, unfold
from tests.rig.merchant_scene import Scene
from tests.rig.service import eventually

GOOD, BAD = "good-token", "bad-token"
MAILED_TO = "anna@shop.example"


@pytest.fixture(scope="module", autouse=True)
def _sold_before(scene: Scene) -> None:
    scene.woo.order(count=3, ago=86_400, silent=True)


def step(merchant: Merchant, title: str, phase: str) -> None:
    """The setup's step of that name ticks by itself."""
    expect(merchant.step(title).get_by_role("img", name=phase, exact=True)).to_be_visible()


def test_from_the_first_visit_the_merchant_approves_in_the_shop_and_is_signed_in(
    scene: Scene, merchant: Merchant
) -> None:
    page = merchant.page
    page.goto(scene.url)
    shop = page.get_by_role("region", name="WooCommerce")
    shop.get_by_label("The address of your store").fill(scene.woo.url)
    shop.get_by_role("button", name="Go on").click()
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill("password")
    page.get_by_role("button", name="Login").click()
    page.get_by_text("Approve", exact=True).click()

    page.wait_for_url(f"{scene.url}/store")
    expect(page.get_by_text("Tandem is observing").first).to_be_visible()
    assert "tandem-session" in merchant.cookies


def test_the_setup_says_what_is_seen_in_the_shop_as_soon_as_it_is_read(merchant: Merchant) -> None:
    merchant.follow("Setup")
    step(merchant, "What we see in your shop", "done")
    expect(merchant.step("What we see in your shop")).to_contain_text("3 orders since")


def test_a_wrong_token_is_named_and_a_good_one_ticks(scene: Scene, merchant: Merchant) -> None:
    page = merchant.page
    page.get_by_label("Dataset id").fill(scene.dataset)
    page.get_by_label("Access token", exact=True).fill(BAD)
    page.get_by_role("button", name="Check and save").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed.")
    said = page.get_by_role("alert").inner_text()
    assert "token" in said, said
    assert BAD not in page.content()

    merchant.follow("Setup")
    page.get_by_label("Dataset id").fill(scene.dataset)
    page.get_by_label("Access token", exact=True).fill(GOOD)
    page.get_by_role("button", name="Check and save").click()
    page.wait_for_url(f"{scene.url}/store/setup")
    step(merchant, "Dataset and token", "done")
    expect(merchant.step("Dataset and token")).to_contain_text(scene.dataset)


def test_who_else_tells_meta_was_looked_at(merchant: Merchant) -> None:
    step(merchant, "Who tells Meta about purchases", "done")


def test_the_first_browser_that_speaks_ticks_while_the_page_is_open(scene: Scene, merchant: Merchant) -> None:
    step(merchant, "The Pixel in your shop", "under way")
    scene.looks_around()
    step(merchant, "The Pixel in your shop", "done")


def test_the_pair_test_is_skipped_by_a_click_and_the_store_goes_live(scene: Scene, merchant: Merchant) -> None:
    merchant.page.reload()
    merchant.page.get_by_role("button", name="Skip it").click()
    step(merchant, "Pair test", "done")
    merchant.page.get_by_role("button", name="Go live").click()
    step(merchant, "Go live", "done")
    assert scene.store().live


def test_whom_to_write_to_is_named_in_the_settings(merchant: Merchant) -> None:
    merchant.follow("Settings")
    merchant.page.get_by_text("Whom Tandem writes to").click()
    unfold(merchant.page, merchant.page.get_by_label("E-mail addresses")).fill(MAILED_TO)
    merchant.page.locator("#alerts").get_by_role("button", name="Save").click()
    expect(merchant.page.get_by_text("Saved.")).to_be_visible()


def test_a_test_order_is_said_within_seconds_not_to_be_sent(scene: Scene, merchant: Merchant) -> None:
    merchant.follow("Setup")
    order_id = scene.buys(meta={"_wcpay_mode": "test"})
    expect(merchant.page.get_by_text("received, not sent: test")).to_be_visible()
    assert order_id not in scene.told()


def test_the_first_real_order_is_proven_on_the_page_and_by_mail(scene: Scene, merchant: Merchant) -> None:
    order_id = scene.buys()
    told = re.compile(
        rf"Told by Pixel \d\d:\d\d:\d\d, by server \d\d:\d\d:\d\d, same id {order_id}, Meta accepted, trace"
    )
    expect(merchant.step("The first real order")).to_contain_text(told)
    step(merchant, "The first real order", "done")

    scene.a_minute_passes()
    (letter,) = eventually(lambda: [one for one in scene.box.letters if one.addresses == (MAILED_TO,)])
    assert told.search(" ".join(letter.text.split())), letter.text


def test_home_says_in_one_sentence_how_it_stands(merchant: Merchant) -> None:
    merchant.follow("Home")
    expect(merchant.page.locator("main .lead").first).to_have_text("The one order of the last 7 days reached Meta.")
    expect(merchant.page.get_by_role("heading", name="Setup guide")).to_be_hidden()


def test_no_page_had_a_complaint_in_the_console(scene: Scene, merchant: Merchant) -> None:
    assert [one for one in merchant.troubles if scene.url in one] == []
