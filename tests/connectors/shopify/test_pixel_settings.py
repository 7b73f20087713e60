"""The app pixel's settings have the same names where they are declared to Shopify, sent to it, and read in its sandbox."""

import json
import re
import tomllib

from connectors.access import Endpoint, Storefront
from connectors.shopify.custom_pixel import _FILE
from tests.rig.graphql_shop import opened
from tests.rig.plans import PLAN

EXTENSION = _FILE.parents[1] / "extensions/tandem-pixel"
STOREFRONT = Storefront("pk_1", "https://tandem.example", Endpoint("https://tandem.example/webhooks/shopify"), PLAN)


def declared():
    told = tomllib.loads((EXTENSION / "shopify.extension.toml").read_text(encoding="utf-8"))
    return set(told["settings"]["fields"])


def test_shopify_is_sent_the_settings_that_are_declared_to_it(shop):
    shop.says({"webPixel": None}).says({"webPixelCreate": {"userErrors": []}})
    opened(shop.url).mend_pixel(STOREFRONT)
    sent = json.loads(shop.asked[-1].variables["webPixel"]["settings"])
    assert set(sent) == declared()


def test_the_pixel_reads_the_settings_that_are_declared():
    source = (EXTENSION / "src/index.js").read_text(encoding="utf-8")
    assert set(re.findall(r"\bsettings\.(\w+)", source)) == declared()
