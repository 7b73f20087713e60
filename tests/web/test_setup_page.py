"""The setup's page: each step as it is ticked, what waits for the first order, its proof; on both databases."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import sqlalchemy as sa

from integration.db import alerts, changes, chores, clock, golives, proofs, reading, scans, transaction
from integration.db.datasets import datasets
from integration.db.deliveries import deliveries
from integration.db.events import events
from integration.db.stores import stores
from integration.monitor import proof, setup, watch
from integration.monitor.coverage import Cause, Value
from integration.monitor.senders import Finding, Findings, Kind
from tests.rig.own_page import OwnPage
from tests.rig.pages import Browser, Pages, Read
from tests.web.test_store_page import HOSTILE

SETUP, STATE = "/store/setup", "/store/setup/state"


@pytest.fixture
def store(pages: Pages) -> OwnPage:
    return OwnPage.of(pages)


def dataset(store: OwnPage) -> str:
    """Its own: two shops may not share one."""
    return str(int(store.public_key[:12], 16))


def rival(store: OwnPage, name: str = "PixelYourSite") -> Finding:
    return Finding(Kind.PLUGIN, name, (dataset(store),))


def page(store: OwnPage, path: str = SETUP, browser: Browser | None = None) -> Read:
    answer = (browser or store.browser()).get(path)
    assert answer.status == 200, answer.data
    return Read(answer.data.decode())


def signs(store: OwnPage) -> list[str]:
    """Of the seven steps, how far each has come."""
    return [told["aria-label"] for told in page(store, STATE).all("svg") if told.get("class", "").startswith("sign ")]


def change(store: OwnPage, **values: object) -> None:
    with transaction(store.pages.engine) as connection:
        connection.execute(sa.update(stores).where(stores.c.id == store.id).values(values))


def attached(store: OwnPage, *, live: bool) -> None:
    """A dataset that Meta confirmed, and a shop that was looked at."""
    store.attach(dataset(store))
    change(store, state="live" if live else "observing")
    with transaction(store.pages.engine) as connection:
        connection.execute(sa.update(datasets).where(datasets.c.store_id == store.id).values(checked_at=clock()))
    looked(store)


def looked(store: OwnPage, *found: Finding) -> None:
    with transaction(store.pages.engine) as connection:
        kept = msgspec.json.encode(Findings(found, 3)).decode()
        scans.keep(connection, store.id, findings=kept, hosts=())
        watch.weigh(connection, store.row, datetime.now(UTC))


def press(store: OwnPage, button: str, body: str = "") -> tuple[int, str]:
    answer = store.browser().ask(
        "POST", f"{SETUP}/{button}", body, Origin=store.pages.url, Content_Type="application/x-www-form-urlencoded"
    )
    return answer.status, answer.headers.get("Location", "")


def test_a_new_store_is_asked_for_its_dataset_and_the_form_leads_back(store: OwnPage) -> None:
    found = page(store)
    assert signs(store) == ["under way", "under way", "ahead", "ahead", "ahead", "ahead", "ahead"]
    assert "Meta has to be told which dataset is yours" in found.text
    assert {"type": "hidden", "name": "back", "value": "setup"} in found.all("input")
    assert "/store/dataset" in {form["action"] for form in found.all("form")}


def test_each_step_ticks_as_its_fact_comes_true(store: OwnPage) -> None:
    attached(store, live=False)
    assert signs(store) == ["under way", "done", "done", "under way", "ahead", "under way", "ahead"]
    change(store, storefront_at=datetime.now(UTC))
    assert "Browsers in your shop are heard." in page(store, STATE).text
    assert signs(store)[3:5] == ["done", "under way"]
    looked(store, rival(store))
    assert signs(store)[2] == "trouble"
    assert page(store).text.count("PixelYourSite tells dataset") == 1, "once, and not as an alert besides"


def test_the_pair_test_is_skipped_on_record(store: OwnPage) -> None:
    attached(store, live=False)
    change(store, storefront_at=datetime.now(UTC))
    assert press(store, "skip") == (303, f"{SETUP}#live")
    assert "Skipped; that is on record." in page(store).text
    with reading(store.pages.engine) as connection:
        (kept, *_) = changes.of_store(connection, store.id, before=None, most=9)
    assert (kept.what, kept.surface) == (setup.SKIPPED, changes.OWN)


def test_it_goes_live_and_beside_another_sender_only_with_a_reason(store: OwnPage) -> None:
    attached(store, live=False)
    looked(store, rival(store))
    assert press(store, "live") == (409, "")
    assert store.row.state == "observing"
    assert press(store, "live", "reason=It+is+switched+off+tonight.") == (303, f"{SETUP}#proof")
    assert store.row.state == "live"
    assert "for this reason: It is switched off tonight." in page(store).text
    with reading(store.pages.engine) as connection:
        assert golives.last(connection, store.id)
        assert chores.PROOF in {one.kind for one in chores.of_store(connection, store.id)}


def test_while_the_first_order_is_awaited_whatever_comes_is_said_at_once(store: OwnPage) -> None:
    attached(store, live=True)
    change(store, storefront_at=datetime.now(UTC))
    before = page(store, STATE)
    assert "Nothing came from the shop yet." in before.text
    assert before.busy() == "yes"
    store.order("1041")
    store.order("1042")
    with transaction(store.pages.engine) as connection:
        trial = sa.select(events.c.id).where(events.c.store_id == store.id, events.c.order_id == "1042")
        connection.execute(sa.update(events).where(events.c.id.in_(trial)).values(test=True))
        skipped = {"state": "skipped", "reason": "test order"}
        connection.execute(sa.update(deliveries).where(deliveries.c.event_pk.in_(trial)).values(skipped))
    told = page(store, STATE)
    assert "Purchase 1042: received, not sent: test" in told.text
    assert "Purchase 1041: received, not sent: placed before the store was connected" in told.text
    assert signs(store)[6] == "under way"


@pytest.mark.parametrize(
    ("value", "cause", "seen", "words"),
    [
        (
            Value.BOTH,
            Cause.TOLD_BY_BOTH,
            True,
            "Told by Pixel 14:02:07, by server 14:02:11, same id 1042, Meta accepted",
        ),
        (Value.SERVER_ONLY, Cause.BLOCKED, False, "Only the server told Meta of order 1042: 14:02:11, id 1042"),
    ],
)
def test_the_proof_is_shown_by_the_clock_of_the_shop(
    store: OwnPage, value: Value, cause: Cause, words: str, *, seen: bool
) -> None:
    attached(store, live=True)
    change(store, timezone="Europe/Berlin")
    at = datetime(2026, 11, 30, 13, 2, 7, tzinfo=UTC)
    told = proof.Proof(
        *("1042", "1042", dataset(store), at, at + timedelta(seconds=4), at if seen else None, "AbC", value, cause)
    )
    with transaction(store.pages.engine) as connection:
        proofs.keep(connection, store.id, 1, msgspec.json.encode(told).decode())
    text = page(store).text
    assert words in text
    assert words in page(store, "/store").text
    assert "trace AbC" in text
    assert "Mail is not set up on this Tandem" in text
    assert signs(store)[6] == "done"


def test_both_parts_that_change_are_on_the_page_as_they_are_asked_for(store: OwnPage) -> None:
    browser = store.browser()
    whole = browser.get(SETUP).data.decode()
    for part in (STATE, f"{SETUP}/house"):
        assert browser.get(part).data.decode().strip() in whole


def test_t22_what_others_worded_makes_no_element(pages: Pages) -> None:
    harmless, hostile = (worded(OwnPage.of(pages), word) for word in ("word", HOSTILE))
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in harmless.elements]
    assert hostile.text.count("svg/onload") >= 4


def worded(store: OwnPage, word: str) -> Read:
    attached(store, live=True)
    looked(store, rival(store, word), Finding(Kind.TAG_MANAGER, word, mend=word))
    store.order("1042")
    with transaction(store.pages.engine) as connection:
        alerts.keep(connection, store_id=store.id, kind="other", sentence=word, at=datetime.now(UTC))
        values = {"state": "skipped", "reason": word[:60]}
        connection.execute(sa.update(deliveries).where(deliveries.c.store_id == store.id).values(values))
    return page(store)
