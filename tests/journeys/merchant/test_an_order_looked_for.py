"""A merchant who asks what became of one order: found by its number, with the reason, what mends it, and what speaks for it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from integration.cli.browsers import Fate
from tests.rig.merchant_browser import Merchant
from tests.rig.merchant_scene import Scene

NO = {"marketing": False, "source": "wp-consent-api", "type": "optin"}


@pytest.fixture(scope="module", autouse=True)
def _connected(scene: Scene) -> None:
    scene.connects()


@pytest.fixture(scope="module")
def merchant(scene: Scene) -> Iterator[Merchant]:
    with Merchant.at(scene.chromium, **scene.signed_in()) as found:
        found.page.goto(f"{scene.url}/store")
        yield found


def looks_for(merchant: Merchant, order_id: str) -> None:
    """From wherever the merchant is."""
    merchant.follow("Live events")
    merchant.page.get_by_label("Order or event id").fill(order_id)
    merchant.page.get_by_role("button", name="Show", exact=True).click()


def opens(merchant: Merchant, order_id: str) -> None:
    """The page of its Purchase."""
    row = merchant.page.get_by_role("row").filter(has_text=order_id)
    row.get_by_role("link", name="Purchase").click()
    expect(merchant.page.get_by_role("heading", level=1)).to_have_text(f"Purchase of order {order_id}")


def test_of_one_that_was_withheld_the_reason_and_what_to_look_at(scene: Scene, merchant: Merchant) -> None:
    order_id = scene.buys(Fate.NO_SCRIPT, consent=NO)
    merchant.follow("Live events")
    row = merchant.page.get_by_role("row").filter(has_text=order_id)
    expect(row).to_contain_text("withheld")  # it appears by itself on the open page

    looks_for(merchant, order_id)
    opens(merchant, order_id)
    why = merchant.page.locator("main .banner:visible").first
    expect(why).to_contain_text("The shopper")
    expect(merchant.page.locator("main")).to_contain_text("Nothing of the person is kept.")
    assert order_id not in scene.told()


def test_of_one_that_does_not_count_the_setting_that_would_change_it(scene: Scene, merchant: Merchant) -> None:
    order_id = scene.buys(Fate.NO_SCRIPT, "admin")
    merchant.follow("Home")
    looks_for(merchant, order_id)
    expect(merchant.page.get_by_role("row").filter(has_text=order_id)).to_contain_text("skipped")
    opens(merchant, order_id)
    why = merchant.page.locator("main .banner:visible").first
    expect(why).to_contain_text("It was made by hand in your shop’s admin, not on your website.")
    why.get_by_role("link", name="Open Settings").click()
    expect(merchant.page.get_by_role("heading", level=1)).to_have_text("Settings")


def test_of_one_that_never_came_why_that_may_be(merchant: Merchant) -> None:
    looks_for(merchant, "987654321")
    lost = merchant.page.get_by_role("region", name="Nothing is known of")
    expect(lost).to_contain_text("It may not have been received.")
    expect(lost.get_by_role("link", name="Delivery health")).to_be_visible()


def test_of_one_that_only_the_server_told_the_number_the_list_and_the_evidence(
    scene: Scene, merchant: Merchant
) -> None:
    """Orders of three hours ago, of which one Pixel was blocked; so that an hour has passed since they were received."""
    both, blocked = (scene.buys(fate, ago=10_800) for fate in (Fate.TOLD, Fate.BLOCKED))
    assert scene.reached(both, blocked)
    scene.an_hour_passes()

    merchant.follow("Home")
    expect(merchant.page.locator("main .lead").first).to_contain_text("1 of them only the server told")
    card = merchant.page.locator(".card").filter(has_text="Told only by the server")
    expect(card).to_contain_text("This is not extra sales and not attributed sales.")
    expect(card).to_contain_text(re.compile(r"EUR|€"))
    card.get_by_role("link").click()

    alone = merchant.page.get_by_role("region", name="What only the server told")
    row = alone.get_by_role("row").filter(has_text=blocked)
    expect(row).to_contain_text(
        "The Pixel was called and Meta’s script never ran: blocked by the browser or an extension."
    )
    expect(alone.get_by_role("row").filter(has_text=both)).to_have_count(0)
    row.get_by_role("link", name=blocked).click()
    expect(merchant.page.locator("main")).to_contain_text("blocked by the browser or an extension")


def test_no_page_had_a_complaint_in_the_console(merchant: Merchant) -> None:
    assert merchant.troubles == []
