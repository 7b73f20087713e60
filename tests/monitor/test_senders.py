"""Who else tells Meta, read from constructed pages: in every spelling, in linear time, and weighed by the dataset."""

import time

import pytest

from connectors import registry
from integration.monitor import senders
from integration.monitor.senders import Finding, Kind

RIVAL = registry.get("shopify").rival
assert RIVAL
OURS, OTHER = "1234567890123456", "9876543210987654"
CHANNEL_CONFIG = (
    '{"id":"1","configuration":"{\\"pixel_id\\":\\"1234567890123456\\",\\"pixel_type\\":\\"facebook_pixel\\"}",'
    '"apiClientId":2329312,"dataSharingState":"optimized"}'
)


@pytest.mark.parametrize(
    "page",
    [
        f"<script>fbq('init', '{OURS}');</script>",
        f'<script>fbq("init","{OURS}",{{em: "x"}})</script>',
        f"<script>fbq( 'init' , {OURS} )</script>",
        f'{{"script":"fbq(\\"init\\",\\"{OURS}\\")"}}',
        f'data-html="fbq(&quot;init&quot;, &quot;{OURS}&quot;)"',
        f'"fbq(\\u0022init\\u0022,\\u0022{OURS}\\u0022)"',
        f'<img src="https://www.facebook.com/tr?id={OURS}&ev=PageView&noscript=1">',
        f'"https:\\/\\/www.facebook.com\\/tr?id={OURS}&ev=PageView"',
    ],
)
def test_a_pixel_is_seen_in_every_usual_spelling(page):
    assert [one.datasets for one in senders.read([page])] == [(OURS,)]


@pytest.mark.parametrize(
    "page", [CHANNEL_CONFIG, CHANNEL_CONFIG.replace('\\"', '"'), CHANNEL_CONFIG.replace('\\"', '\\\\\\"')]
)
def test_shopifys_own_channel_is_seen_without_its_script(page):
    """Its Pixel runs in a sandbox: no page holds fbevents.js for it."""
    assert senders.read([page], RIVAL) == (Finding(Kind.CHANNEL, RIVAL.name, (OURS,), RIVAL.mend),)
    assert senders.read([page]) == ()


def test_what_looks_alike_is_no_pixel():
    page = "<p>Our fbq('init') story, order 1234567890123456, see facebook.com/trade?id=1234567890123456</p>"
    assert senders.read([page]) == ()


def test_a_sender_is_named_once_however_many_pages_hold_it():
    page = f"fbq('init','{OURS}') GTM-ABC1234"
    assert [one.kind for one in senders.read([page, page])] == [Kind.PIXEL, Kind.TAG_MANAGER]


def test_the_same_dataset_blocks_and_another_one_means_nothing():
    found = senders.read([f"fbq('init','{OTHER}'); fbq('init','{OURS}'); GTM-ABC1234"])
    weighed = senders.weigh(found, {OURS})
    assert [(one.blocks, one.datasets) for one in weighed] == [(True, (OURS,)), (False, ())]
    assert OURS in senders.sentence(weighed[0])


def test_a_plugin_of_the_shops_blocks_where_it_shows_our_dataset():
    found = senders.reported([("Meta for WooCommerce", [OURS]), ("Another", [OTHER]), ("Third", [])])
    assert [(one.name, one.blocks) for one in senders.weigh(found, {OURS})] == [
        ("Meta for WooCommerce", True),
        ("Third", False),
    ]


def test_every_sender_comes_with_what_to_do():
    for kind in Kind:
        weighed = senders.weigh([Finding(kind, "It", (OURS,))], {OURS})
        assert weighed[0].mend.endswith(".")


@pytest.mark.parametrize(
    "piece",
    ["fbq(", "fbq( 'init' , '", '"pixel_id":"123456"', '\\\\\\\\"pixel_id', "facebook.com/tr?id=", "GTM-", "&quot;"],
)
def test_two_megabytes_of_almost_are_read_in_linear_time(piece):
    short, long = piece * (20_000 // len(piece)), piece * (senders.LONGEST_PAGE // len(piece))
    begun = time.process_time()
    senders.read([short], RIVAL)
    middle = time.process_time()
    senders.read([long], RIVAL)
    # A hundred times the text; quadratic reading would take ten thousand times as long.
    assert time.process_time() - middle < max(middle - begun, 0.002) * 2_000


def test_what_is_behind_two_megabytes_is_not_read():
    assert senders.read([" " * senders.LONGEST_PAGE + f"fbq('init','{OURS}')"]) == ()
