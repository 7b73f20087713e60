"""Rows of facts/reliability.md section 5 about whose a webhook is, and about those that tell of no order.

Where that section differs from CONTRACT.md, CONTRACT stands: there is no path for each shop (W17), so a body is held
against the store in the header by what it tells of its shop itself (test_spoofing.py), and taken for that store's where it
tells nothing; an error object instead of an order is ignored and raises an alert (W89).
"""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from integration.db import reading
from integration.db.alerts import alerts
from integration.db.tasks import tasks
from integration.stores import disconnect
from tests.rig.shop import Shop
from tests.web.bad_input.paper import changed, encoded, sample
from tests.web.bad_input.scene import (
    ACCEPTED,
    IGNORED,
    QUARANTINED,
    SHOP,
    UNAUTHORIZED,
    Scene,
    both_platforms,
    status,
)


def kinds_of_alerts(scene: Scene, shop: Shop) -> list[str]:
    with reading(scene.bench.engine) as connection:
        return list(connection.execute(sa.select(alerts.c.kind).where(alerts.c.store_id == shop.id)).scalars())


def open_tasks(scene: Scene, shop: Shop) -> list[str]:
    with reading(scene.bench.engine) as connection:
        return list(connection.execute(sa.select(tasks.c.kind).where(tasks.c.store_id == shop.id)).scalars())


@pytest.mark.parametrize(
    ("topic", "case"), [("app/uninstalled", "shop"), ("customers/redact", "example"), ("shop/redact", "example")]
)
def test_w17_w24_a_signed_body_of_another_shop_ends_and_erases_nothing(scene: Scene, topic: str, case: str) -> None:
    theirs, mine = scene.shop("shopify"), scene.shop("shopify")
    post = scene.post(theirs, sample(theirs, topic, case), topic)

    answer = scene.send(post.but(**{SHOP: mine.row.domain}))

    assert (status(answer), answer.json["reason"]) == (IGNORED, "other site")
    assert open_tasks(scene, mine) == open_tasks(scene, theirs) == []
    assert kinds_of_alerts(scene, mine) == ["other_site"]


@pytest.mark.parametrize("topic", ["app/uninstalled", "customers/redact", "customers/data_request", "shop/redact"])
def test_w23_an_order_under_a_destructive_topic_is_set_aside(scene: Scene, topic: str) -> None:
    shop = scene.shop("shopify")

    assert status(scene.send(scene.post(shop, topic=topic))) == QUARANTINED
    assert open_tasks(scene, shop) == []
    assert status(scene.send(scene.post(shop))) == ACCEPTED


def test_w19_a_shop_that_removed_the_app_is_heard_only_where_the_law_demands_it(scene: Scene) -> None:
    shop = scene.shop("shopify")
    scene.send(scene.post(shop, sample(shop, "app/uninstalled", "shop"), "app/uninstalled"))
    disconnect.run_open_tasks(scene.bench.engine, scene.bench.sealer)
    before = scene.counts()

    assert status(scene.send(scene.post(shop))) == IGNORED
    assert status(scene.send(scene.post(shop, b"{"))) == IGNORED
    assert scene.counts() == before
    redact = scene.post(shop, sample(shop, "customers/redact", "example"), "customers/redact")
    assert status(scene.send(redact)) == ACCEPTED
    assert open_tasks(scene, shop) == ["privacy_request"]


def test_w85_the_secret_of_another_store_opens_nothing(scene: Scene) -> None:
    mine, other = scene.shop("woocommerce"), scene.shop("woocommerce")
    before = scene.counts()

    answer = scene.send(scene.post(mine).signed_by(other.secret))

    assert (answer.status_code, answer.json) == (401, UNAUTHORIZED)
    assert scene.counts() == before


@both_platforms
def test_w75_one_order_id_of_two_shops_is_two_orders(scene: Scene, platform: str) -> None:
    shops = [scene.shop(platform), scene.shop(platform)]
    bodies = [encoded(changed(platform, scene.document(shop), "id", 4_711)) for shop in shops]

    assert [status(scene.send(scene.post(*pair))) for pair in zip(shops, bodies, strict=True)] == [ACCEPTED, ACCEPTED]
    assert [row["event_id"] for shop in shops for row in scene.rows(shop)] == ["4711", "4711"]


@pytest.mark.parametrize("topic", ["customers/redact", "customers/data_request", "shop/redact"])
def test_w81_w82_a_demand_is_recorded_once_if_it_is_signed(scene: Scene, topic: str) -> None:
    shop = scene.shop("shopify")
    empty = {"orders_to_redact": []} if topic == "customers/redact" else {}
    post = scene.post(shop, sample(shop, topic, "example", **empty), topic)
    before = scene.counts()

    refused = scene.send(post.signed_by("nobody's secret at all"))
    assert (refused.status_code, refused.json) == (401, UNAUTHORIZED)
    assert scene.counts() == before
    assert [scene.send(post).status_code for _ in range(2)] == [200, 200]
    assert open_tasks(scene, shop) == ["privacy_request"]


@pytest.mark.parametrize("body", [b"webhook_id=1", b"webhook_id=12345678901234567890"])
def test_w83_the_ping_is_answered_200_and_leaves_nothing(scene: Scene, body: bytes) -> None:
    shop = scene.shop("woocommerce")
    signed = scene.post(shop).with_body(body).but(Content_Type="application/x-www-form-urlencoded")
    unsigned = replace(signed, headers={"Content-Type": "application/x-www-form-urlencoded"})
    before = scene.counts()

    assert [status(scene.send(post)) for post in (unsigned, signed)] == [IGNORED, IGNORED]
    assert scene.counts() == before


@pytest.mark.parametrize(
    "body", [b"webhook_id=1&x=2", b"webhook_id=", b"webhook_id=-1", b"webhook_id=1\n", b"WEBHOOK_ID=1"]
)
def test_w83_what_only_looks_like_a_ping_must_be_signed(scene: Scene, body: bytes) -> None:
    shop = scene.shop("woocommerce")
    post = replace(scene.post(shop), body=body, headers={"Content-Type": "application/x-www-form-urlencoded"})

    assert scene.send(post).status_code == 401


def test_w88_a_deletion_of_an_order_we_never_saw_only_marks(scene: Scene) -> None:
    shop = scene.shop("woocommerce")

    assert status(scene.send(scene.post(shop, b'{"id":5}', "order.deleted"))) == ACCEPTED
    assert scene.states(shop) == [("Purchase", "skipped", "deleted")]


NO_ACCESS = {"code": "woocommerce_rest_cannot_view", "message": "Sorry.", "data": {"status": 403}}
ERRORS = {
    "no access": (NO_ACCESS, ["access_lost"]),
    "no user": ({**NO_ACCESS, "data": {"status": 401}}, ["access_lost"]),
    "no order": ({"code": "woocommerce_rest_shop_order_invalid_id", "message": "", "data": {"status": 404}}, []),
}


@pytest.mark.parametrize("what", ERRORS)
def test_w89_an_error_instead_of_an_order_is_ignored_and_lost_access_alerts(scene: Scene, what: str) -> None:
    shop = scene.shop("woocommerce")
    body, expected = ERRORS[what]

    assert status(scene.send(scene.post(shop, encoded(body)))) == IGNORED
    assert kinds_of_alerts(scene, shop) == expected
    assert scene.rows(shop) == []
