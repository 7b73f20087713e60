"""A Shopify merchant, inside the frame of the admin: installed, set up, live and changed by links and forms, without a cookie."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import FrameLocator, expect

from tests.rig.merchant_browser import Merchant, follow, unfold
from tests.rig.merchant_scene import ADDRESS, Scene
from tests.rig.service import eventually

HANDLE = "fern-and-fable"
SHOP = f"{HANDLE}.myshopify.com"
MENU = ("Live events", "Coverage", "Match quality", "Delivery health", "Setup", "Dataset & token", "Storefront pixel")
MENU += ("Who tells Meta", "Test events", "Replay", "Settings", "Data & privacy", "Change log", "Home")


@pytest.fixture(scope="module")
def merchant(scene: Scene) -> Iterator[Merchant]:
    scene.shopify.create(SHOP, country="US", currency="USD")
    scene.shopify.order(SHOP, count=3, silent=True)
    with Merchant.at(scene.chromium, viewport={"width": 1280, "height": 1000}) as found:
        yield found


@pytest.fixture
def app(merchant: Merchant) -> FrameLocator:
    """Our page in the admin's frame."""
    return merchant.page.frame_locator("iframe#app")


def step(app: FrameLocator, title: str, phase: str) -> None:
    one = app.locator("#state li").filter(has=app.locator("strong", has_text=title))
    expect(one.get_by_role("img", name=phase, exact=True)).to_be_visible(timeout=20_000)


def test_installed_by_one_click_our_page_is_in_the_frame(scene: Scene, merchant: Merchant, app: FrameLocator) -> None:
    merchant.page.goto(scene.admin(HANDLE))
    merchant.page.get_by_role("button", name="Install app").click()
    expect(app.get_by_role("heading", level=1)).to_have_text("Home")
    expect(app.locator("main .lead").first).to_contain_text("Tandem is observing")


def test_every_page_of_the_menu_opens_in_the_frame_and_the_admin_stays(
    scene: Scene, merchant: Merchant, app: FrameLocator
) -> None:
    loads = []
    merchant.page.on("framenavigated", lambda frame: loads.append(frame.url))
    for name in MENU:
        follow(app, name)
    assert merchant.page.url == scene.admin(HANDLE)
    assert merchant.page.get_by_role("button", name="Uninstall").is_visible()
    # The first click may come before the scripts are there, and then takes the longer way.
    assert len([one for one in loads if "/bounce" in one]) <= 1


def test_the_setup_is_done_in_the_frame_until_the_store_is_live(
    scene: Scene, merchant: Merchant, app: FrameLocator
) -> None:
    follow(app, "Setup")
    step(app, "What we see in your shop", "done")
    for token, verdict in (("bad-token", "Nothing was changed."), ("good-token", "")):
        follow(app, "Setup")
        app.get_by_label("Dataset id").fill(scene.dataset)
        app.get_by_label("Access token", exact=True).fill(token)
        app.get_by_role("button", name="Check and save").click()
        if verdict:
            expect(app.get_by_role("alert")).to_contain_text(verdict)
    step(app, "Dataset and token", "done")

    speaks(scene, "a" * 32)
    step(app, "The Pixel in your shop", "done")
    follow(app, "Setup")
    app.get_by_role("button", name="Skip it").click()
    step(app, "Pair test", "done")
    reason = app.get_by_label("Reason")
    if reason.count():  # the stand-in's shops have no pages that could be read
        reason.fill("The stand-in has no storefront.")
    app.get_by_role("button", name="Go live").click()
    step(app, "Go live", "done")
    assert scene.store("shopify", SHOP).live


def test_a_change_in_the_settings_stands_in_the_change_log_with_who_made_it(app: FrameLocator) -> None:
    follow(app, "Settings")
    app.get_by_text("Phone numbers, and what is kept back").click()
    unfold(app, app.get_by_label("Country of phone numbers without one")).fill("CA")
    app.locator('form[action*="/settings/people"]').get_by_role("button", name="Save").click()
    expect(app.get_by_text("Saved.")).to_be_visible()

    follow(app, "Change log")
    row = app.get_by_role("row").filter(has_text="Country of phone numbers without one: CA")
    expect(row).to_contain_text(re.compile(r"user \d+ in Shopify's admin"))


def test_an_order_of_then_is_told_and_its_page_opens_in_the_frame(
    scene: Scene, merchant: Merchant, app: FrameLocator
) -> None:
    (order_id,) = scene.shopify.order(SHOP)
    speaks(scene, scene.shopify.orders(SHOP)[-1]["checkout_token"])
    assert scene.reached(order_id)
    follow(app, "Live events")
    row = app.get_by_role("row").filter(has_text="Purchase").first
    expect(row).to_contain_text("delivered", timeout=20_000)
    row.get_by_role("link", name="Purchase").click()
    expect(app.get_by_role("heading", level=1)).to_contain_text("Purchase of order")
    expect(app.get_by_text(order_id).first).to_be_visible()


def test_one_sold_at_a_till_is_looked_for_in_the_frame_and_says_why_it_is_not_told(
    scene: Scene, app: FrameLocator
) -> None:
    (order_id,) = scene.shopify.order(SHOP, source_name="pos")
    follow(app, "Live events")
    expect(app.get_by_role("row").filter(has_text="Point of sale")).to_be_visible()
    app.get_by_label("Order or event id").fill(order_id)
    app.get_by_role("button", name="Show", exact=True).click()
    expect(app.get_by_text(f"All that is known of “{order_id}”")).to_be_visible()
    app.get_by_role("row").get_by_role("link", name="Purchase").click()
    expect(app.locator("main .banner:visible").first).to_contain_text("It was sold at a till, not on your website.")
    assert order_id not in scene.told()


def test_a_file_is_fetched_with_a_token(merchant: Merchant, app: FrameLocator) -> None:
    follow(app, "Change log")
    with merchant.page.expect_download() as begun:
        app.get_by_role("link", name="Download as CSV").click()
    assert begun.value.suggested_filename.endswith(".csv")


def test_no_cookie_was_set_and_nothing_complained(scene: Scene, merchant: Merchant) -> None:
    assert [one for one in merchant.cookies if one.startswith("tandem")] == []
    assert [one for one in merchant.troubles if "favicon" not in one] == []


def speaks(scene: Scene, checkout_token: str) -> None:
    """A browser of the shop, as the extension in its checkout would tell of it."""
    key = scene.store("shopify", SHOP).public_key
    told = {"checkout_token": checkout_token, "url": f"https://{SHOP}/", "user_agent": "Mozilla/5.0"}
    sent = {"Content-Type": "text/plain", "X-Forwarded-For": ADDRESS}
    answer = scene.service.pool.request("POST", f"{scene.url}/s/{key}/signal", body=json.dumps(told), headers=sent)
    assert answer.status == 204
    assert eventually(lambda: scene.store("shopify", SHOP).hears_browsers)
