"""Dataset & token, Test events and the agency's link in a browser's hands: what they do, what they never show."""

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
import urllib3

from integration.db import changes, datasets, reading, transaction
from integration.stores import invitations
from tests.rig.own_page import OwnPage
from tests.rig.pages import Browser, Pages, Read, path_of, serving
from tests.rig.sandbox import Sandbox
from tests.rig.standin import StandIn
from tests.stores.at_meta import OWNER, TOKEN, tokens

DATASET = "400000000000004"
PAGE, CODE, LINK, TEST = "/store/dataset", "/store/dataset/code", "/store/dataset/link", "/store/test"
FORM = {"Content_Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def pages(database: str, shopify: StandIn, meta: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """The pages with the stand-in for Meta behind them."""
    with serving(database, tmp_path_factory.mktemp("pages"), shopify, META_GRAPH_URL=meta.url) as found:
        yield found


@pytest.fixture
def store(pages: Pages, sandbox: Sandbox) -> OwnPage:
    del sandbox  # an empty journal and no faults
    with transaction(pages.engine) as connection:  # two of these stores cannot share a dataset
        connection.execute(datasets.datasets.delete())
    return OwnPage.of(pages)


def test_two_stores_that_count_from_one_cannot_share_a_dataset(store: OwnPage) -> None:
    post(store.browser(), PAGE, dataset_id=DATASET, token=TOKEN)
    second = OwnPage.of(store.pages)
    answer = post(second.browser(), PAGE, dataset_id=DATASET, token=TOKEN)
    agency = post(store.pages.browser(), invited(second), dataset_id=DATASET, token=TOKEN)
    for one in (answer, agency):
        assert (one.status, "Another shop that counts its orders" in text(one)) == (409, True)
        assert store.domain not in text(one)
    assert sides(second) == []


def post(browser: Browser, path: str, **told: str) -> urllib3.BaseHTTPResponse:
    return browser.ask("POST", path, urlencode(told), Origin=browser.url, **FORM)


def text(answer: urllib3.BaseHTTPResponse) -> str:
    return Read(answer.data.decode()).text


def sides(store: OwnPage) -> list[datasets.Dataset]:
    with reading(store.pages.engine) as connection:
        return datasets.of_store(connection, store.id)


def log(store: OwnPage) -> list[changes.Change]:
    with reading(store.pages.engine) as connection:
        return list(changes.of_store(connection, store.id, before=None, most=50))


def invited(store: OwnPage) -> str:
    """The path of a link."""
    with transaction(store.pages.engine) as connection:
        return f"/invitation/{invitations.make(connection, store.row, OWNER)}"


def test_a_dataset_is_added_in_the_page_and_its_token_never_comes_out(store: OwnPage, capfd: object) -> None:
    browser = store.browser()
    assert "nothing can reach Meta" in text(browser.get(PAGE))

    answer = post(browser, PAGE, dataset_id=DATASET, token=f" {TOKEN} ")
    assert (answer.status, path_of(answer.headers["Location"])) == (303, PAGE)

    shown = browser.get(PAGE)
    assert "Dataset 0004" in text(shown)
    assert "ends in WxYz" in text(shown)
    assert shown.headers["Cache-Control"] == "no-store"
    assert log(store)[0][3:5] == ("own", "dataset")
    written = capfd.readouterr()
    for said in (shown.data.decode(), answer.headers["Location"], written.out, written.err, str(log(store))):
        assert TOKEN not in said


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"expire": TOKEN}, "This token has expired."),
        ({"dataset": DATASET, "deny": "200"}, "may not send events to it"),
        ({"dataset": DATASET, "deny": "100/33"}, "perhaps one of another business"),
        ({"dataset": DATASET, "deny": "803"}, "Meta knows no dataset"),
        ({"dataset": DATASET, "valid": ["another"]}, "Meta does not recognise this token."),
    ],
)
def test_what_meta_refuses_is_said_by_name_and_nothing_is_kept(store: OwnPage, meta: Sandbox, rule, words) -> None:
    with tokens(meta, rule):
        answer = post(store.browser(), PAGE, dataset_id=DATASET, token=TOKEN, nevertheless="yes")
    assert answer.status == 409
    assert words in text(answer)
    assert "unproven" not in text(answer)
    page = Read(answer.data.decode())
    assert [one["value"] for one in page.all("input") if one.get("name") == "dataset_id"] == [DATASET]
    assert TOKEN not in answer.data.decode()
    assert sides(store) == []


def test_where_meta_does_not_answer_it_may_be_saved_unproven(store: OwnPage, meta: Sandbox) -> None:
    meta.fail(kind="reset", times=2, dataset=DATASET)
    browser = store.browser()
    refused = post(browser, PAGE, dataset_id=DATASET, token=TOKEN)
    assert refused.status == 409
    assert "Save it nevertheless, unproven" in text(refused)
    assert (
        post(browser, PAGE, dataset_id=DATASET, token=TOKEN, nevertheless="yes", back="setup")
        .headers["Location"]
        .endswith("/store/setup")
    )
    assert "not yet; the first event that Meta takes proves it" in text(browser.get(PAGE))


def test_a_paused_dataset_says_since_when_and_how_many_wait(store: OwnPage, meta: Sandbox) -> None:
    browser = store.browser()
    post(browser, PAGE, dataset_id=DATASET, token=TOKEN)
    with transaction(store.pages.engine) as connection:
        (one,) = datasets.of_store(connection, store.id)
        datasets.pause(connection, one, "Meta refused the access token.")
    shown = text(browser.get(PAGE))
    assert "Your dataset is paused" in shown
    assert "Meta refused the access token. It is paused since" in shown
    post(browser, PAGE, dataset_id=DATASET, token=f"{TOKEN}-AbCd")
    assert not sides(store)[0].paused
    assert sides(store)[0].token_tail == "AbCd"


def test_a_test_leaves_with_the_code_and_says_each_step(store: OwnPage, meta: Sandbox) -> None:
    browser = store.browser()
    post(browser, PAGE, dataset_id=DATASET, token=TOKEN)
    assert "No dataset has a test event code" in text(browser.get(TEST))
    assert "looks like TEST12345" in text(post(browser, CODE, dataset_id=DATASET, code="no code"))
    assert post(browser, CODE, dataset_id=DATASET, code="TEST42", hours="24").status == 303

    answer = post(browser, TEST, dataset_id=DATASET, what="sample")

    assert answer.status == 200
    for said in ("Mapped", "Consent", "Sent", "Accepted. Trace", "never Purchase"):
        assert said in text(answer)
    (event,) = meta.events()
    assert (event["event_name"], event["test"]) == ("TandemTest", True)
    page = answer.data.decode()
    for key, value in event["payload"]["user_data"].items():
        assert key in page
        assert value not in page
    assert TOKEN not in page
    assert log(store)[0].what == "test event"


def test_no_other_site_and_no_stranger_changes_anything(store: OwnPage, pages: Pages) -> None:
    told, before = urlencode({"dataset_id": DATASET, "token": TOKEN}), log(store)
    for path in (PAGE, CODE, LINK, f"{LINK}/end", TEST):
        assert store.browser().ask("POST", path, told, Origin="https://evil.example", **FORM).status == 403
        assert pages.browser().ask("POST", path, told, Origin=pages.url, **FORM).status == 303
    assert (sides(store), log(store)) == ([], before)


def test_what_meta_calls_a_dataset_is_text(store: OwnPage) -> None:
    post(store.browser(), PAGE, dataset_id=DATASET, token=TOKEN)
    with transaction(store.pages.engine) as connection:
        connection.execute(datasets.datasets.update().values(name="<svg/onload=1>", reason="<b>"))
    for path in (PAGE, TEST):
        assert "<svg/onload" not in store.browser().get(path).data.decode()


def test_nobody_may_ask_meta_without_end(store: OwnPage) -> None:
    browser = store.browser()
    answers = [post(browser, PAGE, dataset_id=DATASET, token=TOKEN).status for _ in range(7)]
    assert answers == [303] * 6 + [503]


# The agency's link


def test_the_link_is_shown_once_and_opens_a_page_that_tells_nothing_else(store: OwnPage, pages: Pages) -> None:
    answer = post(store.browser(), LINK)
    found = re.findall(rf"{pages.url}(/invitation/[\w-]{{43}})", answer.data.decode())
    assert len(set(found)) == 1
    assert found[0] not in store.browser().get(PAGE).data.decode()

    opened = pages.browser().get(found[0])
    assert opened.status == 200
    assert store.domain in text(opened)
    for secret in (store.id, store.public_key, store.secret):
        assert secret not in opened.data.decode()
    assert opened.headers["Cache-Control"] == "no-store"
    assert opened.headers["Referrer-Policy"] == "no-referrer"
    assert not opened.headers.getlist("Set-Cookie")
    assert not Read(opened.data.decode()).all("script")


def test_somebody_without_a_sign_in_adds_a_token_once(
    store: OwnPage, pages: Pages, meta: Sandbox, capfd: object
) -> None:
    link, agency = invited(store), pages.browser()
    with tokens(meta, {"expire": TOKEN}):
        refused = post(agency, link, dataset_id=DATASET, token=TOKEN)
    assert (refused.status, "This token has expired." in text(refused)) == (409, True)

    done = post(agency, link, dataset_id=DATASET, token=TOKEN)
    assert (done.status, "Meta confirmed the token" in text(done)) == (200, True)
    assert [one.token_tail for one in sides(store)] == ["WxYz"]
    assert log(store)[0][3:5] == ("link", "dataset")

    for again in (agency.get(link), post(agency, link, dataset_id=DATASET, token=f"{TOKEN}-AbCd")):
        assert again.status == 404
        assert store.domain not in text(again)
    assert [one.token_tail for one in sides(store)] == ["WxYz"]
    written = capfd.readouterr()
    code = link.rpartition("/")[2]
    assert code not in (written.out + written.err).replace(f'"GET {link} ', "").replace(f'"POST {link} ', "")
    assert TOKEN not in written.out + written.err + done.data.decode() + refused.data.decode()


def test_a_guess_and_a_revoked_link_read_alike(store: OwnPage, pages: Pages) -> None:
    link = invited(store)
    assert post(store.browser(), f"{LINK}/end").status == 303
    answers = [pages.browser().get(path) for path in (link, f"/invitation/{'A' * 43}", "/invitation/x")]
    assert {(one.status, text(one)) for one in answers} == {(404, text(answers[0]))}
    assert post(pages.browser(), link, dataset_id=DATASET, token=TOKEN).status == 404
    assert pages.browser().ask("HEAD", link).status == 405
    assert sides(store) == []


def test_a_stolen_link_is_no_way_to_try_out_tokens(store: OwnPage, pages: Pages, meta: Sandbox) -> None:
    link = invited(store)
    with tokens(meta, {"dataset": DATASET, "valid": ["another"]}):
        answers = [post(pages.browser(), link, dataset_id=DATASET, token=f"{TOKEN}{n}").status for n in range(6)]
    assert answers == [409] * 5 + [503]
    assert len(meta.requests()) == 5


def test_an_unproven_token_is_not_taken_by_a_link(store: OwnPage, pages: Pages, meta: Sandbox) -> None:
    link = invited(store)
    meta.fail(kind="reset", dataset=DATASET)
    answer = post(pages.browser(), link, dataset_id=DATASET, token=TOKEN, nevertheless="yes")
    assert answer.status == 409
    assert "nevertheless" not in text(answer)
    assert sides(store) == []
