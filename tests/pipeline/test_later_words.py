"""What a browser says after its order was told, or once more after it had refused, on both databases. Constructed."""

import json

import sqlalchemy as sa

from integration.db import reading, transaction
from integration.db.events import events
from integration.db.signals import signals
from integration.pipeline.receive import Receiver
from tests.pipeline.test_signals import european, hearing, kept_person, paid, speak
from tests.rig.hasten import make_everything_due
from tests.rig.shop import SECRET_KEY, Bench
from tests.rig.shoppers import now


def stated(bench: Bench) -> dict[str, list[object]]:
    with reading(bench.engine) as connection:
        text = connection.execute(sa.select(events.c.stated).where(events.c.event_name == "Purchase")).scalar_one()
    words: dict[str, list[object]] = json.loads(text or "{}")
    return words


def test_a_refund_is_not_told_of_who_refused_after_their_order_was_told_though_the_browsers_words_are_forgotten(
    bench: Bench,
) -> None:
    shop = hearing(bench)
    shop.tell("orders/paid", paid(shop))
    make_everything_due(bench.engine)
    assert bench.deliver() == 1
    before = kept_person(shop).user_data

    speak(shop, consent={"marketing": False})
    with transaction(bench.engine) as connection:
        connection.execute(sa.delete(signals))  # their days are over before the person's
    shop.tell("refunds/create", shop.sample("refunds/create", "partial", order_id="1"))
    bench.deliver()

    assert bench.states("Refund") == [("withheld", "consent was refused")]
    assert bench.states("Purchase") == [("delivered", None)]
    assert kept_person(shop).user_data == before
    assert stated(bench)["marketing"][:2] == ["refused", "script"]


def test_a_yes_after_a_no_of_the_same_browser_lets_the_order_that_is_read_again_leave(bench: Bench) -> None:
    shop = hearing(bench, consent_mode="regional")
    shop.tell("orders/paid", european(shop))
    speak(shop, consent={"marketing": False})
    bench.deliver()
    assert bench.states() == [("withheld", "consent was refused")]

    speak(shop, consent={"marketing": True})
    receiver = Receiver(bench.engine, bench.sealer, SECRET_KEY, bench.app_secrets, bench.memory)
    receiver.recover(shop.row, "orders/updated", european(shop, note="read again"), now(), again=True)
    bench.deliver()

    assert bench.states() == [("delivered", None)]
    assert stated(bench)["marketing"][:2] == ["granted", "script"]


def test_a_no_after_a_yes_of_the_same_browser_stands_when_the_shop_tells_the_order_again(bench: Bench) -> None:
    shop = hearing(bench, consent_mode="regional")
    speak(shop, consent={"marketing": True})
    shop.tell("orders/paid", european(shop))
    speak(shop, consent={"marketing": False})
    shop.tell("orders/updated", european(shop, note="edited"))
    make_everything_due(bench.engine)
    bench.deliver()

    assert bench.states() == [("withheld", "consent was refused")]
