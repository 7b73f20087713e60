"""What the plugin asks: who is believed, what nonsense is told, and what a store learns of its own orders and no other's.

Long: the table of nonsense.
"""

import itertools
import json
import time
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from connectors import registry
from integration.db import alerts, deliveries, reading, sightings, signing, storefronts, transaction
from integration.db.deliveries import State
from integration.db.sightings import Seen, Stage
from integration.db.stores import SEALED_SECRET
from integration.pipeline import joining
from integration.pipeline.joining import By
from integration.stores import storefront
from tests.rig.own_page import OwnPage, nonce, sign
from tests.rig.pages import Pages, serving
from tests.rig.postgres import Cluster
from tests.rig.standin import StandIn
from tests.web.conftest import _migrated

NOBODY = {"error": "unauthorized"}
CALLS = {"sign-in": {"nonce": "0" * 32}, "state": {"plugin": "1.0.0"}, "orders": {"order_ids": []}}
calls = pytest.mark.parametrize("call", CALLS)
_datasets = itertools.count(100_000_000_000_500)


def attached(pages: Pages) -> tuple[OwnPage, str]:
    """A live store and its dataset."""
    store, dataset = OwnPage.of(pages), str(next(_datasets))
    store.attach(dataset)
    return store, dataset


def pixel(*ids: str, name: str = "PixelYourSite") -> dict[str, object]:
    return {"plugin": "pixelyoursite", "name": name, "ids": list(ids)}


def told(store: OwnPage, **more: object) -> dict[str, object]:
    answer = store.call("state", {"plugin": "1.0.0", **more})
    assert answer.status == 200, answer.data
    return answer.json()


def other_pixel(store: OwnPage) -> list[str]:
    with reading(store.pages.engine) as connection:
        return [one.sentence for one in alerts.of_store(connection, store.id) if one.kind == storefront.OTHER_PIXEL]


@calls
def test_what_is_signed_is_answered(pages: Pages, call: str) -> None:
    answer = OwnPage.of(pages).call(call, CALLS[call])
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")


def test_it_is_signed_as_php_signs_it() -> None:
    """By `php -r 'echo base64_encode(hash_hmac("sha256", "1764000000.orders.{}", str_repeat("k", 40), true));'`."""
    assert sign("1764000000", "orders", b"{}", "k" * 40) == "kHSCtLydHwpKhpoKhrZ0uS4JfhmpfLhsCilLbUFpz64="


@calls
@pytest.mark.parametrize(
    "odd",
    [
        {"secret": "a" * 40},
        {"secret": ""},
        {"key": "0" * 32},
        {"key": "x"},
        {"key": "A" * 32},
        {"at": datetime.now(UTC) - timedelta(seconds=330)},
        {"at": datetime.now(UTC) + timedelta(days=1)},
        {"stamp": ""},
        {"stamp": "now"},
        {"stamp": "1e9"},
        {"stamp": "9" * 400},
        {"stamp": "-1"},
        {"signed_call": "other"},
        {"signed_body": b"{}"},
        {"signature": ""},
        {"signature": "x"},
        {"signature": "é".encode().decode("latin-1")},
        {"signature": "A" * 44},
    ],
    ids=str,
)
def test_everybody_else_is_told_the_same(pages: Pages, call: str, odd: dict[str, object]) -> None:
    store = OwnPage.of(pages)
    answer = store.call(call, CALLS[call], **odd)
    assert (answer.status, answer.json()) == (401, NOBODY)


@calls
def test_a_signature_is_judged_before_the_body(pages: Pages, call: str) -> None:
    assert OwnPage.of(pages).call(call, None, body=b"\x00nonsense", secret="a" * 40).status == 401


@calls
def test_another_store_s_secret_signs_nothing_here(pages: Pages, call: str) -> None:
    mine, other = OwnPage.of(pages), OwnPage.of(pages)
    assert mine.call(call, CALLS[call], secret=other.secret).status == 401


def test_a_header_told_twice_or_in_hex_signs_nothing(pages: Pages) -> None:
    store, stamp = OwnPage.of(pages), str(int(time.time()))
    good = sign(stamp, "orders", b'{"order_ids": []}', store.secret)
    assert store.call("orders", {"order_ids": []}, stamp=stamp, signature=good).status == 200
    for odd in (f"{good},{good}", good.rstrip("="), good.lower(), f" {good}x"):
        assert store.call("orders", {"order_ids": []}, stamp=stamp, signature=odd).status == 401


def test_while_a_secret_is_changed_the_former_one_signs_too_and_then_no_more(pages: Pages) -> None:
    store, sealer = OwnPage.of(pages), pages.office.sealer
    new = "n" * 40
    sealed = sealer.seal(new.encode(), store=store.id, column=SEALED_SECRET)
    with transaction(pages.engine) as connection:
        signing.change(connection, store.id, signing.Secrets(sealed, store.row.sealed_secret))
    assert [store.call("orders", {"order_ids": []}, secret=one).status for one in (new, store.secret)] == [200, 200]
    with transaction(pages.engine) as connection:
        signing.change(connection, store.id, signing.Secrets(sealed))
    assert [store.call("orders", {"order_ids": []}, secret=one).status for one in (new, store.secret)] == [200, 401]


@calls
@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{", b"{}", b'"x"', b"\xff\xfe", b"[" * 20_000, b'{"nonce": NaN, "plugin": NaN}', b"1"],
    ids=lambda body: repr(body[:20]),
)
def test_nonsense_that_is_well_signed_is_told_to_be_nonsense(pages: Pages, call: str, body: bytes) -> None:
    answer = OwnPage.of(pages).call(call, None, body=body)
    assert answer.status == 400
    assert isinstance(answer.json()["error"], str)


@calls
def test_more_than_64_kib_is_refused_unread(pages: Pages, call: str) -> None:
    store = OwnPage.of(pages)
    most = json.dumps({**CALLS[call], "more": ""}).encode()
    full = json.dumps({**CALLS[call], "more": "x" * (64 * 1024 - len(most))}).encode()
    assert len(full) == 64 * 1024
    assert store.call(call, None, body=full).status == 200
    assert store.call(call, None, body=full.replace(b"xx", b"xxx", 1)).status == 413
    assert store.call(call, None, body=full, headers={"Content-Encoding": "gzip"}).status == 415


@calls
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_only_post_is_a_call(pages: Pages, call: str, method: str) -> None:
    assert OwnPage.of(pages).call(call, CALLS[call], method=method).status == 405


def test_there_are_no_other_calls_and_none_of_platforms_without_a_plugin(pages: Pages) -> None:
    store = OwnPage.of(pages)
    assert store.call("secret", {}).status == 404
    browser = pages.browser()
    for connector in registry.connectors():
        expected = 404 if connector.plugin is None else 401
        path = f"/{connector.name}/plugin/{store.public_key}/state"
        assert browser.ask("POST", path).status == expected


@pytest.mark.parametrize("nonce", [None, "", "0" * 31, "0" * 33, "G" * 32, "A" * 32, 7, ["0" * 32]], ids=repr)
def test_a_nonce_that_is_none_gets_no_code(pages: Pages, nonce: object) -> None:
    assert OwnPage.of(pages).call("sign-in", {"nonce": nonce, "user": "1"}).status == 400


def test_t5_a_call_that_is_overheard_and_sent_again_gets_no_second_code(pages: Pages) -> None:
    store, stamp, once = OwnPage.of(pages), str(int(time.time())), {"nonce": nonce(), "user": "1"}
    assert store.call("sign-in", once, stamp=stamp).status == 200
    again = store.call("sign-in", once, stamp=stamp)
    assert (again.status, again.json()) == (400, {"error": "This nonce was used before: ask with a new one."})


def test_the_state_says_how_things_stand(pages: Pages) -> None:
    store = OwnPage.of(pages)
    observing = told(store)
    assert observing["standing"] == "observing"
    assert "Tandem is observing" in observing["sentence"]
    assert (observing["datasets"], observing["alerts"], observing["arrivals"]) == ([], [], "")
    assert observing["dashboard"] == f"{pages.url}/store"

    store, dataset = attached(pages)
    live = told(store)
    assert (live["standing"], live["datasets"]) == ("live", [dataset])
    assert live["sentence"] == f"Tandem is live: what the store tells goes to Meta, to dataset {dataset}."

    with transaction(pages.engine) as connection:
        for kind in ("other", "needs_reconnect"):
            alerts.keep(connection, store_id=store.id, kind=kind, sentence=f"{kind}.", at=datetime.now(UTC))
    assert sorted(told(store)["alerts"]) == ["needs_reconnect.", "other."]


def test_what_the_plugin_reports_is_kept_and_only_its_newest_word(pages: Pages) -> None:
    store = OwnPage.of(pages)
    told(store, wordpress="6.8", hpos=True, pixels=[pixel("1234567890")])
    told(store, plugin="1.0.1", cron_disabled=True)
    with reading(pages.engine) as connection:
        kept = storefront.of_store(connection, store.id)
    assert kept.report == storefront.Report("1.0.1", cron_disabled=True)
    assert abs((kept.at - datetime.now(UTC)).total_seconds()) < 60


def test_who_else_tells_one_of_our_datasets_is_an_alert_until_it_is_mended(pages: Pages) -> None:
    store, dataset = attached(pages)
    told(store, pixels=[pixel(f"{dataset}0")])
    assert other_pixel(store) == []

    (sentence,) = told(store, pixels=[pixel("999999999", dataset)])["alerts"]

    assert sentence.startswith(f"PixelYourSite tells dataset {dataset} too, as Tandem does.")
    assert "one sender of Purchase must remain" in sentence
    assert other_pixel(store) == [sentence]
    told(store, pixels=[pixel("999999999")])
    assert other_pixel(store) == []


def test_a_dataset_that_is_attached_later_is_weighed_by_the_last_report(pages: Pages) -> None:
    store, dataset = OwnPage.of(pages), str(next(_datasets))
    told(store, pixels=[pixel(dataset)])
    assert other_pixel(store) == []
    store.attach(dataset)
    assert len(other_pixel(store)) == 1


def test_an_alert_has_room_for_any_number_of_rivals(pages: Pages) -> None:
    store, dataset = attached(pages)
    told(store, pixels=[pixel(dataset, name=f"{'long name ' * 5}{number}") for number in range(20)])
    (sentence,) = other_pixel(store)
    assert len(sentence) <= 500
    assert "one sender of Purchase must remain" in sentence


def test_a_store_reads_of_its_own_orders_alone(pages: Pages) -> None:
    (mine, _), (other, _) = attached(pages), attached(pages)
    for store, order_id in ((mine, "1042"), (mine, "1043"), (other, "2042")):
        store.order(order_id)

    wanted = {"order_ids": ["1042", "1043", "2042", "7"]}
    answer = mine.call("orders", wanted).json()["orders"]

    assert sorted(answer) == ["1042", "1043"]
    assert sorted(other.call("orders", wanted).json()["orders"]) == ["2042"]


def delivered(store: OwnPage, **values: object) -> dict[str, object]:
    table = deliveries.deliveries
    with transaction(store.pages.engine) as connection:
        connection.execute(sa.update(table).where(table.c.store_id == store.id).values(**values))
    return store.call("orders", {"order_ids": ["1042"]}).json()["orders"]["1042"]


def test_an_order_s_state_is_told_in_the_words_of_the_ledger(pages: Pages) -> None:
    store, _ = attached(pages)
    store.order("1042")
    at = datetime(2026, 11, 24, 14, 2, 11, 5000, tzinfo=UTC)

    assert delivered(store, state=State.DELIVERED, reason=None, delivered_at=at) == {
        "state": "delivered",
        "told_by": ["server"],
        "reason": None,
        "at": "2026-11-24T14:02:11Z",
    }
    assert delivered(store, state=State.WITHHELD, reason="no consent was stated", delivered_at=None) == {
        "state": "withheld",
        "told_by": [],
        "reason": "no consent was stated",
        "at": None,
    }


def test_the_pixel_told_an_order_where_its_own_proof_says_so_and_its_request_left(pages: Pages) -> None:
    """Another order's proof, another id, and a request that was not seen to leave count for nothing."""
    store, dataset = attached(pages)
    store.order("1042")
    store.order("1043")

    def told_by(event_id: str, proof: str, stage: Stage) -> object:
        seen = Seen(store.id, dataset, "Purchase", event_id, joining.key(By.ORDER, proof))
        with transaction(pages.engine) as connection:
            sightings.keep(connection, seen, stage)
        return {
            order_id: one["told_by"]
            for order_id, one in store.call("orders", {"order_ids": ["1042", "1043"]}).json()["orders"].items()
        }

    nobody: dict[str, list[str]] = {"1042": [], "1043": []}
    assert told_by("1042", "1042", Stage.LOADED) == nobody
    assert told_by("1043", "1042", Stage.SENT) == nobody
    assert told_by("order-1042", "1042", Stage.SENT) == nobody
    assert told_by("1042", "1042", Stage.SENT) == {**nobody, "1042": ["pixel"]}


@pytest.mark.parametrize("ids", [None, "1042", {"1": 2}, [1042], [""], ["1" * 65], ["1;2"], ["é"], [["1"]]], ids=repr)
def test_ids_that_are_none_are_refused(pages: Pages, ids: object) -> None:
    assert OwnPage.of(pages).call("orders", {"order_ids": ids}).status == 400


def test_a_hundred_orders_may_be_asked_about_at_once(pages: Pages) -> None:
    store = OwnPage.of(pages)
    ids = [str(number) for number in range(1, 102)]
    assert store.call("orders", {"order_ids": ids[:100]}).json() == {"orders": {}}
    assert store.call("orders", {"order_ids": ids}).status == 400


def test_while_the_database_is_away_it_may_be_asked_again(
    shopify: StandIn, tmp_path_factory: pytest.TempPathFactory, pages: Pages
) -> None:
    directory = tmp_path_factory.mktemp("lost")
    with serving(f"sqlite:///{directory}/missing/tandem.db", directory, shopify) as lost:
        store = OwnPage.of(pages)
        store.pages = lost
        for call, body in CALLS.items():
            answer = store.call(call, body)
            assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
            assert answer.json() == {"error": "try again later"}


def test_a_fault_of_ours_is_said_as_one_that_passes(
    cluster: Cluster,
    shopify: StandIn,
    tmp_path_factory: pytest.TempPathFactory,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Here a secret is sealed for another store: nobody learns more than that it is our fault."""
    directory = tmp_path_factory.mktemp("torn")
    with cluster.database(_migrated) as url, serving(url, directory, shopify) as torn:
        store, other = OwnPage.of(torn), OwnPage.of(torn)
        with transaction(torn.engine) as connection:
            signing.change(connection, store.id, signing.Secrets(other.row.sealed_secret))
        answer = store.call("state", {"plugin": "1.0.0"})

    assert (answer.status, answer.json()) == (503, {"error": "try again later"})
    log = capfd.readouterr().err
    assert "a call of a plugin could not be answered" in log
    assert store.secret not in log


def test_nothing_that_a_plugin_reports_is_kept_of_whoever_is_refused(pages: Pages) -> None:
    store = OwnPage.of(pages)
    store.call("state", {"plugin": "6.6.6"}, secret="a" * 40)
    with reading(pages.engine) as connection:
        assert storefronts.of_store(connection, store.id) is None
