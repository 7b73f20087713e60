"""Rows of facts/reliability.md section 5 about what is around the endpoint: pages, logs, database, broker, proxies."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from tests.web.bad_input.paper import changed, encoded
from tests.web.bad_input.scene import (
    ACCEPTED,
    DUPLICATE,
    Scene,
    both_platforms,
    status,
)


def test_w64_markup_from_a_body_is_text_on_the_page(scene: Scene) -> None:
    shop = scene.shop("woocommerce")
    document = scene.document(shop)
    scene.send(scene.post(shop, encoded(document)))
    odd = {**document, "status": '"><svg/onload=alert(1)>', "date_paid_gmt": None}
    scene.send(scene.post(shop, encoded(odd)))

    page = scene.client.get("/dev").text

    assert scene.states(shop) == [("Purchase", "skipped", 'not yet: "><svg/onload=alert(1)>')]
    assert "<svg" not in page
    assert "&lt;svg/onload" in page


@both_platforms
def test_w66_nothing_of_a_body_is_logged(scene: Scene, platform: str, capfd: pytest.CaptureFixture[str]) -> None:
    shop = scene.shop(platform)
    document = changed(platform, scene.document(shop), "note", "canary\r\n2026-01-01 [critical] forged\x1b[2J\u2028")
    posts = [
        scene.post(shop, encoded(document)),
        scene.post(shop, encoded(document)[:-1]),
        scene.post(shop).signed_by("x"),
    ]

    assert [scene.send(one).status_code for one in posts] == [200, 200, 401]
    written = "".join(capfd.readouterr())
    assert not [trace for trace in ("canary", "forged", "example.com") if trace in written]


@contextmanager
def locked(scene: Scene) -> Iterator[None]:
    """The database in somebody else's hands."""
    statement = {"sqlite": "SELECT 1", "postgresql": "LOCK TABLE webhooks IN ACCESS EXCLUSIVE MODE"}
    with closing(scene.bench.engine.connect()) as connection, connection.begin():
        connection.exec_driver_sql(statement[scene.bench.engine.dialect.name])
        yield


def test_w94_while_the_database_is_away_the_answer_is_503_and_later_there_is_one_row(scene: Scene) -> None:
    shop = scene.shop("shopify")
    post = scene.post(shop)
    before = scene.counts()
    with locked(scene):
        answer = scene.send(post)

    assert (answer.status_code, answer.json) == (503, {"error": "try again later"})
    assert int(answer.headers["Retry-After"]) > 0
    assert scene.counts() == before
    assert [status(scene.send(post)) for _ in range(2)] == [ACCEPTED, DUPLICATE]
    assert len(scene.rows(shop)) == 1


@both_platforms
def test_w95_while_the_broker_is_away_a_webhook_is_taken_and_told_later(scene: Scene, platform: str) -> None:
    shop = scene.shop(platform)
    assert scene.client.get("/readyz").status_code == 503

    assert status(scene.send(scene.post(shop))) == ACCEPTED
    assert scene.told(shop)["event_name"] == "Purchase"


@both_platforms
def test_w97_forwarded_addresses_are_not_the_shoppers(scene: Scene, platform: str) -> None:
    shop = scene.shop(platform)
    document = changed(platform, scene.document(shop), "ip", "203.0.113.24")
    spoofed = {"X_Forwarded_For": "6.6.6.6, 7.7.7.7, 10.0.0.1", "X_Real_IP": "6.6.6.6", "Forwarded": "for=6.6.6.6"}
    more = {"X_Forwarded_Host": "evil.com", "X_Forwarded_Proto": "javascript", "X_Forwarded_Prefix": "//evil.com"}

    answer = scene.send(scene.post(shop, encoded(document)).but(**spoofed, **more))

    assert status(answer) == ACCEPTED
    told = json.dumps(scene.told(shop))
    assert "203.0.113.24" in told
    assert not [one for one in ("6.6.6.6", "7.7.7.7", "evil.com") if one in told + str(answer.headers)]
