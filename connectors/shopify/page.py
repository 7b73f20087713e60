"""What Shopify's admin and our page inside it call things, and our half in the storefront.

From Shopify's App Bridge and app templates: `id_token` and `embedded` come in the page's query, the bounce page is told by
`shopify-reload` where to go on, and App Bridge asks once more after a 401 with the retry header.
"""

from connectors.access import Words
from connectors.contract import Half
from connectors.shopify import custom_pixel

WORDS = Words(
    store="shop",
    token="id_token",  # noqa: S106 (the name of a parameter)
    framed="embedded",
    reload="shopify-reload",
    retry="X-Shopify-Retry-Invalid-Session-Request",
    key="shopify-api-key",
    script_object="shopify",
)

HALF = Half(
    name="Web pixel",
    at_work="on",
    asks="Shopify’s customer privacy API",
    hearing="paste the Pixel, connect your banner to Shopify’s customer privacy API",
    # App pixels begin as "Optimized" since 2026-01-13, and may then be throttled or paused without a word to anybody.
    # The way there in the admin is from secondary sources and was not seen by us: unverified.
    advice=(
        "In Shopify’s admin, open Settings, Customer events, App pixels, Tandem, Data, and choose “Always on”. "
        "Left on “Optimized”, Shopify may throttle or pause the pixel and tells nobody; orders then reach Meta "
        "without what the shopper’s browser knew."
    ),
    pasting=custom_pixel.STEPS,
    unproven=custom_pixel.NOT_PROVEN,
)
