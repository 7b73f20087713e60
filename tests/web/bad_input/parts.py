"""Rows about people, their browsers and what they bought: every part of it may be odd and never costs the order.

Where facts/reliability.md section 5 differs: what is odd counts as absent and is not flagged. Names and titles are
neither stored nor shown (W64); tables are not exported yet (W65).
"""

from tests.web.bad_input.paper import ABSENT, PRESENT, Document, encoded, hashed, put, text, told

VALUE = "custom_data.value"
_NO_EMAILS = (
    "a@b",
    "a" * 5_000 + "@example.com",
    "a@b.com, c@d.com",
    "a b@c.com",
    "@b.com",
    "Ünï@exämple.de",
    5,
    None,
    ["a@b.com"],
    "a@b.com\u0000,x",
)
_NO_PHONES = ("n/a", "+", "", "0", "()", None, [], {})
_DIGITS = ("1" * 50, "٠١٢٣٤٥٦٧٨٩", 4085550142, "+1 (408) 555-0142 x9", "\u202d+14085550142\u202c", "0" * 5_000)
EM, PH, FN = "user_data.em", "user_data.ph", "user_data.fn"
PEOPLE = (
    *(told("W60", f"e-mail {str(one)[:20]!r}", put("email", one), {EM: ABSENT}) for one in _NO_EMAILS[:-1]),
    told("W60", "e-mail with a NUL and more", put("email", _NO_EMAILS[-1]), {EM: ABSENT}),
    told("W60", "e-mail in capitals and spaces", put("email", " A@B.COM "), {EM: hashed("a@b.com")}),
    told("W60", "e-mail of 64 KB", put("email", "a" * 65_536), {EM: ABSENT}),
    *(told("W61", f"phone {one!r}", put("phone", one), {PH: ABSENT}) for one in _NO_PHONES),
    *(told("W61", f"phone {str(one)[:20]!r}", put("phone", one), {}) for one in _DIGITS),
    told("W62", "half an emoji", text("Zoe", b'"Zo\\ud83d"'), {FN: PRESENT, VALUE: PRESENT}),
    told("W62", "half an emoji, the other half", text("Zoe", b'"\\ude00Zo"'), {FN: PRESENT}),
    told("W63", "a NUL", text("Zoe", b'"Zo\\u0000e"'), {FN: hashed("zoe")}),
    told("W63", "controls", text("Zoe", b'"\\u0001Zo\\u007fe\\u0008"'), {FN: hashed("zoe")}),
    told("W64", "markup in the name", put("first name", '"><svg/onload=alert(1)>'), {FN: PRESENT}),
    told("W64", "markup in the title", put("title", "<script>alert(1)</script>"), {"custom_data.contents": PRESENT}),
    told("W65", "a formula as title", put("title", "=HYPERLINK(1)"), {"custom_data.contents": PRESENT}),
    told("W65", "a formula as SKU", put("sku", '=HYPERLINK("http://evil.com")'), {"custom_data.contents": PRESENT}),
    told("W62", "a name of 1 MB", put("first name", "Zoë" * 100_000), {}),
    told("W62", "direction marks and zero widths", put("first name", "\u202eZ\u200bo\ufeffe"), {FN: PRESENT}),
)

_NO_ADDRESSES = (
    "999.1.1.1",
    "::1",
    "10.0.0.1",
    "192.168.1.1",
    "fe80::1%eth0",
    "8.8.8.8, 9.9.9.9",
    "2130706433",
    "127.1",
    "",
    None,
    7,
    [],
)
IP, AGENT, FBC = "user_data.client_ip_address", "user_data.client_user_agent", "user_data.fbc"
_LONG = "IwAR" + "x" * 10_000
_NO_CLICKS = {
    "an fbclid of 10 KB": f"https://shop.example.com/?fbclid={_LONG}",
    "line breaks": "https://shop.example.com/?fbclid=IwAR1\r\nX-Evil: 1",
    "a NUL": "https://shop.example.com/?fbclid=Iw\u0000 AR1",
    "half an address": "https://[/?fbclid=IwAR1",
    "a number": 5,
    "nothing": None,
}
BROWSERS = (
    *(told("W67", f"address {one!r}", put("ip", one), {IP: ABSENT, EM: PRESENT}) for one in _NO_ADDRESSES),
    told("W67", "IPv6", put("ip", "2001:4860:4860::8888"), {IP: "2001:4860:4860::8888"}),
    told("W68", "an agent of 64 KB", put("agent", "Mozilla/5.0 " * 5_500), {AGENT: lambda agent: len(agent) <= 1_000}),
    *(told("W69", what, put("landing", one), {FBC: ABSENT}) for what, one in _NO_CLICKS.items()),
    told(
        "W69",
        "javascript: as landing page",
        put("landing", "javascript:alert(1)//?fbclid=IwAR1"),
        {"event_source_url": lambda url: url.startswith("http") and "fbclid" not in url},
    ),
    *(
        told(
            "W69",
            f"{one[:20]} as the order's page",
            put("page", one),
            {"event_source_url": lambda url: url.startswith("https://row")},
            platforms=("shopify",),
        )
        for one in (
            "javascript:alert(1)",
            "file:///etc/passwd",
            "//evil.com",
            "https://evil.com@x/",
        )
    ),
)

CONTENTS, ITEMS = "custom_data.contents", "custom_data.num_items"
_NO_ITEMS = (None, {}, "x", 5, [], [1, None, "x"], [[1]], [{}], [{"quantity": {}, "price": [], "total": {}}])
LINES = (
    *(
        told("W71", f"items {str(one)[:30]}", put("items", one), {CONTENTS: ABSENT, VALUE: PRESENT})
        for one in _NO_ITEMS
    ),
    *(
        told("W72", f"quantity {one!r}", put("quantity", one), {CONTENTS: ABSENT, VALUE: PRESENT})
        for one in (0, -1, 1e9, "two", None, 1.5, True, [])
    ),
    told("W72", "quantity in text", put("quantity", "2"), {ITEMS: 2}),
    told("W72", "quantity 2.0", put("quantity", 2.0), {ITEMS: 2}),
    told(
        "W70",
        "10,000 positions",
        lambda platform, document: _positions(platform, document, 10_000),
        {CONTENTS: lambda contents: len(contents) == 500, VALUE: PRESENT},
    ),
)


def _positions(platform: str, document: Document, number: int) -> bytes:
    """As many positions, each with a product of its own, short enough for two mebibytes."""
    kept = {"shopify": ("quantity", "price"), "woocommerce": ("quantity", "total")}[platform]
    one = {name: document["line_items"][0][name] for name in kept}
    return encoded({**document, "line_items": [one | {"product_id": n + 1} for n in range(number)]})


PARTS = (*PEOPLE, *BROWSERS, *LINES)
