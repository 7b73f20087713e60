"""The pages of the storefront and of the pair test in a browser's hands: begun, followed, done, and nobody else's."""

import html
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

import pytest
import urllib3

from integration.db import changes, chores, datasets, pair_tests, reading, transaction
from integration.db.changes import By
from integration.db.stores import stores
from integration.meta.client import GraphClient
from integration.pipeline import pair_telling
from integration.stores import operators
from tests.rig.own_page import OwnPage
from tests.rig.pages import Browser, Pages, Read, serving
from tests.rig.sandbox import Sandbox
from tests.rig.standin import StandIn

PAIR, RESULT, PIXEL = "/store/pair", "/store/pair/result", "/store/pixel"
DATASET = "400000000000004"
FORM = {"Content_Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def pages(database: str, shopify: StandIn, meta: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with serving(database, tmp_path_factory.mktemp("pages"), shopify, META_GRAPH_URL=meta.url) as found:
        yield found


@pytest.fixture
def store(pages: Pages, sandbox: Sandbox) -> OwnPage:
    """One that is live, and whose scripts were never heard of."""
    del sandbox
    with transaction(pages.engine) as connection:  # two of these stores cannot share a dataset
        connection.execute(datasets.datasets.delete())
    store = OwnPage.of(pages)
    store.attach(DATASET)
    return store


def post(browser: Browser, path: str, **told: str) -> urllib3.BaseHTTPResponse:
    return browser.ask("POST", path, urlencode(told), Origin=browser.url, **FORM)


def read(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status == 200, answer.data
    return answer.data.decode()


def link(page: str) -> str | None:
    found = re.search(r'href="([^"]+/try/[^"]+)"', page)
    return html.unescape(found[1]) if found else None


def says(store: OwnPage, code: str, state: str, dataset: str = DATASET) -> int:
    """The storefront's script, at the real beacon."""
    told = {"dataset_id": dataset, "event_name": "TandemTest", "event_id": f"tandem_test_{code[:8]}", "state": state}
    body = json.dumps({**told, "proof": code})
    browser = store.pages.browser()
    return browser.ask("POST", f"/s/{store.public_key}/sighting", body, Content_Type="text/plain").status


def work(store: OwnPage, meta: Sandbox) -> None:
    """As a worker does."""
    pages = store.pages
    pair_telling.run_due(pages.engine, pages.office.sealer, GraphClient(meta.url, "v26.0"), "a worker")


def test_a_test_is_begun_opened_followed_and_done(store: OwnPage, meta: Sandbox) -> None:
    browser = store.browser()
    assert link(read(browser, PAIR)) is None
    assert post(browser, PAIR).status == 303
    page = read(browser, PAIR)
    way = link(page)
    assert way
    code = way.rpartition("/")[2]
    assert "has not been opened" in Read(page).text
    assert 'hx-trigger="every 2s"' in page

    opened = store.pages.browser().get(urlsplit(way).path)
    assert (opened.status, opened.headers["Location"]) == (302, f"https://{store.domain}/?tandem-test={code}")
    assert opened.headers["Referrer-Policy"] == "no-referrer"
    assert "Your shop was opened" in Read(read(browser, RESULT)).text

    assert says(store, code, "called") == 204
    work(store, meta)
    half = browser.get(RESULT)
    assert "HX-Reswap" not in half.headers
    assert "The server told Meta. The Pixel is under way." in Read(half.data.decode()).text
    assert says(store, code, "sent") == 204

    done = browser.get(RESULT)
    text = Read(done.data.decode()).text
    assert done.headers["HX-Reswap"] == "outerHTML"
    assert "Both, Pixel and server, told Meta the same event under the same id." in text
    assert text.count(f"tandem_test_{code[:8]}") == 2
    (event,) = meta.events()
    with reading(store.pages.engine) as connection:
        kept = pair_tests.newest(connection, store.id)
    assert kept
    assert f"Meta accepted it, trace {kept.fbtrace_id}" in text
    assert event["payload"]["event_id"] == kept.event_id

    page = read(browser, PAIR)
    assert (link(page), "hx-get" in page, "Both, Pixel" in page) == (None, False, True)
    used = store.pages.browser().get(urlsplit(way).path)
    assert (used.status, "used up" in Read(used.data.decode()).text) == (403, True)
    assert "Both, Pixel and server" in read(browser, PIXEL)


def test_a_test_is_nobody_elses_and_its_code_stands_in_no_log_of_changes(store: OwnPage) -> None:
    post(store.browser(), PAIR)
    code = str(link(read(store.browser(), PAIR))).rpartition("/")[2]
    other = OwnPage.of(store.pages)
    assert code[:8] not in read(other.browser(), PAIR) + read(other.browser(), RESULT)
    with reading(store.pages.engine) as connection:
        (line,) = [one for one in changes.of_store(connection, store.id, before=None, most=9) if "pair" in one.what]
    assert code not in str(line)
    assert says(other, code, "called") == 204
    assert "has not been opened" in Read(read(store.browser(), RESULT)).text


def test_an_operator_sees_how_a_test_stands_and_no_way_into_the_shop(store: OwnPage) -> None:
    post(store.browser(), PAIR)
    operator, by, now = store.pages.browser(), By("a test", changes.COMMAND_LINE), datetime.now(UTC)
    name = f"looker-{store.id.lower().replace('_', '-')}"
    with transaction(store.pages.engine) as connection:
        key = operators.add(connection, name, by, now)
        entered = operators.enter(connection, name, key, network=None, instead_of=None, now=now)
    operator.cookies["tandem-operator"] = str(entered.token)
    for path in ("/pair", "/pair/result"):
        page = read(operator, f"/operator/stores/{store.id}{path}")
        assert ("has not been opened" in page, link(page)) == (True, None)


def test_a_test_needs_a_dataset_and_takes_one_of_its_own_alone(store: OwnPage) -> None:
    bare = OwnPage.of(store.pages)
    assert "There is no dataset to tell yet" in Read(read(bare.browser(), PAIR)).text
    assert post(bare.browser(), PAIR).status == 409
    assert post(store.browser(), PAIR, dataset="1").status == 404


def test_times_are_the_stores_own_to_the_second(store: OwnPage) -> None:
    with transaction(store.pages.engine) as connection:
        connection.execute(stores.update().where(stores.c.id == store.id).values(timezone="Asia/Kolkata"))
    post(store.browser(), PAIR)
    with transaction(store.pages.engine) as connection:
        at = datetime(2026, 11, 21, 8, 32, 7, tzinfo=UTC)
        connection.execute(pair_tests.pair_tests.update().values(opened_at=at, pixel_at=at, pixel_state="sent"))
    assert "14:02:07" in Read(read(store.browser(), RESULT)).text


def test_the_storefront_says_whether_it_lives_and_looks_when_asked(store: OwnPage) -> None:
    browser = store.browser()
    text = Read(read(browser, PIXEL)).text
    assert "Nothing has been heard of Tandem’s script in your shop yet." in text
    assert "appears here with the first orders" in text

    store.order("7001")
    store.chore(chores.PIXEL, done=True)
    signal = json.dumps({"checkout_token": "c1-0123456789abcdef"})
    store.pages.browser().ask("POST", f"/s/{store.public_key}/signal", signal, Content_Type="text/plain")
    assert post(browser, f"{PIXEL}/verify").status == 303
    text = Read(read(browser, PIXEL)).text
    assert "Tandem’s script is at work in your shop." in text
    with reading(store.pages.engine) as connection:
        planned = {one.kind: one for one in chores.of_store(connection, store.id)}
    assert planned[chores.PIXEL].due_at <= datetime.now(UTC)
    assert chores.SCAN not in planned
