"""Consent that is withdrawn, late, or said twice: what must not leave does not, by whichever road, and keeps nobody; on
both databases. Constructed signals.

Long: each road by which a yes or a no may come too late.
"""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.event import Stated
from integration import db
from integration.db import chores, datasets, grants, reading, signals, stores, transact, transaction
from integration.db.deliveries import FAILED, deliveries
from integration.db.events import events
from integration.db.grants import KeptGrant
from integration.db.replays import Selection
from integration.pipeline import browsing, joining, statements
from integration.pipeline.browsing import Heard
from integration.pipeline.joining import By
from integration.pipeline.receive import Receiver, Reply
from integration.pipeline.replay import replay
from integration.pipeline.statements import Voice
from tests.pipeline.test_signals import FBC, FBP, TOKEN, TOLD, european, hearing, keep, paid, speak, told
from tests.rig.hasten import make_everything_due
from tests.rig.shop import SECRET_KEY, Bench, Shop
from tests.rig.shoppers import every_text

REFUSED = ("withheld", "consent was refused")
NO_YES = ("withheld", "no consent was stated")
YES, NO = {"marketing": True}, {"marketing": False}
KEY = joining.key(By.CHECKOUT, TOKEN)


def row(shop: Shop, event_name: str = "Purchase") -> Any:
    with reading(shop.bench.engine) as connection:
        return connection.execute(sa.select(events).where(events.c.event_name == event_name)).one()


def heard(shop: Shop, key: str = KEY) -> Heard | None:
    """What is kept of a browser, the seal opened."""
    with reading(shop.bench.engine) as connection:
        found = signals.of_keys(connection, shop.id, [key])
    return (
        browsing.decode(shop.bench.sealer.unseal(found[0].sealed, store=shop.id, column=signals.SEALED))
        if found
        else None
    )


def rulings(shop: Shop) -> list[str | None]:
    with reading(shop.bench.engine) as connection:
        return list(connection.execute(sa.select(deliveries.c.ruling).order_by(deliveries.c.id)).scalars())


def frozen(**answers: bool) -> dict[str, Any]:
    """What our script wrote into the cart."""
    return {"note_attributes": [{"name": "_tandem_consent", "value": json.dumps(answers)}]}


def later(minutes: float = 1) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat(timespec="seconds")


def past_patience(bench: Bench) -> None:
    """More than the ten minutes have passed since the webhooks."""
    with transaction(bench.engine) as connection:
        connection.execute(sa.update(events).values(received_at=datetime.now(UTC) - timedelta(minutes=11)))
    make_everything_due(bench.engine)


def again(shop: Shop, body: bytes, now: datetime | None = None) -> Reply:
    """The order is read once more, as the chore does it."""
    receiver = Receiver(shop.bench.engine, shop.bench.sealer, SECRET_KEY, {})
    return receiver.recover(shop.row, "orders/updated", body, now or datetime.now(UTC), again=True)


def withheld_for_want_of_a_yes(bench: Bench, **settings: Any) -> tuple[Shop, bytes]:
    shop = hearing(bench, consent_mode="regional", **settings)
    body = european(shop)
    shop.tell("orders/paid", body)
    speak(shop, fbp=FBP, fbc=FBC)
    past_patience(bench)
    bench.deliver()
    assert bench.states() == [NO_YES]
    return shop, body


# Withdrawn, and never leaves


def by_signal(shop: Shop) -> None:
    speak(shop, consent=NO)


def by_webhook(shop: Shop) -> None:
    shop.tell("orders/updated", paid(shop, updated_at=later(), **frozen(marketing=False)))


def at_once(bench: Bench, _shop: Shop, withdraw: Callable[[], None]) -> None:
    withdraw()


def after_a_failed_try(bench: Bench, _shop: Shop, withdraw: Callable[[], None]) -> None:
    make_everything_due(bench.engine)
    bench.sandbox.fail(kind="error", code=2, status=500, times=1)
    bench.deliver()
    assert bench.states() == [("pending", None)]
    withdraw()


def after_an_unknown_end(bench: Bench, _shop: Shop, withdraw: Callable[[], None]) -> None:
    make_everything_due(bench.engine)
    bench.sandbox.fail(kind="reset", times=1)
    bench.deliver()
    assert bench.states() == [("pending", None)]
    withdraw()


def by_replay(bench: Bench, _shop: Shop, withdraw: Callable[[], None]) -> None:
    with transaction(bench.engine) as connection:
        connection.execute(sa.update(deliveries).values(state="dead", reason="bad", next_at=None))
    withdraw()
    replay(bench.engine, Selection(FAILED), insist=True)


def by_a_resumed_dataset(bench: Bench, shop: Shop, withdraw: Callable[[], None]) -> None:
    make_everything_due(bench.engine)
    bench.sandbox.fail(kind="error", code=190, status=400, times=1)
    bench.deliver()
    assert bench.states()[0][0] == "held"
    withdraw()
    shop.attach(token="another good-token")


@pytest.mark.parametrize("withdrawn", [by_signal, by_webhook])
@pytest.mark.parametrize("road", [at_once, after_a_failed_try, after_an_unknown_end, by_replay, by_a_resumed_dataset])
def test_what_was_withdrawn_leaves_by_no_road_and_keeps_nobody(
    bench: Bench, road: Callable[..., None], withdrawn: Callable[[Shop], None]
) -> None:
    shop = hearing(bench)
    keep(shop, TOLD)
    shop.tell("orders/paid", paid(shop))
    road(bench, shop, lambda: withdrawn(shop))
    make_everything_due(bench.engine)
    bench.deliver()

    assert bench.sandbox.told() == []
    assert bench.states() == [REFUSED]
    assert row(shop).user_data is None
    kept = heard(shop)
    assert kept is None or kept == kept.statements_alone


def test_what_was_withdrawn_before_its_store_came_back_stays(bench: Bench) -> None:
    shop = hearing(bench)
    shop.tell("orders/paid", paid(shop))
    with transaction(bench.engine) as connection:
        connection.execute(sa.update(stores.stores).values(uninstalled_at=datetime.now(UTC)))
    make_everything_due(bench.engine)
    bench.deliver()
    assert bench.states() == [("held", "the store is disconnected")]
    keep(shop, Heard(marketing=Stated.REFUSED))
    bench.shop("shopify", consent_mode="assumed", dataset=None)
    shop.attach()
    bench.deliver()

    assert bench.sandbox.told() == []
    assert bench.states() == [REFUSED]


def test_a_sale_refused_by_a_webhook_between_two_tries_limits_the_second(bench: Bench) -> None:
    shop = hearing(bench)
    american = {"billing_address": {"country_code": "US", "province_code": "CA"}}
    shop.tell("orders/paid", paid(shop, **american))
    after_an_unknown_end(bench, shop, lambda: None)
    shop.tell("orders/updated", paid(shop, updated_at=later(), **american, **frozen(sale_of_data=False)))
    make_everything_due(bench.engine)
    bench.deliver()

    (one,) = bench.sandbox.told()
    assert one["data_processing_options"] == ["LDU"]


# A yes in time, and a yes too late


def test_a_yes_within_the_ten_minutes_releases_it_and_says_who_said_so(bench: Bench) -> None:
    shop = hearing(bench, consent_mode="regional")
    shop.tell("orders/paid", european(shop))
    speak(shop, fbp=FBP, consent=YES)

    assert bench.deliver() == 1
    assert rulings(shop) == ["whole: consent was given"]
    said = statements.decode(row(shop).stated)
    assert (said.marketing.word, said.marketing.by) == (Stated.GRANTED, Voice.SCRIPT)


def test_after_them_nobody_is_kept_and_why_it_was_withheld_stays(bench: Bench) -> None:
    shop = hearing(bench, consent_mode="regional")
    shop.tell("orders/paid", european(shop))
    speak(shop, fbp=FBP, fbc=FBC, consent={"sale_of_data": True})
    past_patience(bench)
    bench.deliver()

    assert bench.states() == [NO_YES]
    one = row(shop)
    assert (one.user_data, one.key_mask, one.email_hmac, one.phone_hmac, one.customer_hmac) == (
        None,
        0,
        None,
        None,
        None,
    )
    assert (one.region, rulings(shop)) == ("EEA", ["withheld: no consent was stated"])
    assert statements.decode(one.stated).sale_of_data.word is Stated.GRANTED
    kept = heard(shop)
    assert kept == kept.statements_alone
    assert kept.sale_of_data is Stated.GRANTED


def test_a_later_webhook_without_a_yes_does_not_bring_the_person_back(bench: Bench) -> None:
    shop, _ = withheld_for_want_of_a_yes(bench)
    shop.tell("orders/updated", european(shop, updated_at=later()))

    assert row(shop).user_data is None
    assert bench.states() == [NO_YES]


def test_a_signal_without_a_yes_leaves_nothing_of_itself_at_what_is_withheld(bench: Bench) -> None:
    shop, _ = withheld_for_want_of_a_yes(bench)
    speak(
        shop, cart_token="cart1", fbp=FBP, fbc=FBC, url="https://tea.myshopify.com/checkouts/x", user_agent="Late/1.0"
    )
    assert (heard(shop), heard(shop, joining.key(By.CART, "cart1"))) == (None, None)

    speak(shop, fbp=FBP, consent={"sale_of_data": False})
    assert heard(shop) == heard(shop).statements_alone
    assert row(shop).granted_at is None


@pytest.mark.parametrize("scopes", [("read_orders",), ()], ids=["readable", "not readable"])
def test_a_yes_too_late_is_noted_and_the_order_read_again_where_the_store_lets_us(
    bench: Bench, scopes: tuple[str, ...]
) -> None:
    shop, _ = withheld_for_want_of_a_yes(bench)
    if scopes:
        new = KeptGrant(shop.id, "sealed", scopes, None, None, False, 1, datetime.now(UTC))
        transact(bench.engine, lambda connection: grants.put(connection, new))
    speak(shop, fbp=FBP, consent=YES)

    assert row(shop).granted_at is not None
    with reading(bench.engine) as connection:
        planned = [one.kind for one in chores.of_store(connection, shop.id)]
    assert (chores.REREAD in planned) is bool(scopes)


def test_an_order_read_again_is_told_at_the_value_and_with_the_contents_that_counted_first(bench: Bench) -> None:
    shop, body = withheld_for_want_of_a_yes(bench)
    speak(shop, fbp=FBP, consent=YES)
    edited = {**json.loads(body), "total_price": "1.00", "current_total_price": "1.00", "updated_at": later()}
    again(shop, body)
    again(shop, json.dumps(edited).encode())

    assert bench.deliver() == 1
    (one,) = bench.sandbox.told()
    first = json.loads(body)
    assert one["custom_data"]["value"] == float(first["total_price"])
    assert one["user_data"]["fbp"] == FBP
    assert one["user_data"]["em"]
    assert rulings(shop) == ["whole: consent was given"]


def test_a_yes_too_late_counts_at_the_shops_next_word_where_the_order_cannot_be_read(bench: Bench) -> None:
    shop, _ = withheld_for_want_of_a_yes(bench)
    speak(shop, fbp=FBP, consent=YES)
    shop.tell("orders/updated", european(shop, updated_at=later()))

    assert bench.deliver() == 1
    assert told(bench)["fbp"] == FBP


@pytest.mark.parametrize("refuses", [at_once, after_an_unknown_end])
def test_who_refused_and_agreed_later_is_told_of(bench: Bench, refuses: Callable[..., None]) -> None:
    shop = hearing(bench)
    body = paid(shop)
    shop.tell("orders/paid", body)
    refuses(bench, shop, lambda: by_signal(shop))
    make_everything_due(bench.engine)
    bench.deliver()
    assert bench.states() == [REFUSED]
    speak(shop, fbp=FBP, consent=YES)
    assert row(shop).granted_at is not None
    again(shop, body)

    assert bench.deliver() == 1
    assert told(bench)["fbp"] == FBP


def test_a_yes_heard_before_the_order_refused_does_not_outweigh_it_once_the_order_is_silent(bench: Bench) -> None:
    shop = hearing(bench)
    keep(shop, Heard(marketing=Stated.GRANTED, marketing_at=1_000))
    shop.tell("orders/paid", paid(shop, **frozen(marketing=False)))
    again(shop, paid(shop, updated_at=later()))

    assert bench.states() == [REFUSED]
    assert bench.deliver() == 0


@pytest.mark.parametrize(
    ("age", "ends"),
    [
        (timedelta(days=7, minutes=5), NO_YES),
        (
            timedelta(hours=48),
            ("ambiguous", "more than 47 hours old: the Pixel may have told it, and Meta would count it again"),
        ),
    ],
    ids=str,
)
def test_an_order_read_again_too_late_ends_as_its_age_says(bench: Bench, age: timedelta, ends: tuple[str, str]) -> None:
    shop, body = withheld_for_want_of_a_yes(bench)
    speak(shop, fbp=FBP, consent=YES)
    placed = (datetime.now(UTC) - age).replace(microsecond=0)
    with transaction(bench.engine) as connection:
        connection.execute(sa.update(events).values(event_time=placed, placed_at=placed, updated_at=placed))
    again(
        shop,
        json.dumps(
            {**json.loads(body), **dict.fromkeys(("created_at", "processed_at", "updated_at"), placed.isoformat())}
        ).encode(),
    )
    bench.deliver()

    assert bench.sandbox.told() == []
    assert bench.states() == [ends]
    if ends == NO_YES:
        assert row(shop).user_data is None


# Two voices


def test_an_order_says_no_and_its_browser_yes_and_the_later_counts(bench: Bench) -> None:
    shop = hearing(bench)
    keep(shop, Heard(marketing=Stated.GRANTED, marketing_at=round(datetime.now(UTC).timestamp() * 1000)), value="late")
    keep(shop, Heard(marketing=Stated.GRANTED, marketing_at=1_000), value="early")
    shop.tell("orders/paid", paid(shop, "1", checkout_token="late", cart_token=None, **frozen(marketing=False)))
    shop.tell("orders/paid", paid(shop, "2", checkout_token="early", cart_token=None, **frozen(marketing=False)))
    make_everything_due(bench.engine)
    bench.deliver()

    assert [one["event_id"] for one in bench.sandbox.told()] == ["1"]
    assert bench.states()[-1] == REFUSED


def test_a_payload_that_says_nothing_takes_no_refusal_back(bench: Bench) -> None:
    shop = hearing(bench)
    shop.tell("orders/paid", paid(shop, **frozen(marketing=False)))
    shop.tell("orders/updated", paid(shop, updated_at=later()))

    assert bench.states() == [REFUSED]
    assert row(shop).user_data is None


def test_an_order_of_woocommerce_that_agreed_is_withheld_once_its_browser_refuses(bench: Bench) -> None:
    shop = hearing(bench, "woocommerce")
    body = json.loads(shop.sample("order.created", "card"))
    agreed = {"key": "_tandem_consent", "value": json.dumps(YES)}
    shop.tell("order.created", json.dumps({**body, "meta_data": [*body["meta_data"], agreed]}).encode())
    keep(
        shop,
        Heard(marketing=Stated.REFUSED, marketing_at=round(datetime.now(UTC).timestamp() * 1000)),
        by=By.ORDER,
        value="5001",
    )
    make_everything_due(bench.engine)
    bench.deliver()

    assert bench.states() == [REFUSED]
    assert bench.sandbox.told() == []


# Several datasets


def test_a_person_is_kept_while_one_dataset_may_be_told_and_no_longer(bench: Bench) -> None:
    shop = hearing(bench, consent_mode="regional")
    shop.attach("100000000000002")
    shop.tell("orders/paid", european(shop))
    past_patience(bench)
    with transaction(bench.engine) as connection:
        second = sa.select(deliveries.c.id).order_by(deliveries.c.id.desc()).limit(1).scalar_subquery()
        connection.execute(
            sa.update(deliveries)
            .where(deliveries.c.id == second)
            .values(next_at=datetime.now(UTC) + timedelta(hours=1))
        )
    bench.deliver()
    assert [state for state, _ in bench.states()] == ["withheld", "waiting"]
    assert row(shop).user_data is not None

    make_everything_due(bench.engine)
    bench.deliver()
    assert bench.states() == [NO_YES, NO_YES]
    assert row(shop).user_data is None


def test_a_yes_after_one_dataset_was_told_reaches_the_one_that_was_not(bench: Bench) -> None:
    """The first was told, the second failed, the browser refused, and agreed again."""
    shop = hearing(bench)
    shop.attach("100000000000002")
    body = paid(shop)
    shop.tell("orders/paid", body)
    make_everything_due(bench.engine)
    bench.sandbox.fail(kind="error", code=4, status=400, dataset="100000000000002", times=1)
    bench.deliver()
    assert bench.states() == [("delivered", None), ("pending", None)]
    speak(shop, consent=NO)
    make_everything_due(bench.engine)
    bench.deliver()
    assert bench.states() == [("delivered", None), REFUSED]
    speak(shop, consent=YES)

    assert row(shop).granted_at is not None
    again(shop, body)
    assert bench.deliver() == 1
    assert bench.states() == [("delivered", None), ("delivered", None)]


# At the same moment. On PostgreSQL, where two may write at once


@pytest.fixture
def crowded(postgres_url: str, sandbox: Any) -> Iterator[Bench]:
    engine = db.connect(postgres_url)
    yield Bench(engine, sandbox)
    engine.dispose()


@contextmanager
def just_before(bench: Bench, words: str, act: Callable[[], None]) -> Iterator[None]:
    """Once, before the first statement with these words is carried out, something else happens."""
    waiting = [act]

    def hear(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if words in " ".join(statement.split()) and waiting:
            waiting.pop()()

    sa.event.listen(bench.engine, "before_cursor_execute", hear)
    try:
        yield
    finally:
        sa.event.remove(bench.engine, "before_cursor_execute", hear)
    assert not waiting, "it never came to that"


def is_blocked(bench: Bench) -> bool:
    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with reading(bench.engine) as connection:
        return connection.execute(sa.text(asked)).scalar_one() > 0


LEASE, LOCK = "UPDATE datasets SET lease_until", "FROM events WHERE events.id IN"
STATE, WIPE = "UPDATE deliveries SET state", "UPDATE events SET user_data"


def still_waiting(bench: Bench) -> Shop:
    """Its ten minutes are over, and nobody said anything."""
    shop = hearing(bench, consent_mode="regional")
    shop.tell("orders/paid", european(shop))
    past_patience(bench)
    return shop


def refused_between_two_tries(bench: Bench) -> Shop:
    shop = hearing(bench)
    shop.tell("orders/paid", european(shop))
    after_a_failed_try(bench, shop, lambda: by_signal(shop))
    make_everything_due(bench.engine)
    return shop


@pytest.mark.parametrize("begin", [still_waiting, refused_between_two_tries])
def test_a_yes_between_the_decision_and_its_writing_releases_it(crowded: Bench, begin: Callable[[Bench], Shop]) -> None:
    shop = begin(crowded)
    with just_before(crowded, LOCK, lambda: speak(shop, fbp=FBP, consent=YES) and None):
        crowded.deliver()
    crowded.deliver()

    assert crowded.states() == [("delivered", None)]
    assert told(crowded)["fbp"] == FBP


@pytest.mark.parametrize("begin", [still_waiting, refused_between_two_tries])
@pytest.mark.parametrize("words", [STATE, WIPE])
def test_a_yes_while_it_is_written_is_noted(crowded: Bench, begin: Callable[[Bench], Shop], words: str) -> None:
    shop = begin(crowded)
    browser = threading.Thread(target=lambda: speak(shop, fbp=FBP, consent=YES))

    def speaks() -> None:
        browser.start()
        while browser.is_alive() and not is_blocked(crowded):
            browser.join(0.02)

    with just_before(crowded, words, speaks):
        crowded.deliver()
    browser.join()

    assert [state for state, _ in crowded.states()] == ["withheld"]
    assert (row(shop).user_data, row(shop).granted_at is not None) == (None, True)


def test_a_yes_while_an_order_comes_in_that_refused_takes_the_refusal_back(crowded: Bench) -> None:
    shop = hearing(crowded)
    body = paid(shop, **frozen(marketing=False))
    with just_before(crowded, "INSERT INTO events", lambda: speak(shop, fbp=FBP, consent=YES) and None):
        shop.tell("orders/paid", body)
    crowded.deliver()

    assert crowded.states() == [("delivered", None)]
    assert told(crowded)["fbp"] == FBP


def test_a_webhooks_yes_between_the_decision_and_its_writing_is_not_lost_on_a_paused_dataset(crowded: Bench) -> None:
    shop = hearing(crowded, consent_mode="regional")
    with transaction(crowded.engine) as connection:
        connection.execute(sa.update(datasets.datasets).values(state="paused", reason="a bad token"))
    shop.tell("orders/paid", european(shop))
    past_patience(crowded)
    agreed = european(shop, updated_at=later(), **frozen(marketing=True))
    with just_before(crowded, LEASE, lambda: shop.tell("orders/updated", agreed) and None):
        crowded.deliver()

    assert crowded.states()[0][0] == "held"
    assert row(shop).user_data is not None


# What the merchant keeps back


def test_what_is_left_out_is_neither_sealed_nor_told(bench: Bench) -> None:
    shop = hearing(bench, leave_out="email,ip,user_agent,click,browser_id")
    speak(shop, fbp=FBP, fbc=FBC, url="https://tea.myshopify.com/?fbclid=IwAbC", user_agent="Told/1.0")
    cookies = [{"name": "_fbp", "value": FBP}, {"name": "_fbc", "value": FBC}]
    body = paid(shop, note_attributes=cookies, browser_ip="203.0.113.9", landing_site="/?fbclid=IwAbC")
    shop.tell("orders/paid", body)
    email = json.loads(body)["email"]
    marks = [FBP.casefold(), "iwabc", "203.0.113.9", "told/1.0", email, hashlib.sha256(email.encode()).hexdigest()]
    found = [column for column, text in every_text(shop) for mark in marks if mark in text]
    make_everything_due(bench.engine)
    bench.deliver()

    assert found == []
    (one,) = bench.sandbox.told()
    assert not {"em", "fbp", "fbc", "client_ip_address", "client_user_agent"} & one["user_data"].keys()
    assert not any(mark in json.dumps(one).casefold() for mark in marks)


def test_what_is_left_out_from_now_on_does_not_leave_though_it_was_sealed_before(bench: Bench) -> None:
    shop = hearing(bench)
    keep(shop, TOLD)
    shop.tell("orders/paid", paid(shop))
    shop.set(leave_out="email,browser_id,ip")
    bench.deliver()

    (one,) = bench.sandbox.told()
    assert not {"em", "fbp", "client_ip_address"} & one["user_data"].keys()
    assert one["user_data"]["fbc"] == FBC
