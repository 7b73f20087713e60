"""Connecting a store that hands its keys over, over HTTP: pages for merchants, and a door for the store's server.

Long: one test an attack.
"""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
import urllib3

from integration.db import reading
from integration.db.installs import installs
from integration.db.stores import stores
from tests.rig.keyed_shop import KEY, SECRET, KeyedShop, open_keyed_shop
from tests.rig.pages import Browser, Pages, Read, directives, path_of, serving
from tests.rig.service import eventually
from tests.rig.standin import StandIn
from tests.rig.wooffice import Begun, foreign, posted

CONNECT, CALLBACK, RETURN = "/woocommerce/connect", "/woocommerce/callback", "/woocommerce/return"
COOKIE = "tandem-connect"
FORM = {"Content_Type": "application/x-www-form-urlencoded", "Sec_Fetch_Site": "same-origin"}


@pytest.fixture
def shop() -> Iterator[KeyedShop]:
    with open_keyed_shop() as found:
        yield found


def begun(browser: Browser, shop: KeyedShop) -> Begun:
    """By the link of the plugin, which names the store."""
    answer = pressed(browser, shop)
    assert answer.status == 302, answer.data
    return Begun(answer.headers["Location"])


def pressed(browser: Browser, shop: KeyedShop, **headers: str) -> urllib3.BaseHTTPResponse:
    """The plugin's button in the shop's own admin: the browser says that the shop leads here."""
    return browser.get(f"{CONNECT}?{urlencode({'store': shop.base})}", **{"Referer": f"{shop.url}/", **headers})


def typed(browser: Browser, text: str, **headers: str | None) -> urllib3.BaseHTTPResponse:
    """The form is sent; a header of None is left out."""
    told = {name: value for name, value in {**FORM, **headers}.items() if value is not None}
    return browser.ask("POST", CONNECT, body=urlencode({"store": text}), **told)


def hands_over(pages: Pages, one: Begun, **changes: Any) -> urllib3.BaseHTTPResponse:
    """The shop's server posts its keys, as WooCommerce does."""
    own = one.address.partition("/wc-auth/")[0]
    return posts(pages, path_of(one.callback), posted(one.state, **changes), User_Agent=f"WordPress/7.1; {own}")


def posts(pages: Pages, path: str, body: bytes, method: str = "POST", **headers: str) -> urllib3.BaseHTTPResponse:
    told = {"Content-Type": "application/json;charset=UTF-8", "User-Agent": "WordPress/7.1"}
    told |= {name.replace("_", "-"): text for name, text in headers.items()}
    with urllib3.PoolManager(retries=False, timeout=20.0) as pool:
        return pool.request(method, f"{pages.url}{path}", body=body, headers=told, redirect=False)


def comes_back(browser: Browser, one: Begun, success: str = "1") -> urllib3.BaseHTTPResponse:
    return browser.get(f"{RETURN}?{one.query(success)}")


def connected(pages: Pages, shop: KeyedShop) -> list[Any]:
    with reading(pages.engine) as connection:
        return list(connection.execute(sa.select(stores).where(stores.c.domain == shop.domain)).all())


def read(answer: urllib3.BaseHTTPResponse) -> Read:
    return Read(answer.data.decode())


# What is meant to happen.


def test_a_merchant_types_the_address_approves_and_is_on_the_store_s_page(pages: Pages, shop: KeyedShop) -> None:
    browser = pages.browser()
    form = read(browser.get(CONNECT))
    (field,) = form.all("input")
    assert (form.all("form")[0]["action"], form.all("form")[0]["method"], field["name"]) == (CONNECT, "post", "store")

    onward = typed(browser, shop.base)
    page = read(onward)
    (link,) = page.all("a")
    one = Begun(link["href"])
    assert (onward.status, one.address.startswith(f"{shop.base}/wc-auth/v1/authorize?")) == (200, True)
    assert shop.domain in page.text
    assert {"http-equiv": "refresh", "content": f"0; url={one.address}"} in page.all("meta")

    kept = hands_over(pages, one)
    assert (kept.status, json.loads(kept.data)) == (200, {"status": "kept"})
    back = comes_back(browser, one)

    assert (back.status, back.headers["Location"]) == (302, "/store")
    assert f"Connected to {shop.domain}." in read(browser.get("/store")).text


def test_the_plugin_s_link_leads_straight_on(pages: Pages, shop: KeyedShop) -> None:
    browser = pages.browser()
    one = begun(browser, shop)

    hands_over(pages, one)
    back = comes_back(browser, one)

    assert (back.status, back.headers["Location"], back.data) == (302, "/store", b"")
    assert len(connected(pages, shop)) == 1


def test_the_browser_keeps_a_secret_for_fifteen_minutes_that_no_script_can_read(pages: Pages, shop: KeyedShop) -> None:
    answer = pressed(pages.browser(), shop)

    told = answer.headers["Set-Cookie"]
    name, _, value = told.partition(";")[0].partition("=")
    words = {part.strip().lower() for part in told.split(";")[1:]}
    assert (name, len(value)) == (COOKIE, 43)
    assert {"max-age=900", "httponly", "path=/", "samesite=lax"} <= words
    assert value not in answer.headers["Location"]


def test_two_tabs_of_one_browser_may_connect_two_shops_at_the_same_time(pages: Pages, shop: KeyedShop) -> None:
    browser = pages.browser()
    with open_keyed_shop() as other:
        both = [begun(browser, shop), begun(browser, other)]
        assert [hands_over(pages, one).status for one in both] == [200, 200]
        assert [comes_back(browser, one).status for one in both] == [302, 302]


@pytest.mark.parametrize(
    "referer",
    [
        None,
        "",
        "https://evil.example/",
        "http://127.0.0.1/",
        "http://127.0.0.1:1/{base}",
        "{base}.evil.example/",
        "http://evil.example/?{base}",
        "http://{domain}@evil.example/",
        "http://[",
        "no address",
        "{pages}/woocommerce/connect",
    ],
)
def test_t14_a_link_on_another_site_leads_to_the_form_and_asks_nobody(
    pages: Pages, shop: KeyedShop, referer: str | None
) -> None:
    browser, before = pages.browser(), pages.office.everything()
    told = {} if referer is None else {"Referer": referer.format(base=shop.base, domain=shop.domain, pages=pages.url)}
    answer = browser.get(f"{CONNECT}?{urlencode({'store': shop.base})}", **told)

    page = read(answer)
    assert (answer.status, browser.cookies, shop.asked) == (200, {}, [])
    assert page.all("input")[0]["value"] == shop.base
    assert not [one for one in page.all("p") if one.get("role") == "alert"]
    assert pages.office.everything() == before


def test_a_link_that_names_what_is_no_shop_leads_to_the_form(pages: Pages) -> None:
    for named in ("x", "javascript:alert(1)", "http://[", "a" * 3000):
        answer = pages.browser().get(f"{CONNECT}?{urlencode({'store': named})}", Referer="https://evil.example/")
        assert (answer.status, read(answer).all("input")[0]["value"]) == (200, named)


# The form.


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
        {"Sec_Fetch_Site": None, "Origin": "https://evil.example"},
        {"Sec_Fetch_Site": None, "Origin": "null"},
        {"Sec_Fetch_Site": None},
    ],
    ids=str,
)
def test_t18_another_site_s_form_begins_nothing(pages: Pages, shop: KeyedShop, headers: dict[str, str | None]) -> None:
    browser = pages.browser()
    answer = typed(browser, shop.base, **headers)

    assert (answer.status, browser.cookies, shop.asked) == (403, {}, [])
    assert [link["href"] for link in read(answer).all("a")] == [CONNECT]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "shop",
        "http://",
        "https://user:pw@shop.example.com",
        "javascript:alert(1)",
        "169.254.169.254",
        "a" * 3000,
    ],
)
def test_what_is_no_shop_s_address_is_said_on_the_form_with_what_was_typed(pages: Pages, text: str) -> None:
    browser = pages.browser()
    answer = typed(browser, text)

    page = read(answer)
    assert (answer.status, browser.cookies) == (400, {})
    assert page.all("input")[0]["value"] == text.strip()
    assert [one for one in page.all("p") if one.get("role") == "alert"]


def test_t22_what_was_typed_is_text_on_the_page(pages: Pages) -> None:
    answer = typed(pages.browser(), '"><svg/onload=alert(1)>')
    assert not read(answer).all("svg")
    assert b"<svg" not in answer.data


def test_a_shop_without_woocommerce_is_told_what_is_missing(pages: Pages, shop: KeyedShop) -> None:
    shop.namespaces.remove("wc/v3")
    answer = typed(pages.browser(), shop.base)
    assert answer.status == 400
    assert "WooCommerce is not active there" in read(answer).text


def test_a_shop_that_does_not_answer_is_said_to(pages: Pages) -> None:
    with open_keyed_shop() as gone:
        pass
    answer = typed(pages.browser(), gone.base)
    assert answer.status == 502
    assert "does not take our calls" in read(answer).text


def test_the_pages_are_kept_by_nobody_framed_by_nobody_and_run_no_script(pages: Pages, shop: KeyedShop) -> None:
    browser = pages.browser()
    one = begun(browser, shop)
    for answer in (browser.get(CONNECT), typed(browser, shop.base), typed(browser, "x"), comes_back(browser, one)):
        assert answer.headers["Cache-Control"] == "no-store"
        assert directives(answer)["frame-ancestors"] == "'none'"
        assert "script-src" not in directives(answer)
        assert answer.headers["Referrer-Policy"] in ("no-referrer", "same-origin")
        assert not read(answer).all("script")


@pytest.mark.parametrize("path", [CONNECT, f"{CONNECT}?store=shop.example.com", RETURN])
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE"])
def test_no_other_method_does_anything(pages: Pages, path: str, method: str) -> None:
    assert pages.browser().ask(method, path).status == 405


def test_t35_one_address_may_begin_ten_times_and_then_has_to_wait(
    database: str, shopify: StandIn, tmp_path: Path, shop: KeyedShop
) -> None:
    with serving(database, tmp_path, shopify, TRUSTED_PROXIES="1") as proxied:
        answers = [pressed(proxied.browser(), shop, X_Forwarded_For="203.0.113.5") for _ in range(11)]
        other = pressed(proxied.browser(), shop, X_Forwarded_For="203.0.113.6")

    assert [answer.status for answer in answers] == [302] * 10 + [429]
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert "You asked too often" in read(answers[-1]).text
    assert other.status == 302


# The door.


def test_a_forged_post_is_answered_the_same_whatever_is_wrong(pages: Pages, shop: KeyedShop) -> None:
    """T55: nobody learns whether a door exists, or a state."""
    one, other = (begun(pages.browser(), shop) for _ in range(2))
    hands_over(pages, other)
    forged = [
        posts(pages, f"{CALLBACK}/{'A' * 32}", posted(one.state)),
        posts(pages, f"{CALLBACK}/x", posted(one.state)),
        posts(pages, path_of(one.callback), posted("A" * 43)),
        posts(pages, path_of(other.callback), posted(one.state)),
        posts(pages, path_of(other.callback), posted(other.state, **foreign())),
    ]

    assert {(answer.status, answer.data) for answer in forged} == {(403, b'{"error":"forbidden"}\n')}
    assert hands_over(pages, one).status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"])
def test_only_a_post_hands_keys_over(pages: Pages, shop: KeyedShop, method: str) -> None:
    one = begun(pages.browser(), shop)

    assert posts(pages, path_of(one.callback), posted(one.state), method).status == 405
    assert hands_over(pages, one).status == 200


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"x" * (64 * 1024 + 1), {}, 413),
        (b"x" * (64 * 1024), {}, 400),
        (b"{}", {"Content_Encoding": "gzip"}, 415),
        (b"not JSON", {}, 400),
        (b"", {}, 400),
        (b"[" * 60_000, {}, 400),
        (b'{"user_id": "\\ud800"}', {}, 400),
    ],
    ids=["65 KiB", "64 KiB of nothing", "gzip", "not JSON", "empty", "deep", "a lone surrogate"],
)
def test_what_no_shop_would_post_is_refused_and_changes_nothing(
    pages: Pages, shop: KeyedShop, body: bytes, headers: dict[str, str], status: int
) -> None:
    one = begun(pages.browser(), shop)

    assert posts(pages, path_of(one.callback), body, **headers).status == status
    assert hands_over(pages, one).status == 200


@pytest.mark.parametrize("path", ["{door}/", "/{door}", "{door}/more", "", "%2e%2e/connect"])
def test_no_address_near_the_door_is_redirected(pages: Pages, shop: KeyedShop, path: str) -> None:
    """WooCommerce follows a redirect with a GET, takes its 200 for success, and the keys are lost."""
    one = begun(pages.browser(), shop)

    for prefix in ("", "/"):
        answer = posts(pages, f"{prefix}{CALLBACK}/{path.format(door=one.door)}", posted(one.state))
        assert answer.status in (403, 404, 405), path


def test_while_the_database_is_away_the_shop_is_not_told_that_it_worked(pages: Pages, shop: KeyedShop) -> None:
    one = begun(pages.browser(), shop)
    statement = {"sqlite": "SELECT 1", "postgresql": "LOCK TABLE installs IN ACCESS EXCLUSIVE MODE"}
    with pages.engine.connect() as connection, connection.begin():
        connection.exec_driver_sql(statement[pages.engine.dialect.name])
        answer = hands_over(pages, one)

    assert (answer.status, json.loads(answer.data)) == (503, {"error": "try again later"})
    assert int(answer.headers["Retry-After"]) > 0
    assert hands_over(pages, one).status == 200


# The way back.


def test_in_another_browser_or_without_its_cookie_nobody_comes_back(pages: Pages, shop: KeyedShop) -> None:
    strangers = [pages.browser(), pages.browser()]
    with open_keyed_shop() as another:
        begun(strangers[1], another)
    for stranger in strangers:
        one = begun(pages.browser(), shop)
        hands_over(pages, one)
        answer = comes_back(stranger, one)
        assert answer.status == 403
        assert "begun in another browser" in read(answer).text
        assert shop.domain not in read(answer).text
        assert "tandem-session" not in stranger.cookies
    assert connected(pages, shop) == []


def test_coming_back_twice_signs_nobody_in_a_second_time(pages: Pages, shop: KeyedShop) -> None:
    browser = pages.browser()
    one = begun(browser, shop)
    hands_over(pages, one)
    assert comes_back(browser, one).status == 302
    del browser.cookies["tandem-session"]

    again = comes_back(browser, one)

    assert again.status == 403
    assert "tandem-session" not in browser.cookies
    assert [link["href"] for link in read(again).all("a")] == [CONNECT]


def test_who_does_not_approve_reads_so_and_may_begin_again(pages: Pages, shop: KeyedShop) -> None:
    browser = pages.browser()
    answer = comes_back(browser, begun(browser, shop), success="0")

    assert answer.status == 403
    assert "Nothing was connected" in read(answer).text
    assert f"You did not approve Tandem in {shop.domain}" in read(answer).text
    assert [link["href"] for link in read(answer).all("a")] == [CONNECT]
    assert connected(pages, shop) == []


def test_keys_that_do_not_open_the_shop_connect_nothing_and_the_merchant_reads_why(
    pages: Pages, shop: KeyedShop
) -> None:
    browser = pages.browser()
    one = begun(browser, shop)
    assert hands_over(pages, one, **foreign()).status == 200

    answer = comes_back(browser, one)

    assert answer.status == 403
    assert "The store did not let Tandem in" in read(answer).text
    assert (connected(pages, shop), "tandem-session" in browser.cookies) == ([], False)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "success=1",
        f"user_id={'A' * 43}",
        "success=2&user_id=A",
        "success=1&success=0&user_id=A",
        "%ff=%fe",
        "user_id=é",
    ],
)
def test_a_way_back_that_no_shop_would_send_is_refused(pages: Pages, query: str) -> None:
    answer = pages.browser().get(f"{RETURN}?{query}")
    assert answer.status in (400, 403)
    assert [link["href"] for link in read(answer).all("a")] == [CONNECT]


def test_t14_nothing_in_the_way_back_says_where_to_go(pages: Pages, shop: KeyedShop) -> None:
    browser = pages.browser()
    one = begun(browser, shop)
    hands_over(pages, one)
    answer = browser.get(f"{RETURN}?{one.query(next='//evil.example', return_url='https://evil.example')}")
    assert answer.headers["Location"] == "/store"


def test_t35_slow_hosts_that_somebody_named_stop_nobody_who_comes_back(pages: Pages, shop: KeyedShop) -> None:
    browser, go_on = pages.browser(), threading.Event()
    one = begun(browser, shop)
    hands_over(pages, one)
    with open_keyed_shop() as slow, ThreadPoolExecutor(2) as pool:
        slow.answer = lambda _one: (404, b"", {}) if go_on.wait(20) else (500, b"", {})  # type: ignore[method-assign]
        waiting = [pool.submit(typed, pages.browser(), slow.base) for _ in range(2)]
        try:
            assert eventually(lambda: len(slow.asked) == 2, 10)
            third, back = typed(pages.browser(), shop.base), comes_back(browser, one)
        finally:
            go_on.set()
        assert [each.result().status for each in waiting] == [400, 400]

    assert (third.status, int(third.headers["Retry-After"]) > 0) == (429, True)
    assert (back.status, back.headers["Location"]) == (302, "/store")


def test_who_is_asked_to_come_later_may_reload_the_page(pages: Pages, shop: KeyedShop) -> None:
    browser = pages.browser()
    one = begun(browser, shop)
    hands_over(pages, one)
    shop.says("GET", "wc/v3/data/currencies/current", b"", 429, Retry_After="7")

    later = comes_back(browser, one)

    assert (later.status, later.headers["Retry-After"]) == (503, "7")
    assert "Reload this page" in read(later).text
    assert read(later).all("a") == []
    assert comes_back(browser, one).status == 302


def test_while_the_database_is_away_nothing_is_connected_and_it_may_be_begun_again(
    pages: Pages, shop: KeyedShop
) -> None:
    browser = pages.browser()
    one = begun(browser, shop)
    hands_over(pages, one)
    statement = {"sqlite": "SELECT 1", "postgresql": "LOCK TABLE installs IN ACCESS EXCLUSIVE MODE"}
    with pages.engine.connect() as connection, connection.begin():
        connection.exec_driver_sql(statement[pages.engine.dialect.name])
        answer = comes_back(browser, one)

    assert answer.status == 503
    assert [link["href"] for link in read(answer).all("a")] == [CONNECT]
    assert connected(pages, shop) == []


# What nobody is told.


def test_t25_keys_states_and_doors_are_in_no_log_page_or_address(
    pages: Pages, shop: KeyedShop, capfd: pytest.CaptureFixture[str]
) -> None:
    browser, keys = pages.browser(), foreign()
    capfd.readouterr()
    good, bad = begun(browser, shop), begun(browser, shop)
    answers = [
        hands_over(pages, good),
        hands_over(pages, bad, **keys),
        hands_over(pages, bad, **keys),
        posts(pages, path_of(good.callback), posted(good.state)[:-1]),
        comes_back(browser, bad),
        comes_back(browser, good),
        comes_back(browser, good),
    ]

    # The development server's own lines name each address; in production there is no such log.
    log = "".join(line for line in capfd.readouterr().err.splitlines() if ' HTTP/1.1"' not in line)
    said = log + "".join(answer.data.decode() + str(answer.headers) for answer in answers)
    for canary in (KEY, SECRET, *keys.values(), good.state, good.door, bad.state, bad.door):
        assert canary not in said
    for canary in (KEY, SECRET, *keys.values()):
        assert canary not in pages.office.everything()
    assert not [one for one in shop.asked if SECRET in one.raw_query + one.path + str(one.headers)]


def test_in_production_nothing_on_this_machine_is_connected(
    postgres_url: str, shopify: StandIn, tmp_path: Path, shop: KeyedShop
) -> None:
    public = {"APP_ENV": "production", "PUBLIC_URL": "https://tandem.example.com", "SECRET_KEY": "k" * 40}
    environ = {**public, "ENCRYPTION_KEYS": "A" * 43 + "=", "SHOPIFY_ADMIN_URL": "", "SHOPIFY_APP_BRIDGE_URL": ""}
    with serving(postgres_url, tmp_path, shopify, **environ) as live:
        for text in (shop.base, shop.domain, "localhost", "127.0.0.1", "2130706433", "shop.localhost", "[::1]"):
            answer = live.browser().ask(
                "POST",
                CONNECT,
                body=urlencode({"store": text}),
                **FORM,
            )
            assert answer.status in (400, 502), text
            assert "Set-Cookie" not in answer.headers
        with reading(live.engine) as connection:
            assert connection.execute(sa.select(installs)).all() == []
    assert shop.asked == []
