"""Whose a message is, decided without a database."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connectors.event import Event, Kind, PrivacyKind, PrivacyRequest, StoreUninstalled
from integration.db.stores import LIVE, Store
from integration.pipeline.whose import Whose, warning, whose
from integration.store_settings import StoreSettings

THEN = datetime(2026, 11, 20, tzinfo=UTC)
DOMAIN, OTHER = "tea.myshopify.com", "coffee.myshopify.com"
STORE = Store("s1", "shopify", DOMAIN, LIVE, StoreSettings(), "p", "w", None, THEN, THEN, None)
NUMBERED = replace(STORE, platform_id="7005")


def order(**more):
    return Event(Kind.ORDER, "5001", **more)


def redact(site=DOMAIN, **more):
    return PrivacyRequest(PrivacyKind.STORE_ERASURE, site=site, **more)


@pytest.mark.parametrize(
    ("store", "message", "sent_by", "expected"),
    [
        (STORE, order(), None, Whose.OURS),
        (STORE, order(shop_id="9"), None, Whose.OURS),
        (NUMBERED, order(), None, Whose.OURS),
        (NUMBERED, order(shop_id="7005"), None, Whose.OURS),
        (NUMBERED, order(shop_id="9"), None, Whose.OTHERS),
        (NUMBERED, order(shop_id="9", shop_domain=DOMAIN), None, Whose.OTHERS),
        (STORE, order(shop_id="9", shop_domain=DOMAIN), None, Whose.OURS),
        (STORE, order(shop_id="9", shop_domain=OTHER), None, Whose.DOUBTFUL),
        (NUMBERED, order(shop_domain=OTHER), None, Whose.DOUBTFUL),
        # Its own number under another permanent domain: the shop was renamed.
        (NUMBERED, order(shop_id="7005", shop_domain=OTHER), None, Whose.OURS),
        (STORE, order(site=OTHER), None, Whose.OTHERS),
        (STORE, order(site=DOMAIN), OTHER, Whose.OURS),
        (STORE, order(), OTHER, Whose.OTHERS),
        (STORE, order(), DOMAIN, Whose.OURS),
    ],
)
def test_t6_an_event_is_ours_unless_it_says_that_it_is_anothers(store, message, sent_by, expected):
    assert whose(message, store, sent_by=sent_by) is expected


@pytest.mark.parametrize("make", [redact, StoreUninstalled], ids=["a demand", "an uninstall"])
@pytest.mark.parametrize(
    ("store", "site", "shop_id", "expected"),
    [
        (STORE, DOMAIN, None, Whose.OURS),
        (STORE, DOMAIN, "9", Whose.OURS),
        (NUMBERED, DOMAIN, "7005", Whose.OURS),
        (NUMBERED, DOMAIN, None, Whose.OURS),
        (NUMBERED, DOMAIN, "9", Whose.OTHERS),
        (NUMBERED, None, "7005", Whose.OTHERS),
        (STORE, None, None, Whose.OTHERS),
        (STORE, OTHER, None, Whose.OTHERS),
        (NUMBERED, OTHER, "7005", Whose.OTHERS),
    ],
)
def test_t7_what_would_end_or_erase_something_names_its_store_itself(make, store, site, shop_id, expected):
    assert whose(make(site=site, shop_id=shop_id), store, sent_by=None) is expected


@pytest.mark.parametrize("make", [redact, StoreUninstalled], ids=["a demand", "an uninstall"])
def test_t7_a_header_does_not_name_the_store_for_a_body_that_would_end_it(make):
    assert whose(make(site=None), STORE, sent_by=DOMAIN) is Whose.OTHERS


@pytest.mark.parametrize(
    ("message", "sent_by", "named"),
    [
        (order(site=OTHER), None, "another site"),
        (order(), OTHER, "another site"),
        (order(shop_id="9"), None, "number 9"),
        (order(shop_id="9", shop_domain=OTHER), None, OTHER),
        (redact(OTHER), None, OTHER),
        (StoreUninstalled(None), None, "a shop it does not name"),
    ],
)
def test_the_alert_says_whose_it_is_as_far_as_it_is_told(message, sent_by, named):
    sentence = warning(message, STORE, sent_by=sent_by)
    assert named in sentence
    assert DOMAIN in sentence
    assert len(sentence) <= 500


def test_the_longest_name_still_fits_into_an_alert():
    longest = replace(STORE, domain="d" * 100)
    assert len(warning(redact("x" * 255), longest, sent_by=None)) <= 500
