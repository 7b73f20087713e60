"""Rows B1 to B28 of facts/reliability.md section 5: whatever is posted to the beacon, over the whole application.

Where they differ from CONTRACT.md, CONTRACT stands: an unknown key is 404 (B1), a body that is no object or names no
token is 400 (B4, B25), too large is 413, too often 429.
"""

import dataclasses
import json
import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from integration import config
from integration.app import create_app
from integration.db import reading, sightings, signals
from integration.pipeline import browsing, page_token
from integration.pipeline.browsing import Heard
from integration.web import beacon as desk
from integration.web.webhooks import MAX_BODY
from tests.rig import any_json
from tests.rig.shop import Shop
from tests.web.bad_input.scene import Scene, both_platforms

TOKEN = {"checkout_token": "c1-0123456789abcdef"}
SEEN = {"event_name": "Purchase", "event_id": "1001", "state": "sent"}
IP, AGENT = "203.0.113.9", "Mozilla/5.0 (test)"
FBP = "fb.1.1760000000000.1234567890"
KEPT = Heard(ip=IP, user_agent=AGENT)
WORDS = ("signal", "sighting")


@dataclass(frozen=True)
class Row:
    """A signal as some browser sends it, and what is kept; `kept` None: nothing is."""

    row: str
    told: Any = field(default_factory=dict)
    status: int = 204
    kept: Heard | None = KEPT
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        return self.told if isinstance(self.told, bytes) else json.dumps({**TOKEN, **self.told}).encode()


def refused(**more: Any) -> Heard:
    return Heard(marketing=browsing.Stated.REFUSED, **more)


ROWS = [
    Row("B4 not JSON", b"what?", 400, None),
    Row("B4 empty", b"", 400, None),
    Row("B4 array of 10 000", b"[" + b"1," * 9_999 + b"1]", 400, None),
    Row("B4 no token", b"{}", 400, None),
    Row("B5 another site", headers={"Origin": "https://evil.example"}, kept=None),
    Row("B6 no origin"),
    Row("B6 a sandbox", headers={"Origin": "null"}),
    Row("B7 as a suffix", headers={"Origin": "https://DOMAIN.evil.com"}, kept=None),
    Row("B7 as an ending", headers={"Origin": "https://evilDOMAIN"}, kept=None),
    Row("its own origin", headers={"Origin": "https://DOMAIN"}),
    Row("its own origin with www", headers={"Origin": "https://www.DOMAIN"}),
    Row("its own, in the clear", headers={"Origin": "http://DOMAIN"}, kept=None),
    Row("B9 a purchase with a value", {"event_name": "Purchase", "value": 99_999, "currency": "EUR"}),
    Row("B11 an order of somebody else", b'{"order_id":"1001","proof":"order:1001:9999999999:%s"}' % (b"0" * 64), 204, None),
    Row("B13 no browser id", {"fbp": "fb.1.1.1"}),
    Row("B13 with a line end", {"fbp": f"{FBP}\r\nX: y"}),
    Row("B13 a browser id", {"fbp": FBP}, kept=Heard(fbp=FBP, ip=IP, user_agent=AGENT)),
    Row("B14 a click of 1970", {"fbc": "fb.1.0.abc"}),
    Row("B15 a click of 8 KB", {"fbclid": "x" * 8192}),
    Row("B16 no statement", {"consent": {"marketing": "yes", "sale_of_data": 1}}),
    Row("B17 refused", {"fbp": FBP, "consent": {"marketing": False}}, kept=refused()),
    Row("B18 a person's address", {"fbp": "jane@example.com", "url": "https://DOMAIN/?email=jane@example.com"}),
    Row("B19 a script", {"url": "javascript:alert(1)"}),
    Row("B19 another host", {"url": "https://evil.example/?x"}),
    Row("B20 a time", {"event_time": 0, "first_at": "2099-01-01", "now": "x"}),
    Row("B21 an address", {"client_ip": "198.51.100.1", "ip": "198.51.100.1"}),
    Row("B22 as sendBeacon sends it", headers={"Content-Type": "text/plain;charset=UTF-8"}),
    Row("B22 without a type", headers={"Content-Type": ""}),
    Row("B25 a surrogate", b'{"checkout_token":"c1-0123456789abcdef","fbp":"\\ud800"}'),
    Row("B25 NUL", b'{"checkout_token":"c1-0123456789abcdef","fbp":"a\\u0000"}'),
    Row("B25 NaN", b'{"checkout_token":"c1-0123456789abcdef","x":NaN}', 400, None),
    Row("B25 depth 10 000", b'{"checkout_token":"c1","x":' + b"[" * 10_000, 400, None),
    Row("B25 keys twice", b'{"checkout_token":"c1","checkout_token":"c2"}', 400, None),
    Row("B25 a huge number", b'{"checkout_token":"c1","x":' + b"9" * 10_000 + b"}", 204, KEPT),
    Row("B26 a session token", {"session_token": "eyJhbGciOi.J9.x"}, headers={"Authorization": "Bearer eyJhbGciOi.J9.x"}),
    Row("B28 privacy control", headers={"Sec-GPC": "1"},
        kept=Heard(ip=IP, user_agent=AGENT, sale_of_data=browsing.Stated.REFUSED, gpc=True)),
    Row("encoded", b"\x1f\x8b", 415, None, {"Content-Encoding": "gzip"}),
]  # fmt: skip


def post(scene: Scene, shop: Shop, word: str, body: bytes, **more: Any) -> TestResponse:
    headers = {"Content-Type": "application/json", "User-Agent": AGENT, **more.pop("headers", {})}
    path = f"/s/{more.pop('key', shop.row.public_key)}/{word}"
    environ = {"REMOTE_ADDR": more.pop("address", mine())}
    return scene.client.open(
        path, method=more.pop("method", "POST"), data=body, headers=headers, environ_overrides=environ
    )


def kept(scene: Scene, shop: Shop) -> list[Heard]:
    wanted = sa.select(signals.signals.c.sealed).where(signals.signals.c.store_id == shop.id)
    with reading(scene.bench.engine) as connection:
        sealed = connection.execute(wanted).scalars().all()
    opened = [scene.bench.sealer.unseal(one, store=shop.id, column=signals.SEALED) for one in sealed]
    return [without_times(browsing.decode(one)) for one in opened]


def without_times(heard: Heard) -> Heard:
    """Answers have a time exactly where they were given."""
    assert (heard.marketing_at is None) is (heard.marketing is browsing.Stated.UNSTATED)
    assert (heard.sale_at is None) is (heard.sale_of_data is browsing.Stated.UNSTATED)
    return msgspec.structs.replace(heard, marketing_at=None, sale_at=None)


def sighted(scene: Scene, shop: Shop) -> list[tuple[str, bool]]:
    of = sightings.sightings
    with reading(scene.bench.engine) as connection:
        found = connection.execute(sa.select(of.c.event_id, of.c.proof_key).where(of.c.store_id == shop.id))
        return [(row.event_id, row.proof_key != "") for row in found]


@pytest.fixture(autouse=True)
def unhurried() -> None:
    """Each test has an address from which nobody asked before."""
    Numbers.last += 1


class Numbers:
    last = 0


def mine() -> str:
    return f"203.0.{Numbers.last >> 8}.{Numbers.last & 255}"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.row)
def test_a_row_of_bad_input(scene: Scene, row: Row) -> None:
    shop = scene.shop("woocommerce")
    domain = shop.row.domain
    headers = {name: text.replace("DOMAIN", domain) for name, text in row.headers.items()}
    answer = post(scene, shop, "signal", row.body.replace(b"DOMAIN", domain.encode()), headers=headers)
    expected = row.kept
    if row.row.startswith("B18"):
        expected = Heard(ip=IP, user_agent=AGENT, page=f"https://{domain}/")
    if expected and expected.ip:
        expected = msgspec.structs.replace(expected, ip=mine())

    assert answer.status_code == row.status
    assert kept(scene, shop) == ([expected] if expected else [])
    assert scene.rows(shop) == []
    assert "Set-Cookie" not in answer.headers
    if row.status == 204:
        assert answer.data == b""


@both_platforms
@pytest.mark.parametrize("word", WORDS)
def test_b1_an_unknown_key_is_answered_the_same_whatever_it_is(scene: Scene, platform: str, word: str) -> None:
    shop = scene.shop(platform)
    before = scene.counts()
    keys = (
        "0" * 32,
        shop.row.public_key[:-1],
        shop.row.public_key.upper() + "0",
        shop.row.webhook_key,
        "x",
        "%00",
        "a" * 500,
    )
    answers = [post(scene, shop, word, json.dumps(TOKEN).encode(), key=key) for key in keys]

    assert {(one.status_code, one.data) for one in answers} == {(404, b'{"error":"unknown address"}\n')}
    assert scene.counts() == before


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_b2_only_a_post_tells_something(scene: Scene, word: str, method: str) -> None:
    shop = scene.shop("shopify")
    answer = post(scene, shop, f"{word}?checkout_token=c1&fbp={FBP}", b"", method=method)

    assert answer.status_code == 405
    assert kept(scene, shop) == []


@pytest.mark.parametrize("word", WORDS)
def test_b3_64_kib_are_taken_and_a_byte_more_is_not(scene: Scene, word: str) -> None:
    shop = scene.shop("shopify")
    whole = json.dumps({**TOKEN, "x": ""}).encode()
    fits = whole[:-2] + b"x" * (desk.MOST - len(whole)) + whole[-2:]

    assert len(fits) == desk.MOST < MAX_BODY
    assert post(scene, shop, word, fits).status_code == 204
    assert post(scene, shop, word, fits[:-2] + b'x"}').status_code == 413


@pytest.mark.parametrize("word", WORDS)
def test_b8_a_preflight_tells_a_stranger_nothing_and_lets_the_shop_in(scene: Scene, word: str) -> None:
    shop = scene.shop("woocommerce")
    own, asked = f"https://{shop.row.domain}", {"Access-Control-Request-Method": "POST"}
    answers = {
        origin: post(scene, shop, word, b"", method="OPTIONS", headers={"Origin": origin, **asked})
        for origin in (own, "null", "https://evil.example", f"{own}.evil.example")
    }

    assert {one.status_code for one in answers.values()} == {204}
    assert {one.headers["Vary"] for one in answers.values()} == {"Origin"}
    allowed = {origin: one.headers.get("Access-Control-Allow-Origin") for origin, one in answers.items()}
    assert allowed == {own: own, "null": "null", "https://evil.example": None, f"{own}.evil.example": None}
    assert answers[own].headers["Access-Control-Allow-Headers"] == "Content-Type"
    assert not [one for one in answers.values() if "Access-Control-Allow-Credentials" in one.headers]


@pytest.mark.parametrize("origin", ["OWN", "null", "https://evil.example", None])
def test_an_answer_is_readable_for_the_shop_and_says_the_same_to_a_stranger(scene: Scene, origin: str | None) -> None:
    shop = scene.shop("shopify")
    origin = f"https://{shop.row.domain}" if origin == "OWN" else origin
    answer = post(scene, shop, "signal", json.dumps(TOKEN).encode(), headers={"Origin": origin} if origin else {})
    shared = origin if origin != "https://evil.example" else None

    assert (answer.status_code, answer.data) == (204, b"")
    assert answer.headers.get("Access-Control-Allow-Origin") == shared
    assert answer.headers["Vary"] == "Origin"


@both_platforms
def test_a_sighting_is_kept_with_its_proof(scene: Scene, platform: str) -> None:
    shop = scene.shop(platform, dataset=str(9 * 10**14 + Numbers.last))
    told = {**SEEN, "dataset_id": str(9 * 10**14 + Numbers.last)}
    signed = f"order:1001:{int(datetime.now(UTC).timestamp()) + 60}"
    proof = {"shopify": "c1-0123", "woocommerce": f"{signed}:{page_token.sign(signed, shop.secret)}"}[platform]

    assert post(scene, shop, "sighting", json.dumps({**told, "proof": proof}).encode()).status_code == 204
    assert post(scene, shop, "sighting", json.dumps({**told, "event_id": "1002"}).encode()).status_code == 204
    assert sorted(sighted(scene, shop)) == [("1001", True), ("1002", False)]


@pytest.mark.parametrize("body", [b"", b"[]", b"what?", b'{"event_name":NaN}', b"[" * 10_000, b'{"a":1,"a":2}'])
def test_b4_a_sighting_that_is_no_object_is_refused(scene: Scene, body: bytes) -> None:
    assert post(scene, scene.shop("shopify"), "sighting", body).status_code == 400


@pytest.mark.parametrize("name", ["<img>", "x" * 4096, "Refund", 5, None])
def test_b10_a_sighting_of_an_unknown_event_is_dropped(scene: Scene, name: Any) -> None:
    shop = scene.shop("shopify")
    told = json.dumps({**SEEN, "dataset_id": "1", "event_name": name}).encode()

    assert post(scene, shop, "sighting", told).status_code == 204
    assert sighted(scene, shop) == []


def test_a_sighting_from_another_site_is_dropped(scene: Scene) -> None:
    shop = scene.shop("shopify")
    told = json.dumps({**SEEN, "dataset_id": "1"}).encode()

    assert post(scene, shop, "sighting", told, headers={"Origin": "https://evil.example"}).status_code == 204
    assert sighted(scene, shop) == []


def test_b23_whoever_asks_too_often_is_told_when_to_come_again(scene: Scene) -> None:
    shop = scene.shop("shopify")
    body, address = json.dumps(TOKEN).encode(), f"198.51.100.{Numbers.last % 250}"
    answers = [post(scene, shop, "signal", body, address=address) for _ in range(200)]
    late = [one for one in answers if one.status_code != 204]

    assert {one.status_code for one in late} == {429}
    assert {int(one.headers["Retry-After"]) for one in late} == {1}
    assert len(kept(scene, shop)) == 1
    assert post(scene, shop, "signal", body, address="2001:4860:1::1").status_code == 204


def test_b24_many_addresses_together_are_too_many_for_one_store_and_signals_and_another_store_are_heard(
    scene: Scene,
) -> None:
    shop, other, before = scene.shop("shopify"), scene.shop("shopify"), scene.counts()["sightings"]
    told = b'{"event_name":"nothing"}'
    answers = [
        post(scene, shop, "sighting", told, address=f"100.{number >> 8}.{number & 255}.1").status_code
        for number in range(1200)
    ]

    assert 429 in answers[600:]
    assert set(answers) == {204, 429}
    assert post(scene, other, "sighting", told).status_code == 204
    assert post(scene, shop, "signal", json.dumps(TOKEN).encode()).status_code == 204
    assert scene.counts()["sightings"] == before


def test_b26_nothing_of_a_signal_is_logged(scene: Scene, capfd: pytest.CaptureFixture[str]) -> None:
    shop = scene.shop("woocommerce")
    told = {
        "checkout_token": "canary-checkout",
        "proof": "canary-proof",
        "fbp": "canary-fbp",
        "user_agent": "canary-agent",
    }
    for body in (json.dumps(told).encode(), json.dumps(told).encode()[:-1], b'{"proof":"canary-proof"}'):
        answer = post(scene, shop, "signal", body, headers={"Authorization": "Bearer canary-jwt"})
        assert "canary" not in answer.text
    assert "canary" not in "".join(capfd.readouterr())


def test_behind_a_proxy_the_address_is_the_one_that_our_own_proxy_saw(
    scene: Scene, scene_settings: config.Settings
) -> None:
    app = create_app(dataclasses.replace(scene_settings, trusted_proxies=1))
    shop = scene.shop("shopify")
    forged = {"X-Forwarded-For": "198.51.100.66, 203.0.113.77"}
    client = app.test_client()
    path = f"/s/{shop.row.public_key}/signal"
    assert client.post(path, data=json.dumps(TOKEN), headers=forged).status_code == 204
    app.extensions["engine"].dispose()

    assert [heard.ip for heard in kept(scene, shop)] == ["203.0.113.77"]


def test_a_forwarded_address_is_not_believed_where_no_proxy_is_trusted(scene: Scene) -> None:
    shop = scene.shop("shopify")
    post(scene, shop, "signal", json.dumps(TOKEN).encode(), headers={"X-Forwarded-For": "198.51.100.66"})
    assert [heard.ip for heard in kept(scene, shop)] == [mine()]


def test_while_the_database_is_in_other_hands_the_answer_is_503_and_later_all_is_well(scene: Scene) -> None:
    shop, body = scene.shop("shopify"), json.dumps(TOKEN).encode()
    statement = {"sqlite": "SELECT 1", "postgresql": "LOCK TABLE signals IN ACCESS EXCLUSIVE MODE"}
    with closing(scene.bench.engine.connect()) as connection, connection.begin():
        connection.exec_driver_sql(statement[scene.bench.engine.dialect.name])
        answer = post(scene, shop, "signal", body)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert post(scene, shop, "signal", body).status_code == 204
    assert len(kept(scene, shop)) == 1


@both_platforms
def test_the_plan_is_public_text_and_names_no_secret(scene: Scene, platform: str) -> None:
    shop = scene.shop(platform, dataset=str(8 * 10**14 + Numbers.last))
    answer = scene.client.get(f"/s/{shop.row.public_key}/plan")

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert set(answer.json) == {
        *("version", "beacon", "tells", "datasets", "events", "purchase_when", "cod_when", "event_id_template"),
        *("store_key", "content_id_template", "value_basis", "limited_data_use", "carrier", "leave_out", "never_named"),
    }
    assert (answer.json["version"], answer.json["tells"]) == (1, True)
    assert answer.json["datasets"] == [str(8 * 10**14 + Numbers.last)]
    assert re.fullmatch(r"http://[^/]+/s/[0-9a-f]{32}", answer.json["beacon"])
    assert shop.secret is None or shop.secret not in answer.text
    assert shop.row.webhook_key not in answer.text


def test_nobodys_plan_is_unknown(scene: Scene) -> None:
    assert scene.client.get(f"/s/{'0' * 32}/plan").status_code == 404
    assert scene.client.post(f"/s/{'0' * 32}/plan").status_code == 405


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
MEMBERS = ("checkout_token", "cart_token", "order_id", "proof", "fbp", "fbc", "fbclid", "fbclid_ms", "url", "user_agent",
           "consent", "dataset_id", "event_name", "event_id", "state")  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
def test_anything_anywhere_in_a_body_is_no_fault_of_ours(scene: Scene, word: str) -> None:
    shop, statuses = scene.shop("woocommerce"), set[int]()

    @any_json.body_settings(40)
    @given(told=st.dictionaries(st.sampled_from(MEMBERS), ANYTHING, max_size=8))
    def tell(told: dict[str, Any]) -> None:
        usual = TOKEN if word == "signal" else {**SEEN, "dataset_id": "1"}
        statuses.add(post(scene, shop, word, json.dumps({**usual, **told}).encode(), address="127.0.0.1").status_code)

    tell()
    assert 204 in statuses
    assert statuses <= {204, 400}
