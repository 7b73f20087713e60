"""The pair test in a real browser whose sandbox runs the pasted pixel: what it says is put to a real beacon, and both riders
are heard at the stand-in for Meta under one id.
"""

import dataclasses

import pytest

from tests.rig.plans import PLAN
from tests.rig.shop import DATASET, Bench
from tests.storefront.shopify.sales import CARD
from tests.storefront.trials import Trial

OBSERVING = dataclasses.replace(PLAN, tells=False, datasets=(DATASET,))
CODE = "abcdefghij" + "k" * 24


def page_opened(query: str) -> dict:
    """What Shopify publishes of any page; unverified that the address is told with its query."""
    location = {"href": f"https://shop.example/{query}", "origin": "https://shop.example", "search": query}
    context = {
        "document": {"location": location, "referrer": ""},
        "navigator": {"userAgent": "Mozilla/5.0 (a merchant)"},
    }
    return {"id": "page-1", "name": "page_viewed", "data": {}, "context": context}


OPENED = page_opened(f"?utm_source=x&tandem-test={CODE}")


@pytest.mark.parametrize("carrier", ["fbq", "image"])
def test_both_riders_tell_the_same_event_while_the_store_observes(shopper, bench: Bench, carrier: str) -> None:
    trial = Trial.of(bench.shop("shopify", state="observing"))
    plan = dataclasses.replace(OBSERVING, carrier=carrier)
    shopper.comes(plan, cookies={"_fbp": "fb.1.1760000000000.1234567890"})
    stages = 3 if carrier == "fbq" else 2
    asked = shopper.does(page_opened(f"?tandem-test={trial.code}")).asked(TandemTest=1, sighting=stages)
    trial.says(*asked.sightings("TandemTest"))
    trial.served()

    [told] = asked.told()
    [served] = bench.sandbox.told("TandemTest")
    assert (told["ev"], told["eid"], told["id"]) == ("TandemTest", served["event_id"], DATASET)
    assert told["fbp"] == served["user_data"]["fbp"]
    assert "told Meta the same event under the same id" in trial.verdict().sentence


def test_only_the_test_is_told_of_its_page_and_a_kept_plan_does_not_stand_in_its_way(shopper) -> None:
    stale = dataclasses.replace(PLAN, datasets=())
    shopper.comes(stale).does(page_opened("")).asked(plan=1)
    shopper.chromium.ask("plan", plan={"version": 1, **dataclasses.asdict(PLAN)})
    asked = shopper.opens().does(OPENED).asked(TandemTest=1)
    assert [one["ev"] for one in asked.told()] == ["TandemTest"]


def test_a_banner_that_holds_the_pixel_back_is_said_and_nothing_else_and_consent_lets_it_go_on(shopper) -> None:
    shopper.comes(OBSERVING, privacy={"marketingAllowed": False}).does(OPENED)
    asked = shopper.asked(sighting=1)
    assert [call["body"] for call in asked.calls] == [{"event_name": "TandemTest", "state": "held", "proof": CODE}]
    asked = shopper.chooses(marketingAllowed=True).asked(TandemTest=1)
    assert [one["eid"] for one in asked.told()] == ["tandem_test_abcdefgh"]


def test_an_ad_blocker_is_seen(shopper) -> None:
    asked = shopper.comes(OBSERVING, blocked=["connect.facebook.net"]).does(OPENED).asked(sighting=1)
    assert ([one["state"] for one in asked.sightings("TandemTest")], asked.told()) == (["called"], [])


def test_without_a_code_an_observing_store_s_page_tells_nobody(shopper) -> None:
    asked = shopper.comes(OBSERVING).does(page_opened("?tandem-test="), CARD.event()).asked(signal=1)
    assert asked.kinds() == {"plan", "signal"}


KNOWN = {"id": 8123450000102, "email": "jonas.brandt@example.com"}


@pytest.mark.parametrize("carrier", ["fbq", "image"])
def test_a_stranger_s_link_with_a_made_up_code_tells_meta_nothing_of_whoever_follows_it(shopper, carrier: str) -> None:
    plan = dataclasses.replace(OBSERVING, carrier=carrier)
    [told] = shopper.comes(plan, customer=KNOWN).does(OPENED).asked(TandemTest=1).told()
    assert [name for name in told if name.startswith("ud")] == []


def test_nor_does_it_tell_anything_of_somebody_whose_data_may_not_be_sold(shopper) -> None:
    privacy = {"marketingAllowed": True, "saleOfDataAllowed": False}
    plan = dataclasses.replace(OBSERVING, limited_data_use="never")
    asked = shopper.comes(plan, privacy=privacy).does(OPENED).asked(sighting=1)
    assert ([one["state"] for one in asked.sightings("TandemTest")], asked.told()) == (["held"], [])
