"""What an app reviewer does with the mandatory webhooks, played through: facts/reliability.md section 4, T47.

Shopify demands 401 for a wrong signature and 2xx for a right one, of each compliance topic, and tries it before an app
is listed. Nothing of it may depend on whether we serve the shop: the reviewer's is none of ours.
"""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from connectors import registry
from integration.db import reading
from integration.db.alerts import alerts
from integration.db.tasks import SEALED_PAYLOAD, tasks
from tests.web.bad_input.doors import NEW_SECRET, OLD_SECRET
from tests.web.bad_input.paper import encoded
from tests.web.bad_input.scene import ACCEPTED, IGNORED, UNAUTHORIZED, Scene, status

PATH = "/webhooks/shopify"
STRANGER = "reviewer.myshopify.com"
COMPLIANCE = {"customers/data_request": "example", "customers/redact": "example", "shop/redact": "example"}
MANDATORY = {**COMPLIANCE, "app/uninstalled": "shop"}
HMAC = "X-Shopify-Hmac-Sha256"
each_compliance = pytest.mark.parametrize("topic", COMPLIANCE)
each_mandatory = pytest.mark.parametrize("topic", MANDATORY)


def body_of(topic: str, domain: str = STRANGER) -> bytes:
    told = json.loads(registry.sample("shopify", topic, MANDATORY[topic]))
    name = "myshopify_domain" if topic == "app/uninstalled" else "shop_domain"
    return encoded(told | {name: domain})


def headers_of(topic: str, body: bytes, secret: str = NEW_SECRET, **changes: str | None) -> dict[str, str]:
    told = registry.get("shopify").sign(topic, body, secret, STRANGER)
    changed = {**told, **{name.replace("_", "-"): text for name, text in changes.items()}}
    return {name: text for name, text in changed.items() if text is not None}


def recorded(scene: Scene, site: str) -> list[Any]:
    with reading(scene.bench.engine) as connection:
        return list(connection.execute(sa.select(tasks).where(tasks.c.site == site)).all())


@each_compliance
@pytest.mark.parametrize("secret", [NEW_SECRET, OLD_SECRET], ids=["new secret", "old secret"])
def test_t47_a_well_signed_demand_for_a_shop_we_do_not_serve_is_answered_200_and_written_down(
    scene: Scene, topic: str, secret: str
) -> None:
    site = f"{scene.order_id()}.myshopify.com"
    body = body_of(topic, site)

    answers = [scene.client.post(PATH, data=body, headers=headers_of(topic, body, secret)) for _ in range(2)]

    assert [status(answer) for answer in answers] == [ACCEPTED, ACCEPTED]
    (task,) = recorded(scene, site)
    assert (task.kind, task.store_id) == ("privacy_request", None)
    opened = json.loads(scene.bench.sealer.unseal(task.payload, store="", column=SEALED_PAYLOAD))
    assert (opened["site"], opened["shop_id"]) == (site, "70055100011")
    assert site not in task.payload


@each_mandatory
@pytest.mark.parametrize(
    "given",
    [None, "", "nonsense", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="],
    ids=["missing", "empty", "no base64", "of another key"],
)
def test_t47_a_missing_or_wrong_signature_is_answered_401_and_leaves_nothing(
    scene: Scene, topic: str, given: str | None
) -> None:
    body, before = body_of(topic), scene.counts()

    answer = scene.client.post(PATH, data=body, headers=headers_of(topic, body, **{HMAC: given}))

    assert (answer.status_code, answer.json) == (401, UNAUTHORIZED)
    assert scene.counts() == before


@each_mandatory
def test_t47_a_changed_body_is_answered_401(scene: Scene, topic: str) -> None:
    body, before = body_of(topic), scene.counts()

    answer = scene.client.post(PATH, data=body + b" ", headers=headers_of(topic, body))

    assert (answer.status_code, answer.json) == (401, UNAUTHORIZED)
    assert scene.counts() == before


@each_mandatory
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_t47_only_post_is_taken(scene: Scene, topic: str, method: str) -> None:
    body = body_of(topic)

    answer = scene.client.open(PATH, method=method, data=body, headers=headers_of(topic, body))

    assert answer.status_code == 405
    assert not answer.headers.get("Location")


def test_t47_an_uninstall_of_a_shop_we_do_not_serve_is_answered_200_and_ends_nobody(scene: Scene) -> None:
    body, before = body_of("app/uninstalled"), scene.counts()

    answer = scene.client.post(PATH, data=body, headers=headers_of("app/uninstalled", body))

    assert status(answer) == IGNORED
    assert scene.counts() == before


@each_mandatory
def test_t47_the_answer_tells_nobody_whether_the_shop_is_served(scene: Scene, topic: str) -> None:
    """T55: to whoever does not know the secret, both shops look the same."""
    served = scene.shop("shopify").row.domain
    body = body_of(topic)
    answers = [
        scene.client.post(PATH, data=body, headers=headers_of(topic, body, X_Shopify_Shop_Domain=domain, **{HMAC: "x"}))
        for domain in (served, STRANGER)
    ]
    assert len({(answer.status_code, answer.data, tuple(sorted(answer.headers))) for answer in answers}) == 1


@pytest.mark.parametrize("topic", ["app/scopes_update", "products/update"])
def test_a_topic_we_do_not_follow_is_answered_200_without_an_alert(scene: Scene, topic: str) -> None:
    """The CLI's own template subscribes to app/scopes_update; whoever keeps that line is not bothered for it."""
    shop = scene.shop("shopify")
    post = scene.post(shop, b'{"id":1,"previous":["read_orders"],"current":["read_orders"]}', topic)

    assert status(scene.send(post)) == IGNORED
    with reading(scene.bench.engine) as connection:
        assert connection.execute(sa.select(alerts.c.id).where(alerts.c.store_id == shop.id)).all() == []
