"""Every page of every way in: by axe's rules, in light and dark, at two widths, by keyboard, from right to left, light of weight,
still once it is painted, and of use without scripts. Pictures of all of them are kept in build/screens.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from integration.cli.browsers import Fate
from integration.db.deliveries import State
from integration.web.surfaces import MENU
from tests.rig import soundness
from tests.rig.filled import fill, hear
from tests.rig.merchant_browser import Merchant, follow, unfold
from tests.rig.merchant_scene import Scene
from tests.rig.soundness import Scales

MENU_PAGES = [(item.path, item.name) for items in MENU.values() for item in items]
BESIDES = ["/pair", "/disconnect", "/settings/stop", "/events?q=987654321", "/events?state=failed", "/events/987654321"]
NO = {"marketing": False, "source": "wp-consent-api", "type": "optin"}


@pytest.fixture(scope="module", autouse=True)
def _busy(scene: Scene) -> None:
    """A store in which most things have happened."""
    scene.connects()
    at = datetime.now(UTC) - timedelta(hours=2)
    website = {"facts": '{"source": "website", "payment": "cards"}'}
    fill(scene.engine, scene.store().id, at, 100, **website)  # the longest that a page of them can be
    for state, reason in ((State.DEAD, "The purchase has no value."), (State.AMBIGUOUS, None), (State.EXPIRED, None)):
        fill(scene.engine, scene.store().id, at, state=state, reason=reason, **website)
    hear(scene.engine, scene.store().id, at, "quarantined", "no JSON")
    both = scene.buys(Fate.TOLD, ago=10_800)
    blocked = scene.buys(Fate.BLOCKED, ago=10_900)
    scene.buys(Fate.NO_SCRIPT, ago=10_700, consent=NO)
    scene.buys(Fate.NO_SCRIPT, "admin", ago=10_600)
    assert scene.reached(both, blocked)
    scene.an_hour_passes()


def window(scene: Scene, **how: object) -> Iterator[tuple[Merchant, Scales]]:
    with Merchant.at(scene.chromium, **how) as found:
        found.context.add_init_script(soundness.WATCHING)
        yield found, Scales(found.page)


@pytest.fixture(scope="module")
def merchant(scene: Scene) -> Iterator[tuple[Merchant, Scales]]:
    yield from window(scene, **scene.signed_in())


@pytest.fixture(scope="module")
def stranger(scene: Scene) -> Iterator[tuple[Merchant, Scales]]:
    yield from window(scene)


@pytest.fixture(scope="module")
def operator(scene: Scene) -> Iterator[tuple[Merchant, Scales]]:
    key = json.loads(scene.service.run("operator", "add", "robin", "--json"))["key"]
    for found, scales in window(scene):
        found.page.goto(f"{scene.url}/operator/sign-in")
        found.page.get_by_label("Name", exact=True).fill("robin")
        found.page.get_by_label("Key", exact=True).fill(key)
        found.page.get_by_role("button", name="Sign in").click()
        found.page.wait_for_url(f"{scene.url}/operator")
        yield found, scales


def faults(at: tuple[Merchant, Scales], address: str, name: str) -> list[str]:
    """All that is wrong with the page there."""
    one, scales = at
    one.page.set_viewport_size(soundness.WIDE)
    one.troubles.clear()
    scales.empty()
    one.page.goto(address)
    # The browser notes down an address that is nowhere.
    complaints = [one for one in at[0].troubles if not ("status of 404" in one and address in one)]
    return [*scales.faults, *soundness.of_page(one.page, name), *complaints]


def none(found: list[str]) -> None:
    """So that each of them is read."""
    assert not found, "\n".join(found)


def named(path: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in path).strip("-") or "home"


@pytest.mark.parametrize("path", [path for path, _ in MENU_PAGES] + BESIDES, ids=named)
def test_a_store_s_page_is_sound(scene: Scene, merchant: tuple[Merchant, Scales], path: str) -> None:
    none(faults(merchant, f"{scene.url}/store{path}", f"store-{named(path)}"))


@pytest.mark.parametrize("state", ["delivered", "withheld", "dead", "ambiguous"])
def test_an_event_s_page_is_sound(scene: Scene, merchant: tuple[Merchant, Scales], state: str) -> None:
    page = merchant[0].page
    page.goto(f"{scene.url}/store/events?state={state}&event=Purchase")
    address = page.locator("#events a").first.get_attribute("href")
    none(faults(merchant, f"{scene.url}{address}", f"event-{state}"))
    expect(page.locator("nav.menu [aria-current]")).to_have_text("Live events")


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/woocommerce/connect", "/operator/sign-in", "/dev", "/nowhere"], ids=named
)
def test_a_page_for_whoever_comes_is_sound(scene: Scene, stranger: tuple[Merchant, Scales], path: str) -> None:
    none(faults(stranger, f"{scene.url}{path}", f"public-{named(path)}"))


@pytest.mark.parametrize("path", ["", "/queues", "/dead-letters", "/alerts", "/system"], ids=named)
def test_an_operator_s_page_is_sound(scene: Scene, operator: tuple[Merchant, Scales], path: str) -> None:
    none(faults(operator, f"{scene.url}/operator{path}", f"operator-{named(path)}"))


@pytest.mark.parametrize("path", [path for path, _ in MENU_PAGES], ids=named)
def test_a_store_s_page_as_an_operator_sees_it_is_sound(
    scene: Scene, operator: tuple[Merchant, Scales], path: str
) -> None:
    one, _ = operator
    one.page.goto(f"{scene.url}/operator/stores/{scene.store().id}{path}")
    none([*soundness.of_rules(one.page.main_frame), *soundness.wider(one.page.main_frame)])


def test_what_a_form_is_answered_with_is_sound(scene: Scene, merchant: tuple[Merchant, Scales]) -> None:
    """A page with a refusal, one with an error beside its field, one with what is shown this once."""
    one, _ = merchant
    page = one.page
    page.goto(f"{scene.url}/store/dataset")
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_text("This is the link.")).to_be_visible()
    none(soundness.of_page(page, "store-dataset-link"))

    link = page.locator("#agency-link").inner_text()
    page.goto(link)
    none(soundness.of_page(page, "public-invitation"))

    page.goto(f"{scene.url}/store/settings")
    page.get_by_text("Whom Tandem writes to").click()
    unfold(page, page.get_by_label("E-mail addresses")).fill("no address")
    page.locator('form[action$="/settings/alerts"]').get_by_role("button", name="Save").click()
    expect(page.get_by_text("Nothing was saved.")).to_be_visible()
    expect(page.locator('nav.menu [aria-current="page"]')).to_have_text("Settings")
    none(soundness.of_page(page, "store-settings-refused"))

    page.goto(f"{scene.url}/store/pair")
    page.get_by_role("button", name="Begin a test").click()
    expect(page.get_by_role("link", name="Open your shop")).to_be_visible()
    none(soundness.of_page(page, "store-pair-begun"))


def test_in_an_admin_s_frame_every_page_is_sound(scene: Scene) -> None:
    shop = "reed-and-rush.myshopify.com"
    scene.shopify.order(shop, count=3, silent=True)
    for one, _ in window(scene, viewport=soundness.WIDE):
        one.page.goto(scene.admin("reed-and-rush"))
        one.page.get_by_role("button", name="Install app").click()
        app = one.page.frame_locator("iframe#app")
        expect(app.get_by_role("heading", level=1)).to_have_text("Home")
        frame = one.page.frame(url=lambda address: address.startswith(scene.url))
        assert frame
        found, names = list[str](), [name for _, name in [*MENU_PAGES[1:], MENU_PAGES[0]]]
        for name in names:
            follow(app, name)
            found += [f"{name}: {fault}" for fault in (*soundness.of_rules(frame), *soundness.wider(frame))]
        none(found)
        assert [trouble for trouble in one.troubles if "favicon" not in trouble] == []
        for name in names:  # last: a picture leaves a style of its own in the frame
            follow(app, name)
            soundness.keep(one.page, f"admin-{named(name)}-1280-light")


def test_without_scripts_links_filters_and_forms_do_all_of_it(scene: Scene) -> None:
    with Merchant.at(scene.chromium, **scene.signed_in(), java_script_enabled=False) as one:
        page = one.page
        page.goto(f"{scene.url}/store")
        for path, name in MENU_PAGES:
            page.get_by_role("navigation", name="Pages of this store").get_by_role(
                "link", name=name, exact=True
            ).click()
            page.wait_for_url(f"{scene.url}/store{path}")
            assert page.get_by_role("heading", level=1).is_visible()
        page.goto(f"{scene.url}/store/events")
        page.get_by_label("State").select_option("skipped")
        page.get_by_role("button", name="Show", exact=True).click()
        expect(page.locator("#events tr")).to_have_count(1)
        page.locator("#events a").first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Purchase of order")
        page.goto(f"{scene.url}/store/settings")
        page.get_by_text("Phone numbers, and what is kept back").click()
        unfold(page, page.get_by_label("Country of phone numbers without one")).fill("AT")
        page.locator('form[action$="/settings/people"]').get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved.")).to_be_visible()
        expect(page.get_by_label("Country of phone numbers without one")).to_have_value("AT")
        page.set_viewport_size(soundness.NARROW)
        page.goto(f"{scene.url}/store")
        page.get_by_role("button", name="Menu").click()
        page.get_by_role("link", name="Change log", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Change log")
