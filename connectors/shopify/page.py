"""What Shopify's admin and our page inside it call things, and our half in the storefront.

From Shopify's App Bridge and app templates: `id_token` and `embedded` come in the page's query, the bounce page is told by
`shopify-reload` where to go on, and App Bridge asks once more after a 401 with the retry header.
"""

from connectors.access import Words
from connectors.contract import Half, Joining, Right, Switch
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
    switches=(
        # The theme editor with its app embeds shown; which one is ours cannot be named without the extension's id. That
        # the address is good without naming one is unverified.
        Switch(
            words="Open the theme’s app embeds",
            address="https://{domain}/admin/themes/current/editor?context=apps",
            why="Switch on “Tandem” there and save. It carries the click on an ad, and what was agreed to, from the "
            "storefront to the order.",
        ),
        Switch(
            words="Open Customer events",
            address="https://{domain}/admin/settings/customer_events",  # unverified: the admin's own address was not seen
            why="The Pixel below is pasted there, and Tandem’s app pixel set to “Always on”.",
        ),
    ),
    pasting=custom_pixel.STEPS,
    unproven=custom_pixel.NOT_PROVEN,
)

# One right for each of tokens.SCOPES. How Shopify's consent page words them was not seen by us: unverified.
JOINING = Joining(
    address="Your shop’s address under myshopify.com",
    example="your-shop.myshopify.com",
    rights=(
        Right(
            "See your orders",
            "Orders, refunds and begun checkouts come to Tandem as they happen; those of the last 30 days are counted once.",
        ),
        Right("Add a pixel", "Tandem’s part of your storefront is switched on by it, and kept set up."),
        Right(
            "See customer events",
            "That part hears of the checkout what Meta knows a browser by, and what was agreed to.",
        ),
    ),
    then=(
        "Shopify shows what Tandem asks for, and you approve it there. Installing it from its page at Shopify is the same.",
        "Tandem opens inside your shop’s admin, among the apps. It reads the last 30 days and leads you on.",
        "Nothing goes to Meta before you go live.",
    ),
)
