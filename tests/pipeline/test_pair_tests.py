"""Pair tests on real databases: whose code opens what, what the script's words do, and what the server tells Meta."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from integration.db import after, aging, clock, datasets, pair_tests, reading, transact, transaction
from integration.db import sightings as room
from integration.errors import Conflict, Forbidden, NotFound
from integration.pipeline import pair_code
from integration.pipeline.sweep import sweep
from integration.stores import pair_test
from integration.stores.pair_verdict import Pixel, Server
from tests.rig.shop import DATASET, SECRET_KEY, Bench, Shop
from tests.storefront.trials import AGENT, CALLER, Trial

FBP = "fb.1.1760000000000.1234567890"
PLATFORMS = pytest.mark.parametrize("platform", ["shopify", "woocommerce"])


def word(trial: Trial, state: str = "called", **odd: Any) -> dict[str, Any]:
    """What the storefront's script posts."""
    usual = {"dataset_id": DATASET, "event_name": "TandemTest", "event_id": trial.event_id, "proof": trial.code}
    return {**usual, "state": state, "fbp": FBP, **odd}


def row(shop: Shop) -> pair_tests.PairTest:
    with reading(shop.bench.engine) as connection:
        found = pair_tests.newest(connection, shop.id)
    assert found
    return found


def served(trial: Trial) -> Sequence[dict[str, Any]]:
    """What the server told Meta by then."""
    trial.served()
    return trial.shop.bench.sandbox.told("TandemTest")


def change(bench: Bench, table: sa.Table, **values: Any) -> None:
    with transaction(bench.engine) as connection:
        connection.execute(sa.update(table).values(**values))


@pytest.fixture
def trial(bench: Bench) -> Trial:
    """Of a store that observes: nothing of it goes to Meta."""
    return Trial.of(bench.shop("shopify", state="observing"))


@PLATFORMS
def test_both_halves_meet_under_one_id_while_the_store_observes(bench: Bench, platform: str) -> None:
    trial = Trial.of(bench.shop(platform, state="observing"))
    assert trial.opens() == f"https://{trial.shop.row.domain}/?tandem-test={trial.code}"
    assert trial.says(word(trial), word(trial, "loaded"), word(trial, "sent")) == [True, False, False]
    (event,) = served(trial)
    verdict = trial.verdict()

    assert (verdict.pixel_state, verdict.server_state, verdict.over) == (Pixel.SENT, Server.TOLD, True)
    assert event["event_id"] == trial.event_id
    assert event["user_data"] == {"client_ip_address": "203.0.113.9", "client_user_agent": AGENT, "fbp": FBP}
    assert event["event_source_url"] == f"https://{trial.shop.row.domain}/"
    assert row(trial.shop).fbtrace_id
    assert bench.sandbox.requests()[-1]["test"] is False


def test_it_makes_no_event_no_delivery_and_no_sighting_and_is_told_once(bench: Bench, trial: Trial) -> None:
    trial.says(word(trial))
    assert bench.deliver() == 0
    assert len(served(trial)) == len(served(trial)) == 1
    assert bench.rows() == []
    assert trial.shop.row.storefront_at is None
    with reading(bench.engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(room.sightings)).scalar_one() == 0
    assert bench.sandbox.told("Purchase") == []


def test_what_is_known_of_the_browser_is_sealed_and_gone_once_told(bench: Bench, trial: Trial) -> None:
    trial.says(word(trial))
    kept = row(trial.shop)
    assert kept.browser
    assert not [clear for clear in (AGENT, "203.0.113.9", FBP, trial.code) if clear in str(kept)]
    trial.served()
    assert row(trial.shop).browser is None


@PLATFORMS
def test_a_code_that_is_anothers_over_forged_or_of_another_thing_does_nothing(bench: Bench, platform: str) -> None:
    trial = Trial.of(bench.shop(platform))
    domain = "other.myshopify.com" if platform == "shopify" else "other.example.com"
    other = bench.shop(platform, domain=domain, dataset=None)
    other_id = pair_code.new_event_id()
    forged = pair_code.of(other_id, trial.shop.id, "another secret")
    trial.says(word(trial), shop=other)
    trial.says(
        word(trial, proof=trial.code[:-1] + ("b" if trial.code.endswith("a") else "a")),
        word(trial, proof=forged, event_id=other_id),
        word(trial, event_id="5001"),
        word(trial, event_name="Purchase"),
        word(trial, dataset_id="999"),
        word(trial, state="done"),
    )
    assert row(trial.shop).pixel_state is None
    change(bench, pair_tests.pair_tests, expires_at=clock())
    trial.says(word(trial))
    assert (row(trial.shop).pixel_state, served(trial)) == (None, [])
    with pytest.raises(Forbidden):
        trial.opens()


def test_a_code_is_used_up_by_a_test_that_is_over_and_by_the_next_one(bench: Bench, trial: Trial) -> None:
    trial.says(word(trial))
    assert trial.opens()
    trial.served()
    trial.says(word(trial, "sent"))
    with pytest.raises(Forbidden):
        trial.opens()
    earlier, later = Trial.of(trial.shop), Trial.of(trial.shop)
    assert earlier.says(word(earlier)) == [False]
    with pytest.raises(Forbidden):
        earlier.opens()
    assert later.says(word(later)) == [True]


def test_the_page_knows_the_code_again_and_the_database_does_not(bench: Bench, trial: Trial) -> None:
    with reading(bench.engine) as connection:
        now = connection.execute(sa.select(clock())).scalar_one()
    assert pair_test.code(row(trial.shop), SECRET_KEY, now) == trial.code
    assert pair_test.code(row(trial.shop), "rotated", now) is None
    assert pair_test.code(row(trial.shop), SECRET_KEY, now + pair_code.GOOD_FOR) is None
    assert not any(trial.code in str(value) for value in row(trial.shop))


def test_a_test_needs_a_dataset_and_one_of_its_own(bench: Bench) -> None:
    bare, shop = bench.shop("shopify", dataset=None), bench.shop("woocommerce")
    with pytest.raises(Conflict, match="no dataset"):
        Trial.of(bare)
    with pytest.raises(NotFound):
        Trial.of(shop, "999")
    shop.attach("200000000000002")
    assert row(Trial.of(shop, "200000000000002").shop).dataset_id == "200000000000002"


def test_a_pixel_that_the_banner_holds_back_lets_nothing_leave_and_goes_on_with_consent(trial: Trial) -> None:
    assert trial.says({"event_name": "TandemTest", "state": "held", "proof": trial.code}) == [False]
    assert (trial.verdict().pixel_state, served(trial)) == (Pixel.HELD, [])
    assert trial.says(word(trial)) == [True]
    assert trial.says({"event_name": "TandemTest", "state": "held", "proof": trial.code}) == [False]
    assert trial.verdict().pixel_state is Pixel.CALLED


def test_a_dead_token_is_the_result_and_pauses_nothing(bench: Bench) -> None:
    shop = bench.shop("shopify", dataset=None)
    shop.attach(token="a-token-that-dies")
    trial = Trial.of(shop)
    bench.sandbox.expire("a-token-that-dies")
    trial.says(word(trial), word(trial, "sent"))
    trial.served()
    assert "Meta refused the access token" in trial.verdict().server.sentence
    with reading(bench.engine) as connection:
        (side,) = datasets.of_store(connection, trial.shop.id)
    assert not side.paused


def test_a_paused_dataset_is_not_asked_and_says_why(bench: Bench, trial: Trial) -> None:
    change(bench, datasets.datasets, state=datasets.PAUSED, reason="Paste a new token.")
    trial.says(word(trial))
    assert (trial.served(), bench.sandbox.requests()) == (0, [])
    assert trial.verdict().server.sentence == "The server could not tell Meta: Paste a new token."


@pytest.mark.parametrize(
    ("rests", "server"), [(timedelta(minutes=2), Server.RESTING), (timedelta(hours=1), Server.FAILED)]
)
def test_a_dataset_that_rests_is_left_alone(bench: Bench, trial: Trial, rests: timedelta, server: Server) -> None:
    change(bench, datasets.datasets, rest_until=after(rests))
    trial.says(word(trial))
    assert (trial.served(), bench.sandbox.requests()) == (0, [])
    assert trial.verdict().server_state is server


def test_a_lease_of_somebody_else_is_waited_for_and_ours_is_given_back(bench: Bench, trial: Trial) -> None:
    change(bench, datasets.datasets, lease_owner="a drain", lease_until=after(timedelta(minutes=1)))
    trial.says(word(trial))
    assert (trial.served(), trial.verdict().server_state) == (0, Server.DUE)
    change(bench, datasets.datasets, lease_owner=None, lease_until=None)
    assert trial.served() == 1
    with reading(bench.engine) as connection:
        assert connection.execute(sa.select(datasets.datasets.c.lease_owner)).scalar_one() is None


def test_the_clock_rings_for_it_until_it_is_told(bench: Bench, trial: Trial) -> None:
    assert not sweep(bench.engine).tasks
    trial.says(word(trial))
    assert sweep(bench.engine).tasks
    trial.served()
    assert not sweep(bench.engine).tasks


def test_a_test_event_code_of_the_dataset_goes_along(bench: Bench) -> None:
    trial = Trial.of(bench.shop("shopify", test_event_code="TEST123"))
    trial.says(word(trial))
    trial.served()
    assert bench.sandbox.requests()[-1]["test"] is True


def test_what_the_merchant_leaves_out_is_not_told_and_the_test_goes_by_its_own_id(bench: Bench) -> None:
    shop = bench.shop("shopify", leave_out="ip,user_agent,browser_id", limited_data_use="always")
    trial = Trial.of(shop)
    trial.says(word(trial), caller=CALLER)
    (event,) = served(trial)
    assert list(event["user_data"]) == ["external_id"]


def test_limited_data_use_holds_for_it_too(bench: Bench) -> None:
    trial = Trial.of(bench.shop("shopify", limited_data_use="always"))
    trial.says(word(trial))
    assert [one["data_processing_options"] for one in served(trial)] == [["LDU"]]


def test_old_tests_are_forgotten(bench: Bench, trial: Trial) -> None:
    def forget() -> int:
        return transact(bench.engine, lambda it: aging.FORGET["sightings"](it, before=trial_edge, most=100))

    trial_edge = row(trial.shop).created_at
    assert forget() == 0
    trial_edge += timedelta(seconds=1)
    assert forget() == 1


def test_a_body_that_is_no_test_is_what_it_was_before(bench: Bench, trial: Trial) -> None:
    ordinary = json.loads(json.dumps(word(trial, event_name="Purchase", event_id="5001", proof="checkout-1")))
    trial.says(ordinary)
    with reading(bench.engine) as connection:
        kept = connection.execute(sa.select(room.sightings.c.event_name, room.sightings.c.event_id)).all()
    assert [tuple(one) for one in kept] == [("Purchase", "5001")]
