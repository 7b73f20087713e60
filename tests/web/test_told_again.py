"""Rows of facts/reliability.md section 5 about what is told twice, at once, or under one delivery id."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa

from integration.db import reading
from integration.db.webhooks import webhooks
from tests.web.bad_input.paper import changed, encoded
from tests.web.bad_input.scene import (
    ACCEPTED,
    DELIVERY_ID,
    DUPLICATE,
    Post,
    Scene,
    both_platforms,
    status,
)


@both_platforms
def test_w73_ten_copies_at_once_are_one_event(scene: Scene, platform: str) -> None:
    shop = scene.shop(platform)
    post = scene.post(shop)

    answers = at_once(scene, [post] * 10)

    assert sorted(answers) == [ACCEPTED, *[DUPLICATE] * 9]
    assert len(scene.rows(shop)) == 1
    with reading(scene.bench.engine) as connection:
        copies = connection.execute(sa.select(webhooks.c.copies).where(webhooks.c.store_id == shop.id)).scalars()
        assert copies.all() == [10]


def at_once(scene: Scene, posts: list[Post], workers: int = 10) -> list[tuple[int, str]]:
    """Status and word of each, sent in parallel, each by a client of its own."""
    application = scene.client.application

    def send(post: Post) -> tuple[int, str]:
        answer = replace(scene, client=application.test_client()).send(post)
        assert answer.status_code == 200 or answer.headers.get("Retry-After"), answer.data
        return answer.status_code, answer.json.get("status", "")

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(send, posts))


@both_platforms
def test_w74_one_delivery_id_and_another_body_is_no_copy_and_no_second_purchase(scene: Scene, platform: str) -> None:
    shop = scene.shop(platform)
    document = scene.document(shop)
    first = scene.post(shop, encoded(document))
    second = first.with_body(encoded(changed(platform, document, "email", "later@example.com")))
    assert first.headers[DELIVERY_ID[platform]] == second.headers[DELIVERY_ID[platform]]

    assert [status(scene.send(one)) for one in (first, second)] == [ACCEPTED, ACCEPTED]
    assert len(scene.rows(shop)) == 1


@both_platforms
@pytest.mark.parametrize("text", [None, "", "x" * 10_000, "'; DROP TABLE webhooks; --", "\xe9", "a,b"])
def test_w76_the_delivery_id_is_hearsay_whatever_it_says(scene: Scene, platform: str, text: str | None) -> None:
    shop = scene.shop(platform)
    post = scene.post(shop).but(**{DELIVERY_ID[platform]: text})

    assert [status(scene.send(post)) for _ in range(2)] == [ACCEPTED, DUPLICATE]
    assert len(scene.rows(shop)) == 1


@both_platforms
def test_w86_two_orders_with_one_delivery_id_are_two(scene: Scene, platform: str) -> None:
    shop = scene.shop(platform)
    posts = [scene.post(shop).but(**{DELIVERY_ID[platform]: "52e9f7924252001204d8b955c5e5473a"}) for _ in range(2)]

    assert [status(scene.send(one)) for one in posts] == [ACCEPTED, ACCEPTED]
    assert len(scene.rows(shop)) == 2


@both_platforms
def test_w52_an_id_as_text_and_as_number_is_one_order(scene: Scene, platform: str) -> None:
    shop = scene.shop(platform)
    document = scene.document(shop)
    number = document["id"]
    bodies = [encoded(changed(platform, document, "id", one)) for one in (number, str(number))]

    assert [status(scene.send(scene.post(shop, body))) for body in bodies] == [ACCEPTED, ACCEPTED]
    assert [row["event_id"] for row in scene.rows(shop)] == [str(number)]


@both_platforms
def test_w93_a_burst_is_taken_or_put_off_and_what_was_taken_is_there(scene: Scene, platform: str) -> None:
    shop = scene.shop(platform)

    answers = at_once(scene, [scene.post(shop) for _ in range(120)], workers=16)

    assert {code for code, _ in answers} <= {200, 503}
    assert len(scene.rows(shop)) == answers.count(ACCEPTED) > 0
