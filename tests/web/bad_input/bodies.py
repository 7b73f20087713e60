"""Rows that are decided by the body: well signed, under the right headers, and odd.

Where facts/reliability.md section 5 differs from CONTRACT.md and DESIGN.md, those stand: `dead(...)` of a body is
`quarantined`; an odd time counts as none, so that the payload's own version or the moment of receipt stands in (W57); a
price that cannot be read is quarantined rather than told as nothing (W53), and so is a currency (W55); nothing odd is
flagged, since it counts as absent; a refund is told as the platform says, not capped (W78, in test_bad_sequences.py).
"""

from datetime import timedelta
from typing import Any

from tests.web.bad_input.paper import (
    ABSENT,
    PLACES,
    PRESENT,
    Body,
    Document,
    changed,
    encoded,
    many,
    put,
    quarantined,
    raw,
    recently,
    text,
    told,
)

VALUE, CURRENCY = "custom_data.value", "custom_data.currency"

_NO_OBJECTS = (b"null", b"[]", b'"x"', b"1", b"true")
READABLE = (
    quarantined("W37", "no bytes", raw(lambda _: b"")),
    quarantined("W37", "white space", raw(lambda _: b" \r\n")),
    *(quarantined("W38", one.decode(), raw(lambda _, one=one: one)) for one in _NO_OBJECTS),
    quarantined("W39", "cut in the middle", raw(lambda body: body[: len(body) // 2])),
    quarantined("W39", "the last byte missing", raw(lambda body: body[:-1])),
    quarantined("W39", "something behind", raw(lambda body: body + b"{}")),
    quarantined("W36", "a form", raw(lambda _: b"id=1&total=2")),
    quarantined(
        "W36", "a multipart form", raw(lambda body: b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + body)
    ),
    quarantined("W40", "a byte 0xFF", raw(lambda body: body[:-1] + b',"x":"\xff"}')),
    quarantined("W40", "Latin-1", text("Zoe", b'"Zo\xeb"')),
    told("W41", "a byte order mark", raw(lambda body: b"\xef\xbb\xbf" + body), {}),
    *(
        quarantined("W42", one, raw(lambda body, one=one: body.decode().encode(one)))
        for one in ("utf-16", "utf-16-le", "utf-32")
    ),
    quarantined("W90", "a PHP notice before it", raw(lambda body: b"<br />\n<b>Notice</b>:  Undefined index\n" + body)),
    quarantined("W90", "a PHP notice behind it", raw(lambda body: body + b"<br />\n<b>Notice</b>")),
)

_NUMBERS = (b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999", b"9" * 5_000, b"-" + b"9" * 5_000)
NUMBERS = tuple(
    quarantined(
        "W43" if len(one) < 20 else "W44",
        f"{one[:10].decode()} as the total",
        lambda platform, document, one=one: encoded(changed(platform, document, "total", "MARK")).replace(
            b'"MARK"', one
        ),
    )
    for one in _NUMBERS
)

_DEEP = 100_000
SIZES = (
    quarantined("W45", "lists 100,000 deep", raw(lambda _: b"[" * _DEEP)),
    quarantined("W45", "objects 100,000 deep", raw(lambda _: b'{"a":' * _DEEP)),
    quarantined(
        "W45", "closed, in the order", raw(lambda body: body[:-1] + b',"x":' + b"[" * _DEEP + b"]" * _DEEP + b"}")
    ),
    quarantined("W46", "a list of 690,000 empty objects", raw(lambda _: b"[" + b"{}," * 690_000 + b"{}]")),
    told(
        "W46",
        "690,000 empty objects in the order",
        raw(lambda body: body[:-1] + b',"x":[' + b"{}," * 690_000 + b"{}]}"),
        {},
    ),
    told(
        "W46",
        "690,000 empty objects as notes",
        lambda platform, document: many(platform, document, b"{}", 690_000),
        {},
    ),
    quarantined("W47", "200,000 keys", raw(lambda _: encoded(dict.fromkeys(map(str, range(200_000)), 1))[: 2**21])),
    told("W47", "150,000 keys in the order", raw(lambda body: body[:-1] + b"," + _keys(150_000) + b"}"), {}),
)


def _keys(number: int) -> bytes:
    return encoded({f"k{n}": 1 for n in range(number)})[1:-1]


KEYS = (
    quarantined("W48", "two ids", raw(lambda _: b'{"id":1,"id":2}')),
    quarantined("W48", "a second id in the order", raw(lambda body: body[:-1] + b',"id":2}')),
    quarantined("W48", "a second id before the order", raw(lambda body: b'{"id":2,' + body[1:])),
    quarantined("W48", "a second id, spelled with an escape", raw(lambda body: body[:-1] + b',"\\u0069d":2}')),
    quarantined(
        "W48",
        "a second id in a large order",
        lambda platform, document: many(platform, document, b'{"name":"a","key":"a"}', 2_000)[:-1] + b',"id":2}',
    ),
    told(
        "W49",
        "__proto__ and others",
        raw(
            lambda body: body[:-1] + b',"__proto__":{"id":9},"constructor":1,"$where":"1","__class__":"x","__init__":2}'
        ),
        {"user_data.em": PRESENT},
    ),
)

_NO_IDS = {"missing": ABSENT, "null": None, "0": 0, "-5": -5, "abc": "abc", "1.5": 1.5, "true": True, "a list": [1]}
_BEYOND = (2**53 + 1, 2**63 + 1, 2**64 - 1)
IDS = (
    *(quarantined("W50", what, put("id", value)) for what, value in _NO_IDS.items()),
    quarantined("W50", "text that is cut would be another's", put("id", "1" * 5_000)),
    quarantined("W50", "markup", put("id", "1<script>")),
    *(
        told("W51", str(one), put("id", one), {"event_id": str(one), "custom_data.order_id": str(one)})
        for one in _BEYOND
    ),
)

_AMOUNTS = (
    "12,50",
    "abc",
    "",
    " ",
    "-1",
    "1e3",
    "0x10",
    "1_000",
    "١٢",
    "12.50.1",
    "NaN",
    "Infinity",
    "9" * 30,
    True,
    [],
    {},
    -0.01,
    1e300,
)
MONEY = (
    *(quarantined("W53", f"total {str(one)[:12]!r}", put("total", one)) for one in _AMOUNTS),
    quarantined("W53", "no total", put("total", ABSENT)),
    quarantined("W53", "total null", put("total", None)),
    told("W53", "total in spaces", put("total", " 12.50 "), {VALUE: 12.5}),
    told("W53", "total without decimals", put("total", "12"), {VALUE: 12}),
    told("W53", "a large total", put("total", "123456789.99"), {VALUE: 123456789.99}),
    told("W54", "total 0.1 + 0.2", put("total", 0.1 + 0.2), {VALUE: 0.3}),
    told("W54", "total 12.5 as a number", put("total", 12.5), {VALUE: 12.5}),
    told("W54", "half a cent", put("total", "0.125"), {VALUE: 0.13}),
    told("W56", "total 0", put("total", "0.00"), {VALUE: 0}),
    told("W56", "total -0", put("total", "-0"), {VALUE: 0}),
    *(
        quarantined("W55", f"currency {one!r}", put("currency", one))
        for one in ("XXX", "US$", "", "EURO", None, 978, "ЕUR")
    ),
    quarantined("W55", "no currency", put("currency", ABSENT)),
    told("W55", "currency in small letters", put("currency", "usd"), {CURRENCY: "USD"}),
    told("W55", "a currency nobody knows", put("currency", "QQQ"), {CURRENCY: "QQQ"}),
    *(
        told(
            "W55",
            f"{currency} {total}",
            lambda platform, document, currency=currency, total=total: _price(platform, document, currency, total),
            {VALUE: value, CURRENCY: currency},
        )
        for currency, total, value in (
            ("JPY", "1000.40", 1000),
            ("JPY", "1000.5", 1001),
            ("KWD", "1.2345", 1.235),
            ("CLF", "1.23456", 1.2346),
        )
    ),
)


def _price(platform: str, document: Document, currency: str, total: str) -> bytes:
    return put("total", total)(platform, changed(platform, document, "currency", currency))


_NO_TIMES = (
    "yesterday",
    "",
    None,
    5,
    "0001-01-01T00:00:00Z",
    "0000-00-00T00:00:00",
    "9999-12-31T23:59:59+00:00",
    "2026-02-30T00:00:00Z",
    "2016-12-31T23:59:60Z",
    "1e9",
    [],
    "2038-01-20T00:00:00Z",
)
TIMES = (
    told("W57", "no time", put("placed", ABSENT), {"event_time": recently}),
    *(told("W57", f"{one!r}", put("placed", one), {"event_time": recently}) for one in _NO_TIMES),
    told(
        "W57",
        "no zone",
        lambda platform, document: put("placed", str(_placed(platform, document))[:19])(platform, document),
        {"event_time": recently},
    ),
    Body(
        "W58", "all of it thirty days ago", raw(lambda body: body), skipped="older than 7 days", age=timedelta(days=30)
    ),
    told("W59", "in two hours", raw(lambda body: body), {"event_time": recently}, age=timedelta(hours=-2)),
)


def _placed(platform: str, document: Document) -> Any:
    return document[PLACES[platform]["placed"][0][0]]


BODIES = (*READABLE, *NUMBERS, *SIZES, *KEYS, *IDS, *MONEY, *TIMES)
