"""A demand about personal data, from the platform's word to its proof, on both databases. Constructed people."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.contract import WebhookRequest
from connectors.event import PrivacyKind
from integration.crypto import Sealer, new_key
from integration.db import chores, clock, grants, privacy_requests, reading, stores, transaction
from integration.db.events import events
from integration.db.grants import KeptGrant
from integration.db.privacy_requests import MERCHANT, OPERATOR, PLATFORM, SEALED_EXPORT, Request
from integration.db.stores import stores as stores_table
from integration.db.tombstones import tombstones
from integration.pipeline.sweep import sweep
from integration.privacy import requests
from integration.privacy.desk import BY_COMMAND, CONNECTED_AGAIN, UNREADABLE, Desk, sealed_demand
from integration.stores import disconnect
from tests.rig.service import Service
from tests.rig.shop import SECRET_KEY, Bench, Shop
from tests.rig.shoppers import Shopper, every_text, now


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return bench.shop("shopify", consent_mode="assumed")


@pytest.fixture
def ada(shop: Shop) -> Shopper:
    return Shopper(shop, "kunigunde", "900111", "7700000111", "+4915112345611").shops()


def redacted(ada: Shopper, topic: str = "customers/redact") -> None:
    """The platform passes on what they demand."""
    them = {"id": int(ada.customer_id), "email": ada.email, "phone": ada.phone}
    body = {"shop_domain": ada.shop.row.domain, "customer": them, "orders_to_redact": [int(ada.order_id)]}
    if topic == "customers/data_request":
        body = {"shop_domain": ada.shop.row.domain, "customer": them, "orders_requested": [], "data_request": {"id": 1}}
    assert ada.shop.tell(topic, json.dumps(body).encode()).status == "accepted"


def ask(ada: Shopper, kind: PrivacyKind, asked_by: str = MERCHANT) -> int:
    bench = ada.shop.bench
    with transaction(bench.engine) as connection:
        how: dict[str, Any] = {"asked_by": asked_by, "sealer": bench.sealer, "secret_key": SECRET_KEY, "now": now()}
        return requests.ask(connection, ada.shop.row, ada.demand(kind), **how)


def run(bench: Bench) -> int:
    return requests.run_due(bench.engine, bench.sealer, SECRET_KEY, now())


def all_of_them(bench: Bench) -> list[Request]:
    with reading(bench.engine) as connection:
        pks = connection.execute(sa.select(privacy_requests.privacy_requests.c.id).order_by(sa.text("id"))).scalars()
        found = [privacy_requests.by_id(connection, pk) for pk in pks]
    return [row for row in found if row]


def only(bench: Bench) -> Request:
    (row,) = all_of_them(bench)
    return row


def change(bench: Bench, table: sa.Table, **values: Any) -> None:
    with transaction(bench.engine) as connection:
        connection.execute(sa.update(table).values(**values))


def a_minute_later(bench: Bench) -> None:
    waiting = privacy_requests.privacy_requests.c.next_at.is_not(None)
    with transaction(bench.engine) as connection:
        connection.execute(sa.update(privacy_requests.privacy_requests).where(waiting).values(next_at=clock()))


def test_a_redaction_is_gone_over_once_more_for_what_a_webhook_under_way_brought_back(
    bench: Bench, ada: Shopper
) -> None:
    who = ("user_data", "key_mask", "email_hmac")
    with reading(bench.engine) as connection:
        purchase = sa.select(*(events.c[name] for name in who)).where(events.c.event_name == "Purchase")
        known = dict(connection.execute(purchase).mappings().one())
    redacted(ada)
    assert ada.found() >= {"events.user_data", "tasks.payload"}

    assert run(bench) == 1

    first = only(bench)
    assert ada.found() == {"privacy_requests.demand"}
    assert first.due_at - first.asked_at == timedelta(days=30)
    assert (first.done_at, first.trouble, first.asked_by) == (None, None, PLATFORM)
    assert timedelta(seconds=55) < soon(first) - now() <= timedelta(seconds=61)
    assert run(bench) == 0

    # It had looked for a tombstone before there was one, and commits only now.
    with transaction(bench.engine) as connection:
        connection.execute(sa.update(events).where(events.c.event_name == "Purchase").values(**known))
    a_minute_later(bench)
    assert run(bench) == 1

    done = only(bench)
    assert ada.found() == set()
    assert (done.next_at, done.demand, done.trouble) == (None, None, None)
    assert done.done_at
    assert json.loads(done.proof or "") == {
        "deliveries": 3,
        "events": 3,
        "privacy_requests": 0,
        "quarantine": 1,
        "sightings": 1,
        "signals": 2,
    }
    with reading(bench.engine) as connection:
        erased = connection.execute(sa.select(tombstones.c.hmac, tombstones.c.erased_at)).all()
    assert len(erased) == 4  # e-mail, phone, customer, order
    assert {at for _, at in erased} == {first.begun_at}  # what they buy meanwhile is a new purchase


def soon(row: Request) -> datetime:
    assert row.next_at
    return row.next_at


def test_the_tombstones_are_there_before_anything_is_erased_and_whoever_remembers_the_store_must_look_again(
    bench: Bench, ada: Shopper
) -> None:
    version = ada.shop.row.version
    ask(ada, PrivacyKind.CUSTOMER_ERASURE)
    run(bench)

    assert ada.shop.row.version == version + 1


def test_a_request_is_taken_by_one_and_by_another_once_its_lease_is_over(bench: Bench, ada: Shopper) -> None:
    pk = ask(ada, PrivacyKind.CUSTOMER_ERASURE)
    change(bench, privacy_requests.privacy_requests, next_at=now() + timedelta(minutes=5))  # another has it

    row = requests.go_on(bench.engine, bench.sealer, SECRET_KEY, pk, now())
    assert row
    assert (row.begun_at, run(bench)) == (None, 0)

    a_minute_later(bench)
    assert run(bench) == 1
    assert only(bench).begun_at


def test_a_data_request_is_answered_for_the_merchant_and_gone_once_the_person_is_erased(
    bench: Bench, ada: Shopper
) -> None:
    redacted(ada, "customers/data_request")
    run(bench)

    answered = only(bench)
    assert (answered.kind, answered.next_at, answered.demand) == ("customer_data", None, None)
    assert answered.done_at
    assert json.loads(answered.proof or "") == {
        "deliveries": 3,
        "events": 3,
        "sightings": 1,
        "signals": 2,
        "quarantine": 1,
    }
    told = json.loads(bench.sealer.unseal(answered.export or "", store=ada.shop.id, column=SEALED_EXPORT))
    assert {event["name"] for event in told["events"]} == {"InitiateCheckout", "Purchase", "Refund"}
    (unread,) = told["messages_nobody_could_read"]
    assert unread["of"] == "orders/updated"
    assert ada.email in unread["text"]
    assert datetime.fromisoformat(unread["received_at"])
    assert "privacy_requests.export" in ada.found()

    with transaction(bench.engine) as connection:  # by the order alone, which the demand had not named
        how: dict[str, Any] = {"asked_by": OPERATOR, "sealer": bench.sealer, "secret_key": SECRET_KEY, "now": now()}
        requests.ask(connection, ada.shop.row, ada.demand(order_ids=(ada.order_id,)), **how)
    run(bench)

    assert all_of_them(bench)[0].export is None


def test_a_demand_for_a_store_that_nobody_knows_is_done_and_proves_that_there_is_nothing(bench: Bench) -> None:
    bench.app_secrets = {"shopify": ("the secret of the whole app",)}
    shop = bench.shop("shopify", secret="the secret of one custom app")
    body = shop.sample("shop/redact", "example", order_id=None).replace(shop.row.domain.encode(), b"x.myshopify.com")
    request = shop.request("shop/redact", body, secret="the secret of the whole app")
    headers = {**request.headers, "x-shopify-shop-domain": "x.myshopify.com"}
    assert bench.receive("shopify", WebhookRequest(body, headers)).status == "accepted"

    assert run(bench) == 0

    row = only(bench)
    assert (row.store_id, row.kind, row.proof, row.demand) == (None, "store_erasure", "{}", None)
    assert row.site_hmac == requests.site_hmac(SECRET_KEY, "shopify", "x.myshopify.com")
    assert row.done_at
    assert "x.myshopify.com" not in {text for _, text in every_text(shop)}
    assert shop.row


def test_a_store_that_was_connected_again_is_not_erased(bench: Bench, ada: Shopper) -> None:
    """Be it removed once more: its platform will say so then."""
    ask(ada, PrivacyKind.STORE_ERASURE, PLATFORM)
    change(bench, stores_table, uninstalled_at=now(), connected_at=now())
    run(bench)

    row = only(bench)
    assert (row.store_id, row.trouble, row.next_at) == (ada.shop.id, CONNECTED_AGAIN, None)
    assert ada.found()


def test_a_store_connected_by_command_is_erased_by_command(bench: Bench, ada: Shopper) -> None:
    """Nobody can be asked whether it is gone: the request stays open, and says what is to be done."""
    ask(ada, PrivacyKind.STORE_ERASURE, PLATFORM)
    run(bench)

    row = only(bench)
    assert (row.store_id, row.trouble, row.done_at) == (ada.shop.id, BY_COMMAND, None)
    assert row.next_at
    assert ada.found()


@pytest.mark.parametrize("broken_off", [False, True])
def test_of_an_erased_store_one_row_is_left_that_names_nobody(bench: Bench, ada: Shopper, *, broken_off: bool) -> None:
    ask(ada, PrivacyKind.CUSTOMER_DATA)
    change(bench, stores_table, uninstalled_at=now() - timedelta(days=2))
    ask(ada, PrivacyKind.STORE_ERASURE, PLATFORM)
    if broken_off:  # its time is over before it has begun, and the next job goes on
        desk = Desk(bench.engine, bench.sealer, SECRET_KEY, now(), deadline=0.0)
        assert [desk.attend(row.id) for row in all_of_them(bench)] == [True, True]
        assert {row.store_id for row in all_of_them(bench)} == {ada.shop.id, None}
    run(bench)

    row = only(bench)
    assert (row.store_id, row.trouble, row.demand, row.people) == (None, None, None, "[]")
    assert row.site_hmac == requests.site_hmac(SECRET_KEY, "shopify", "tea.myshopify.com")
    assert row.done_at
    proof = json.loads(row.proof or "")
    assert {"events": 3, "quarantine": 1, "signals": 2, "stores": 1}.items() <= proof.items()
    assert ada_is_gone(bench, ada.shop.id)


def ada_is_gone(bench: Bench, store_id: str) -> bool:
    with reading(bench.engine) as connection:
        left = connection.execute(sa.select(sa.func.count()).select_from(events)).scalar_one()
        return stores.by_id(connection, store_id) is None and left == 0


def test_an_operator_may_erase_a_store_that_is_connected(bench: Bench, ada: Shopper) -> None:
    ask(ada, PrivacyKind.STORE_ERASURE, OPERATOR)
    run(bench)

    assert ada_is_gone(bench, ada.shop.id)
    assert only(bench).done_at


def test_one_that_cannot_be_carried_out_stops_no_other_and_is_tried_again(bench: Bench, ada: Shopper) -> None:
    ask(ada, PrivacyKind.CUSTOMER_DATA)
    change(bench, privacy_requests.privacy_requests, demand="no seal", next_at=now() - timedelta(hours=1))
    other = Shopper(ada.shop, "balthasar", "900222", "7700000222", "+4915198765422")
    ask(other, PrivacyKind.CUSTOMER_ERASURE)

    assert run(bench) == 2

    broken, good = all_of_them(bench)
    assert broken.trouble == "A sealed privacy_requests.demand does not open with the present ENCRYPTION_KEYS."
    assert timedelta(minutes=4) < soon(broken) - now() <= timedelta(minutes=5, seconds=1)
    assert good.begun_at


def test_a_demand_that_does_not_open_is_kept_until_it_does(bench: Bench, ada: Shopper) -> None:
    redacted(ada)
    requests.run_due(bench.engine, Sealer([new_key()]), SECRET_KEY, now())

    shut = only(bench)
    assert (shut.kind, shut.store_id, shut.done_at) == (UNREADABLE, ada.shop.id, None)
    assert shut.trouble == "A sealed tasks.payload does not open with the present ENCRYPTION_KEYS."
    a_minute_later(bench)
    run(bench)
    assert only(bench).kind == "customer_erasure"
    assert ada.found() == {"privacy_requests.demand"}


def test_the_clock_rings_while_a_demand_is_open_or_due_and_not_while_it_waits(bench: Bench, ada: Shopper) -> None:
    assert not sweep(bench.engine).tasks
    redacted(ada)
    assert sweep(bench.engine).tasks
    run(bench)
    assert not sweep(bench.engine).tasks
    a_minute_later(bench)
    assert sweep(bench.engine).tasks
    run(bench)
    assert not sweep(bench.engine).tasks


def test_the_command_erases_a_person_at_once_and_a_store_when_told_twice(tmp_path: Path) -> None:
    tandem = Service(tmp_path / "data", {})
    store = tandem.add_store("shopify", "tea.myshopify.com")["store_id"]

    told = json.loads(tandem.run("erase", store, "--email", "ada@example.com", "--order", "1", "--json"))
    assert told["erased"].keys() == {"signals", "sightings", "privacy_requests"}
    assert (told["done_at"], told["trouble"]) == (None, None)
    assert told["next_at"]
    assert "Nothing was changed" in tandem.run("erase", store, "--everything")
    assert "Nothing of tea.myshopify.com is left." in tandem.run("erase", store, "--everything", "--yes")


def test_a_store_whose_removal_never_reached_us_is_erased_once_its_platform_takes_our_token_no_more(
    bench: Bench, ada: Shopper
) -> None:
    granted(ada)
    ask(ada, PrivacyKind.STORE_ERASURE, PLATFORM)
    run(bench)

    row = only(bench)
    assert (row.done_at, row.trouble, row.store_id) == (None, None, ada.shop.id)
    assert soon(row) > now()
    with transaction(bench.engine) as connection:
        assert [one.kind for one in chores.of_store(connection, ada.shop.id)] == [chores.FAREWELL]
        disconnect.let_go(connection, ada.shop.row)  # as the farewell does where the token is refused
    a_minute_later(bench)
    run(bench)

    assert ada_is_gone(bench, ada.shop.id)
    assert only(bench).done_at


def test_and_stays_where_its_platform_still_takes_our_token(bench: Bench, ada: Shopper) -> None:
    granted(ada)
    ask(ada, PrivacyKind.STORE_ERASURE, PLATFORM)
    run(bench)
    a_minute_later(bench)
    run(bench)
    assert only(bench).done_at is None  # the farewell still is to come

    with transaction(bench.engine) as connection:
        chores.cancel(connection, ada.shop.id)  # it came, and the token was taken
    a_minute_later(bench)
    run(bench)

    assert only(bench).trouble == CONNECTED_AGAIN
    assert ada.found()


def granted(ada: Shopper) -> None:
    with transaction(ada.shop.bench.engine) as connection:
        grants.put(
            connection, KeptGrant(ada.shop.id, "sealed", (), None, None, rejected=False, generation=1, granted_at=now())
        )


def test_a_new_store_of_the_same_domain_is_not_erased_by_who_died_right_after_the_old_one_was(
    bench: Bench, ada: Shopper
) -> None:
    ask(ada, PrivacyKind.STORE_ERASURE, OPERATOR)
    parted = sealed_demand(bench.sealer, ada.demand(PrivacyKind.STORE_ERASURE), "")
    run(bench)
    # Its end was not written.
    change(bench, privacy_requests.privacy_requests, done_at=None, demand=parted, next_at=now())
    again = bench.shop("shopify")

    run(bench)

    assert again.row
    assert only(bench).done_at


def test_a_list_of_requests_reads_no_export_which_may_be_large(bench: Bench, ada: Shopper) -> None:
    ask(ada, PrivacyKind.CUSTOMER_DATA)
    ask(ada, PrivacyKind.CUSTOMER_ERASURE)
    change(bench, privacy_requests.privacy_requests, export=None)
    with transaction(bench.engine) as connection:
        privacy_requests.change(connection, all_of_them(bench)[0].id, export="large" * 100_000)
        listed = privacy_requests.of_store(connection, ada.shop.id)
        due = privacy_requests.due(connection, 10)

    assert sorted((one.kind, one.export) for one in listed) == [("customer_data", ""), ("customer_erasure", None)]
    assert sorted(one.export or "none" for one in due) == ["none", "none"]
