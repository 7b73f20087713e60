"""A store's API, against a shop on loopback that judges keys and keeps webhooks as WooCommerce does.

Long: each state in which a webhook can be found is a case.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from connectors.access import Endpoint, Shop, Storefront
from connectors.errors import CredentialsRejected, Declined, Throttled, Unreachable
from connectors.woocommerce import feed, history, zones
from connectors.woocommerce.connector import CONNECTOR
from connectors.woocommerce.credentials import Credentials
from connectors.woocommerce.subscriptions import FOLLOWED, name
from tests.rig.keyed_shop import DEVELOPMENT, KEY, SECRET, open_keyed_shop
from tests.rig.plans import PLAN

PUBLIC_KEY = "0123456789abcdef0123456789abcdef"
ADDRESS = "https://tandem.example/webhooks/woocommerce/a-key_nobody-guesses"
OURS = "0123456789abcdefghijABCDEFGHIJ0123456789"
ENDPOINT = Endpoint(ADDRESS, OURS)
RENEWING = Endpoint(ADDRESS, OURS, renew=True)
STOREFRONT = Storefront(PUBLIC_KEY, "https://tandem.example", ENDPOINT, PLAN)
SINCE = datetime(2026, 11, 1, 12, tzinfo=UTC)
# The words that the plugin reads: class-plan.php and assets/pixel.js.
PIXEL = {
    "version": 1,
    "beacon": "https://tandem.example/s/0123456789abcdef0123456789abcdef",
    "tells": True,
    "datasets": ["1234567890123456"],
    "events": list(PLAN.events),
    "purchase_when": "paid",
    "cod_when": "placed",
    "event_id_template": "{order_id}",
    "store_key": "01234567",
    "content_id_template": "{variant_id}",
    "value_basis": "total",
    "limited_data_use": "auto",
    "carrier": "fbq",
    "leave_out": [],
    "never_named": [],
}


@pytest.fixture
def shop():
    with open_keyed_shop("/store") as found:
        yield found


def token_of(shop, **changes):
    return Credentials(
        **{"key": KEY, "secret": SECRET, "permissions": "read_write", "base": shop.base} | changes
    ).packed()


def opened(shop, **changes):
    api = CONNECTOR.store_api(DEVELOPMENT, shop.http(), shop.domain, token_of(shop, **changes))
    assert api is not None
    return api


def has_all(shop):
    for topic in FOLLOWED:
        shop.has(topic, ADDRESS, name=name(topic, KEY))
    return shop


def writes(shop):
    return [one for one in shop.did if not one.startswith("GET")]


# --- whose API it is ---


@pytest.mark.parametrize("domain", ["live.example.com", "127.0.0.1", "127.0.0.1:1", ""])
def test_keys_open_no_other_store_than_the_one_they_were_proven_on(shop, domain):
    for provide in (CONNECTOR.store_api, CONNECTOR.order_feed):
        assert provide(DEVELOPMENT, shop.http(), domain, token_of(shop)) is None


@pytest.mark.parametrize(
    "token", ["", "shpat_1", "{}", "[]", '{"key": "ck_", "secret": "cs_", "permissions": "read_write"}']
)
def test_a_token_that_is_none_of_ours_opens_nothing(shop, token):
    assert CONNECTOR.store_api(DEVELOPMENT, shop.http(), shop.domain, token) is None


def test_keys_that_were_never_proven_open_nothing(shop):
    assert CONNECTOR.store_api(DEVELOPMENT, shop.http(), shop.domain, token_of(shop, base="")) is None


# --- what the shop says of itself ---


def test_a_shop_is_named_by_its_host_and_folder(shop):
    assert opened(shop).shop() == Shop(f"{shop.domain}/store", "DE", "EUR")


@pytest.mark.parametrize(
    ("told", "country"), [("US:CA", "US"), ("DE", "DE"), ("", None), ("Germany", None), (None, None), (["US"], None)]
)
def test_its_country_is_where_woocommerce_says_it_is_based(shop, told, country):
    shop.country = told
    assert opened(shop).shop().country == country


def test_the_id_of_a_shop_is_where_its_keys_open_it_whatever_it_calls_itself(shop):
    """A shop in one folder of a host could call itself its neighbour in another."""
    shop.home = f"{shop.url}/neighbour"
    assert opened(shop).shop().id == f"{shop.domain}/store"


@pytest.mark.parametrize(
    "own", ["", "/wp-json/wc/v3/x", "ftp://x/wp-json/", "https://[::1/wp-json/", "https://x/?p=1", 7]
)
def test_one_that_does_not_say_where_it_is_is_where_it_was_connected(shop, own):
    shop.says("GET", "wc/v3/data/currencies/current", {"code": "EUR", "_links": {"self": [{"href": own}]}})
    assert opened(shop).shop().id == f"{shop.domain}/store"


@pytest.mark.parametrize(
    ("told", "zone"),
    [
        ({"timezone_string": "Europe/Lisbon", "gmt_offset": 0}, "Europe/Lisbon"),
        ({"timezone_string": "", "gmt_offset": 5.5}, "Asia/Kolkata"),
        ({"timezone_string": "", "gmt_offset": -8}, "Etc/GMT+8"),
        ({"timezone_string": "", "gmt_offset": "2"}, "Etc/GMT-2"),
        ({"timezone_string": "", "gmt_offset": 0}, "UTC"),
        ({"timezone_string": "", "gmt_offset": 10.5}, None),
        ({"timezone_string": "", "gmt_offset": 99}, None),
        ({"timezone_string": None, "gmt_offset": True}, None),
        ({"timezone_string": ["x"], "gmt_offset": "1e999"}, None),
        (b"<html>", None),
    ],
)
def test_its_zone_is_the_one_wordpress_names_or_one_that_keeps_those_hours_all_year(shop, told, zone):
    shop.says("GET", "", told)
    assert opened(shop).shop().timezone == zone


@pytest.mark.parametrize("hours", [*range(-12, 15), *zones._PARTS_OF_HOURS])
def test_the_zone_of_some_hours_is_that_many_hours_ahead_in_every_month(hours):
    zone = ZoneInfo(zones.fixed(hours))
    found = {datetime(2026, month, 2, tzinfo=zone).utcoffset() for month in range(1, 13)}
    assert found == {timedelta(hours=hours)}


def test_a_shop_that_keeps_its_index_to_itself_is_known_all_the_same(shop):
    shop.says("GET", "", {"code": "rest_forbidden"}, 401)
    assert opened(shop).shop() == Shop(f"{shop.domain}/store", "DE", "EUR")


def test_keys_that_were_revoked_are_told_as_such(shop):
    for api in (opened(shop, key="ck_" + "0" * 40), opened(shop, secret="cs_" + "0" * 40)):
        with pytest.raises(CredentialsRejected):
            api.shop()


# --- webhooks ---


def test_a_new_shop_gets_its_webhooks_signed_with_our_secret_and_spelled_in_small_letters(shop):
    assert opened(shop).mend_subscriptions(ENDPOINT) == FOLLOWED
    assert [one["topic"] for one in shop.webhooks] == list(FOLLOWED)
    assert {one["delivery_url"] for one in shop.webhooks} == {ADDRESS}
    assert set(shop.secrets.values()) == {OURS}
    assert opened(shop).mend_subscriptions(ENDPOINT) == ()
    assert len(writes(shop)) == len(FOLLOWED)


def test_one_that_woocommerce_switched_off_is_at_work_again_and_named(shop):
    has_all(shop)
    shop.webhooks[1]["status"] = "disabled"
    assert opened(shop).mend_subscriptions(ENDPOINT) == ("order.updated",)
    assert {one["status"] for one in shop.webhooks} == {"active"}
    assert shop.secrets == {2: OURS}


def test_one_that_is_gone_is_made_again_and_named(shop):
    has_all(shop).webhooks.pop(0)
    assert opened(shop).mend_subscriptions(ENDPOINT) == ("order.created",)
    assert opened(shop).mend_subscriptions(ENDPOINT) == ()


def test_doubles_go_for_good_and_somebody_elses_stay(shop):
    has_all(shop)
    shop.has("order.created", ADDRESS)
    shop.has("order.created", "https://warehouse.example/hooks")
    assert opened(shop).mend_subscriptions(ENDPOINT) == ()
    assert [one["id"] for one in shop.webhooks] == [1, 2, 3, 4, 6]
    assert shop.asked[-1].query["force"] == "true"


def test_a_double_that_went_meanwhile_is_gone(shop):
    has_all(shop).has("order.created", ADDRESS)
    gone = {"code": "woocommerce_rest_shop_webhook_invalid_id", "message": "Invalid ID."}
    shop.says("DELETE", "wc/v3/webhooks/5", gone, 404)
    assert opened(shop).mend_subscriptions(ENDPOINT) == ()


def test_a_new_secret_is_told_to_all_and_nothing_is_made(shop):
    has_all(shop)
    assert opened(shop).mend_subscriptions(RENEWING) == ()
    assert shop.secrets == dict.fromkeys((1, 2, 3, 4), OURS)
    assert {one.split()[0] for one in writes(shop)} == {"PUT"}


def test_a_list_of_several_pages_is_read_to_its_end(shop):
    for number in range(230):
        shop.has("product.updated", f"https://warehouse.example/{number}")
    has_all(shop)
    assert opened(shop).mend_subscriptions(ENDPOINT) == ()
    assert [(one.query["page"], one.query["per_page"], one.query["orderby"]) for one in shop.asked] == [
        (page, "100", "id") for page in "123"
    ]


@pytest.mark.parametrize("pages", [{}, {"X_WP_TotalPages": "2"}])
def test_a_list_that_ends_with_a_full_page_is_read_to_its_end(shop, pages):
    hundred = [{"id": number, "topic": "product.updated"} for number in range(1, 101)]
    ours = [{"id": n, "topic": t, "status": "active", "delivery_url": ADDRESS} for n, t in enumerate(FOLLOWED, 101)]
    for part in (hundred, [*ours, *hundred[4:]], []):
        shop.says("GET", "wc/v3/webhooks", part, **pages)
    assert opened(shop).mend_subscriptions(ENDPOINT) == ()
    assert len(shop.asked) == (2 if pages else 3)


@pytest.mark.parametrize("told", [{"code": "x"}, [1], [[]], b"<html>", {"0": {"id": 1}}, b'[{"id": 1}'])
def test_half_a_list_makes_no_doubles(shop, told):
    for _ in range(2):
        shop.says("GET", "wc/v3/webhooks", told)
    with pytest.raises(Unreachable):
        opened(shop).mend_subscriptions(ENDPOINT)
    assert writes(shop) == []


def test_a_list_without_end_ends(shop):
    for _ in range(100):
        shop.says("GET", "wc/v3/webhooks", [{"id": number} for number in range(100)])
    with pytest.raises(Unreachable, match="without end"):
        opened(shop).mend_subscriptions(ENDPOINT)
    assert len(shop.asked) == 20


def test_a_topic_that_is_declined_keeps_none_of_the_others_from_being_made(shop):
    refusal = {"code": "woocommerce_rest_shop_webhook_invalid_topic", "message": "Webhook topic must be valid."}
    shop.says("POST", "wc/v3/webhooks", refusal, 400)
    with pytest.raises(Declined, match=r"1 of the webhooks .* order.created: .*Webhook topic must be valid"):
        opened(shop).mend_subscriptions(ENDPOINT)
    assert [one["topic"] for one in shop.webhooks] == list(FOLLOWED[1:])
    assert opened(shop).mend_subscriptions(ENDPOINT) == ("order.created",)


def test_a_topic_that_cannot_be_made_anew_keeps_the_webhook_it_had(shop):
    has_all(shop)
    shop.webhooks[0]["name"] = name("order.created", "ck_" + "0" * 40)
    shop.says("POST", "wc/v3/webhooks", {"code": "woocommerce_rest_cannot_make", "message": "No more of them."}, 400)
    with pytest.raises(Declined, match="No more of them"):
        opened(shop).mend_subscriptions(ENDPOINT)
    assert [one["topic"] for one in shop.webhooks] == list(FOLLOWED)
    assert opened(shop).mend_subscriptions(ENDPOINT) == ()
    assert sorted(one["topic"] for one in shop.webhooks) == sorted(FOLLOWED)
    assert 1 not in [one["id"] for one in shop.webhooks]


def test_a_key_that_may_only_read_is_told_as_such(shop):
    shop.read_only = True
    with pytest.raises(CredentialsRejected, match="write permissions"):
        opened(shop).mend_subscriptions(ENDPOINT)


@pytest.mark.parametrize(("status", "error"), [(429, Throttled), (502, Unreachable)])
def test_a_mending_that_was_cut_short_goes_on_the_next_time_and_makes_nothing_twice(shop, status, error):
    api = opened(shop)
    has_all(shop).webhooks[:2] = []
    shop.says("POST", "wc/v3/webhooks", b"", status)
    with pytest.raises(error):
        api.mend_subscriptions(ENDPOINT)
    assert api.mend_subscriptions(ENDPOINT) == FOLLOWED[:2]
    assert len(shop.webhooks) == 4


@pytest.mark.parametrize("told", [[], {"id": 9, "topic": "", "status": "active"}, {"id": 9, "topic": "order.created"}])
def test_a_yes_that_does_not_name_the_webhook_at_work_is_none(shop, told):
    shop.says("POST", "wc/v3/webhooks", told)
    with pytest.raises(Unreachable):
        opened(shop).mend_subscriptions(ENDPOINT)


# --- the plugin ---


def test_the_plugin_is_told_where_it_belongs_once(shop):
    assert opened(shop).mend_pixel(STOREFRONT) is True
    assert shop.connection == {
        "version": 1,
        "public_url": "https://tandem.example",
        "public_key": PUBLIC_KEY,
        "webhook_url": ADDRESS,
        "secret": OURS,
        "pixel": PIXEL,
    }
    assert opened(shop).mend_pixel(STOREFRONT) is False
    assert set(shop.did) == {"PUT wc-tandem/v1/connection"}


def test_a_changed_plan_of_the_pixel_is_told_to_the_plugin(shop):
    opened(shop).mend_pixel(STOREFRONT)
    changed = replace(STOREFRONT, pixel=replace(PLAN, tells=False))
    assert opened(shop).mend_pixel(changed) is True
    assert shop.connection["pixel"] == {**PIXEL, "tells": False}


def test_a_shop_without_the_plugin_is_told_what_to_do(shop):
    shop.plugin = False
    with pytest.raises(Declined, match="The Tandem plugin is not active in this shop"):
        opened(shop).mend_pixel(STOREFRONT)


def test_what_the_plugin_declines_is_passed_on_without_the_secret(shop):
    shop.says("PUT", "wc-tandem/v1/connection", {"code": "tandem_invalid_connection", "message": f"Bad {OURS}"}, 400)
    with pytest.raises(Declined, match="Bad …"):
        opened(shop).mend_pixel(STOREFRONT)


# --- leaving ---


def test_leaving_takes_our_webhooks_and_the_plugins_knowledge_and_nothing_else(shop):
    has_all(shop).has("order.created", "https://warehouse.example/hooks")
    opened(shop).mend_pixel(STOREFRONT)
    opened(shop).leave(ENDPOINT)
    assert [one["delivery_url"] for one in shop.webhooks] == ["https://warehouse.example/hooks"]
    assert shop.connection is None


def test_leaving_a_shop_without_the_plugin_is_no_trouble(shop):
    has_all(shop).plugin = False
    opened(shop).leave(ENDPOINT)
    assert shop.webhooks == []


def test_leaving_needs_no_secret(shop):
    has_all(shop)
    opened(shop).leave(Endpoint(ADDRESS))
    assert shop.webhooks == []


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "wc/v3/webhooks/2"), ("DELETE", "wc-tandem/v1/connection"), ("GET", "wc/v3/webhooks")],
)
def test_one_trouble_in_leaving_does_not_keep_the_rest_and_is_told(shop, method, path):
    has_all(shop)
    opened(shop).mend_pixel(STOREFRONT)
    for _ in range(2):
        shop.says(method, path, b"", 502)
    with pytest.raises(Unreachable, match="502"):
        opened(shop).leave(ENDPOINT)
    assert (shop.connection is None) is (path != "wc-tandem/v1/connection")
    left = {"wc/v3/webhooks/2": 1, "wc-tandem/v1/connection": 0, "wc/v3/webhooks": 4}
    assert len(shop.webhooks) == left[path]


# --- orders ---

ORDER = {
    "id": 1042,
    "status": "processing",
    "currency": "EUR",
    "total": "39.80",
    "date_created_gmt": "2026-11-20T10:00:00",
    "date_modified_gmt": "2026-11-20T10:05:00",
    "date_paid_gmt": "2026-11-20T10:00:10",
    "line_items": [],
}


def test_past_orders_are_asked_for_and_read_as_history_says(shop):
    shop.says("GET", "wc/v3/orders", [ORDER], X_WP_TotalPages="2")
    page = opened(shop).orders(SINCE, None)
    assert [one.event.order_id for one in page.orders] == ["1042"]
    assert page.cursor == "2"
    query = shop.asked[0].query
    assert {name: query[name] for name in history.query(SINCE, None)} == history.query(SINCE, None)
    shop.says("GET", "wc/v3/orders", [], X_WP_TotalPages="2")
    assert opened(shop).orders(SINCE, "2").cursor is None
    assert shop.asked[-1].query["page"] == "2"


def test_changed_orders_are_asked_for_and_read_as_the_feed_says(shop):
    shop.says("GET", "wc/v3/orders", [ORDER], X_WP_TotalPages="1")
    found = CONNECTOR.order_feed(DEVELOPMENT, shop.http(), shop.domain, token_of(shop))
    changes = found.changed(SINCE, None)
    assert [(one.topic, one.order_id) for one in changes.told] == [("order.updated", "1042")]
    query = shop.asked[0].query
    assert {name: query[name] for name in feed.query(SINCE, None)} == feed.query(SINCE, None)


def test_a_list_behind_phps_notices_is_read_all_the_same(shop):
    shop.says("GET", "wc/v3/orders", b"<br />\n<b>Notice</b>: x<br />\n[]", X_WP_TotalPages="0")
    assert opened(shop).orders(SINCE, None).orders == ()
