"""A dataset and its token, asked of Meta and then saved: what is refused, what is let go, what the change log says."""

import pytest

from integration.errors import Conflict, InvalidSetting
from integration.stores import test_code
from integration.stores.datasets_at_meta import Given, NotTaken, Unproven
from tests.rig.shop import DATASET, Bench
from tests.stores.at_meta import OWNER, TOKEN, attached, done, give, log, moment, tokens

NEW = "EAAB-another-constructed-token-AbCd"


def test_a_token_is_saved_as_meta_confirms_it_and_shown_by_its_end(bench: Bench) -> None:
    shop = bench.shop("shopify", dataset=None)

    give(shop, f"  {TOKEN}\n")

    (one,) = attached(shop)
    assert (one.dataset_id, one.name, one.token_tail, one.paused) == (DATASET, "Dataset 0001", "WxYz", False)
    assert one.checked_at is not None
    assert bench.sealer.unseal(one.sealed_token, store=shop.id, column="datasets.token").decode() == TOKEN
    (change,) = log(shop)
    assert (change.what, change.surface) == ("dataset", "own")
    assert change.after[f"token of {DATASET}"] == "…WxYz"
    assert TOKEN not in str(change)


def test_a_token_that_meta_refuses_changes_nothing(bench: Bench) -> None:
    shop = bench.shop("shopify", dataset=None)
    give(shop)
    with tokens(bench.sandbox, {"expire": NEW}), pytest.raises(NotTaken, match="expired"):
        give(shop, NEW, nevertheless=True)

    assert [one.token_tail for one in attached(shop)] == ["WxYz"]
    assert len(log(shop)) == 1


def test_a_token_that_could_not_be_proven_is_saved_only_by_whoever_says_so(bench: Bench) -> None:
    shop = bench.shop("shopify", dataset=None)
    bench.sandbox.fail(kind="reset", times=2)
    with pytest.raises(Unproven, match="did not answer"):
        give(shop)
    assert attached(shop) == []

    give(shop, nevertheless=True)
    (one,) = attached(shop)
    assert (one.token_tail, one.checked_at) == ("WxYz", None)


def test_a_new_token_lets_go_what_a_dead_one_held_and_is_logged_as_that(bench: Bench) -> None:
    shop = bench.shop("shopify", consent_mode="assumed", dataset=None)
    give(shop)
    with tokens(bench.sandbox, {"expire": TOKEN}):
        shop.tell("orders/paid", shop.sample("orders/paid", "card"))
        bench.deliver()
        (paused,) = attached(shop)
        assert paused.paused
        assert paused.paused_at is not None
        assert bench.states()[0][0] == "held"

        give(shop, NEW)

        (mended,) = attached(shop)
        assert (mended.state, mended.paused_at, mended.reason) == ("active", None, None)
        assert bench.deliver() == 1
    newest = log(shop)[0]
    assert (newest.what, newest.before["state"], newest.after["state"]) == ("token", "paused", "active")
    assert (newest.before[f"token of {DATASET}"], newest.after[f"token of {DATASET}"]) == ("…WxYz", "…AbCd")


def test_two_woocommerce_stores_do_not_swallow_one_another_on_this_road_either(bench: Bench) -> None:
    bench.shop("woocommerce")
    second = bench.shop("woocommerce", "second.example.com", dataset=None)
    with pytest.raises(Conflict, match="store_key"):
        give(second)
    assert attached(second) == []


@pytest.mark.parametrize(
    ("dataset", "token"), [("12a", TOKEN), (DATASET, " "), (DATASET, "two words\x00"), ("", TOKEN)]
)
def test_what_can_be_no_dataset_or_token_is_not_even_asked(bench: Bench, dataset: str, token: str) -> None:
    with pytest.raises(InvalidSetting):
        Given.of(dataset, token)
    assert bench.sandbox.requests() == []


def test_a_test_event_code_counts_until_it_is_over_and_no_longer(bench: Bench) -> None:
    shop = bench.shop("shopify", consent_mode="assumed")
    paid = "orders/create", "test_order"
    now = moment(shop)
    done(shop, test_code.put, DATASET, " TEST42 ", hours="1", by=OWNER, now=now)
    shop.tell(paid[0], shop.sample(*paid, order_id="1"))
    assert bench.deliver() == 1
    assert [one["test"] for one in bench.sandbox.events()] == [True]
    version = shop.row.version

    done(shop, test_code.put, DATASET, "TEST42", hours="1", by=OWNER, now=now - 2 * test_code.LASTING["1"])
    assert attached(shop)[0].test_event_code is None
    shop.tell(paid[0], shop.sample(*paid, order_id="2"))
    assert bench.deliver() == 0
    assert bench.states()[1][0] == "skipped"
    before = shop.row.version
    test_code.look(bench.engine)
    assert shop.row.version == before + 1 > version
    assert (log(shop)[0].who, log(shop)[0].before[f"code of {DATASET}"]) == ("Tandem", "TEST42")
    test_code.look(bench.engine)
    assert shop.row.version == before + 1


def test_a_code_outlives_a_new_token_and_ends_when_it_is_taken_away(bench: Bench) -> None:
    shop = bench.shop("shopify", dataset=None)
    give(shop)
    now = moment(shop)
    done(shop, test_code.put, DATASET, "TEST42", by=OWNER, now=now)
    give(shop, NEW)
    (one,) = attached(shop)
    assert (one.test_event_code, one.test_event_code_until) == ("TEST42", now + test_code.LASTING["24"])

    done(shop, test_code.put, DATASET, "", by=OWNER, now=now)
    assert attached(shop)[0].test_event_code is None
    with pytest.raises(InvalidSetting):
        done(shop, test_code.put, DATASET, "TEST 42", by=OWNER, now=now)


def test_no_other_store_s_dataset_is_touched(bench: Bench) -> None:
    first = bench.shop("shopify", dataset=None)
    second = bench.shop("shopify", "second.myshopify.com", dataset=None)
    give(first)
    give(second, NEW)
    assert [one.token_tail for one in attached(first)] == ["WxYz"]
    assert [one.token_tail for one in attached(second)] == ["AbCd"]
