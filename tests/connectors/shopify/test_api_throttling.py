"""How long to wait, as a table: seconds out of what Shopify says."""

import pytest

from connectors.shopify import throttling
from connectors.shopify.throttling import LONGEST_PAUSE, LONGEST_REFILL, SHORTEST, UNTOLD


@pytest.mark.parametrize(
    ("asked", "there", "rate", "seconds"),
    [
        (852, 100, 100.0, 7.52),
        (752, 666, 50.0, 1.72),
        (752, 666.0, 50, 1.72),
        (101, 100, 100.0, SHORTEST),  # a hundredth of a second would only be another refusal
        (100, 954, 50.0, SHORTEST),  # there is enough by now, or Shopify counts otherwise
        (1000, 0, 1.0, LONGEST_REFILL),
        (1000, -50, 50.0, 21.0),
        ("852", "100", "100", 7.52),
        (852, 100, 0, UNTOLD),
        (852, 100, -1, UNTOLD),
        (852, 100, None, UNTOLD),
        (852, None, 50.0, UNTOLD),
        (None, 100, 50.0, UNTOLD),
        (True, 100, 50.0, UNTOLD),
        ("much", 100, 50.0, UNTOLD),
        ([], {}, "", UNTOLD),
        (10**400, 100, 50.0, UNTOLD),
    ],
)
def test_a_bucket_is_full_enough_after(asked, there, rate, seconds):
    bucket = {"currentlyAvailable": there, "restoreRate": rate}
    told = {"cost": {"requestedQueryCost": asked, "throttleStatus": bucket}}
    assert throttling.refill(told) == pytest.approx(seconds)


@pytest.mark.parametrize("told", [None, [], "x", {}, {"cost": None}, {"cost": []}, {"cost": {"throttleStatus": 7}}])
def test_a_bucket_nobody_described_is_waited_for_a_little(told):
    assert throttling.refill(told) == UNTOLD


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("2.0", 2.0),
        ("10", 10.0),
        ("0", SHORTEST),
        ("0.25", SHORTEST),
        ("999999", LONGEST_PAUSE),
        ("-5", UNTOLD),
        ("nan", UNTOLD),
        ("inf", UNTOLD),
        ("1e9", UNTOLD),
        ("", UNTOLD),
        ("Tue, 24 Nov 2026 18:00:00 GMT", UNTOLD),
        (None, UNTOLD),
    ],
)
def test_retry_after_is_seconds_and_bounded(header, seconds):
    assert throttling.pause(header) == seconds
