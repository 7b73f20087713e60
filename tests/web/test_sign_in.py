"""Signing in to a store's own page: the way in, and every way that is none.

Long: one test a way.
"""

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
import urllib3

from integration.db import metadata, reading, sessions, transaction
from integration.stores import disconnect
from tests.rig.own_page import OwnPage, nonce
from tests.rig.pages import Browser, Pages, Read, serving
from tests.rig.postgres import Cluster
from tests.rig.standin import StandIn
from tests.web.conftest import _migrated

COOKIE = "tandem-session"
OVER = "This link is over"


def set_cookies(browser: Browser, path: str, method: str = "GET", **headers: str) -> list[str]:
    return browser.ask(method, path, **headers).headers.getlist("Set-Cookie")


def everything(pages: Pages) -> list[tuple[object, ...]]:
    with reading(pages.engine) as connection:
        return [tuple(row) for table in metadata.sorted_tables for row in connection.execute(sa.select(table))]


def test_the_plugin_s_link_leads_to_the_store_s_page(pages: Pages) -> None:
    store, browser = OwnPage.of(pages), pages.browser()

    entered = browser.get(store.code())

    assert (entered.status, entered.headers["Location"], entered.data) == (302, "/store", b"")
    assert entered.headers["Cache-Control"] == "no-store"
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", browser.cookies[COOKIE])
    assert f"Connected to {store.domain}." in store.page(browser).text


def test_t20_the_cookie_is_for_this_host_alone_and_no_script_reads_it(pages: Pages) -> None:
    (told,) = set_cookies(pages.browser(), OwnPage.of(pages).code())
    words = [word.strip() for word in told.split(";")]
    assert words[0].startswith(f"{COOKIE}=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"} <= set(words)
    assert not [word for word in words if word.startswith("Domain")]


def test_t20_over_https_its_name_keeps_other_hosts_and_plain_http_out(
    cluster: Cluster, shopify: StandIn, tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = tmp_path_factory.mktemp("https")
    with (
        cluster.database(_migrated) as url,
        serving(url, directory, shopify, PUBLIC_URL="https://tandem.example.com") as served,
    ):
        store = OwnPage.of(served)
        way_in = store.call("sign-in", {"nonce": nonce()}).json()["url"]
        assert way_in.startswith("https://tandem.example.com/sign-in?code=")
        browser = served.browser()
        (told,) = set_cookies(browser, way_in.removeprefix("https://tandem.example.com"))
        assert told.startswith("__Host-tandem-session=")
        assert {" Secure", " HttpOnly", " Path=/"} <= set(told.split(";"))
        assert browser.get("/store").status == 200
        plain = served.browser()
        plain.cookies[COOKIE] = browser.cookies["__Host-tandem-session"]
        assert plain.get("/store").status == 303, "a cookie that plain http could have set"


def test_a_code_is_good_once(pages: Pages) -> None:
    store = OwnPage.of(pages)
    path, first, second = store.code(), pages.browser(), pages.browser()
    assert first.get(path).status == 302

    refused = second.get(path)

    assert (refused.status, second.cookies) == (403, {})
    assert OVER in refused.data.decode()
    assert first.get("/store").status == 200


def test_a_code_is_over_after_a_minute(pages: Pages) -> None:
    path, browser = OwnPage.of(pages).code(), pages.browser()
    table = sessions.sign_in_codes
    with transaction(pages.engine) as connection:
        for digest, until in connection.execute(sa.select(table.c.code_sha256, table.c.expires_at)).all():
            earlier = sa.update(table).where(table.c.code_sha256 == digest)
            connection.execute(earlier.values(expires_at=until - timedelta(seconds=61)))
    assert (browser.get(path).status, browser.cookies) == (403, {})


@pytest.mark.parametrize(
    "query",
    ["code=", "code=x", f"code={'x' * 43}", f"code={'x' * 4000}", "code=%00", "code=%22%3E%3Csvg%2Fonload%3D1%3E"],
)
def test_every_code_that_is_none_is_told_the_same(pages: Pages, query: str) -> None:
    store, browser = OwnPage.of(pages), pages.browser()
    used = store.code()
    browser.get(used)
    known = pages.browser().get(used)

    answer = pages.browser().get(f"/sign-in?{query}")

    assert (answer.status, answer.data) == (known.status, known.data)
    assert answer.status == 403


def test_two_codes_are_none(pages: Pages) -> None:
    one, other = OwnPage.of(pages).code(), OwnPage.of(pages).code()
    assert pages.browser().get(f"{one}&{other.partition('?')[2]}").status == 403
    assert pages.browser().get(one).status == 302


def test_a_code_of_one_store_opens_no_other(pages: Pages) -> None:
    mine, other, browser = OwnPage.of(pages), OwnPage.of(pages), pages.browser()
    browser.get(f"{mine.code()}&store={other.id}&domain={other.domain}")
    text = mine.page(browser).text
    assert mine.domain in text
    assert other.domain not in text


@pytest.mark.parametrize("way", ["image", "iframe", "empty", "script", "object", ""])
def test_t18_a_link_that_another_page_loads_by_itself_signs_nobody_in_and_is_not_used_up(
    pages: Pages, way: str
) -> None:
    store, browser = OwnPage.of(pages), pages.browser()
    path, before = store.code(), everything(pages)
    told = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Dest": way}

    answer = browser.get(path, **told)

    assert (answer.status, browser.cookies, everything(pages)) == (403, {}, before)
    assert store.domain not in answer.data.decode()
    assert answer.data == browser.get(f"/sign-in?code={'x' * 43}", **told).data, "it teaches nothing"
    assert browser.get(path, **{**told, "Sec_Fetch_Dest": "document"}).status == 302


def test_who_is_signed_in_to_another_store_is_asked_first(pages: Pages) -> None:
    mine, other = OwnPage.of(pages), OwnPage.of(pages)
    browser = mine.browser()
    path, held, before = other.code(), dict(browser.cookies), everything(pages)

    answer = browser.get(path)

    page = Read(answer.data.decode())
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    assert f"You are signed in to {mine.domain}. Sign in to {other.domain} instead?" in page.text
    assert [(form["action"], form["method"]) for form in page.all("form")] == [("/sign-in", "post")]
    assert (browser.cookies, everything(pages)) == (held, before)
    assert [link["href"] for link in page.all("a")] == ["/store"]


def test_who_says_yes_is_signed_in_to_the_other_store_instead(pages: Pages) -> None:
    mine, other = OwnPage.of(pages), OwnPage.of(pages)
    browser = mine.browser()
    former, path = browser.cookies[COOKIE], other.code()

    answer = says_yes(browser, Read(browser.get(path).data.decode()))

    assert (answer.status, answer.headers["Location"]) == (303, "/store")
    assert other.domain in other.page(browser).text
    kept = pages.browser()
    kept.cookies[COOKIE] = former
    assert kept.get("/store").status == 303
    assert pages.browser().get(path).status == 403, "it was used up"


def test_who_is_signed_in_to_this_very_store_is_asked_nothing(pages: Pages) -> None:
    store = OwnPage.of(pages)
    browser = store.browser()
    former = browser.cookies[COOKIE]
    assert browser.get(store.code()).status == 302
    assert browser.cookies[COOKIE] != former


def test_a_code_that_is_over_is_so_for_who_is_signed_in_as_well(pages: Pages) -> None:
    mine, other = OwnPage.of(pages), OwnPage.of(pages)
    browser, path = mine.browser(), other.code()
    page = Read(browser.get(path).data.decode())
    assert pages.browser().get(path).status == 302

    answers = [browser.get(path), says_yes(browser, page), browser.get(f"/sign-in?code={'x' * 43}")]

    assert [(one.status, OVER in one.data.decode()) for one in answers] == [(403, True)] * 3
    assert mine.domain in mine.page(browser).text


@pytest.mark.parametrize(
    "body", ["", "code=", "code=x", "code={code}&code={code}", "code={code}x", "x" * 9000, "other={code}"]
)
def test_a_form_that_is_none_of_ours_signs_nobody_in(pages: Pages, body: str) -> None:
    path, browser = OwnPage.of(pages).code(), pages.browser()
    code = path.partition("=")[2]
    assert posts(browser, body.format(code=code), Origin=pages.url).status in (403, 413)
    assert browser.cookies == {}
    assert browser.get(path).status == 302


def says_yes(browser: Browser, page: Read) -> urllib3.BaseHTTPResponse:
    """The button is pressed."""
    return posts(browser, urlencode({one["name"]: one["value"] for one in page.all("input")}), Origin=browser.url)


def posts(browser: Browser, body: str, **headers: str) -> urllib3.BaseHTTPResponse:
    told = {"Content_Type": "application/x-www-form-urlencoded", **headers}
    return browser.ask("POST", "/sign-in", body=body, **told)


@pytest.mark.parametrize("planted", ["a" * 43, "of another's", "", "{theirs}"])
def test_fixation_the_token_is_new_whatever_the_browser_held(pages: Pages, planted: str) -> None:
    store, attacker = OwnPage.of(pages), OwnPage.of(pages).browser()
    planted = planted.format(theirs=attacker.cookies[COOKIE])
    victim = pages.browser()
    victim.cookies[COOKIE] = planted

    asked = Read(victim.get(store.code()).data.decode())
    if asked.all("form"):
        says_yes(victim, asked)

    assert victim.cookies[COOKIE] != planted
    attacker.cookies[COOKIE] = planted
    assert attacker.get("/store").status == 303


def test_signing_out_ends_the_session_itself_and_not_only_the_cookie(pages: Pages) -> None:
    browser = OwnPage.of(pages).browser()
    token = browser.cookies[COOKIE]

    out = browser.ask("POST", "/sign-out", Origin=pages.url)

    assert (out.status, out.headers["Location"], browser.cookies) == (302, "/sign-in", {})
    browser.cookies[COOKIE] = token
    assert browser.get("/store").status == 303


FOREIGN = [
    {},
    {"Origin": "https://evil.com"},
    {"Origin": "null"},
    {"Origin": "{url}.evil.com"},
    {"Origin": "{url}@evil.com"},
    {"Sec_Fetch_Site": "cross-site", "Origin": "{url}"},
    {"Sec_Fetch_Site": "same-site", "Origin": "{url}"},
    {"Sec_Fetch_Site": "none"},
    {"Referer": "{url}/store"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize("path", ["/sign-out", "/store/again"])
def test_t18_what_another_site_makes_a_browser_ask_is_refused_and_changes_nothing(
    pages: Pages, headers: dict[str, str], path: str
) -> None:
    store = OwnPage.of(pages)
    browser = store.browser()
    before = everything(pages)

    answer = browser.ask("POST", path, **{name: told.format(url=pages.url) for name, told in headers.items()})

    assert answer.status == 403
    assert everything(pages) == before
    assert browser.get("/store").status == 200


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_t18_another_site_s_form_with_a_code_signs_nobody_in(pages: Pages, headers: dict[str, str]) -> None:
    mine, other = OwnPage.of(pages), OwnPage.of(pages)
    browser, path = mine.browser(), other.code()
    held, before = dict(browser.cookies), everything(pages)

    answer = posts(browser, path.partition("?")[2], **{n: told.format(url=pages.url) for n, told in headers.items()})

    assert (answer.status, browser.cookies, everything(pages)) == (403, held, before)


@pytest.mark.parametrize("headers", [{"Origin": "{url}"}, {"Sec_Fetch_Site": "same-origin"}], ids=str)
def test_t18_what_our_own_page_asks_is_done(pages: Pages, headers: dict[str, str]) -> None:
    told = {name: word.format(url=pages.url) for name, word in headers.items()}
    assert OwnPage.of(pages).browser().ask("POST", "/store/again", **told).status == 303


@pytest.mark.parametrize("path", ["/store", "/store/state", "/sign-in", "/store/again", "/sign-out", "/sign-in?code=x"])
def test_t18_no_get_or_head_changes_anything(pages: Pages, path: str) -> None:
    browser = OwnPage.of(pages).browser()
    before = everything(pages)
    for method in ("GET", "HEAD", "OPTIONS"):
        browser.ask(method, path)
    assert everything(pages) == before


def test_head_uses_no_code_up(pages: Pages) -> None:
    path, browser = OwnPage.of(pages).code(), pages.browser()
    assert pages.browser().ask("HEAD", path).status == 405
    assert browser.get(path).status == 302


def test_without_a_code_the_page_says_how_to_get_in(pages: Pages) -> None:
    page = Read(pages.browser().get("/sign-in").data.decode())
    assert "open your shop’s admin and choose Tandem there" in page.text
    assert [link["href"] for link in page.all("a")] == ["/woocommerce/connect"]


def test_who_is_in_already_is_led_to_the_store(pages: Pages) -> None:
    page = Read(OwnPage.of(pages).browser().get("/sign-in").data.decode())
    assert [link["href"] for link in page.all("a")] == ["/store"]


@pytest.mark.parametrize("token", [None, "", "x" * 43, "x", "'; DROP TABLE sessions"])
def test_who_is_not_signed_in_is_led_to_where_that_is_done(pages: Pages, token: str | None) -> None:
    browser = pages.browser()
    if token is not None:
        browser.cookies[COOKIE] = token
    answer = browser.get("/store")
    assert (answer.status, answer.headers["Location"], answer.data) == (303, "/sign-in", b"")
    browser.cookies[COOKIE] = "x" * 43
    assert (browser.get("/store/state").status, browser.get("/store/state").data) == (401, b"")
    assert browser.ask("POST", "/store/again", Origin=pages.url).headers["Location"] == "/sign-in"


def test_a_store_that_was_let_go_shows_its_page_to_nobody(pages: Pages) -> None:
    store = OwnPage.of(pages)
    browser, path = store.browser(), store.code()
    with transaction(pages.engine) as connection:
        disconnect.let_go(connection, store.row)

    assert browser.get("/store").headers["Location"] == "/sign-in"
    assert pages.browser().get(path).status == 403
    assert store.call("sign-in", {"nonce": nonce()}).status == 401


def test_a_store_that_is_gone_altogether_shows_nothing(pages: Pages) -> None:
    store = OwnPage.of(pages)
    browser = store.browser()
    with transaction(pages.engine) as connection:
        connection.execute(sa.delete(metadata.tables["stores"]).where(metadata.tables["stores"].c.id == store.id))
    assert browser.get("/store").headers["Location"] == "/sign-in"


def test_t19_no_other_site_may_frame_these_pages_and_none_is_kept(pages: Pages) -> None:
    browser = OwnPage.of(pages).browser()
    for path in ("/store", "/store/state", "/sign-in", "/sign-in?code=x"):
        answer = browser.get(path)
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
    assert "script-src 'self'; connect-src 'self';" in browser.get("/store").headers["Content-Security-Policy"]
    assert browser.get("/store").headers["Referrer-Policy"] == "same-origin"


def test_while_the_database_is_away_the_pages_say_so(
    shopify: StandIn, tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = tmp_path_factory.mktemp("lost")
    with serving(f"sqlite:///{directory}/missing/tandem.db", directory, shopify) as lost:
        browser = lost.browser()
        browser.cookies[COOKIE] = "x" * 43
        for path in ("/store", f"/sign-in?code={'x' * 43}", "/store/state"):
            answer = browser.get(path)
            assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
