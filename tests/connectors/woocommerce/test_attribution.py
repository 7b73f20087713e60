from datetime import UTC, datetime

import pytest

from connectors.event import Consent, Stated

ENTRY, STARTED = "_wc_order_attribution_session_entry", "_wc_order_attribution_session_start_time"
LANDED = [
    {"key": ENTRY, "value": "https://shop.example.com/?utm_source=x&fbclid=IwAbC%2Ddef_aem_1"},
    {"key": STARTED, "value": "2026-11-16 18:35:02"},
]


def meta(**values):
    return [{"id": number, "key": key, "value": value} for number, (key, value) in enumerate(values.items())]


def browser(told, meta_data, **changes):
    return told(meta_data=meta_data, **changes)[0].browser


def test_cookies_kept_with_the_order_are_carried_unread(told):
    found = browser(told, meta(_fbp="fb.1.1.2", _fbc="fb.1.1.IwXyZ", _fbclid="IwXyZ"))
    assert (found.fbp, found.fbc, found.fbclid) == ("fb.1.1.2", "fb.1.1.IwXyZ", "IwXyZ")


def test_the_landing_pages_click_stands_in_with_the_time_the_session_began(told):
    """Quirk: order attribution keeps the landing page's whole address, and its start in UTC with a space and no zone."""
    found = browser(told, LANDED)
    assert found.fbclid == "IwAbC-def_aem_1"
    assert found.landed_at == datetime(2026, 11, 16, 18, 35, 2, tzinfo=UTC)


def test_a_kept_cookie_is_not_overruled_by_the_sessions_first_click(told):
    found = browser(told, LANDED + meta(_fbc="fb.1.1.IwLater"))
    assert (found.fbc, found.fbclid, found.landed_at) == ("fb.1.1.IwLater", None, None)


def test_a_kept_click_id_has_the_sessions_time_only_if_the_session_began_with_it(told):
    assert browser(told, LANDED + meta(_fbclid="IwAbC-def_aem_1")).landed_at is not None
    other = browser(told, LANDED + meta(_fbclid="IwOther"))
    assert (other.fbclid, other.landed_at) == ("IwOther", None)


def test_a_session_without_a_click_has_no_time_of_one(told):
    found = browser(told, [{"key": ENTRY, "value": "https://shop.example.com/"}, LANDED[1]])
    assert (found.fbclid, found.landed_at) == (None, None)


@pytest.mark.parametrize(
    "entry",
    [
        *("", None, 5, {}, "https://[::1/?fbclid=x", "https://shop.example.com/?fbclid=", "not an address"),
        f"https://shop.example.com/?fbclid={'x' * 2_000}",
        f"https://shop.example.com/?fbclid=x&{'y' * 10_000}",
    ],
)
def test_an_odd_landing_page_tells_no_click(told, entry):
    """W69. A click id is carried whole or not at all: half of one is another one."""
    assert browser(told, [{"key": ENTRY, "value": entry}]).fbclid is None


def test_a_cookie_too_long_to_be_one_is_not_cut_but_dropped(told):
    assert browser(told, meta(_fbc="fb.1.1." + "x" * 2_000, _fbp="y" * 2_000)).fbc is None


def test_the_orders_own_user_agent_comes_first_and_the_attributions_stands_in(told):
    """Quirk: customer_user_agent may be empty."""
    agent = meta(_wc_order_attribution_user_agent="From the script")
    assert browser(told, agent, customer_user_agent="From the request").user_agent == "From the request"
    assert browser(told, agent, customer_user_agent="").user_agent == "From the script"


def test_orders_made_by_hand_or_by_an_api_have_no_browser(told):
    """Quirk: rest-api and admin orders have neither address nor agent, whatever was sent."""
    found = browser(told, [], customer_ip_address="", customer_user_agent="", created_via="rest-api")
    assert (found.ip, found.user_agent) == (None, None)


def test_an_address_is_carried_as_given(told):
    assert browser(told, [], customer_ip_address="2001:db8::1234").ip == "2001:db8::1234"


def test_a_user_agent_of_64_kilobytes_is_cut(told):
    """W68."""
    assert len(browser(told, [], customer_user_agent="x" * 65_536).user_agent) == 1_000


FROZEN = {
    "_tandem_fbclid": "IwOurs_aem_1",
    "_tandem_fbclid_seen": "1794854000500",
    "_tandem_ip": "203.0.113.41",
    "_tandem_user_agent": "At checkout",
    "_tandem_landing_page": "https://shop.example.com/?fbclid=IwOurs_aem_1",
    "_tandem_checkout_token": "0123456789abcdef0123456789abcdef",
}
SEEN = datetime(2026, 11, 16, 18, 33, 20, 500_000, tzinfo=UTC)
ODD = [None, "", [], ["x"], {}, {"a": 1}, True, 1.5, "a\r\nb", "a\nb", "a\x00b"]


def frozen(told, order=(), **changes):
    return browser(told, meta(**FROZEN | changes), **dict(order))


def test_what_our_plugin_froze_at_checkout_is_the_browser(told):
    found = frozen(told, _fbp="fb.1.1.2")
    assert (found.ip, found.user_agent, found.fbp) == ("203.0.113.41", "At checkout", "fb.1.1.2")
    assert (found.fbclid, found.landed_at) == ("IwOurs_aem_1", SEEN)


def test_whoever_changes_the_order_later_does_not_become_the_shopper(told):
    """An order keeps the address of who changed it last: a payment company's server, the merchant."""
    later = {"customer_ip_address": "198.51.100.7", "customer_user_agent": "PaymentServer/1.0"}
    found = frozen(told, later)
    assert (found.ip, found.user_agent) == ("203.0.113.41", "At checkout")


@pytest.mark.parametrize("value", [*ODD, "not an address", "203.0.113.4, 10.0.0.1", "203.0.113.4:80", "2" * 60, 5])
def test_a_frozen_address_that_is_none_gives_way_to_the_orders_own(told, value):
    assert frozen(told, {"customer_ip_address": "198.51.100.7"}, _tandem_ip=value).ip == "198.51.100.7"


@pytest.mark.parametrize("value", [*ODD, "x" * 5_000, 5])
def test_a_frozen_agent_that_is_none_gives_way_to_the_orders_own(told, value):
    assert frozen(told, {"customer_user_agent": "Of the order"}, _tandem_user_agent=value).user_agent == "Of the order"


@pytest.mark.parametrize("value", [*ODD, "x" * 5_000, 5])
def test_a_frozen_click_that_is_none_gives_way_to_the_landing_pages_and_takes_its_time_along(told, value):
    found = frozen(told, _tandem_fbclid=value, _tandem_landing_page="https://shop.example.com/?fbclid=IwLanded")
    assert (found.fbclid, found.landed_at) == ("IwLanded", None)


@pytest.mark.parametrize(
    "value",
    [
        *(
            *ODD,
            "0",
            0,
            "1",
            "1794854000",
            1794854000,
            -1794854000500,
            "-1794854000500",
            "1794854000500.5",
            "17948540005000",
        ),
        *(" 1794854000500 ", "1794854000500\r\n", "2026-11-16T18:33:20Z", "9" * 5_000, "١٧٩٤٨٥٤٠٠٠٥٠٠"),
    ],
)
def test_a_time_that_is_not_in_milliseconds_is_no_time_and_costs_no_click(told, value):
    """1970, or seconds: `fb.1.1794854000.…` is a click of January 1970 to Meta."""
    found = frozen(told, _tandem_fbclid_seen=value)
    assert (found.fbclid, found.landed_at) == ("IwOurs_aem_1", None)


def test_the_time_may_be_a_number_too(told):
    assert frozen(told, _tandem_fbclid_seen=1794854000500).landed_at == SEEN


@pytest.mark.parametrize(("placed", "landed_at"), [("2026-11-16T18:33:21", SEEN), ("2026-11-16T18:33:20", None)])
def test_a_click_seen_after_the_order_was_placed_was_timed_by_a_wrong_clock(told, placed, landed_at):
    assert frozen(told, {"date_created_gmt": placed}).landed_at == landed_at
    assert browser(told, LANDED, date_created_gmt="2026-11-16T18:35:01").landed_at is None
    assert frozen(told, {"date_created_gmt": None}).landed_at == SEEN


def test_our_click_comes_before_another_plugins_and_only_it_has_its_time(told):
    assert frozen(told, _fbclid="IwAnothers").fbclid == "IwOurs_aem_1"
    found = frozen(told, _fbclid="IwAnothers", _tandem_fbclid="")
    assert (found.fbclid, found.landed_at) == ("IwAnothers", None)


def test_a_cookie_goes_along_with_our_click_for_the_two_may_be_of_different_days(told):
    found = frozen(told, _fbc="fb.1.1.IwEarlier")
    assert (found.fbc, found.fbclid, found.landed_at) == ("fb.1.1.IwEarlier", "IwOurs_aem_1", SEEN)


def test_our_landing_page_comes_before_the_sessions_and_neither_overrules_a_cookie(told):
    ours = {"_tandem_landing_page": "https://shop.example.com/?fbclid=IwOurLanding"}
    assert browser(told, LANDED + meta(**ours)).fbclid == "IwOurLanding"
    assert browser(told, LANDED + meta(**ours, _fbc="fb.1.1.IwX")).fbclid is None


def test_a_landing_page_both_tell_of_has_the_time_the_session_began(told):
    ours = {"_tandem_landing_page": LANDED[0]["value"]}
    found = browser(told, LANDED + meta(**ours))
    assert (found.fbclid, found.landed_at) == ("IwAbC-def_aem_1", datetime(2026, 11, 16, 18, 35, 2, tzinfo=UTC))


def test_the_landing_page_is_not_told_for_it_may_hold_anything(told):
    page = "https://shop.example.com/order-received/7/?key=wc_order_x&email=jane%40example.com"
    event = told(meta_data=meta(_tandem_landing_page=page))[0]
    assert event.browser.page == "https://shop.example.com/"
    assert "wc_order_x" not in repr(event)


def test_the_first_value_stays_whatever_is_written_behind_it(told):
    later = meta(_tandem_ip="198.51.100.7", _tandem_user_agent="Later", _tandem_fbclid="IwLater")
    found = browser(told, [*meta(**FROZEN), *later])
    assert (found.ip, found.user_agent, found.fbclid) == ("203.0.113.41", "At checkout", "IwOurs_aem_1")


@pytest.mark.parametrize("token", ["0123456789abcdef0123456789abcdef", "0123456789ABCDEF0123456789abcdef"])
def test_an_order_names_the_checkout_that_led_to_it(told, token):
    assert told(meta_data=meta(_tandem_checkout_token=token))[0].order.checkout_token == token


@pytest.mark.parametrize(
    "value", [*ODD, "0" * 31, "0" * 33, "g" * 32, f"{'0' * 32}\n", f" {'0' * 32}", "٣" * 32, int("1" * 32)]
)
def test_what_is_no_token_names_no_checkout(told, value):
    assert told(meta_data=meta(_tandem_checkout_token=value))[0].order.checkout_token is None


def test_consent_says_more_than_we_ask(told):
    kept = '{"marketing":true,"source":"wp-consent-api","type":"optin"}'
    assert told(meta_data=meta(_tandem_consent=kept))[0].consent == Consent(Stated.GRANTED, Stated.UNSTATED)


@pytest.mark.parametrize(
    "kept",
    [
        {"marketing": True, "sale_of_data": False},
        '{"marketing": true, "sale_of_data": false}',
        ' {"sale_of_data":false,"marketing":true,"more":[1]} ',
    ],
)
def test_consent_frozen_by_our_plugin_is_read_as_an_object_or_as_its_text(told, kept):
    assert told(meta_data=meta(_tandem_consent=kept))[0].consent == Consent(Stated.GRANTED, Stated.REFUSED)


@pytest.mark.parametrize(
    "kept",
    [None, "", "yes", "{", "[]", "true", True, [], {"marketing": "true"}, {"marketing": 1}, '{"marketing":null}', "["],
)
def test_what_is_no_statement_is_unstated(told, kept):
    assert told(meta_data=meta(_tandem_consent=kept))[0].consent == Consent()


@pytest.mark.parametrize("refused_first", [True, False])
def test_w80_of_two_contradictory_statements_the_refusal_counts(told, refused_first):
    answers = [{"marketing": False, "sale_of_data": True}, '{"marketing": true, "sale_of_data": false}']
    entries = [{"id": n, "key": "_tandem_consent", "value": one} for n, one in enumerate(answers)]
    consent = told(meta_data=entries if refused_first else entries[::-1])[0].consent
    assert consent == Consent(Stated.REFUSED, Stated.REFUSED)


def test_consent_nested_beyond_reason_is_unstated(told):
    assert told(meta_data=meta(_tandem_consent="[" * 100_000))[0].consent == Consent()


def test_no_meta_data_is_no_statement(told):
    """A newsletter tick, a cookie plugin's note or an empty attribution is no consent."""
    assert told(meta_data=meta(_rig_consent="marketing:1", wp_consent="allow"))[0].consent == Consent()


@pytest.mark.parametrize("mark", ["_wcpay_mode", "_ppcp_paypal_payment_mode"])
@pytest.mark.parametrize(
    ("value", "test"), [("test", True), ("sandbox", True), ("Test", True), ("prod", False), ("live", False)]
)
def test_a_payment_in_test_mode_makes_a_test_order(told, mark, value, test):
    assert told(meta_data=meta(**{mark: value}))[0].order.test is test


def test_meta_data_may_nest_and_keys_may_be_empty(told):
    """Quirk."""
    odd = [
        *({"key": "", "value": "x"}, {"key": None, "value": 1}, {"key": "n", "value": {"a": [1, {"b": None}]}}),
        *({"key": ["k"], "value": 1}, {"value": 2}, "x", None, 5, [], {"key": "_fbp", "value": "fb.1.1.2"}),
    ]
    assert browser(told, odd).fbp == "fb.1.1.2"


def test_of_two_values_of_one_key_the_first_counts(told):
    assert browser(told, [*meta(_fbp="first"), *meta(_fbp="second")]).fbp == "first"


@pytest.mark.parametrize("meta_data", [None, {}, "x", 5, [[]]])
def test_meta_data_of_another_shape_is_none(told, meta_data):
    assert browser(told, meta_data).fbp is None
