"""Signing in to the operator's pages: the way in, every way that is none, and how often one may fail.

Behind a proxy that says where somebody comes from, as in production.
"""

import itertools
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
import urllib3

from integration.db import changes, metadata, reading, transact, transaction
from integration.db import operators as table
from integration.db.changes import By
from integration.stores import operators
from integration.web.operator_sign_in import WRONG
from tests.rig.own_page import OwnPage
from tests.rig.pages import Browser, Pages, Read, serving
from tests.rig.standin import StandIn

COOKIE = "tandem-operator"
BY = By("root", changes.COMMAND_LINE)
_hosts = itertools.count(1)


@pytest.fixture(scope="module")
def behind(database: str, shopify: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with serving(database, tmp_path_factory.mktemp("behind"), shopify, TRUSTED_PROXIES="1") as found:
        yield found


@pytest.fixture(scope="module")
def key(behind: Pages) -> str:
    return transact(behind.engine, lambda it: operators.add(it, "ada", BY, datetime.now(UTC)))


@pytest.fixture
def host() -> str:
    """An address from which nobody failed yet."""
    return f"198.51.100.{next(_hosts)}"


def tries(browser: Browser, name: str, key: str, host: str, **headers: str) -> urllib3.BaseHTTPResponse:
    told = {"Origin": browser.url, "X_Forwarded_For": host, "Content_Type": "application/x-www-form-urlencoded"}
    return browser.ask("POST", "/operator/sign-in", body=urlencode({"name": name, "key": key}), **{**told, **headers})


def everything(pages: Pages) -> list[tuple[object, ...]]:
    with reading(pages.engine) as connection:
        return [tuple(row) for one in metadata.sorted_tables for row in connection.execute(sa.select(one))]


def test_the_form_leads_in_with_a_cookie_of_its_own(behind: Pages, key: str, host: str) -> None:
    browser = behind.browser()
    form = browser.get("/operator/sign-in")
    assert form.headers["Referrer-Policy"] == "same-origin", "or browsers would hide where the form comes from"
    page = Read(form.data.decode())
    assert [(one["action"], one["method"]) for one in page.all("form")] == [("/operator/sign-in", "post")]
    assert {one["name"] for one in page.all("input")} == {"name", "key"}

    entered = tries(browser, "ada", key, host)

    assert (entered.status, entered.headers["Location"], entered.data) == (303, "/operator", b"")
    assert entered.headers["Cache-Control"] == "no-store"
    words = {word.strip() for word in entered.headers["Set-Cookie"].split(";")}
    assert {"HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=28800"} <= words
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", browser.cookies[COOKIE])
    assert "Sign out ada" in Read(browser.get("/operator").data.decode()).text
    assert browser.get("/operator/sign-in").headers["Location"] == "/operator"


def test_over_https_its_name_keeps_other_hosts_out(
    database: str, shopify: StandIn, tmp_path_factory: pytest.TempPathFactory, key: str, host: str
) -> None:
    directory: Path = tmp_path_factory.mktemp("https")
    with serving(database, directory, shopify, TRUSTED_PROXIES="1", PUBLIC_URL="https://tandem.example.com") as served:
        browser = served.browser()
        told = tries(browser, "ada", key, host, Origin="https://tandem.example.com").headers["Set-Cookie"]
        assert told.startswith("__Host-tandem-operator=")
        assert " Secure" in told.split(";")
        plain = served.browser()
        plain.cookies[COOKIE] = browser.cookies["__Host-tandem-operator"]
        assert plain.get("/operator").status == 303, "a cookie that plain http could have set"


def test_fixation_the_token_is_new_whatever_the_browser_held(behind: Pages, key: str, host: str) -> None:
    attacker, victim = behind.browser(), behind.browser()
    tries(attacker, "ada", key, host)
    planted = victim.cookies[COOKIE] = attacker.cookies[COOKIE]

    tries(victim, "ada", key, host)

    assert victim.cookies[COOKIE] != planted
    assert (attacker.get("/operator").status, victim.get("/operator").status) == (303, 200)


def test_signing_out_ends_the_session_itself_and_not_only_the_cookie(behind: Pages, key: str, host: str) -> None:
    browser = behind.browser()
    tries(browser, "ada", key, host)
    token = browser.cookies[COOKIE]

    out = browser.ask("POST", "/operator/sign-out", Origin=behind.url)

    assert (out.status, out.headers["Location"], browser.cookies) == (303, "/operator/sign-in", {})
    browser.cookies[COOKIE] = token
    assert browser.get("/operator").status == 303


def test_wrong_keys_and_names_that_nobody_has_are_told_the_same_until_it_is_too_often(
    behind: Pages, key: str, host: str
) -> None:
    known = [tries(behind.browser(), "ada", f"{key}x", host) for _ in range(6)]
    elsewhere = f"203.0.113.{host.rpartition('.')[2]}"
    unknown = [tries(behind.browser(), "nobody", key, elsewhere) for _ in range(6)]

    assert [one.status for one in known] == [403] * 5 + [429]
    assert [(one.status, one.data) for one in known] == [(one.status, one.data) for one in unknown]
    assert WRONG in Read(known[0].data.decode()).text
    assert key not in known[0].data.decode()
    assert 0 < int(known[-1].headers["Retry-After"]) <= 900
    assert tries(behind.browser(), "ada", key, host).status == 429, "the right key, too, is not tried"
    assert tries(behind.browser(), "ada", key, f"2001:db8::{host.rpartition('.')[2]}").status == 303


def test_a_restart_forgets_no_failure_and_time_does(
    behind: Pages, database: str, shopify: StandIn, tmp_path_factory: pytest.TempPathFactory, key: str, host: str
) -> None:
    for _ in range(5):
        tries(behind.browser(), "ada", "wrong", host)
    with serving(database, tmp_path_factory.mktemp("again"), shopify, TRUSTED_PROXIES="1") as again:
        assert tries(again.browser(), "ada", key, host).status == 429
    with transaction(behind.engine) as connection:
        older = table.sign_in_tries.c.at
        for pk, at in connection.execute(sa.select(table.sign_in_tries.c.id, older)).all():
            mine = sa.update(table.sign_in_tries).where(table.sign_in_tries.c.id == pk)
            connection.execute(mine.values(at=at - timedelta(minutes=15)))
    assert tries(behind.browser(), "ada", key, host).status == 303


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.com"}, {"Origin": "null"}, {"Sec_Fetch_Site": "same-site"}]
)
def test_another_site_s_form_signs_nobody_in_or_out(
    behind: Pages, key: str, host: str, headers: dict[str, str]
) -> None:
    browser = behind.browser()
    before = everything(behind)
    assert (tries(browser, "ada", key, host, **headers).status, browser.cookies) == (403, {})
    assert everything(behind) == before
    tries(browser, "ada", key, host)
    assert browser.ask("POST", "/operator/sign-out", **headers).status == 403
    assert browser.get("/operator").status == 200


@pytest.mark.parametrize("body", ["", "name=ada", "key=%00&name=%00", "name=ada&key=" + "x" * 900, "x" * 5000])
def test_a_form_that_is_none_of_ours_signs_nobody_in(behind: Pages, key: str, host: str, body: str) -> None:
    assert key
    browser = behind.browser()
    told = {"Origin": browser.url, "X_Forwarded_For": host, "Content_Type": "application/x-www-form-urlencoded"}
    assert browser.ask("POST", "/operator/sign-in", body=body, **told).status in (403, 413)
    assert browser.cookies == {}


def test_a_merchants_link_that_is_over_can_be_tried_twenty_times_from_one_place(behind: Pages, host: str) -> None:
    store, browser = OwnPage.of(behind), behind.browser()
    path = f"/sign-in?code={'x' * 43}"
    answers = [browser.get(path, X_Forwarded_For=host) for _ in range(21)]
    assert [one.status for one in answers] == [403] * 20 + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 900
    good = store.code()
    assert browser.get(good, X_Forwarded_For=host).status == 429
    told = {"Origin": browser.url, "X_Forwarded_For": host, "Content_Type": "application/x-www-form-urlencoded"}
    assert browser.ask("POST", "/sign-in", body=good.partition("?")[2], **told).status == 429
    assert browser.get("/sign-in", X_Forwarded_For=host).status == 200, "the page that says how to get in"
    assert browser.get(good, X_Forwarded_For="203.0.113.200").status == 302, "and it was not used up"
