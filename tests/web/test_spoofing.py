"""Bodies that one shop's platform signed, posted in the name of another: facts/reliability.md section 4, T6, T7 and T8.

Shopify signs the body alone, with one secret for all shops, so whoever caught one body can post it with any headers.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from connectors.event import StoreUninstalled
from integration.db import reading, stores, transaction
from integration.db.alerts import alerts
from integration.db.tasks import SEALED_PAYLOAD, tasks
from integration.db.webhooks import webhooks
from integration.stores import disconnect
from tests.rig.shop import Shop
from tests.web.bad_input.paper import encoded, sample
from tests.web.bad_input.scene import ACCEPTED, DUPLICATE, IGNORED, QUARANTINED, SHOP, TOPIC, Post, Scene, status

Mark = Callable[[dict[str, Any], str], None]
DESTRUCTIVE = {
    "app/uninstalled": "shop",
    "customers/redact": "example",
    "customers/data_request": "example",
    "shop/redact": "example",
}
each_destructive = pytest.mark.parametrize(("topic", "case"), DESTRUCTIVE.items())
TRIGGERED = "X-Shopify-Triggered-At"


def numbered(scene: Scene, number: str) -> Shop:
    """A shop whose number the platform told us, as it does when the merchant connects it."""
    shop = scene.shop("shopify")
    with transaction(scene.bench.engine) as connection:
        stores.learn_platform_id(connection, shop.id, number)
    return shop


def order_at(scene: Scene, shop: Shop, address: str) -> bytes:
    return encoded({**scene.document(shop), "order_status_url": address})


def checkout_at(scene: Scene, shop: Shop, address: str) -> bytes:
    return sample(shop, "checkouts/create", "with_email", token=scene.order_id(), abandoned_checkout_url=address)


def warnings(scene: Scene, shop: Shop) -> list[str]:
    query = sa.select(alerts.c.sentence).where(alerts.c.store_id == shop.id, alerts.c.kind == "other_site")
    with reading(scene.bench.engine) as connection:
        return list(connection.execute(query).scalars())


def open_tasks(scene: Scene, shop: Shop) -> list[Any]:
    with reading(scene.bench.engine) as connection:
        return list(connection.execute(sa.select(tasks).where(tasks.c.store_id == shop.id)).all())


def refused_as_anothers(scene: Scene, post: Post, *shops: Shop, named: str) -> None:
    """Ignored, with an alert for the shop it was posted to, and without a row, receipt or task in any."""
    answer = scene.send(post)
    assert (status(answer), answer.json["reason"]) == (IGNORED, "other site")
    (sentence,) = warnings(scene, shops[0])
    assert named in sentence
    assert [scene.rows(shop) for shop in shops] == [[] for _ in shops]
    assert [open_tasks(scene, shop) for shop in shops] == [[] for _ in shops]
    with reading(scene.bench.engine) as connection:
        receipts = sa.select(webhooks.c.id).where(webhooks.c.store_id.in_([shop.id for shop in shops]))
        assert connection.execute(receipts).all() == []


@pytest.mark.parametrize("remembered", [False, True], ids=["first heard of", "remembered"])
@pytest.mark.parametrize("what", ["order", "checkout"])
def test_t6_w17_the_body_of_another_number_makes_no_row_under_this_shops_name(
    scene: Scene, what: str, *, remembered: bool
) -> None:
    mine = numbered(scene, "7001")
    if remembered:
        scene.send(scene.post(mine, b"{"))
    path, make = ("orders", order_at) if what == "order" else ("checkouts", checkout_at)
    topic = "orders/paid" if what == "order" else "checkouts/create"
    theirs = make(scene, mine, f"https://www.other.example/7002/{path}/abc/authenticate?key=k")
    answer = scene.send(scene.post(mine, theirs, topic))

    assert (status(answer), answer.json["reason"]) == (IGNORED, "other site")
    (sentence,) = warnings(scene, mine)
    assert "number 7002" in sentence
    assert scene.rows(mine) == []
    own = make(scene, mine, f"https://www.tea.example/7001/{path}/abc/authenticate?key=k")
    assert status(scene.send(scene.post(mine, own, topic))) == ACCEPTED
    assert len(scene.rows(mine)) == 1


@pytest.mark.parametrize("remembered", [False, True], ids=["first heard of", "remembered"])
def test_t6_w17_an_order_at_the_domain_of_another_shop_of_ours_is_that_shops(scene: Scene, *, remembered: bool) -> None:
    mine, theirs = scene.shop("shopify"), scene.shop("shopify")
    if remembered:
        scene.send(scene.post(mine))
    before = scene.rows(mine)
    address = f"https://{theirs.row.domain}/7002/orders/abc/authenticate?key=k"
    post = scene.post(theirs, order_at(scene, theirs, address)).but(**{SHOP: mine.row.domain})
    answer = scene.send(post)

    assert (status(answer), answer.json["reason"]) == (IGNORED, "other site")
    (sentence,) = warnings(scene, mine)
    assert theirs.row.domain in sentence
    assert scene.rows(mine) == before
    assert scene.rows(theirs) == []
    assert status(scene.send(post.but(**{SHOP: theirs.row.domain}))) == ACCEPTED
    assert len(scene.rows(theirs)) == 1


@pytest.mark.parametrize("host", ["nobody-connected-it.myshopify.com", "www.tea.example", "127.0.0.1:9000"])
def test_a_host_that_nobody_connected_proves_nothing(scene: Scene, host: str) -> None:
    """Shops have domains of their own, and a renamed shop's older permanent one."""
    mine = scene.shop("shopify")

    for _ in range(2):
        body = order_at(scene, mine, f"https://{host}/7002/orders/abc/authenticate?key=k")
        assert status(scene.send(scene.post(mine, body))) == ACCEPTED
    assert len(scene.rows(mine)) == 2
    assert warnings(scene, mine) == []


def test_a_shops_own_number_counts_more_than_any_host(scene: Scene) -> None:
    mine, other = numbered(scene, "7003"), scene.shop("shopify")
    body = order_at(scene, mine, f"https://{other.row.domain}/7003/orders/abc/authenticate?key=k")

    assert status(scene.send(scene.post(mine, body))) == ACCEPTED


@each_destructive
def test_t6_t7_a_body_that_ends_or_erases_does_so_for_the_shop_it_names_alone(
    scene: Scene, topic: str, case: str
) -> None:
    theirs, mine = scene.shop("shopify"), numbered(scene, "7004")
    post = scene.post(theirs, sample(theirs, topic, case), topic).but(**{SHOP: mine.row.domain})

    refused_as_anothers(scene, post, mine, theirs, named=theirs.row.domain)


@each_destructive
@pytest.mark.parametrize("number", [70055100011, "70055100011"])
def test_t6_a_shop_that_bears_this_domain_and_another_number_is_another(
    scene: Scene, topic: str, case: str, number: Any
) -> None:
    mine = numbered(scene, "7005")
    told = {"id" if topic == "app/uninstalled" else "shop_id": number}

    refused_as_anothers(scene, scene.post(mine, sample(mine, topic, case, **told), topic), mine, named=mine.row.domain)


@each_destructive
@pytest.mark.parametrize("site", [None, "", 7, [], {"a": 1}])
def test_t7_a_body_that_names_no_shop_ends_and_erases_nothing(scene: Scene, topic: str, case: str, site: Any) -> None:
    mine = numbered(scene, "7006")
    name = "myshopify_domain" if topic == "app/uninstalled" else "shop_domain"
    body = sample(mine, topic, case, **{name: site, "id": 7006, "shop_id": 7006})

    answer = scene.send(scene.post(mine, body, topic))

    assert status(answer) in (IGNORED, QUARANTINED)
    assert open_tasks(scene, mine) == []


@each_destructive
@pytest.mark.parametrize("removed", [False, True], ids=["connected", "removed"])
def test_t7_the_body_of_another_topic_ends_and_erases_nothing(
    scene: Scene, topic: str, case: str, *, removed: bool
) -> None:
    """Neither is the topic signed: each of the four under the names of the other three."""
    mine = scene.shop("shopify")
    if removed:
        scene.send(scene.post(mine, sample(mine, "app/uninstalled", "shop"), "app/uninstalled"))
        disconnect.run_open_tasks(scene.bench.engine, scene.bench.sealer)
    before = len(open_tasks(scene, mine))
    post = scene.post(mine, sample(mine, topic, case), topic)
    for other in DESTRUCTIVE.keys() - {topic}:
        assert status(scene.send(post.but(**{TOPIC["shopify"]: other}))) in (QUARANTINED, IGNORED)
    assert len(open_tasks(scene, mine)) == before


@each_destructive
def test_t6_a_removed_shop_is_not_erased_by_the_body_of_another(scene: Scene, topic: str, case: str) -> None:
    mine, theirs = scene.shop("shopify"), scene.shop("shopify")
    scene.send(scene.post(mine, sample(mine, "app/uninstalled", "shop"), "app/uninstalled"))
    disconnect.run_open_tasks(scene.bench.engine, scene.bench.sealer)
    assert mine.row.uninstalled_at
    before = len(open_tasks(scene, mine))

    answer = scene.send(scene.post(theirs, sample(theirs, topic, case), topic).but(**{SHOP: mine.row.domain}))

    assert status(answer) == IGNORED
    assert (len(open_tasks(scene, mine)), open_tasks(scene, theirs)) == (before, [])


def test_t8_a_body_replayed_with_new_headers_is_told_once_even_when_its_receipt_is_gone(scene: Scene) -> None:
    mine = scene.shop("shopify")
    post = scene.post(mine)
    later = post.but(
        X_Shopify_Webhook_Id="0d3f7c52-0000-4f0b-9f41-3c8f7a1be6d4",
        X_Shopify_Event_Id="0d3f7c52-0001-4f0b-9f41-3c8f7a1be6d4",
        X_Shopify_Triggered_At=datetime.now(UTC).isoformat(),
    )
    assert [status(scene.send(one)) for one in (post, later)] == [ACCEPTED, DUPLICATE]

    with transaction(scene.bench.engine) as connection:
        connection.execute(sa.delete(webhooks).where(webhooks.c.store_id == mine.id))

    assert scene.send(later).status_code == 200
    assert scene.states(mine) == [("Purchase", "pending", None)]


def test_t8_an_old_order_replayed_after_all_is_not_told(scene: Scene) -> None:
    mine = scene.shop("shopify")

    assert status(scene.send(scene.post(mine, encoded(scene.document(mine, age=timedelta(days=8)))))) == ACCEPTED
    assert scene.states(mine) == [("Purchase", "skipped", "older than 7 days")]


@pytest.mark.parametrize(
    ("header", "moment"),
    [
        ("2026-11-24T09:30:15.123456789Z", datetime(2026, 11, 24, 9, 30, 15, 123456, tzinfo=UTC)),
        ("some day", None),
        (None, None),
    ],
)
def test_t8_an_uninstall_is_written_down_with_the_time_it_says_it_happened(
    scene: Scene, header: str | None, moment: datetime | None
) -> None:
    """Advice only: the header is not signed. Sealed like every task, though nobody is named in it."""
    mine = numbered(scene, "7007")
    body = sample(mine, "app/uninstalled", "shop", id=7007)

    assert status(scene.send(scene.post(mine, body, "app/uninstalled").but(**{TRIGGERED: header}))) == ACCEPTED

    (task,) = open_tasks(scene, mine)
    opened = scene.bench.sealer.unseal(task.payload, store=mine.id, column=SEALED_PAYLOAD)
    told = msgspec.json.decode(opened, type=StoreUninstalled)
    assert told == StoreUninstalled(site=mine.row.domain, shop_id="7007", triggered_at=moment)


def test_t8_two_removals_at_two_times_are_two_tasks_and_one_told_twice_is_one(scene: Scene) -> None:
    """Told as one, the later of them could be lost: the body may be the same text, and the earlier one out of date."""
    mine = scene.shop("shopify")
    post = scene.post(mine, sample(mine, "app/uninstalled", "shop"), "app/uninstalled")
    times = ("2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z", "2026-11-22T10:00:00Z")

    for moment in times:
        assert scene.send(post.but(**{TRIGGERED: moment})).status_code == 200

    assert len(open_tasks(scene, mine)) == 2


def test_w24_the_body_of_a_shop_nobody_connected_ends_no_shop(scene: Scene) -> None:
    mine = scene.shop("shopify")
    body = json.loads(sample(mine, "app/uninstalled", "shop")) | {"myshopify_domain": "nobody.myshopify.com"}

    refused_as_anothers(scene, scene.post(mine, encoded(body), "app/uninstalled"), mine, named="nobody.myshopify.com")


def test_t6_a_refund_names_no_shop_and_is_told_of_no_order_that_is_not_here(scene: Scene) -> None:
    mine, theirs = scene.shop("shopify"), scene.shop("shopify")
    order = scene.document(theirs)
    scene.send(scene.post(theirs, encoded(order)))
    refund = sample(theirs, "refunds/create", "partial", order_id=order["id"], id=order["id"] + 1)

    scene.send(scene.post(theirs, refund, "refunds/create").but(**{SHOP: mine.row.domain}))
    scene.bench.deliver()

    assert "delivered" not in [state for _, state, _ in scene.states(mine)]
