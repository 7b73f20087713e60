"""A browser's signal and its order's webhook, in every order of coming, on both databases. Constructed signals.

Long: each way in which the two may meet.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.event import Stated
from integration import db
from integration.db import clock, reading, signals, transaction
from integration.db.deliveries import deliveries
from integration.db.events import NOBODY as NOBODY_THERE
from integration.db.events import Learnt, events, learn
from integration.db.stores import stores
from integration.pipeline import browsing, joining
from integration.pipeline.acquaintances import Acquaintances
from integration.pipeline.beacon_words import Caller
from integration.pipeline.browsing import Heard
from integration.pipeline.collect import Collector
from integration.pipeline.joining import By
from integration.pipeline.scribe import AWAITS_SIGNAL, unseal_person
from tests.rig.hasten import make_everything_due
from tests.rig.shop import Bench, Shop

FBP, FBC = "fb.1.1794854000500.1234567890", "fb.1.1794854000500.IwAbC"
TOLD = Heard(fbp=FBP, fbc=FBC, ip="203.0.113.9", user_agent="Mozilla/5.0 (Heard)")
TOKEN = "checkouttoken0001"


def hearing(bench: Bench, platform: str = "shopify", **more: Any) -> Shop:
    """A store whose storefront's script is at work."""
    shop = bench.shop(platform, **{"consent_mode": "assumed", **more})
    with transaction(bench.engine) as connection:
        values = {"storefront_at": clock(), "version": stores.c.version + 1}
        connection.execute(sa.update(stores).where(stores.c.id == shop.id).values(values))
    return shop


def keep(shop: Shop, heard: Heard, *, by: By = By.CHECKOUT, value: str = TOKEN) -> None:
    """What a browser told, as the beacon keeps it; nothing is let go by it."""
    sealed = shop.bench.sealer.seal(heard.encoded(), store=shop.id, column=signals.SEALED)
    with transaction(shop.bench.engine) as connection:
        signals.keep(connection, shop.id, joining.key(by, value), sealed)


def paid(shop: Shop, order_id: str = "1", **changes: Any) -> bytes:
    """A paid order of the website, which tells nothing of its browser itself."""
    body = json.loads(shop.sample("orders/paid", "card", order_id=order_id))
    bare = {"note_attributes": [], "browser_ip": None, "client_details": None, "landing_site": None}
    return json.dumps({**body, **bare, "checkout_token": TOKEN, "cart_token": "cart1", **changes}).encode()


def european(shop: Shop, **changes: Any) -> bytes:
    return paid(shop, billing_address={"country_code": "DE", "city": "Berlin"}, **changes)


def beacon(bench: Bench) -> Collector:
    return Collector(bench.engine, bench.sealer, Acquaintances(bench.engine, loopback=False))


def speak(shop: Shop, **said: Any) -> bool:
    """A browser tells the beacon."""
    collector = beacon(shop.bench)
    known = collector.acquaintances.named(shop.row.public_key)
    assert known
    body = json.dumps({"checkout_token": TOKEN, **said}).encode()
    return collector.hear(known, body, caller(), datetime.now(UTC))


def caller() -> Caller:
    return Caller("203.0.113.9", "Mozilla/5.0 (Heard)", opts_out=False)


def due_in(bench: Bench, event_name: str = "Purchase") -> timedelta | None:
    """How long its delivery still waits, by the database's clock."""
    with reading(bench.engine) as connection:
        wanted = sa.select(deliveries.c.next_at).join(events, events.c.id == deliveries.c.event_pk)
        at = connection.execute(wanted.where(events.c.event_name == event_name)).scalar_one()
        return None if at is None else at - db.now(connection)


def told(bench: Bench) -> dict[str, Any]:
    (one,) = bench.sandbox.told()
    return one["user_data"]


def kept_person(shop: Shop, event_name: str = "Purchase") -> Any:
    with reading(shop.bench.engine) as connection:
        sealed = connection.execute(sa.select(events.c.user_data).where(events.c.event_name == event_name)).scalar_one()
    return unseal_person(shop.bench.sealer, shop.id, sealed)


# Joining


def test_a_signal_that_came_before_the_webhook_is_joined_and_nothing_waits(bench: Bench) -> None:
    shop = hearing(bench)
    keep(shop, TOLD)
    shop.tell("orders/paid", paid(shop))

    assert due_in(bench) <= timedelta(0)
    assert bench.deliver() == 1

    person = told(bench)
    assert (person["fbp"], person["fbc"]) == (FBP, FBC)
    assert (person["client_ip_address"], person["client_user_agent"]) == (TOLD.ip, TOLD.user_agent)


def test_a_purchase_waits_thirty_seconds_for_the_browser_and_says_so(bench: Bench) -> None:
    shop = hearing(bench)
    reply = shop.tell("orders/paid", paid(shop))

    assert reply.reason == "waiting up to 30 seconds for the browser's signal"
    assert bench.states() == [("waiting", AWAITS_SIGNAL)]
    assert timedelta(seconds=25) < due_in(bench) <= timedelta(seconds=30)
    assert bench.deliver() == 0


def test_a_signal_within_the_grace_lets_it_go_at_once(bench: Bench) -> None:
    shop = hearing(bench)
    shop.tell("orders/paid", paid(shop))

    assert speak(shop, fbp=FBP)
    assert bench.deliver() == 1
    assert told(bench)["fbp"] == FBP


def test_after_the_grace_it_goes_whether_a_signal_came_or_not(bench: Bench) -> None:
    shop = hearing(bench)
    shop.tell("orders/paid", paid(shop))
    make_everything_due(bench.engine)

    assert bench.deliver() == 1
    assert "fbp" not in told(bench)


def test_a_signal_after_it_was_told_changes_nothing(bench: Bench) -> None:
    shop = hearing(bench)
    shop.tell("orders/paid", paid(shop))
    make_everything_due(bench.engine)
    bench.deliver()

    assert not speak(shop, fbp=FBP)
    assert bench.deliver() == 0
    assert len(bench.sandbox.events()) == 1


def test_a_signal_between_two_tries_is_told_with_the_second(bench: Bench) -> None:
    shop = hearing(bench)
    shop.tell("orders/paid", paid(shop))
    make_everything_due(bench.engine)
    bench.sandbox.fail(kind="error", code=4, status=400, times=1)
    bench.deliver()
    keep(shop, TOLD)
    make_everything_due(bench.engine)

    assert bench.deliver() == 1
    assert told(bench)["fbc"] == FBC


def test_of_two_keys_the_first_told_counts_and_each_fills_what_the_other_lacks(bench: Bench) -> None:
    shop = hearing(bench)
    keep(shop, Heard(fbp=FBP), by=By.CART, value="cart1")
    with transaction(bench.engine) as connection:
        earlier = sa.update(signals.signals).values(first_at=datetime.now(UTC) - timedelta(minutes=1))
        connection.execute(earlier)
    keep(shop, Heard(fbp="fb.1.1794854000500.999", fbc=FBC))
    shop.tell("orders/paid", paid(shop))
    bench.deliver()

    assert (told(bench)["fbp"], told(bench)["fbc"]) == (FBP, FBC)


def test_the_orders_own_values_stay(bench: Bench) -> None:
    shop = hearing(bench)
    keep(shop, TOLD)
    own = [{"name": "_fbp", "value": "fb.1.1794854000500.42"}]
    shop.tell("orders/paid", paid(shop, note_attributes=own, browser_ip="192.0.2.1"))
    bench.deliver()

    assert (told(bench)["fbp"], told(bench)["client_ip_address"]) == ("fb.1.1794854000500.42", "192.0.2.1")
    assert told(bench)["fbc"] == FBC


def test_an_order_of_another_shop_with_the_same_id_is_not_joined(bench: Bench) -> None:
    other = hearing(bench, domain="other.myshopify.com", dataset="100000000000002")
    keep(other, TOLD, by=By.ORDER, value="1")
    shop = hearing(bench)
    shop.tell("orders/paid", paid(shop))
    make_everything_due(bench.engine)
    bench.deliver()

    assert "fbp" not in told(bench)


def test_what_leaves_is_written_down_so_its_refund_is_told_of_the_same_person(bench: Bench) -> None:
    shop = hearing(bench)
    keep(shop, TOLD)
    shop.tell("orders/paid", paid(shop, "5001"))
    bench.deliver()
    with transaction(bench.engine) as connection:
        connection.execute(sa.delete(signals.signals))
    shop.tell("refunds/create", shop.sample("refunds/create", "partial"))
    bench.deliver()

    assert kept_person(shop).user_data["client_ip_address"] == TOLD.ip
    (refund,) = bench.sandbox.told("Refund")
    assert refund["user_data"]["fbp"] == FBP
    assert "client_ip_address" not in refund["user_data"]
    with reading(bench.engine) as connection:
        mask = connection.execute(sa.select(events.c.key_mask).where(events.c.event_name == "Purchase")).scalar_one()
    assert mask & (1 << 14), "fbp"


def test_a_person_forgotten_between_reading_and_sending_is_not_brought_back(bench: Bench) -> None:
    shop = hearing(bench)
    shop.tell("orders/paid", paid(shop))
    with transaction(bench.engine) as connection:
        pk, seen = connection.execute(sa.select(events.c.id, events.c.user_data)).one()
        connection.execute(sa.update(events).values(dict(NOBODY_THERE)))
        learn(connection, [Learnt(pk, seen, "a new seal", 7, None)])
        assert connection.execute(sa.select(events.c.user_data)).scalar_one() is None


@pytest.mark.parametrize("broken", ["not a seal", ""])
def test_a_signal_that_does_not_open_is_as_if_it_were_not_there(bench: Bench, broken: str, capsys: Any) -> None:
    shop = hearing(bench)
    with transaction(bench.engine) as connection:
        signals.keep(connection, shop.id, joining.key(By.CHECKOUT, TOKEN), broken)
    shop.tell("orders/paid", paid(shop))

    assert bench.deliver() == 1
    assert "fbp" not in told(bench)


def test_what_a_silent_script_told_before_is_still_heard(bench: Bench) -> None:
    shop = bench.shop("shopify", consent_mode="assumed")
    keep(shop, Heard(marketing=Stated.REFUSED))
    shop.tell("orders/paid", paid(shop))
    bench.deliver()

    assert bench.states() == [("withheld", "consent was refused")]


# Consent


def test_a_refusal_while_it_waits_withholds_it_and_forgets_the_person(bench: Bench) -> None:
    shop = hearing(bench)
    shop.tell("orders/paid", paid(shop))
    speak(shop, consent={"marketing": False})
    bench.deliver()

    assert bench.states() == [("withheld", "consent was refused")]
    with reading(bench.engine) as connection:
        assert connection.execute(sa.select(events.c.user_data)).scalar_one() is None


def test_a_refusal_outweighs_what_the_order_allowed(bench: Bench) -> None:
    shop = hearing(bench)
    keep(shop, Heard(marketing=Stated.REFUSED))
    granted = [{"name": "_tandem_consent", "value": '{"marketing": true}'}]
    shop.tell("orders/paid", paid(shop, note_attributes=granted))
    bench.deliver()

    assert bench.states() == [("withheld", "consent was refused")]


def test_a_late_grant_releases_an_order_of_the_eea_at_once(bench: Bench) -> None:
    shop = hearing(bench, consent_mode="regional")
    shop.tell("orders/paid", european(shop))
    assert bench.states() == [("waiting", "waiting for consent")]

    assert speak(shop, fbp=FBP, consent={"marketing": True})
    assert bench.deliver() == 1
    assert told(bench)["fbp"] == FBP


def test_a_grant_that_came_first_lets_an_order_of_the_eea_go_at_once(bench: Bench) -> None:
    shop = hearing(bench, consent_mode="regional")
    keep(shop, Heard(marketing=Stated.GRANTED))
    shop.tell("orders/paid", european(shop))

    assert bench.deliver() == 1


def test_a_signal_without_a_word_of_consent_waits_on_within_the_ten_minutes(bench: Bench) -> None:
    shop = hearing(bench, consent_mode="regional")
    shop.tell("orders/paid", european(shop))
    speak(shop, fbp=FBP)

    assert bench.deliver() == 0
    assert bench.states() == [("waiting", "waiting for consent")]
    assert timedelta(minutes=9) < due_in(bench) < timedelta(minutes=10)


def test_a_default_decides_nothing(bench: Bench) -> None:
    shop = hearing(bench, consent_mode="regional")
    keep(shop, Heard(default_marketing=True))
    shop.tell("orders/paid", european(shop))

    assert bench.deliver() == 0
    assert bench.states() == [("waiting", "waiting for consent")]


def test_who_withdraws_after_the_purchase_is_not_told_of_in_its_refund(bench: Bench) -> None:
    shop = hearing(bench)
    keep(shop, TOLD)
    shop.tell("orders/paid", paid(shop, "5001"))
    bench.deliver()
    keep(shop, Heard(marketing=Stated.REFUSED))
    shop.tell("refunds/create", shop.sample("refunds/create", "partial"))
    bench.deliver()

    assert bench.states("Refund") == [("withheld", "consent was refused")]
    assert bench.states("Purchase") == [("delivered", None)]


# Grace


def test_the_shops_next_words_do_not_end_the_waiting_for_the_browser(bench: Bench) -> None:
    """Shopify tells orders/create, orders/paid and orders/updated within a second."""
    shop = hearing(bench)
    shop.tell("orders/create", paid(shop))
    before = due_in(bench)
    shop.tell("orders/updated", paid(shop, note="later"))

    assert bench.states() == [("waiting", AWAITS_SIGNAL)]
    assert due_in(bench) <= before
    assert due_in(bench) > timedelta(seconds=20)


def test_a_cancellation_within_the_grace_takes_it_back(bench: Bench) -> None:
    shop = hearing(bench)
    shop.tell("orders/paid", paid(shop))
    shop.tell("orders/cancelled", shop.sample("orders/cancelled", "card", order_id="1", age=timedelta(0)))

    assert bench.states() == [("skipped", "cancelled")]


def test_a_try_that_backs_off_is_not_made_to_wait_for_a_browser(bench: Bench) -> None:
    shop = hearing(bench)
    shop.tell("orders/paid", paid(shop))
    make_everything_due(bench.engine)
    bench.sandbox.fail(kind="error", code=4, status=400, times=1)
    bench.deliver()
    shop.tell("orders/updated", paid(shop, note="later"))

    assert [state for state, _ in bench.states()] == ["pending"]


def test_what_was_sold_elsewhere_waits_for_no_browser(bench: Bench) -> None:
    shop = hearing(bench, include_sources="pos")
    reply = shop.tell("orders/paid", paid(shop, source_name="pos", checkout_token=None, cart_token=None))

    assert reply.reason is None
    assert bench.states() == [("pending", None)]


def test_a_checkout_has_its_own_pause_and_no_other(bench: Bench) -> None:
    shop = hearing(bench)
    shop.tell("checkouts/create", shop.sample("checkouts/create", "with_email", order_id=None))

    assert bench.states("InitiateCheckout")[0][0] == "pending"


@contextmanager
def statements(bench: Bench) -> Iterator[list[str]]:
    said: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        said.append(statement)

    sa.event.listen(bench.engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        sa.event.remove(bench.engine, "before_cursor_execute", hear)


def test_a_store_without_a_script_waits_for_nobody_and_is_asked_nothing_more(bench: Bench) -> None:
    shop = bench.shop("shopify", consent_mode="assumed")
    shop.tell("orders/paid", paid(shop))
    with statements(bench) as said:
        shop.tell("orders/paid", paid(shop, "2"))

    assert not [one for one in said if "signals" in one]
    assert [state for state, _ in bench.states()] == ["pending", "pending"]
    with statements(bench) as said:
        bench.deliver()
    asked = [one for one in said if "signals" in one]
    assert len(asked) == 1, "whether there is any at all"
    assert not [one for one in said if "FROM sightings" in one and "UPDATE" not in one]


# Judged with a browser's word


def unknown_app(shop: Shop) -> bytes:
    return paid(shop, source_name="1234567", cart_token=None, browser_ip="198.51.100.1")


def test_an_order_of_an_unknown_app_is_the_websites_if_a_browser_was_in_its_checkout(bench: Bench) -> None:
    shop = hearing(bench)
    keep(shop, TOLD)
    shop.tell("orders/paid", unknown_app(shop))

    assert bench.deliver() == 1
    (one,) = bench.sandbox.told()
    assert one["action_source"] == "website"
    assert one["user_data"]["client_ip_address"] == TOLD.ip, "the other one may be the app's own"


def test_without_one_it_is_not_and_a_later_payload_asks_again(bench: Bench) -> None:
    shop = hearing(bench)
    assert shop.tell("orders/paid", unknown_app(shop)).reason == "made by another app, not on the website"
    keep(shop, TOLD)
    later = {**json.loads(unknown_app(shop)), "note": "later"}
    shop.tell("orders/updated", json.dumps(later).encode())

    assert bench.deliver() == 1


NOBODY = {
    **dict.fromkeys(("customer", "billing_address", "shipping_address", "email", "contact_email", "phone")),
    "order_status_url": None,
}


def test_an_order_of_nobody_is_told_by_its_browser(bench: Bench) -> None:
    shop = hearing(bench)
    keep(shop, TOLD)
    shop.tell("orders/paid", paid(shop, **NOBODY))

    assert bench.deliver() == 1
    assert set(told(bench)) == {"fbp", "fbc", "client_ip_address", "client_user_agent"}


def test_an_order_of_nobody_without_a_signal_is_skipped(bench: Bench) -> None:
    shop = hearing(bench)
    shop.tell("orders/paid", paid(shop, **NOBODY))

    assert bench.states() == [("skipped", "no customer information")]


def test_a_checkout_without_contact_data_counts_if_its_browser_told(bench: Bench) -> None:
    shop = hearing(bench)
    body = json.loads(shop.sample("checkouts/create", "with_email", order_id=None))
    bare = {**body, **NOBODY, "token": TOKEN}
    assert shop.tell("checkouts/create", json.dumps(bare).encode()).reason == "not yet: no contact data yet"
    assert bench.rows() == []
    keep(shop, TOLD)
    shop.tell("checkouts/update", json.dumps({**bare, "note": "later"}).encode())

    assert [state for state, _ in bench.states("InitiateCheckout")] == ["pending"]


# Races


def test_a_signal_and_its_webhook_at_the_same_moment_never_miss_one_another(postgres_url: str, sandbox: Any) -> None:
    """Each looks for the other after its own commit: whoever comes second finds the first."""
    engine = db.connect(postgres_url)
    bench = Bench(engine, sandbox)
    shop = hearing(bench)
    shop.tell("orders/paid", paid(shop, "0", checkout_token="another"))
    rounds = 25
    collector = beacon(bench)
    known = collector.acquaintances.named(shop.row.public_key)
    assert known
    bodies = [paid(shop, f"{n}", checkout_token=f"token{n}", cart_token=None) for n in range(1, rounds)]
    requests = [shop.request("orders/paid", body) for body in bodies]
    who = caller()

    def one_round(n: int) -> None:
        start = threading.Barrier(2)

        def shops() -> None:
            start.wait()
            bench.receive("shopify", requests[n - 1])

        def browsers() -> None:
            start.wait()
            said = {"checkout_token": f"token{n}", "fbp": FBP}
            collector.hear(known, json.dumps(said).encode(), who, datetime.now(UTC))

        both = [threading.Thread(target=shops), threading.Thread(target=browsers)]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()

    for n in range(1, rounds):
        one_round(n)
    with reading(engine) as connection:
        late = sa.and_(deliveries.c.next_at > clock(), events.c.subject != "0")
        waiting = sa.select(events.c.subject).join(deliveries, deliveries.c.event_pk == events.c.id).where(late)
        assert connection.execute(waiting).scalars().all() == []
    assert bench.deliver() == rounds - 1
    assert {one["user_data"].get("fbp") for one in bench.sandbox.told()} == {FBP}
    engine.dispose()


def test_what_is_put_together_of_a_refusal_keeps_nothing_else() -> None:
    together = browsing.together([TOLD, Heard(marketing=Stated.REFUSED)])

    assert together.marketing is Stated.REFUSED
    assert together.fbp is None
