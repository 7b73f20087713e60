"""Shopify's own Facebook & Instagram channel, as a storefront's pages show it: a web pixel's settings, for its script runs
in a sandbox and stands in no page. It gives each order its customer event's id, never the order's.
"""

import re

from connectors.contract import Rival

# Settings are JSON, inside the page's JSON, inside HTML.
_QUOTE = r"""(?:\\{0,4}["']|\\{1,2}u0022|&quot;|&\#39;)"""

RIVAL = Rival(
    name="Facebook & Instagram, Shopify’s own channel",
    pattern=re.compile(
        rf"{_QUOTE}pixel_id{_QUOTE}\s{{0,5}}:\s{{0,5}}{_QUOTE}([0-9]{{5,32}}){_QUOTE}[^<>]{{0,200}}?facebook_pixel",
        re.ASCII,
    ),
    # Unverified: the words of Shopify's menus. That another app's web pixel may have the same settings, too.
    mend="In Shopify’s admin, open Sales channels, Facebook & Instagram, Settings, Data sharing, and switch it off, or give "
    "that channel another dataset.",
)
