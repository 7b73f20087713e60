"""Connecting a store by the consent page, over HTTP: who may begin, who may finish, and what nobody is told."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from tests.rig.office import consented
from tests.rig.pages import SECRET, Browser, Pages, Read, directives, path_of, serving, signed
from tests.rig.standin import KEY, StandIn

COOKIE = "tandem-install"
PLACES = ("install", "callback")


def begun(pages: Pages, browser: Browser, shop: str) -> str:
    """The merchant begins, and consents: the path they come back to."""
    answer = browser.get(f"/shopify/install?shop={shop}")
    assert answer.status == 302, answer.data
    return f"/shopify/callback?{consented(answer.headers['Location'])}"


def test_install_leads_to_the_shop_s_consent_page_and_back_into_its_admin(pages: Pages) -> None:
    shop, browser = pages.shop(), pages.browser()

    to_consent = browser.get(f"/shopify/install?{signed({'shop': shop})}")
    asked = urlsplit(to_consent.headers["Location"])
    back = browser.get(f"/shopify/callback?{consented(to_consent.headers['Location'])}")

    assert (asked.path, parse_qs(asked.query)["client_id"]) == (f"/{shop}/admin/oauth/authorize", [KEY])
    assert (back.status, back.headers["Location"]) == (
        302,
        f"{pages.shopify.url}/store/{shop.partition('.')[0]}/apps/{KEY}",
    )
    assert pages.office.store(shop).state == "observing"
    assert pages.office.token(shop).startswith("shpat_")
    assert set(pages.office.chores(shop)) == {"subscriptions", "pixel", "survey", "scan", "token"}
    assert list(browser.cookies) == ["tandem-install"]  # another tab may be at an installation of its own


def test_two_tabs_of_one_browser_may_install_two_shops_at_the_same_time(pages: Pages) -> None:
    one, other, browser = pages.shop(), pages.shop(), pages.browser()
    callbacks = [begun(pages, browser, one), begun(pages, browser, other)]

    assert [browser.get(callback).status for callback in callbacks] == [302, 302]
    assert {pages.office.store(shop).state for shop in (one, other)} == {"observing"}


def test_t9_the_browser_keeps_a_secret_for_ten_minutes_that_no_script_can_read(pages: Pages) -> None:
    answer = pages.browser().get(f"/shopify/install?shop={pages.shop()}")

    told = answer.headers["Set-Cookie"]
    name, _, value = told.partition(";")[0].partition("=")
    words = {part.strip().lower() for part in told.split(";")[1:]}
    assert name == COOKIE
    assert len(value) == 43
    assert {"max-age=600", "httponly", "path=/", "samesite=lax"} <= words
    assert value not in answer.headers["Location"]
    assert value not in pages.office.everything()


def test_t9_over_https_no_other_host_can_have_set_it(
    database: str, shopify: StandIn, tmp_path: Path, pages: Pages
) -> None:
    with serving(database, tmp_path, shopify, PUBLIC_URL="https://tandem.example.com") as public:
        told = public.browser().get(f"/shopify/install?shop={public.shop()}").headers["Set-Cookie"]

    assert told.startswith("__Host-tandem-install=")
    assert {"secure", "httponly", "path=/", "samesite=lax"} <= {part.strip().lower() for part in told.split(";")}
    assert "domain=" not in told.lower()


def test_t9_a_browser_that_did_not_begin_cannot_finish(pages: Pages) -> None:
    """Without the cookie, or with that of another installation of its own."""
    shop, asked = pages.shop(), pages.tokens_asked()
    strangers = [pages.browser(), pages.browser()]
    begun(pages, strangers[1], pages.shop())
    for stranger in strangers:
        back = begun(pages, pages.browser(), shop)
        assert stranger.get(back).status == 403
    assert pages.tokens_asked() == asked


def test_t9_a_state_is_good_once_however_it_ended(pages: Pages) -> None:
    shop, browser = pages.shop(), pages.browser()
    back = begun(pages, browser, shop)
    kept = dict(browser.cookies)
    assert browser.get(back).status == 302
    asked = pages.tokens_asked()

    browser.cookies = kept
    assert browser.get(back).status == 403

    other = begun(pages, browser, shop)
    assert pages.browser().get(other).status == 403
    assert browser.get(other).status == 403
    assert pages.tokens_asked() == asked


def test_t9_a_state_is_good_for_its_own_shop_only(pages: Pages) -> None:
    shop, other, browser = pages.shop(), pages.shop(), pages.browser()
    state = parse_qs(urlsplit(begun(pages, browser, shop)).query)["state"][0]
    code = parse_qs(urlsplit(begun(pages, browser, other)).query)["code"][0]
    asked = pages.tokens_asked()

    answer = browser.get(f"/shopify/callback?{signed({'shop': other, 'state': state, 'code': code})}")

    assert (answer.status, pages.tokens_asked()) == (403, asked)


@pytest.mark.parametrize(
    ("state", "status"),
    [("A" * 43, 403), ("A", 403), ("a b", 400), ("", 400)],
    ids=["guessed", "short", "odd", "empty"],
)
def test_t9_a_guessed_state_or_none_is_refused(pages: Pages, state: str, status: int) -> None:
    shop, browser, asked = pages.shop(), pages.browser(), pages.tokens_asked()
    begun(pages, browser, shop)

    answer = browser.get(f"/shopify/callback?{signed({'shop': shop, 'state': state, 'code': 'abc'})}")

    assert (answer.status, pages.tokens_asked()) == (status, asked)


def test_two_tabs_of_one_browser_can_install_at_the_same_time(pages: Pages) -> None:
    browser, shops = pages.browser(), [pages.shop(), pages.shop()]
    backs = [begun(pages, browser, shop) for shop in shops]
    kept = dict(browser.cookies)
    for back in backs:
        browser.cookies = dict(kept)
        assert browser.get(back).status == 302


HOSTILE_SHOPS = [
    "evil.com",
    "evil.com#.myshopify.com",
    "evil.com/.myshopify.com",
    "evil.com\\.myshopify.com",
    "evil.com?.myshopify.com",
    "evil.com%00.myshopify.com",
    "user@evil.myshopify.com",
    "tea.myshopify.com@evil.com",
    "tea.myshopify.com:8443",
    "tea.myshopify.com.",
    "tea.myshopify.com.evil.com",
    "tea.myshopify.com\n",
    "tea.myshopify.com\r\nSet-Cookie: a=b",
    "https://tea.myshopify.com",
    "//tea.myshopify.com",
    "tea.my.myshopify.com",
    "-tea.myshopify.com",
    "tëa.myshopify.com",
    "tea。myshopify。com",
    "xn--tea.myshopify.com.xn--p1ai",
    "127.0.0.1",
    "[::1]",
    "localhost",
    "myshopify.com",
    ".myshopify.com",
    "tea_x.myshopify.com",
    f"{'a' * 64}.myshopify.com",
    "",
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("shop", HOSTILE_SHOPS, ids=ascii)
def test_t10_what_is_no_shop_is_gone_to_by_nobody(pages: Pages, shop: str, place: str) -> None:
    asked = pages.tokens_asked()
    for query in (f"shop={quote(shop)}", signed({"shop": shop, "state": "A" * 43, "code": "abc"})):
        answer = pages.browser().get(f"/shopify/{place}?{query}")
        assert answer.status in (400, 403)
        assert "Location" not in answer.headers
        assert "Set-Cookie" not in answer.headers
    assert pages.tokens_asked() == asked


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "more", ["shop=other.myshopify.com", "hmac=0", "timestamp=1", "ids[]=1", "signature=ab", "%73hop=b.myshopify.com"]
)
def test_t11_a_key_told_twice_or_never_sent_is_answered_400(pages: Pages, place: str, more: str) -> None:
    query = signed({"shop": pages.shop(), "state": "A" * 43, "code": "abc"})
    assert pages.browser().get(f"/shopify/{place}?{query}&{more}").status == 400


@pytest.mark.parametrize("query", ["shop=%ff%fe.myshopify.com", "%00=1", "shop", "&&&", "=", "shop=a%0d%0ab"])
@pytest.mark.parametrize("place", PLACES)
def test_t11_a_query_that_no_browser_would_send_is_answered_400(pages: Pages, place: str, query: str) -> None:
    assert pages.browser().get(f"/shopify/{place}?{query}").status == 400


@pytest.mark.parametrize(
    ("age", "status"),
    [
        (timedelta(minutes=4), 302),
        (timedelta(minutes=6), 403),
        (timedelta(hours=23), 403),
        (-timedelta(minutes=2), 403),
    ],
    ids=["4 minutes", "6 minutes", "23 hours", "from the future"],
)
def test_t12_a_signature_is_good_for_five_minutes(pages: Pages, age: timedelta, status: int) -> None:
    """Shopify's library for Python takes one a day old, and from any future."""
    shop, browser = pages.shop(), pages.browser()
    told = parse_qs(urlsplit(begun(pages, browser, shop)).query)
    told = {key: values[0] for key, values in told.items() if key not in ("hmac", "timestamp")}
    asked = pages.tokens_asked()

    answer = browser.get(f"/shopify/callback?{signed(told, at=datetime.now(UTC) - age)}")

    assert answer.status == status
    assert (pages.tokens_asked() > asked) is (status == 302)


@pytest.mark.parametrize("secret", ["another-app-s-secret-0123456789", ""], ids=["another app's", "empty"])
def test_t4_a_signature_by_another_secret_is_refused(pages: Pages, secret: str) -> None:
    shop, browser, asked = pages.shop(), pages.browser(), pages.tokens_asked()
    told = parse_qs(urlsplit(begun(pages, browser, shop)).query)
    told = {key: values[0] for key, values in told.items() if key not in ("hmac", "timestamp")}

    assert browser.get(f"/shopify/callback?{signed(told, secret=secret)}").status == 403
    assert browser.get(f"/shopify/install?{signed({'shop': shop}, secret=secret)}").status == 400
    assert pages.tokens_asked() == asked


def test_t14_the_admin_that_host_names_must_be_the_shop_s_own(pages: Pages) -> None:
    shop, browser = pages.shop(), pages.browser()
    for place in ("evil.com", "admin.shopify.com/store/other", "evil.com/admin", "//evil.com", "/\\evil.com"):
        host = base64.b64encode(place.encode()).decode().rstrip("=")
        answer = browser.get(f"/shopify/install?{signed({'shop': shop, 'host': host})}")
        assert (answer.status, answer.headers.get("Location")) == (400, None), place


@pytest.mark.parametrize("more", ["return_url=//evil.com", "next=https:evil.com", "redirect_uri=https://evil.com"])
def test_t14_nothing_in_a_query_says_where_to_go(pages: Pages, more: str) -> None:
    shop = pages.shop()
    answer = pages.browser().get(f"/shopify/install?shop={shop}&{more}")
    assert answer.headers["Location"].startswith(f"{pages.shopify.url}/{shop}/admin/oauth/authorize?")
    assert "evil" not in answer.headers["Location"]


def test_in_the_admin_s_frame_the_installation_first_leaves_the_frame(pages: Pages) -> None:
    """No cookie would be kept there; the same address at the top is as good as it was, its signature included."""
    shop, browser = pages.shop(), pages.browser()
    query = signed({"shop": shop, "embedded": "1"})

    inside = browser.get(f"/shopify/install?{query}")
    (link,) = Read(inside.data.decode()).all("a")

    assert (inside.status, browser.cookies) == (200, {})
    assert (link["target"], link["href"]) == ("_top", f"/shopify/install?{query}")
    assert directives(inside)["frame-ancestors"] == pages.shopify.url
    assert browser.get(link["href"], Sec_Fetch_Dest="document").status == 302
    assert browser.get(f"/shopify/install?shop={shop}", Sec_Fetch_Dest="iframe").status == 200


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST", "PUT", "DELETE"])
def test_only_get_does_anything(pages: Pages, place: str, method: str) -> None:
    shop, browser = pages.shop(), pages.browser()
    back = begun(pages, browser, shop)
    asked = pages.tokens_asked()

    answer = browser.ask(method, back if place == "callback" else f"/shopify/install?shop={shop}")

    assert (answer.status, answer.headers.get("Set-Cookie"), pages.tokens_asked()) == (405, None, asked)
    assert browser.get(back).status == 302


def test_a_code_that_the_platform_does_not_take_is_said_in_plain_words(pages: Pages) -> None:
    shop, browser = pages.shop(), pages.browser()
    state = parse_qs(urlsplit(begun(pages, browser, shop)).query)["state"][0]

    answer = browser.get(f"/shopify/callback?{signed({'shop': shop, 'state': state, 'code': 'another'})}")

    page = Read(answer.data.decode())
    assert answer.status == 403
    assert "The store did not let Tandem in" in page.text
    assert [link["href"] for link in page.all("a")] == [f"/shopify/install?shop={shop}"]


@pytest.mark.parametrize(("kind", "status"), [("500", 502), ("html", 502), ("reset", 502), ("429", 503)])
def test_while_the_platform_does_not_answer_the_merchant_can_start_again(pages: Pages, kind: str, status: int) -> None:
    shop, browser = pages.shop(), pages.browser()
    back = begun(pages, browser, shop)
    pages.shopify.fail(kind=kind, operation="token", shop=shop)
    try:
        answer = browser.get(back)
    finally:
        pages.shopify.mend()

    page = Read(answer.data.decode())
    assert answer.status == status
    assert ("Retry-After" in answer.headers) is (status == 503)
    (link,) = page.all("a")
    again = browser.get(link["href"])
    assert browser.get(f"/shopify/callback?{consented(again.headers['Location'])}").status == 302


def test_t25_no_page_and_no_log_repeats_what_a_callback_held(pages: Pages, capfd: pytest.CaptureFixture[str]) -> None:
    shop, browser = pages.shop(), pages.browser()
    back = begun(pages, browser, shop)
    told = parse_qs(urlsplit(back).query)
    capfd.readouterr()
    answers = [pages.browser().get(back), browser.get(back), browser.get(back)]
    pages.shopify.fail(kind="500", operation="token", shop=shop, times=1)
    answers.append(browser.get(begun(pages, browser, shop)))
    pages.shopify.mend()

    log = "".join(line for line in capfd.readouterr().err.splitlines() if ' HTTP/1.1"' not in line)
    for name in ("code", "hmac", "state"):
        for answer in answers:
            assert told[name][0] not in answer.data.decode() + answer.headers.get("Location", "")
        assert told[name][0] not in log


def test_every_answer_is_told_to_nobody_and_kept_by_nobody(pages: Pages) -> None:
    shop, browser = pages.shop(), pages.browser()
    back = begun(pages, browser, shop)
    answers = [browser.get(back), browser.get(back), *(browser.get(f"/shopify/{place}") for place in PLACES)]

    assert [answer.status for answer in answers] == [302, 403, 400, 403]
    for answer in answers:
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert directives(answer)["frame-ancestors"] == "'none'"


def test_without_an_app_the_page_names_the_variables_and_no_secret(
    database: str, shopify: StandIn, tmp_path: Path, pages: Pages
) -> None:
    with serving(database, tmp_path, shopify, SHOPIFY_API_KEY="") as unset:
        answers = [unset.browser().get(f"/shopify/{place}?shop=tea.myshopify.com") for place in (*PLACES, "app")]

    for answer in answers:
        assert answer.status == 503
        assert "SHOPIFY_API_KEY and SHOPIFY_API_SECRET" in answer.data.decode()
        assert SECRET not in answer.data.decode()


def test_a_platform_without_such_a_flow_has_no_such_address(pages: Pages) -> None:
    for place in ("install", "callback", "app", "bounce"):
        assert pages.browser().get(f"/woocommerce/{place}?shop={pages.shop()}").status == 404
    assert path_of("http://a/b?c=d") == "/b?c=d"
