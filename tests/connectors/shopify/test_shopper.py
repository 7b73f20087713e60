from datetime import UTC, datetime, timedelta

import pytest

from connectors.event import Browser, Consent, Customer, Stated

GUEST = {
    "customer": None,
    "billing_address": None,
    "shipping_address": None,
    "email": None,
    "contact_email": None,
    "phone": None,
}
BERLIN = {
    "first_name": "Bea",
    "last_name": "Bill",
    "city": "Berlin",
    "zip": "10969",
    "country": "Germany",
    "country_code": "DE",
    "phone": "1",
}
AUSTIN = {
    "first_name": "Sam",
    "last_name": "Ship",
    "city": "Austin",
    "zip": "78701",
    "country": "United States",
    "country_code": "US",
    "province": "Texas",
    "province_code": "TX",
    "phone": "2",
}
OTTAWA = {
    "first_name": None,
    "last_name": None,
    "city": "Ottawa",
    "zip": "K1A",
    "province": "Ontario",
    "country": "Canada",
    "country_code": "CA",
    "phone": "3",
}
ACCOUNT = {
    "id": 7,
    "email": "account@example.com",
    "phone": "9",
    "first_name": "Ann",
    "last_name": "Account",
    "default_address": OTTAWA,
}


def test_a_guest_without_anything_is_nobody_and_still_an_order(order):
    told = order(**GUEST)
    assert told.customer == Customer()
    assert told.region == (None, None)


def test_keys_that_are_absent_read_like_null(order):
    assert order(**dict.fromkeys(GUEST, ...)).customer == Customer()


@pytest.mark.parametrize("junk", [[], "x", 7, True])
def test_people_of_another_shape_read_like_null(order, junk):
    told = order(
        **{**GUEST, "customer": junk, "billing_address": junk, "shipping_address": junk, "client_details": junk}
    )
    assert told.customer == Customer()


def test_the_email_is_the_orders_then_the_contacts_then_the_accounts(order):
    guest = GUEST | {"customer": ACCOUNT}
    assert (
        order(**guest | {"email": "a@example.com", "contact_email": "b@example.com"}).customer.email == "a@example.com"
    )
    assert order(**guest | {"email": "", "contact_email": "b@example.com"}).customer.email == "b@example.com"
    assert order(**guest | {"email": "", "contact_email": None}).customer.email == "account@example.com"


def test_the_phone_is_the_orders_then_the_accounts_then_the_addresses(order):
    both = GUEST | {"billing_address": BERLIN, "shipping_address": AUSTIN}
    assert order(**both | {"phone": "0", "customer": ACCOUNT}).customer.phone == "0"
    assert order(**both | {"customer": ACCOUNT}).customer.phone == "9"
    assert order(**both).customer.phone == "1"
    assert order(**both | {"billing_address": BERLIN | {"phone": ""}}).customer.phone == "2"


def test_name_and_place_are_those_of_the_billing_address_else_shipping_else_the_account(order):
    told = order(**GUEST | {"billing_address": BERLIN, "shipping_address": AUSTIN, "customer": ACCOUNT})
    assert (told.customer.first_name, told.customer.city, told.region) == ("Bea", "Berlin", ("DE", None))
    told = order(**GUEST | {"shipping_address": AUSTIN, "customer": ACCOUNT})
    assert (told.customer.last_name, told.customer.postcode, told.region) == ("Ship", "78701", ("US", "TX"))
    told = order(**GUEST | {"customer": ACCOUNT})
    assert (told.customer.id, told.customer.first_name, told.customer.city) == ("7", "Ann", "Ottawa")
    assert told.region == ("CA", "Ontario")


def test_a_place_is_never_mixed_from_two_addresses(order):
    told = order(**GUEST | {"billing_address": BERLIN | {"zip": None}, "shipping_address": AUSTIN})
    assert (told.customer.city, told.customer.postcode, told.customer.state) == ("Berlin", None, None)


def test_an_empty_address_is_passed_over(order):
    """Drafts of the corpus have addresses in which city and street are ""."""
    empty = dict.fromkeys(BERLIN, "")
    told = order(**GUEST | {"billing_address": empty, "shipping_address": AUSTIN})
    assert (told.customer.first_name, told.customer.city, told.customer.country) == ("Sam", "Austin", "US")


def test_codes_are_preferred_over_names(order):
    told = order(**GUEST | {"billing_address": AUSTIN})
    assert (told.customer.country, told.customer.state) == ("US", "TX")
    bare = AUSTIN | {"country_code": None, "province_code": ""}
    told = order(**GUEST | {"billing_address": bare})
    assert (told.customer.country, told.customer.state) == ("United States", "Texas")


def test_an_empty_last_name_is_none(order):
    told = order(**GUEST | {"customer": ACCOUNT | {"last_name": "", "default_address": None}})
    assert (told.customer.first_name, told.customer.last_name) == ("Ann", None)


def test_a_checkout_before_its_address_sends_an_empty_list_for_it(checkout):
    told = checkout(shipping_address=[], billing_address=..., customer=...)
    assert (told.customer.email, told.customer.city) == ("mira.vogel@example.com", None)


def test_a_lone_surrogate_and_control_characters_in_a_name_cost_nothing_else(order):
    told = order(billing_address=BERLIN | {"first_name": "B\ud800ea", "last_name": "Bi\x00ll"})
    assert (told.customer.first_name, told.customer.last_name) == ("B\ufffdea", "Bill")
    assert told.customer.email == "mira.vogel@example.com"


def test_the_ip_is_the_orders_else_the_clients_and_passes_unjudged(order):
    client = {"browser_ip": "198.51.100.7", "user_agent": "Agent"}
    assert order(browser_ip="0.0.0.0", client_details=client).browser.ip == "0.0.0.0"
    assert order(browser_ip=None, client_details=client).browser.ip == "198.51.100.7"
    assert order(browser_ip=["1.2.3.4"], client_details=None).browser.ip is None


def test_a_long_user_agent_is_cut(order):
    assert len(order(client_details={"user_agent": "A" * 65_536}).browser.user_agent) == 1_000


@pytest.mark.parametrize(
    "landing",
    [
        "/?fbclid=IwAR0click",
        "/products/x?a=1&fbclid=IwAR0click&b=2#f",
        "https://shop.example/?fbclid=IwAR0click",
        "?fbclid=IwAR0click",
    ],
)
def test_a_click_id_in_the_landing_page_is_found_and_dated_by_the_order(order, landing):
    browser = order(landing_site=landing).browser
    assert browser.fbclid == "IwAR0click"
    assert browser.landed_at == datetime(2026, 10, 5, 8, 12, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    "landing",
    [
        *(None, "", "/", "/?gclid=x", "/?fbclid=", "/fbclid=x", "javascript:alert(1)", "https://[bad/?fbclid=x", 7, []),
        "/?fbclid=" + "x" * 10_000,
        "/?" + "a=1&" * 500 + "fbclid=x",
    ],
)
def test_no_click_id_and_none_that_would_have_to_be_cut(order, landing):
    browser = order(landing_site=landing).browser
    assert (browser.fbclid, browser.landed_at) == (None, None)


MADE = datetime(2026, 10, 5, 8, 12, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seen", "landed_at"),
    [
        ("1790842500125", datetime(2026, 10, 1, 8, 15, 0, 125_000, tzinfo=UTC)),
        (1790842500125, datetime(2026, 10, 1, 8, 15, 0, 125_000, tzinfo=UTC)),
        ("1791187951000", MADE),  # this very moment
        ("1791187951001", MADE),  # later than the order: a clock that is wrong
        ("1783411951000", MADE - timedelta(days=90)),
        ("1783411950999", MADE),  # longer ago than a browser keeps a click
        *(
            (odd, MADE)
            for odd in ("1790842500", " 1790842500125", "+1790842500125", "", "x" * 999, None, True, [], 0.5)
        ),
    ],
    ids=str,
)
def test_a_click_that_our_embed_kept_is_as_old_as_it_was_first_seen_and_no_other_time_is_believed(
    order, seen, landed_at
):
    kept = [{"name": "_fbclid", "value": "Click"}, {"name": "_tandem_fbclid_seen", "value": seen}]
    browser = order(note_attributes=kept, landing_site="/").browser
    assert (browser.fbclid, browser.landed_at) == ("Click", landed_at)


def test_the_time_of_our_embeds_click_is_not_given_to_the_landing_pages(order):
    told = order(note_attributes=[{"name": "_tandem_fbclid_seen", "value": "1790842500125"}], landing_site="/?fbclid=X")
    assert (told.browser.fbclid, told.browser.landed_at) == ("X", MADE)


ATTRIBUTES = {
    "_fbp": "fb.1.1.2",
    "_fbc": "fb.1.1.Click",
    "_fbclid": "Click",
    "colour": "green",
    "_tandem_consent": '{"marketing":true,"sale_of_data":false}',
}


@pytest.mark.parametrize("as_list", [True, False])
def test_our_embeds_cart_attributes_are_read_as_a_list_or_as_an_object(order, as_list):
    given = [{"name": name, "value": value} for name, value in ATTRIBUTES.items()] if as_list else ATTRIBUTES
    told = order(note_attributes=given, landing_site="/?fbclid=Older")
    assert (told.browser.fbp, told.browser.fbc, told.browser.fbclid) == ("fb.1.1.2", "fb.1.1.Click", "Click")
    assert told.consent == Consent(marketing=Stated.GRANTED, sale_of_data=Stated.REFUSED)


@pytest.mark.parametrize(
    "junk", [None, "x", 7, [], {}, [None, 1, []], [{"name": None, "value": "x"}], [{"name": ["_fbp"], "value": 1}]]
)
def test_note_attributes_of_another_shape_tell_nothing(order, junk):
    told = order(note_attributes=junk)
    assert told.consent == Consent()
    assert told.browser.fbp is None


def test_junk_beside_our_attributes_does_not_hide_them(order):
    listed = [None, {"value": "x"}, {"name": 5, "value": "x"}, {"name": "_fbp", "value": "fb.1.1.2"}]
    assert order(note_attributes=listed).browser.fbp == "fb.1.1.2"


@pytest.mark.parametrize(
    ("answer", "consent"),
    [
        ('{"marketing":false,"sale_of_data":true}', Consent(Stated.REFUSED, Stated.GRANTED)),
        ('{"marketing":true}', Consent(Stated.GRANTED, Stated.UNSTATED)),
        ('{"marketing":1,"sale_of_data":0}', Consent()),
        ('{"marketing":"true","sale_of_data":null}', Consent()),
        ("true", Consent()),
        ("[]", Consent()),
        ("{", Consent()),
        ("", Consent()),
        (True, Consent()),
        ({"marketing": True}, Consent()),
    ],
)
def test_only_true_and_false_are_answers(order, answer, consent):
    assert order(note_attributes=[{"name": "_tandem_consent", "value": answer}]).consent == consent


@pytest.mark.parametrize("accepts", [True, False])
def test_newsletter_consent_is_not_ad_consent(order, checkout, accepts):
    """`buyer_accepts_marketing` is the newsletter box. Shopify's webhooks carry no consent to advertising at all."""
    account = ACCOUNT | {"accepts_marketing": accepts, "email_marketing_consent": {"state": "subscribed"}}
    assert order(buyer_accepts_marketing=accepts, customer=account).consent == Consent()
    assert checkout(buyer_accepts_marketing=accepts, buyer_accepts_sms_marketing=accepts).consent == Consent()


def test_the_page_is_an_origin_because_the_path_is_the_key_to_the_order(order):
    told = order(order_status_url="https://Shop.Example:8443/7005/orders/abc/authenticate?key=secret")
    assert told.browser.page == "https://shop.example:8443/"


def test_a_checkouts_page_comes_from_its_recovery_address(checkout):
    assert (
        checkout(abandoned_checkout_url="https://shop.example/1/checkouts/ac/token/recover?key=k").browser.page
        == "https://shop.example/"
    )


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        7,
        "ftp://shop.example/",
        "//shop.example/",
        "https://",
        "https://user:pw@shop.example/",
        "https://a b/",
        "https://shop.example\\@x/",
        "javascript:https://x/",
    ],
)
def test_an_address_that_is_no_plain_web_page_gives_none(order, address):
    assert order(order_status_url=address).browser.page is None


def test_a_checkout_knows_no_browser_but_its_click(checkout):
    told = checkout(landing_site="/?fbclid=Click", note_attributes=[])
    assert told.browser == Browser(page="https://www.lumen-and-loom.example/", fbclid="Click", landed_at=told.placed_at)
