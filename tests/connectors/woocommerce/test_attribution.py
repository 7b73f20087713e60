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
