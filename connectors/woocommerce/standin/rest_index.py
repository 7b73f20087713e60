"""GET /wp-json/: what a shop says of itself to everyone. What else WordPress tells there is left out."""

from datetime import datetime

from connectors.woocommerce.standin.rest_call import Answered, Call

_NAMESPACES = ("oembed/1.0", "wc/v1", "wc/v2", "wc/v3", "wc/store/v1", "wc-analytics", "wp/v2", "wp-block-editor/v1")
PLUGIN = "wc-tandem/v1"


def index(call: Call) -> Answered:
    """Name, addresses, time zone and namespaces, without any key."""
    site = call.world.site
    offset = datetime.fromtimestamp(call.world.now(), site.zone()).utcoffset()
    told = {
        "name": site.name,
        "description": "",
        "url": site.home,
        "home": site.home,
        "gmt_offset": offset.total_seconds() / 3600 if offset else 0,
        "timezone_string": site.timezone,
        "page_for_posts": 0,
        "page_on_front": 0,
        "show_on_front": "posts",
        "namespaces": [*_NAMESPACES, *([PLUGIN] if call.world.plugin.installed else [])],
        "authentication": [],
        "routes": {},
        "_links": {"help": [{"href": "https://developer.wordpress.org/rest-api/"}]},
    }
    return Answered(told)


def namespace(call: Call) -> Answered:
    """GET /wp-json/wc/v3: that it is there. Its routes are left out."""
    up = {"up": [{"href": call.world.site.rest_url("/", call.home())}]}
    return Answered({"namespace": "wc/v3", "routes": {}, "_links": up})
