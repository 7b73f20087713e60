"""wc-auth: what it refuses, how a merchant gets through it, and how the keys are handed over; against the recorded flow."""

import base64
import json
import re
from html import unescape
from urllib.parse import parse_qsl, quote, urlencode

import pytest

from tests.connectors.woocommerce.standin.conftest import Merchant
from tests.rig import wire
from tests.rig.woostore import WooStore


def asked(**changes):
    told = {
        "app_name": "Tandem",
        "scope": "read_write",
        "user_id": "state-1",
        "return_url": "https://app.example.test/connected?state=abc&x=1",
        "callback_url": "https://127.0.0.1:8443/ok/cb",
        **changes,
    }
    return "/wc-auth/v1/authorize?" + urlencode({key: value for key, value in told.items() if value is not None})


def error_on(page):
    return unescape(re.search(r"<p>(Error: .*?)</p>", page.text)[1])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"app_name": None}, "Missing parameter app_name"),
        ({"user_id": None}, "Missing parameter user_id"),
        ({"user_id": "0"}, "Missing parameter user_id"),
        ({"return_url": ""}, "Missing parameter return_url"),
        ({"scope": "admin"}, "Invalid scope admin"),
        ({"return_url": "https://"}, "The https:// is not a valid URL"),
        ({"callback_url": "http://shop.example.test/cb"}, "The callback_url needs to be over SSL"),
    ],
)
def test_what_it_refuses_is_said_on_a_page_and_never_to_us(merchant, changes, sentence):
    page = merchant.open(asked(**changes))
    assert page.status == 401
    assert error_on(page) == f"Error: {sentence}."


def test_an_address_without_a_scheme_gets_https(merchant):
    assert merchant.open(asked(return_url="app.example.test/x")).status == 200


def test_plain_http_is_taken_on_loopback_alone_and_not_where_it_is_to_be_as_woocommerce(merchant, listener):
    assert merchant.open(asked(callback_url=f"{listener.url}/cb")).status == 200
    with WooStore.running("--https-callbacks") as strict:
        answer = strict.pool.request("GET", strict.url + asked(callback_url=f"{listener.url}/cb"), redirect=False)
        assert answer.status == 401


def approved(merchant, listener, **changes):
    """Through the login to the page with Approve."""
    page = merchant.open(asked(callback_url=f"{listener.url}/cb?state=s3cr3t", **changes))
    return merchant.log_in(page)


def test_a_merchant_logs_in_and_approves_and_the_keys_come_before_the_browser(merchant, store, listener):
    page = approved(merchant, listener)
    assert "Tandem would like to connect to your store" in page.text
    assert "<strong>Read/Write</strong>" in page.text
    assert listener.heard == []

    back = merchant.open(merchant.link(page, "Approve"))
    assert back.status == 302
    assert back.headers["Location"] == "https://app.example.test/connected?state=abc&x=1&success=1&user_id=state-1"
    (told,) = listener.heard
    assert told.path == "/cb?state=s3cr3t"
    handed = json.loads(told.body)
    assert (handed["user_id"], handed["key_permissions"]) == ("state-1", "read_write")
    assert re.fullmatch(r"ck_[0-9a-f]{40}", handed["consumer_key"])
    assert re.fullmatch(r"cs_[0-9a-f]{40}", handed["consumer_secret"])
    assert [key["id"] for key in store.keyring()] == [handed["key_id"]]


def test_the_keys_are_posted_as_they_were_recorded(merchant, listener, recorded):
    page = approved(merchant, listener, user_id="merchant-42/üñï")
    merchant.open(merchant.link(page, "Approve"))
    steps = recorded("auth/auth_flow.json")
    (real,) = next(step["recorded"] for step in steps if step["note"] == "callback POST received")
    (told,) = listener.heard
    assert [name for name, _ in told.lines] == [name for name, _ in real["headers"]]
    assert dict(told.lines)["Content-Type"] == dict(map(tuple, real["headers"]))["Content-Type"]

    def shape(body):
        return re.sub(rb"(c[ks])_[0-9a-f]{40}", rb"\1_", re.sub(rb'"key_id":\d+', b'"key_id":1', body))

    expected = shape(base64.b64decode(real["body_base64"])).replace(b"\\u00fcn\\u00ef", b"\\u00fc\\u00f1\\u00ef")
    assert shape(told.body) == expected


def test_the_same_link_again_makes_a_second_key_and_posts_it(merchant, store, listener):
    link = merchant.link(approved(merchant, listener), "Approve")
    for _ in range(2):
        assert merchant.open(link).status == 302
    first, second = [json.loads(one.body)["consumer_key"] for one in listener.heard]
    assert first != second
    assert len(store.keyring()) == 2


def test_deny_tells_the_browser_alone(merchant, store, listener):
    page = approved(merchant, listener)
    assert merchant.link(page, "Deny") == "https://app.example.test/connected?state=abc&x=1&success=0&user_id=state-1"
    assert listener.heard == []
    assert store.keyring() == []


@pytest.mark.parametrize("status", [201, 204, 303, 400, 500])
def test_any_answer_but_200_loses_the_key(merchant, store, listener, status):
    link = merchant.link(approved(merchant, listener), "Approve")
    listener.answers = [status]
    page = merchant.open(link)
    assert page.status == 401
    sentence = "An error occurred in the request and at the time were unable to send the consumer data"
    assert error_on(page) == f"Error: {sentence}."
    assert store.keyring() == []


def test_a_redirect_is_followed_as_a_get_and_its_200_counts(merchant, store, listener):
    """Recorded so. That GET carries the keys in a body, where no handler looks."""
    listener.locations = {"/cb?state=s3cr3t": "/login"}
    link = merchant.link(approved(merchant, listener), "Approve")
    listener.answers = [302]
    assert "success=1" in merchant.open(link).headers["Location"]
    assert [(one.method, one.path) for one in listener.heard] == [("POST", "/cb?state=s3cr3t"), ("GET", "/login")]
    assert listener.heard[1].body == listener.heard[0].body
    assert len(store.keyring()) == 1


def test_what_cannot_be_reached_is_said_in_curls_words(merchant, store):
    page = merchant.log_in(merchant.open(asked(callback_url="http://127.0.0.1:1/cb")))
    refused = merchant.open(merchant.link(page, "Approve"))
    assert refused.status == 401
    sentence = "Failed to connect to 127.0.0.1 port 1 after 0 ms: Couldn't connect to server"
    assert error_on(refused) == f"Error: cURL error 7: {sentence}."
    assert store.keyring() == []


@pytest.mark.parametrize("trusted", [True, False])
def test_over_https_a_certificate_is_looked_at(tmp_path, trusted):
    identity = wire.certificate(tmp_path, "127.0.0.1")
    words = ("--trust", str(identity)) if trusted else ()
    with (
        wire.serving(wire.once(wire.http(b"{}")), tls=wire.context(identity)) as ours,
        WooStore.running("--https-callbacks", *words) as strict,
    ):
        merchant = Merchant(strict)
        page = merchant.log_in(merchant.open(asked(callback_url=f"{ours.url}/cb")))
        answer = merchant.open(merchant.link(page, "Approve"))
        assert len(strict.keyring()) == (1 if trusted else 0)
    if trusted:
        assert "success=1" in answer.headers["Location"]
    else:
        assert error_on(answer).startswith("Error: cURL error 60: SSL certificate problem: ")


def test_an_address_off_this_machine_is_not_asked(merchant):
    page = merchant.log_in(merchant.open(asked(callback_url="https://app.example.test/cb")))
    assert error_on(merchant.open(merchant.link(page, "Approve"))) == "Error: A valid URL was not provided.."


def test_a_wrong_password_shows_the_form_again(merchant, listener):
    page = merchant.open(asked(callback_url=f"{listener.url}/cb"))
    again = merchant.log_in(page, password="guess")
    assert "The username or password you entered is incorrect." in again.text


def test_the_login_sends_nobody_to_another_host(merchant, store, listener):
    page = merchant.open(asked(callback_url=f"{listener.url}/cb"))
    page.text = re.sub(r'name="redirect" value="[^"]*"', 'name="redirect" value="https://evil.example/"', page.text)
    assert merchant.log_in(page).url == f"{store.url}/my-account/"


def test_who_does_not_run_the_shop_may_not(merchant, listener):
    page = merchant.open(asked(callback_url=f"{listener.url}/cb"))
    refused = merchant.log_in(page, username="buyer")
    assert (refused.status, error_on(refused)) == (401, "Error: You do not have permission to access this page.")


def test_a_made_up_nonce_opens_nothing(merchant, listener):
    link = merchant.link(approved(merchant, listener), "Approve")
    refused = merchant.open(re.sub(r"wc_auth_nonce=\w+", "wc_auth_nonce=bad", link))
    assert (refused.status, error_on(refused)) == (401, "Error: Invalid nonce verification.")


@pytest.mark.parametrize(
    ("told", "arrives"),
    [
        ("a+b&c=d", "a b"),
        ("pct%26x", "pctx"),
        ("Zm9v_bar-1.2~", "Zm9v_bar-1.2~"),
    ],
)
def test_a_user_id_comes_through_only_where_it_is_plain(merchant, listener, told, arrives):
    page = approved(merchant, listener, user_id=told)
    merchant.open(merchant.link(page, "Approve"))
    assert json.loads(listener.heard[0].body)["user_id"] == arrives


def test_the_app_name_is_cut_at_its_ampersand(merchant, listener):
    page = approved(merchant, listener, app_name="CAPI Bridge & Co")
    assert "<h1>CAPI Bridge would like to connect" in page.text


def test_every_redirect_of_the_recorded_flow_is_repeated_to_the_letter(merchant, store, recorded):
    """Until the keys are to be posted, since the recording's receiver is gone."""
    steps = {step["note"][:2]: step for step in recorded("auth/auth_flow.json")}

    def here(address):
        return address.replace("http://127.0.0.1:8090", store.url)

    merchant.open(here(steps["1 "]["url"]))
    assert merchant.places[1] == here(steps["1 "]["location"])
    merchant.places = []
    grant = merchant.log_in(merchant.open(merchant_page := here(steps["2 "]["url"])))
    assert merchant.places[2] == here(steps["3 "]["location"])
    assert merchant_page in merchant.places
    assert merchant.link(grant, "Deny") == quote(next(iter(steps["de"]["url"])), safe=":/?&=%")
    nonce = re.compile(r"wc_auth_nonce=\w+")
    expected = nonce.sub("", here(steps["5 "]["url"]))
    assert nonce.sub("", merchant.link(grant, "Approve")) == expected


def test_plain_permalinks_know_the_long_way_in(store, merchant):
    store.site(pretty=False)
    query = asked().partition("?")[2]
    page = merchant.open(f"/?wc-auth-version=1&wc-auth-route=authorize&{query}")
    # The login's own address leads to the front page; so the source has it.
    assert "wc-auth/v1=login" in merchant.places[-1]
    assert page.status == 200
    assert "Walnut" in page.text or "walnut" in page.text


@pytest.fixture(scope="module")
def strict():
    with WooStore.running("--https-callbacks") as found:
        yield found


@pytest.mark.parametrize("note", ["F1", "F2", "F2b", "F3", "F4", "F4b", "F11", "F12", "F13", "F14"])
def test_what_was_refused_when_it_was_recorded_is_refused_in_the_same_words(strict, recorded, note):
    step = next(one for one in recorded("auth/auth_flow.json") if one["note"].split()[0] == note)
    merchant = Merchant(strict)
    merchant.open("/wp-login.php", {"log": "buyer" if note == "F11" else "admin", "pwd": "password"})
    address = step["url"].replace("http://127.0.0.1:8090", strict.url)
    page = merchant.open(address, dict(parse_qsl(step["request_body"])) if step["request_body"] else None)
    assert page.status == step["status"]
    if step["error"]:
        assert error_on(page) == step["error"]
