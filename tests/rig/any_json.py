"""Bodies nobody foresaw: the constructed ones with anything in any place, and new ones of the platforms' own words.

TEST_BODIES says how many bodies the property tests take altogether (CONTRIBUTING.md, Tests).
"""

import importlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from connectors import registry
from connectors.contract import Connector
from tests.rig.golden import bodies, topic_of

ALL_BODIES = int(os.environ.get("TEST_BODIES", "1200"))
ABSENT = "@absent"
PLATFORMS = tuple(connector.name for connector in registry.connectors())

Place = tuple[str | int, ...]
Told = tuple[str, bytes]

# What json.dumps would not write, by the text that stands for it until the body is bytes.
_MARKS: Mapping[bytes, bytes] = {
    b'"@deep"': b"[" * 600 + b"]" * 600,
    b'"@deeper"': b'{"a":' * 3_000 + b"1" + b"}" * 3_000,
    b'"@nan"': b"NaN",
    b'"@infinite"': b"-1e999",
    b'"@digits"': b"9" * 5_000,
    b'"@halves"': b'"\\ud83d \\ude00\\ud83d"',
    b'"@twice"': b'{"id":1,"id":2}',
    b'"@bytes"': b'"\xff\xfe"',
}
_TEXTS = (
    *(
        "",
        " ",
        "0",
        "-1",
        "1e3",
        "12,50",
        "12.50",
        "NaN",
        "true",
        "null",
        "[]",
        "{}",
        "a" * 300,
        "ß" * 70,
        "x" * 70_000,
    ),
    *(
        "\x00",
        "a\x00b",
        "\ud800",
        "\U0001f600",
        "\u202e",
        "\ufeff1",
        "\u0661\u0662",
        "%00",
        "{order_id}",
        "{0.__class__}",
    ),
    *(
        "gid://shopify/Order/7",
        "gid://shopify/Order/" + "9" * 70,
        "9" * 41,
        "1" * 90,
        "007",
        "1-a",
        "USD",
        "eur",
        "XXX",
        "$",
    ),
    *("2026-11-20T10:00:00Z", "2026-11-20T10:00:00", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "now"),
    *("https://[::1", "http://a:99999/", "https://x.example/?fbclid=1", "javascript:x", "fb.1.1794854102345.IwAR"),
    *("paid", "pending", "refunded", "processing", "completed", "cancelled", "web", "pos", "checkout", "cod", "refund"),
    *("+1 408 996 1010", "a@b.example", "DE", "CA", "203.0.113.9", "::ffff:10.0.0.1", '{"marketing":false}'),
)
_NUMBERS = (0, -1, 1, 2**31, 2**53 + 1, 2**63, 2**64, 10**30, -(10**30), 0.1 + 0.2, 1e308, -0.0, 5e-324, 1e15)
_LEAVES = st.one_of(
    st.sampled_from(_TEXTS),
    st.sampled_from(_TEXTS),
    st.sampled_from([mark.decode().strip('"') for mark in _MARKS]),
    st.sampled_from(_NUMBERS),
    st.sampled_from([None, True, False, ABSENT, ABSENT]),
    st.text(st.characters(exclude_categories=()), max_size=12),
    st.integers(),
)
_CONTAINERS = st.sampled_from(
    [[], {}, [None], [[]], [{}], {"id": {}}, [1, "a", None], {"": ""}, [{"id": "x"}] * 3, {"0": {"id": 5}}]
).map(deepcopy)  # each its own: places inside may be changed, too
ANYTHING = _LEAVES | _CONTAINERS
_SPELLINGS: tuple[Callable[[Any], bytes], ...] = (
    lambda told: json.dumps(told, separators=(",", ":")).encode(),
    lambda told: json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace"),
    lambda told: json.dumps(told, indent=1).encode(),
    lambda told: b"\xef\xbb\xbf" + json.dumps(told).encode(),
)


def body_settings(share: int) -> settings:
    """Hypothesis's settings of a test that takes one `share`th of all bodies. A loaded machine is no finding."""
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
    return settings(max_examples=max(10, ALL_BODIES // share), deadline=None, suppress_health_check=checks)


@dataclass(frozen=True)
class Seed:
    """A constructed body, its topic, and every place in it."""

    topic: str
    body: bytes
    places: Sequence[Place]


@cache
def seeds(platform: str, domain: str | None = None) -> list[Seed]:
    """All constructed bodies of a platform; for a `domain` told by that store, of a moment ago, each of its own order."""
    connector = registry.get(platform)
    found = [(topic_of(connector, path), path.read_bytes()) for path in bodies(connector)]
    if domain:
        placed_at = datetime.now(UTC) - timedelta(minutes=5)
        found = [
            (topic, connector.restage(body, order_id=str(number), placed_at=placed_at, domain=domain))
            for number, (topic, body) in enumerate(found, 5_000)
        ]
    return [Seed(topic, body, list(_places(json.loads(body)))) for topic, body in found]


def _places(value: Any, way: Place = ()) -> Iterator[Place]:
    if way:
        yield way
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, member in members:
        yield from _places(member, (*way, step))


@st.composite
def mutated(draw: st.DrawFn, platform: str, domain: str | None = None) -> Told:
    """A constructed body of the platform in which up to eight places hold anything, and a topic, mostly its own."""
    seed = draw(st.sampled_from(seeds(platform, domain)))
    document = json.loads(seed.body)
    for _ in range(draw(st.sampled_from((1, 1, 2, 3, 4, 8)))):
        _put(document, draw(st.sampled_from(seed.places)), draw(ANYTHING))
    return _topic(draw, registry.get(platform), seed.topic), _spelled(draw, document)


@st.composite
def invented(draw: st.DrawFn, platform: str) -> Told:
    """A body made of names the platform uses, over what is least needed to be taken for an order."""
    connector = registry.get(platform)
    name = st.sampled_from(_names(platform))
    value = st.recursive(
        ANYTHING, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(name, inner, max_size=4), max_leaves=12
    )
    document = {**_LEAST[platform], **draw(st.dictionaries(name, value, max_size=12))}
    return _topic(draw, connector, connector.topics[0]), _spelled(
        draw, {k: v for k, v in document.items() if v != ABSENT}
    )


_LEAST: Mapping[str, Mapping[str, Any]] = {
    "shopify": {"id": 7, "line_items": [], "financial_status": "paid", "total_price": "5.00", "currency": "EUR"},
    "woocommerce": {"id": 7, "line_items": [], "status": "processing", "total": "5.00", "currency": "EUR"},
}


def _put(document: Any, place: Place, value: Any) -> None:
    *way, last = place
    try:
        for step in way:
            document = document[step]
        if value == ABSENT:
            del document[last]
        else:
            document[last] = value
    except (KeyError, IndexError, TypeError):
        return  # an earlier change took the place away


def _topic(draw: st.DrawFn, connector: Connector, own: str) -> str:
    return draw(st.sampled_from([own] * 3 * len(connector.topics) + [*connector.topics]))


def _spelled(draw: st.DrawFn, document: Any) -> bytes:
    body = draw(st.sampled_from(_SPELLINGS))(document)
    for mark, meant in _MARKS.items():
        body = body.replace(mark, meant)
    return body


@cache
def _names(platform: str) -> list[str]:
    """Every key the platform's shapes name."""
    room = importlib.import_module(f"connectors.{platform}.shapes")
    shapes = [one for one in vars(room).values() if isinstance(one, type) and issubclass(one, msgspec.Struct)]
    return sorted({field.encode_name for shape in shapes for field in msgspec.structs.fields(shape)})
