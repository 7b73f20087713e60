"""A shop's last 30 days, read through its API, beside the stand-in for Shopify; on both databases."""

from datetime import UTC, datetime, timedelta

from integration.stores import glance, tally
from integration.stores.tally import Tally
from tests.rig.office import Office


def counted(office: Office) -> Tally:
    told = tally.decode(office.survey().counts)
    assert told
    return told


def test_a_shop_is_counted_through_its_api_and_nothing_of_the_buyers_is_kept(office: Office) -> None:
    office.standin.create()
    told = [
        *office.standin.order(count=5, silent=True, country="US"),
        *office.standin.order(count=3, silent=True, country="DE", gateway="Cash on Delivery (COD)"),
        *office.standin.order(count=2, silent=True, country="US", source_name="pos", gateway="cash"),
        *office.standin.order(silent=True, country="US", financial_status="pending", gateway="Bank Deposit"),
    ]
    office.installed()
    office.look_after()

    counts = counted(office)
    assert counts.orders == 11
    assert counts.payments.keys() == {"shopify_payments", "Cash on Delivery (COD)", "cash", "Bank Deposit"}
    assert counts.regions["EEA"] == {"withheld: no consent was stated": 3}
    assert counts.sources["pos"] == {"skipped: sold in a shop, not on the website": 2}
    assert counts.sources["web"] == {"sent": 5, "withheld: no consent was stated": 3, "not yet: pending": 1}
    assert office.alerts()["skipped_source"].startswith("2 of your last 11 orders (18 %) came from the point of sale")
    stored = office.everything()
    stored = stored.replace("Europe/Berlin", "")  # the shop's own clock
    assert not [word for word in (*told, "buyer-", "example.com", "Vogel", "Berlin") if word in stored]


def test_the_store_s_page_tells_a_source_that_is_left_out_once(office: Office) -> None:
    office.standin.create()
    office.standin.order(count=2, silent=True, source_name="pos")
    store = office.installed()
    office.look_after()

    seen = glance.of_store(office.engine, store.id)
    assert "skipped_source" in office.alerts()
    assert [one.label for one in seen.survey.loud] == ["pos"]
    assert "skipped_source" not in [alert.kind for alert in seen.alerts]


def test_a_throttled_shop_is_counted_later_and_once(office: Office) -> None:
    office.standin.create()
    office.standin.order(count=4, silent=True, country="US")
    office.standin.fail(kind="throttled", operation="orders", times=1)
    office.installed()
    office.look_after()
    assert office.chores()["survey"].trouble
    assert office.survey().done_at is None

    office.make_due("survey")
    office.look_after()
    assert office.survey().done_at is not None
    assert counted(office).orders == 4
    assert len(office.standin.requests("orders")) == 2


def test_an_order_of_31_days_ago_is_not_of_the_last_30(office: Office) -> None:
    office.standin.create()
    for days in (31, 29):
        moment = datetime.now(UTC) - timedelta(days=days)
        office.standin.order(silent=True, created_at=moment.isoformat(timespec="seconds"))
    office.installed()
    office.look_after()

    assert counted(office).orders == 1
