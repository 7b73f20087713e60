"""The first page: a platform is chosen, why Tandem asks for what it asks, and the way on; on both databases."""

from dataclasses import replace

import pytest

from connectors import registry
from connectors.shopify.tokens import SCOPES
from integration.app import create_app
from integration.config import Settings
from tests.rig.own_page import OwnPage
from tests.rig.pages import Pages, Read


def opened(pages: Pages, path: str = "/") -> Read:
    return Read(pages.browser().get(path).data.decode())


def test_it_asks_for_a_platform_and_says_why_it_wants_what_it_wants(pages: Pages) -> None:
    page = opened(pages)
    forms = {form["action"]: form["method"] for form in page.all("form")}
    assert forms == {"/shopify/connect": "get", "/woocommerce/connect": "post"}
    for connector in registry.connectors():
        assert connector.joining.address in page.text
        for words in (*(f"{one.what}. {one.why}" for one in connector.joining.rights), *connector.joining.then):
            assert words in page.text
    assert "Nothing goes to Meta before you go live." in page.text
    assert {"/sign-in", "/dev"} <= {link["href"] for link in page.all("a")}


def test_an_address_of_no_page_is_said_in_words_to_who_reads_pages(pages: Pages) -> None:
    for path in ("/nothing", "/store/nothing"):
        answer = pages.browser().ask("GET", path, Accept="text/html,*/*;q=0.8")
        page = Read(answer.data.decode())
        assert (answer.status, "There is nothing here" in page.text) == (404, True)
        assert [link["href"] for link in page.all("a")] == ["/"]
    assert "Tandem" not in pages.browser().ask("GET", "/nothing").data.decode()


def test_there_is_a_reason_for_each_right_that_is_asked_for_at_shopify() -> None:
    assert len(registry.get("shopify").joining.rights) == len(SCOPES)


@pytest.mark.parametrize("typed", ["{}", "https://{}/admin", "{}/", " {} "])
def test_a_shopify_shop_is_led_on_by_a_link_to_its_own_consent_page(pages: Pages, typed: str) -> None:
    shop = pages.shop()
    answer = pages.browser().ask("GET", f"/shopify/connect?store={typed.format(shop)}".replace(" ", "%20"))
    page = Read(answer.data.decode())
    assert answer.status == 200
    (way,) = [link["href"] for link in page.all("a")]
    assert way == f"/shopify/install?shop={shop}"
    assert "/oauth/authorize?" in pages.browser().get(way).headers["Location"]


@pytest.mark.parametrize(
    "typed", ["tea.example.com", "//", "evil.com/.myshopify.com", "[", "tea.myshopify.com@evil.com", "<b>"]
)
def test_what_is_no_shop_is_said_beside_the_field_and_leads_nowhere(pages: Pages, typed: str) -> None:
    browser = pages.browser()
    answer = browser.pool.request("GET", f"{pages.url}/shopify/connect", fields={"store": typed}, redirect=False)
    page = Read(answer.data.decode())
    assert answer.status == 400
    assert "It looks like your-shop.myshopify.com." in page.text
    assert not any("install" in link["href"] for link in page.all("a"))
    (field,) = [one for one in page.all("input") if one.get("aria-invalid")]
    assert (field["id"], field["value"]) == ("shopify-address", typed)


def test_whoever_is_signed_in_is_led_to_the_store(pages: Pages) -> None:
    browser = OwnPage.of(pages).browser()
    answer = browser.get("/")
    assert (answer.status, answer.headers["Location"]) == (302, "/store")


def test_an_address_that_nobody_typed_leads_back_to_the_choice(pages: Pages) -> None:
    answer = pages.browser().get("/shopify/connect")
    assert (answer.status, answer.headers["Location"]) == (302, "/#shopify")


def test_in_production_there_is_no_way_to_the_overview_and_a_platform_that_is_not_set_up_says_so(
    scene_settings: Settings,
) -> None:
    app = create_app(replace(scene_settings, app_env="production"))
    page = Read(app.test_client().get("/").text)
    app.extensions["engine"].dispose()
    assert "/dev" not in {link["href"] for link in page.all("a")}
    assert "Whoever runs Tandem has not set up Shopify yet." in page.text
    assert [form["action"] for form in page.all("form")] == ["/woocommerce/connect"]
