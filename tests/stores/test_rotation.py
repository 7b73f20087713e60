"""A store's own secret changes: what is signed with the new one or the former is taken, and at no moment is anything lost.

Long: who may still use the former one is a case each; and what else keeps a store with a secret of its own connected.
"""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from connectors import registry
from connectors.contract import WebhookRequest
from connectors.errors import InvalidSignature
from integration import db
from integration.db import alerts, reading, transaction
from integration.db.chores import chores
from integration.db.stores import Store, stores
from integration.errors import Conflict
from integration.pipeline.receive import Outcome, Receiver
from integration.pipeline.signers import own_secrets
from integration.stores import connect, disconnect, rotation
from integration.stores.connect import NewStore
from integration.stores.grants import NEEDS_RECONNECT
from integration.stores.rotation import PATIENCE, SETTLED, Rotated
from integration.stores.upkeep import WEBHOOKS_RESTORED
from tests.rig.desk import now
from tests.rig.keyed_shop import KeyedShop, open_keyed_shop
from tests.rig.wooffice import PLATFORM, Wooffice

TOPIC = "order.created"
CONNECTION = "wc-tandem/v1/connection"
GONE = {"code": "woocommerce_rest_cannot_view", "message": "Sorry, you cannot list resources."}
MOMENT = timedelta(minutes=1)


@pytest.fixture
def shop() -> Iterator[KeyedShop]:
    with open_keyed_shop() as found:
        yield found


@pytest.fixture
def office(engine: db.Engine, shop: KeyedShop) -> Wooffice:
    return Wooffice(engine, shop)


def settled(office: Wooffice) -> Store:
    """A store that is connected, its webhooks and its plugin told."""
    office.connected()
    office.look_after()
    return office.store()


def rotate(office: Wooffice, *, at_once: bool = False) -> Rotated:
    with transaction(office.engine) as connection:
        return rotation.rotate(connection, office.sealer, office.store(), at_once=at_once)


def later(office: Wooffice, waited: timedelta) -> None:
    """The secret was changed so long ago, with all that was done before and since; and all is to be done now."""
    pass_by(office, waited)
    for kinds in ((), ("secret",)):
        office.make_due(*kinds)
        office.look_after()


def pass_by(office: Wooffice, waited: timedelta) -> None:
    """Until the secret was changed so long ago."""
    with transaction(office.engine) as connection:
        (changed,) = connection.execute(sa.select(stores.c.secret_at)).scalars()
        by = now() - waited - changed
        connection.execute(sa.update(stores).values(secret_at=changed + by))
        for row in connection.execute(sa.select(chores).where(chores.c.done_at.isnot(None))).all():
            this = sa.and_(chores.c.store_id == row.store_id, chores.c.kind == row.kind)
            connection.execute(sa.update(chores).where(this).values(done_at=row.done_at + by))


def delivery(store: Store, secret: str, order_id: str = "1042") -> WebhookRequest:
    connector = registry.get(PLATFORM)
    sample = registry.sample(PLATFORM, TOPIC, "card")
    body = connector.restage(sample, order_id=order_id, placed_at=now(), domain=store.domain)
    headers = {name.lower(): text for name, text in connector.sign(TOPIC, body, secret, store.domain).items()}
    return WebhookRequest(body, headers, store.webhook_key)


def taken(office: Wooffice, secret: str, receiver: Receiver | None = None) -> bool:
    try:
        reply = (receiver or office.receiver).receive(PLATFORM, delivery(office.store(), secret), now())
    except InvalidSignature:
        return False
    return reply.status in (Outcome.ACCEPTED, Outcome.DUPLICATE)


def secrets_of(office: Wooffice) -> list[str]:
    return list(own_secrets(office.sealer, office.store()))


def by_command(office: Wooffice) -> str:
    """Its secret."""
    with transaction(office.engine) as connection:
        new = NewStore(PLATFORM, office.shop.domain, None, now())
        added = connect.add_store(connection, new, sealer=office.sealer, app_secrets={}, now=now(), production=False)
    return added.webhook_secret


def test_meanwhile_the_new_secret_and_the_former_sign_and_no_other(office: Wooffice) -> None:
    settled(office)
    (former,) = secrets_of(office)
    receiver = office.receiver
    assert taken(office, former, receiver)

    rotated = rotate(office)

    assert secrets_of(office) == [rotated.secret, former]
    assert len(rotated.secret) == 40
    assert rotated.secret.isalnum()
    assert [taken(office, secret, receiver) for secret in (former, rotated.secret, "A" * 40)] == [True, True, False]


def test_the_shop_s_webhooks_and_its_plugin_are_told_the_new_one_at_once(office: Wooffice) -> None:
    settled(office)
    assert set(office.shop.secrets.values()) == set(secrets_of(office))

    rotated = rotate(office)
    office.look_after()

    assert set(office.shop.secrets.values()) == {rotated.secret}
    assert len(office.shop.secrets) == len(office.shop.webhooks) == 4
    assert office.shop.connection
    assert office.shop.connection["secret"] == rotated.secret


def test_an_hour_after_all_were_told_only_the_new_one_signs(office: Wooffice) -> None:
    settled(office)
    (former,) = secrets_of(office)
    receiver = office.receiver
    rotated = rotate(office)
    office.look_after()
    assert taken(office, former, receiver)

    later(office, SETTLED - MOMENT)
    assert secrets_of(office) == [rotated.secret, former]
    later(office, SETTLED + MOMENT)

    assert secrets_of(office) == [rotated.secret]
    assert [taken(office, secret, receiver) for secret in (former, rotated.secret)] == [False, True]
    assert "secret" not in office.chores()


def test_who_still_wrote_the_former_one_into_a_webhook_is_corrected_before_it_goes(office: Wooffice) -> None:
    """Two may look after one store at a moment, and one of them began before the change."""
    settled(office)
    (former,) = secrets_of(office)
    rotated = rotate(office)
    office.look_after()
    office.shop.secrets[1] = former

    pass_by(office, SETTLED + MOMENT)
    office.make_due("secret")
    office.look_after()
    assert secrets_of(office) == [rotated.secret, former]
    later(office, SETTLED + MOMENT)

    assert set(office.shop.secrets.values()) == {rotated.secret}
    assert secrets_of(office) == [rotated.secret]


def test_while_the_shop_cannot_be_told_both_go_on_signing(office: Wooffice) -> None:
    settled(office)
    (former,) = secrets_of(office)
    rotated = rotate(office)
    for _ in range(20):
        office.shop.says("PUT", f"wc/v3/webhooks/{office.shop.webhooks[0]['id']}", {}, 500)

    office.look_after()
    later(office, PATIENCE + MOMENT)

    assert secrets_of(office) == [rotated.secret, former]


def test_a_plugin_that_never_was_there_keeps_nothing_from_being_settled(office: Wooffice) -> None:
    office.shop.plugin = False
    settled(office)
    rotated = rotate(office)
    office.look_after()

    later(office, SETTLED + MOMENT)

    assert secrets_of(office) == [rotated.secret]


def test_a_plugin_that_is_silent_is_waited_for_a_week(office: Wooffice) -> None:
    """It was told the former secret once, and may come back with it."""
    settled(office)
    office.shop.plugin = False
    rotated = rotate(office)
    office.look_after()

    later(office, PATIENCE - MOMENT)
    assert len(secrets_of(office)) == 2
    later(office, PATIENCE + MOMENT)

    assert secrets_of(office) == [rotated.secret]


def test_of_a_steady_flow_of_deliveries_none_is_refused_at_any_moment(office: Wooffice) -> None:
    """G17. Each is signed with what the shop's webhook has at that moment, and arrives a while after."""
    store = settled(office)
    (number,) = [one["id"] for one in office.shop.webhooks if one["topic"] == TOPIC]
    receiver, refused, done, sent = office.receiver, [], threading.Event(), 0

    def deliver() -> None:
        nonlocal sent
        while not done.is_set():
            secret = office.shop.secrets[number]
            assert secret
            under_way = delivery(store, secret, str(5_000 + sent))
            done.wait(0.02)
            try:
                receiver.receive(PLATFORM, under_way, now())
            except InvalidSignature:
                refused.append(secret)
            sent += 1

    flow = threading.Thread(target=deliver)
    flow.start()
    try:
        for _ in range(3):
            rotate(office)
            done.wait(0.1)
            office.look_after()
            done.wait(0.1)
            later(office, SETTLED + MOMENT)
            assert len(secrets_of(office)) == 1
    finally:
        done.set()
        flow.join()
    assert refused == []
    assert sent > 10


def test_a_second_change_waits_for_the_first(office: Wooffice) -> None:
    settled(office)
    rotate(office)
    before = secrets_of(office)

    with pytest.raises(Conflict, match="is being changed already"):
        rotate(office)
    assert secrets_of(office) == before


def test_a_secret_that_leaked_is_refused_at_once(office: Wooffice) -> None:
    settled(office)
    (former,) = secrets_of(office)
    receiver = office.receiver
    assert taken(office, former, receiver)

    rotated = rotate(office, at_once=True)

    assert [taken(office, secret, receiver) for secret in (former, rotated.secret)] == [False, True]
    office.look_after()
    assert set(office.shop.secrets.values()) == {rotated.secret}


def test_without_keys_of_the_shop_a_person_brings_the_new_secret_there_within_seven_days(office: Wooffice) -> None:
    former = by_command(office)

    rotated = rotate(office)

    assert rotated.by_hand
    assert set(office.chores()) == {"secret"}
    assert office.chores()["secret"].due_at - datetime.now(UTC) > PATIENCE - MOMENT
    later(office, PATIENCE - MOMENT)
    assert [taken(office, secret) for secret in (former, rotated.secret)] == [True, True]
    later(office, PATIENCE + MOMENT)
    assert [taken(office, secret) for secret in (former, rotated.secret)] == [False, True]
    assert office.shop.asked == []


def test_a_platform_whose_app_signs_has_no_secret_to_change(office: Wooffice) -> None:
    with transaction(office.engine) as connection:
        new = NewStore("shopify", "tea.myshopify.com", None, now())
        store = connect.add_store(
            connection,
            new,
            sealer=office.sealer,
            app_secrets={"shopify": ("the app's own secret",)},
            now=now(),
            production=False,
        ).store
        with pytest.raises(Conflict, match="signs with the app's"):
            rotation.rotate(connection, office.sealer, store)


def test_a_secret_that_an_operator_gave_signs_until_the_webhooks_were_told_ours(office: Wooffice) -> None:
    former = by_command(office)
    store = office.store()
    office.shop.has(TOPIC, f"http://127.0.0.1:8000/webhooks/woocommerce/{store.webhook_key}")

    office.connected()
    assert taken(office, former)
    office.look_after()
    later(office, SETTLED + MOMENT)

    (secret,) = secrets_of(office)
    assert {office.shop.secrets[one["id"]] for one in office.shop.webhooks} == {secret}
    assert [taken(office, one) for one in (former, secret)] == [False, True]


def test_a_webhook_that_woocommerce_switched_off_is_at_work_again_and_the_merchant_is_told(office: Wooffice) -> None:
    settled(office)
    office.shop.webhooks[0]["status"] = "disabled"
    office.make_due("subscriptions")

    office.look_after()

    assert {one["status"] for one in office.shop.webhooks} == {"active"}
    sentence = office.alerts()[WEBHOOKS_RESTORED]
    assert sentence == (
        f"WooCommerce webhooks were missing or switched off ({office.shop.webhooks[0]['topic']}). They are at work again."
    )


def test_keys_that_are_refused_are_worth_nothing_at_once_and_the_merchant_is_told_where_to_connect(
    office: Wooffice,
) -> None:
    """They never expire, so there is nothing to renew them with."""
    settled(office)
    for _ in range(20):
        office.shop.says("GET", "wc/v3/data/currencies/current", GONE, 401)
    office.make_due("subscriptions")

    office.look_after()

    kept = office.grant()
    assert kept
    assert kept.rejected
    assert "http://127.0.0.1:8000/woocommerce/connect" in office.alerts()[NEEDS_RECONNECT]
    office.shop.laid_out.clear()
    office.connected()
    assert NEEDS_RECONNECT not in office.alerts()


def test_a_merchant_who_disconnects_finds_nothing_of_ours_left_in_the_shop(office: Wooffice) -> None:
    store = settled(office)
    assert len(office.shop.webhooks) == 4

    assert "A key whose name begins with Tandem is still in the admin" in disconnect.part(
        office.platforms, store, now()
    )

    assert (office.shop.webhooks, office.shop.connection) == ([], None)
    assert (office.store().uninstalled_at is not None, office.grant(), office.chores()) == (True, None, {})


def test_a_shop_that_lets_us_in_no_more_is_left_all_the_same_and_the_merchant_told_what_is_left(
    office: Wooffice,
) -> None:
    store = settled(office)
    for _ in range(20):
        office.shop.says("GET", "wc/v3/webhooks", GONE, 401)

    left = disconnect.part(office.platforms, store, now())

    assert left
    assert left.startswith(
        f"Delete the webhooks and the keys whose names begin with Tandem in the admin of {store.domain}: "
    )
    assert office.store().uninstalled_at is not None
    with reading(office.engine) as connection:
        assert [row.kind for row in alerts.everything(connection, 10)] == []
