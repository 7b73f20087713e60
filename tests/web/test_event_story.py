"""The page of one event: its way to Meta, what was sent built as it was sent, its tries, and sending it again."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from integration.db import (
    attempts,
    changes,
    datasets,
    deliveries,
    events,
    reading,
    sightings,
    stores,
    transact,
    transaction,
)
from integration.db.attempts import Call
from integration.pipeline import joining
from integration.pipeline.joining import By
from integration.stores import operators
from integration.web import event_steps
from integration.web.letter_words import HASHED, UNSHOWN
from tests.rig.own_page import OwnPage
from tests.rig.pages import Pages, Read
from tests.rig.sandbox import Sandbox
from tests.rig.shop import Bench, Shop

DATASETS = map(str, itertools.count(300_000_000_000_777))
NOW = datetime.now(UTC)


@pytest.fixture
def store(pages: Pages) -> OwnPage:
    """One that is live, with one paid order whose shopper may be told of."""
    store = OwnPage.of(pages)
    store.attach(next(DATASETS))
    bench = Bench(pages.engine, None, pages.office.sealer)  # type: ignore[arg-type]
    Shop(bench, store.id, "woocommerce", store.secret).set(consent_mode="assumed")
    with transaction(pages.engine) as connection:
        since = {"since": NOW - timedelta(days=30), "version": stores.stores.c.version + 1}
        connection.execute(sa.update(stores.stores).where(stores.stores.c.id == store.id).values(since))
    store.order("81001")
    return store


def row(store: OwnPage) -> Any:
    with reading(store.pages.engine) as connection:
        return connection.execute(
            sa.select(deliveries.deliveries).where(deliveries.deliveries.c.store_id == store.id)
        ).one()


def dataset_of(store: OwnPage) -> str:
    with reading(store.pages.engine) as connection:
        return datasets.of_store(connection, store.id)[0].dataset_id


def change(store: OwnPage, **values: Any) -> None:
    with transaction(store.pages.engine) as connection:
        mine = deliveries.deliveries.c.store_id == store.id
        connection.execute(sa.update(deliveries.deliveries).where(mine).values(values))


def page(store: OwnPage) -> str:
    answer = store.browser().get(f"/store/events/{row(store).event_pk}")
    assert answer.status == 200, answer.data
    return answer.data.decode()


def codes(markup: str) -> list[str]:
    """What stands in the page's code blocks."""
    found = []
    for part in markup.split("<pre")[1:]:
        text = Read(f"<pre{part.partition('</pre>')[0]}</pre>")
        raw = part.partition("<code")[2].partition(">")[2].partition("</code>")[0]
        assert text
        found.append(raw.replace("&#34;", '"').replace("&#39;", "'").replace("&lt;", "<").replace("&amp;", "&"))
    return found


def test_what_is_shown_is_what_leaves_but_for_what_is_readable_of_a_person(store: OwnPage, sandbox: Sandbox) -> None:
    markup = page(store)
    shown = json.loads(codes(markup)[0])
    bench = Bench(store.pages.engine, sandbox, store.pages.office.sealer)
    assert bench.deliver() == 1
    [told] = sandbox.told()
    theirs = dict(told["user_data"])
    ours = shown.pop("user_data")
    assert shown == {name: value for name, value in told.items() if name != "user_data"}
    assert set(ours) == set(theirs)
    for name, value in theirs.items():
        if name in ("client_ip_address", "client_user_agent", "fbp", "fbc"):
            assert value not in markup
        else:
            assert ours[name] == value
    assert {ours[name] for name in ("client_ip_address", "client_user_agent")} == {UNSHOWN}
    assert "What Meta would be told" in markup
    assert "What Meta was told" in page(store)


def test_what_was_paid_long_after_it_was_placed_is_shown_as_it_would_go(store: OwnPage) -> None:
    ago = NOW - timedelta(days=3)
    with transaction(store.pages.engine) as connection:
        mine = events.events.c.store_id == store.id
        connection.execute(sa.update(events.events).where(mine).values(event_time=NOW, placed_at=ago))
    change(store, state="ambiguous", reason="Meta may have counted it already, and would count it again", doubtful=True)
    assert "em" in json.loads(codes(page(store))[0])["user_data"]


def test_each_hash_says_of_what_it_is_and_how_it_was_made(store: OwnPage) -> None:
    text = Read(page(store)).text
    assert "em e-mail address without white space around it, in small letters, then SHA-256" in text


def test_the_call_for_a_shell_has_no_token_and_counts_nothing(store: OwnPage) -> None:
    [_, call] = codes(page(store))
    assert call.startswith("curl -X POST http")
    assert f"/{dataset_of(store)}/events" in call
    body = json.loads(call.partition("-d '")[2].rstrip().removesuffix("'").replace("'\"'\"'", "'"))
    assert body["access_token"] == "PASTE_YOUR_TOKEN"
    assert body["test_event_code"] == "PASTE_YOUR_TEST_EVENT_CODE"
    assert "client_ip_address" not in body["data"][0]["user_data"]


def test_an_operator_sees_what_is_sent_and_of_no_hash_even_the_beginning(store: OwnPage) -> None:
    hashes = [value for value in json.loads(codes(page(store))[0])["user_data"].values() if len(value) == 64]
    assert len(hashes) > 3
    markup = looked_at(store, f"/events/{row(store).event_pk}")
    shown = json.loads(codes(markup)[0])["user_data"]
    assert list(shown.values()).count(HASHED) == len(hashes)
    assert [value for value in hashes if value[:6] in markup] == []


def looked_at(store: OwnPage, path: str) -> str:
    """A page of the store's, as an operator sees it."""
    name, by = f"looker-{store.id[-6:].lower()}", changes.By("a test", changes.COMMAND_LINE)

    def enter(connection: sa.Connection) -> str:
        key = operators.add(connection, name, by, NOW)
        return operators.enter(connection, name, key, network=None, instead_of=None, now=NOW).token or ""

    browser = store.pages.browser()
    browser.cookies["tandem-operator"] = transact(store.pages.engine, enter)
    answer = browser.get(f"/operator/stores/{store.id}{path}")
    assert answer.status == 200, answer.data
    return answer.data.decode()


def test_of_whoever_is_forgotten_nothing_is_shown(store: OwnPage) -> None:
    with transaction(store.pages.engine) as connection:
        events.wipe(connection, [row(store).event_pk])
    change(store, state="skipped", reason="erased on request")
    markup = page(store)
    assert json.loads(codes(markup)[0])["user_data"] == {}
    text = Read(markup).text
    assert "Its person asked to be forgotten, so nothing of it may be told." in text
    assert "Nothing of the person stands in it. Nothing of the person is kept: erased, or never needed." in text


def test_its_tries_are_listed_and_meta_s_answers_said_in_words(store: OwnPage) -> None:
    dataset = row(store).dataset_pk
    with transaction(store.pages.engine) as connection:
        made = [
            {"started_at": NOW, "ended_at": NOW, "counted": "no", "http_status": 400, "code": 190, "subcode": 460},
            {
                "started_at": NOW,
                "ended_at": NOW,
                "counted": "unknown",
                "http_status": 502,
                "code": None,
                "subcode": None,
            },
        ]
        ids = [
            connection.execute(
                sa.insert(attempts.attempts)
                .values(dataset_pk=dataset, fence=1, events=3, **one)
                .returning(attempts.attempts.c.id)
            ).scalar_one()
            for one in made
        ]
    change(store, attempts=4, former_attempts=f"{ids[0]}", attempt_id=ids[1], state="pending", first_attempt_at=NOW)
    text = Read(page(store)).text
    assert "2 tries beforeTheir details are not kept any more." in text
    assert "Try 3: Meta refused the callMeta refused the access token. (HTTP 400, code 190, subcode 460)" in text
    assert "Try 4: no clear answerMeta may have counted it all the same. (HTTP 502)" in text


@pytest.mark.parametrize(
    ("counted", "told", "title"),
    [
        ("yes", (200, None, None), "Meta took it"),
        ("no", (None, None, None), "Meta could not be reached"),
        ("no", (400, 100, 2804050), "Meta refused the event"),
        ("no", (400, 613, None), "too much for Meta at that moment"),
        ("no", (503, 1, None), "Meta failed"),
    ],
)
def test_each_answer_has_words(counted: str, told: tuple[int | None, int | None, int | None], title: str) -> None:
    call = Call(1, 2, NOW, NOW, counted, *told, None)
    assert event_steps.answer(call)[0] == title
    assert event_steps.answer(call._replace(ended_at=None, counted=None))[0] == "no answer is known"


def heard(store: OwnPage, *event_ids: str) -> None:
    """The order's Pixel left, under these ids."""
    with transaction(store.pages.engine) as connection:
        for event_id in event_ids:
            values = {
                "store_id": store.id,
                "dataset_id": dataset_of(store),
                "event_name": "Purchase",
                "event_id": event_id,
            }
            values |= {"proof_key": joining.key(By.ORDER, "81001"), "sent_at": NOW, "first_at": NOW}
            connection.execute(sa.insert(sightings.sightings).values(values))


def test_an_order_told_under_two_ids_is_marked_in_every_list(store: OwnPage) -> None:
    change(store, state="delivered", delivered_at=NOW)
    heard(store, "other-id")
    for path in ("/store", "/store/events"):
        text = Read(store.browser().get(path).data.decode()).text
        assert ("two ids" in text, "Pixel unknown" in text) == (True, False)


def test_both_riders_ids_stand_side_by_side(store: OwnPage) -> None:
    change(store, state="delivered", delivered_at=NOW)
    heard(store, "81001", "other-id")
    text = Read(page(store)).text
    assert "Server’s id 81001" in text
    assert "Pixel’s id 81001 the same other-id another id: Meta may count both" in text
    assert "The Pixel told itIts request left the browser. Its id: 81001." in text


def post(store: OwnPage, **form: str) -> Any:
    body = "&".join(f"{name}={value}" for name, value in form.items())
    url = store.pages.url
    return store.browser().ask(
        "POST",
        f"/store/events/{row(store).event_pk}/replay",
        body,
        Origin=url,
        Content_Type="application/x-www-form-urlencoded",
    )


def test_a_dead_one_is_sent_again_by_a_button_and_that_is_written_down(store: OwnPage) -> None:
    change(store, state="dead", reason="Meta calls the event invalid (code 100, subcode 1).", next_at=None)
    text = Read(page(store)).text
    assert "It would be sent again, under the id it has." in text
    answer = post(store)
    assert (answer.status, answer.headers["Location"]) == (303, f"/store/events/{row(store).event_pk}?replayed=1")
    assert row(store).state == "pending"
    with reading(store.pages.engine) as connection:
        newest = changes.of_store(connection, store.id, before=None, most=1)[0]
    assert (newest.what, newest.after["sent again"], newest.after["event"]) == ("replay", "1", str(row(store).event_pk))


def test_what_may_count_twice_is_sent_only_where_it_is_insisted_on(store: OwnPage) -> None:
    change(store, state="delivered", delivered_at=NOW)
    assert "Send it all the same" in page(store)
    assert post(store).headers["Location"].endswith("?replayed=0")
    assert row(store).state == "delivered"
    assert post(store, insist="yes").headers["Location"].endswith("?replayed=1")
    assert row(store).state == "pending"


def test_what_is_too_old_or_decided_has_no_button(store: OwnPage) -> None:
    with transaction(store.pages.engine) as connection:
        connection.execute(sa.update(events.events).values(event_time=NOW - timedelta(days=8)))
    change(store, state="dead")
    markup = page(store)
    assert "It cannot be sent again: Meta takes nothing older than 7 days." in Read(markup).text
    assert f"/store/events/{row(store).event_pk}/replay" not in markup


def test_another_store_s_event_is_not_sent_again(pages: Pages, store: OwnPage) -> None:
    change(store, state="dead")
    other = OwnPage.of(pages)
    pk = row(store).event_pk
    answer = other.browser().ask("POST", f"/store/events/{pk}/replay", "", Origin=pages.url)
    assert answer.status == 404
    assert row(store).state == "dead"
