"""The web pixel of a shop is on, with our settings, and changed only where it has to be."""

import json

import pytest

from connectors.access import Endpoint, Storefront
from connectors.errors import Declined, Unreachable
from tests.rig.graphql_shop import opened
from tests.rig.plans import PLAN

SETTINGS = {"publicKey": "pk_1", "endpoint": "https://tandem.example"}
STOREFRONT = Storefront("pk_1", "https://tandem.example", Endpoint("https://tandem.example/webhooks/shopify"), PLAN)
DONE = {"userErrors": []}
PIXEL = "gid://shopify/WebPixel/7"
NONE_YET = {"message": "No web pixel was found for this app.", "path": ["webPixel"], "extensions": {"code": "X"}}


def sent(shop):
    return json.loads(shop.asked[-1].variables["webPixel"]["settings"])


@pytest.mark.parametrize(
    "told",
    [
        {"data": {"webPixel": None}},
        {"data": {"webPixel": None}, "errors": [NONE_YET]},
        {"data": None, "errors": [{"message": NONE_YET["message"]}]},
    ],
)
def test_a_shop_without_one_gets_it(shop, told):
    shop.says(**told).says({"webPixelCreate": DONE})
    assert opened(shop.url).mend_pixel(STOREFRONT) is True
    assert shop.roots == ["webPixel", "webPixelCreate"]
    assert sent(shop) == SETTINGS


def test_other_settings_are_changed_on_the_pixel_there_is(shop):
    shop.says({"webPixel": {"id": PIXEL, "settings": {"publicKey": "pk_0"}}}).says({"webPixelUpdate": DONE})
    assert opened(shop.url).mend_pixel(STOREFRONT) is True
    assert shop.asked[-1].variables["id"] == PIXEL
    assert sent(shop) == SETTINGS


@pytest.mark.parametrize(
    "told", [SETTINGS, json.dumps(SETTINGS), json.dumps(dict(reversed(SETTINGS.items())), indent=1)]
)
def test_the_same_settings_are_left_alone_whether_they_come_as_text_or_as_an_object(shop, told):
    shop.says({"webPixel": {"id": PIXEL, "settings": told}})
    assert opened(shop.url).mend_pixel(STOREFRONT) is False
    assert shop.roots == ["webPixel"]


@pytest.mark.parametrize("told", ["{broken", None, [], "[]", "NaN"])
def test_settings_nobody_can_read_are_set_anew(shop, told):
    shop.says({"webPixel": {"id": PIXEL, "settings": told}}).says({"webPixelUpdate": DONE})
    assert opened(shop.url).mend_pixel(STOREFRONT) is True


def test_without_a_deployed_extension_the_merchant_reads_why(shop):
    shop.says({"webPixel": None}, errors=[NONE_YET])
    shop.says({"webPixelCreate": {"userErrors": [{"code": "NO_EXTENSION", "message": "No extension found"}]}})
    with pytest.raises(Declined, match=r"^The web pixel extension is not deployed with this app yet\.$"):
        opened(shop.url).mend_pixel(STOREFRONT)


def test_settings_the_extension_does_not_know_are_declined_in_shopifys_words(shop):
    shop.says({"webPixel": {"id": PIXEL, "settings": {}}})
    complaint = {
        "code": "INVALID_SETTINGS",
        "message": "The provided settings does not match the expected settings definition",
    }
    shop.says({"webPixelUpdate": {"userErrors": [complaint]}})
    with pytest.raises(Declined, match="does not match"):
        opened(shop.url).mend_pixel(STOREFRONT)


def test_a_pixel_we_may_not_see_is_not_made_a_second_time(shop):
    denied = {"message": "Access denied", "path": ["webPixel"], "extensions": {"code": "ACCESS_DENIED"}}
    shop.says({"webPixel": None}, errors=[denied])
    with pytest.raises(Declined, match="does not let this app use webPixel"):
        opened(shop.url).mend_pixel(STOREFRONT)
    assert shop.roots == ["webPixel"]


@pytest.mark.parametrize(
    "told",
    [
        None,
        {},
        {"webPixelCreate": None},
        {"webPixelCreate": []},
        {"webPixelCreate": {}},
        {"webPixelCreate": {"userErrors": None}},
    ],
)
def test_a_change_nobody_confirmed_is_not_taken_for_done(shop, told):
    shop.says({"webPixel": None}).says(told)
    with pytest.raises(Unreachable):
        opened(shop.url).mend_pixel(STOREFRONT)
