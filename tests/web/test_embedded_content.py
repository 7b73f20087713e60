"""What the page says of a store, in each state, in plain words; and words that would rather be elements (T22)."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from connectors.event import PrivacyKind
from integration.db import alerts, chores, datasets, deliveries, events, privacy_requests, reading, stores, transaction
from integration.db.chores import Chore
from integration.meta import mapping
from integration.stores import credentials, glance, report, settings
from integration.stores.glance import Phase, Standing
from tests.rig.pages import Pages, Read, session

HOSTILE = '"><svg/onload=alert(1)></script><script>alert(1)</script>{{ 7 * 7 }}'
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def told(pages: Pages, shop: str, path: str = "") -> Read:
    answer = pages.browser().get(f"/shopify/app{path}", Authorization=f"Bearer {session(shop)}")
    assert answer.status == 200
    return Read(answer.data.decode())


def ready(pages: Pages, **orders: object) -> str:
    """A store whose chores are done, with some past orders."""
    shop = pages.shop()
    pages.shopify.order(shop, count=3, silent=True, **orders)
    pages.office.arrived(shop)
    pages.office.look_after()
    return shop


def attach(pages: Pages, shop: str) -> None:
    store = pages.office.store(shop)
    with transaction(pages.engine) as connection:
        credentials.attach(
            connection,
            store,
            "100000000000077",
            "good-token",
            sealer=pages.office.sealer,
            test_event_code=None,
            now=datetime.now(UTC),
        )


def called(pages: Pages, order_id: str) -> str:
    """What its merchant calls an order."""
    with reading(pages.engine) as connection:
        facts = connection.execute(sa.select(events.events.c.facts).where(events.events.c.order_id == order_id))
        return mapping.decode_facts(facts.scalar_one()).number or order_id


def goes_live(pages: Pages, shop: str) -> None:
    with transaction(pages.engine) as connection:
        settings.change(connection, pages.office.store(shop), {"state": "live"}, now=datetime.now(UTC))


def test_ways_to_a_part_of_a_page_keep_the_query_before_its_name(pages: Pages) -> None:
    """A browser sends nothing of what follows a "#", so in an admin such a link would say neither the shop nor the frame."""
    shop = pages.connected()

    ways = [
        link["href"] for path in ("", "/setup", "/privacy", "/settings") for link in told(pages, shop, path).all("a")
    ]

    to_parts = [urlsplit(way) for way in ways if "#" in way.removeprefix("#")]
    assert {(one.path, one.fragment) for one in to_parts} >= {
        *(("/shopify/app/setup", "dataset"), ("/shopify/app/dataset", "agency"), ("/shopify/app/privacy", "kept")),
    }
    assert {parse_qs(one.query)["shop"][0] for one in to_parts} == {shop}
    assert not any("?" in one.fragment for one in to_parts)


def test_a_new_store_is_being_set_up(pages: Pages) -> None:
    shop = pages.connected()

    page = told(pages, shop)

    assert f"Connected to {shop}. Tandem is observing" in page.text
    assert "nothing goes to Meta yet" in page.text
    assert "Webhooks being set up" in page.text
    assert "Web pixel being set up" in page.text
    assert "No events yet" in page.text


def test_once_all_is_done_it_says_when_and_what_the_last_weeks_would_have_come_to(pages: Pages) -> None:
    page = told(pages, ready(pages))

    assert "Webhooks subscribed Looked after every hour, last on" in page.text
    assert "Web pixel on Looked after every hour, last on" in page.text
    assert "3 orders since" in page.text
    assert page.busy() == "no"


def test_the_merchant_is_told_to_set_the_pixel_s_data_sharing_and_why(pages: Pages) -> None:
    """Shopify may otherwise throttle app pixels without a word (issue 4, item 3)."""
    text = told(pages, pages.connected()).text
    assert "choose “Always on”" in text
    assert "may throttle or pause the pixel and tells nobody" in text


def test_a_step_that_fails_says_why_and_when_it_is_tried_again(pages: Pages) -> None:
    shop = pages.shop()
    pages.shopify.fail(kind="user_error", operation="webPixelCreate", shop=shop)
    pages.office.arrived(shop)
    pages.office.look_after()
    pages.shopify.mend()

    page = told(pages, shop)

    assert "Web pixel not on yet" in page.text
    assert "Not today." in page.text
    assert "The next try is on" in page.text


def test_a_look_that_fails_does_not_say_that_what_was_there_is_gone(pages: Pages) -> None:
    shop = ready(pages)
    pages.shopify.fail(kind="500", operation="webhookSubscriptions", shop=shop, times=5)
    pages.office.make_due("subscriptions")
    pages.office.look_after()
    pages.shopify.mend()

    page = told(pages, shop)

    assert "Webhooks could not be looked after" in page.text
    assert "Last seen subscribed on" in page.text
    assert "not subscribed yet" not in page.text


def test_a_store_that_has_to_be_connected_again_is_told_first(pages: Pages) -> None:
    shop = ready(pages)
    store = pages.office.store(shop)
    with transaction(pages.engine) as connection:
        sentence = "Shopify no longer lets Tandem read the store."
        alerts.keep(connection, store_id=store.id, kind="needs_reconnect", sentence=sentence, at=NOW)
        alerts.raise_one(connection, store_id=store.id, kind="other", sentence="Look at this.", at=NOW)

    text = told(pages, shop).text

    assert "The store has to be connected again. Shopify no longer lets Tandem read" in text
    assert "Look at this. Seen on 24 November, 13:00" in text, "by the shop's own clock"
    assert text.count(sentence) == 1


def test_an_order_appears_as_would_be_sent_while_the_store_is_observed(pages: Pages) -> None:
    shop = ready(pages)
    with transaction(pages.engine) as connection:
        settings.change(connection, pages.office.store(shop), {"consent_mode": "assumed"}, now=datetime.now(UTC))
    (order_id,) = pages.shopify.order(shop)
    assert {one["status"] for one in pages.shopify.webhooks()} == {200}

    page = told(pages, shop)

    assert called(pages, order_id) in page.text
    assert "would be sent" in page.text
    assert "riders silent" in {told["class"] for name, told in page.elements if name == "svg"}, "nobody told it"


def test_t17_a_store_s_page_shows_nothing_of_another(pages: Pages) -> None:
    mine, other = ready(pages), ready(pages)
    orders = {shop: pages.shopify.order(shop)[0] for shop in (mine, other)}
    assert {one["status"] for one in pages.shopify.webhooks()} == {200}
    with transaction(pages.engine) as connection:
        for shop in (mine, other):
            store_id = pages.office.store(shop).id
            alerts.keep(connection, store_id=store_id, kind="other", sentence=f"Look at {shop}.", at=NOW)

    text = told(pages, mine).text

    for shop, seen in ((mine, True), (other, False)):
        assert (called(pages, orders[shop]) in text) is seen
        assert (f"Look at {shop}." in text) is seen


def test_live_without_a_dataset_and_with_one_and_with_a_paused_one(pages: Pages) -> None:
    shop = ready(pages)
    goes_live(pages, shop)
    assert "No dataset of Meta’s is attached yet" in told(pages, shop).text

    attach(pages, shop)
    assert "Tandem is live: what the store tells goes to Meta, to dataset 100000000000077." in told(pages, shop).text

    store = pages.office.store(shop)
    with transaction(pages.engine) as connection:
        (side,) = datasets.of_store(connection, store.id)
        assert datasets.pause(connection, side, "Meta refused the token.")
    assert "Meta does not take what Tandem sends at the moment" in told(pages, shop).text


def test_t22_words_that_would_rather_be_elements_stay_words(pages: Pages) -> None:
    """Everything that the page shows of a store, and that a buyer, a merchant, a platform or Meta has worded."""
    shop = ready(pages, source_name="flow", gateway="flow")
    attach(pages, shop)
    goes_live(pages, shop)
    pages.shopify.order(shop, source_name="web")
    assert pages.shopify.webhooks()
    harmless = seeded(pages, shop, "word")
    assert [one for one in harmless.all("span") if (one.get("class") or "").startswith("state ")], "no event is shown"

    hostile = seeded(pages, shop, HOSTILE)

    assert hostile.elements == harmless.elements
    assert "svg/onload" in hostile.text
    assert "{{ 7 * 7 }}" in hostile.text


def seeded(pages: Pages, shop: str, word: str) -> Read:
    """The page with that word in every column of free text."""
    store_id = pages.office.store(shop).id
    columns = (
        (events.events, ("event_name", "order_id", "value", "event_id")),
        (deliveries.deliveries, ("reason",)),
        (datasets.datasets, ("dataset_id",)),
        (chores.chores, ("trouble",)),
    )
    with transaction(pages.engine) as connection:
        for table, names in columns:
            values = {name: word[: table.c[name].type.length or 500][:60] for name in names}
            connection.execute(sa.update(table).where(table.c.store_id == store_id).values(values))
        for kind in ("needs_reconnect", "other"):
            alerts.keep(connection, store_id=store_id, kind=kind, sentence=word, at=NOW)
    return told(pages, shop)


def test_t22_no_refusal_repeats_what_was_asked(pages: Pages) -> None:
    for path in ("/shopify/install", "/shopify/callback", "/shopify/app", "/shopify/bounce"):
        for name in ("shop", "host", "shopify-reload", "state", "x"):
            answer = pages.browser().get(f"{path}?{name}=%22%3E%3Csvg%2Fonload%3Dalert(1)%3E")
            assert answer.status >= 400
            assert "onload" not in answer.data.decode()


def chore(kind: str, *, done: bool = True, due: timedelta = timedelta(hours=1), trouble: str | None = None) -> Chore:
    return Chore("st_1", kind, NOW + due, 0, NOW if done else None, trouble)


@pytest.mark.parametrize(
    ("planned", "busy"),
    [
        ([], False),
        ([chore("pixel"), chore("subscriptions"), chore("token", done=False)], False),
        ([chore("pixel", done=False)], True),
        ([chore("survey", done=False)], True),
        ([chore("pixel", due=timedelta(0))], True),
        ([chore("pixel", done=False, trouble="No.")], False),
    ],
    ids=["nothing", "all done", "not yet", "a survey", "due again", "in trouble"],
)
def test_the_page_follows_what_is_being_done_and_lets_trouble_rest(planned: list[Chore], *, busy: bool) -> None:
    never = report.summarise(None, stores.StoreSettings())
    assert glance.is_busy(planned, never, NOW) is busy


def test_the_steps_come_in_their_order_and_say_how_far_they_are() -> None:
    planned = [chore("pixel", trouble="No."), chore("subscriptions"), chore("survey"), chore("token")]
    told = [(step.kind, step.phase) for step in glance.steps(planned)]
    assert told == [("subscriptions", Phase.DONE), ("pixel", Phase.TROUBLE)]


def test_an_observing_store_is_observing_whatever_its_datasets_are(pages: Pages) -> None:
    shop = ready(pages)
    attach(pages, shop)
    with reading(pages.engine) as connection:
        sides = datasets.of_store(connection, pages.office.store(shop).id)
    assert glance.standing(pages.office.store(shop), sides) is Standing.OBSERVING


def test_data_and_privacy_is_told_of_this_store_alone(pages: Pages) -> None:
    shop, other = ready(pages), pages.connected()
    now, mine = datetime.now(UTC), pages.office.store(shop)
    assert "Withheld in the last 30 days None." in told(pages, shop, "/privacy").text
    pages.shopify.order(shop)
    assert {one["status"] for one in pages.shopify.webhooks()} == {200}
    asked = privacy_requests.Asked(
        *(mine.id, "shopify", "x", PrivacyKind.CUSTOMER_ERASURE, privacy_requests.PLATFORM, now - timedelta(days=31)),
        *(now - timedelta(days=1), None, ()),
    )
    with transaction(pages.engine) as connection:
        settings.change(connection, mine, {"consent_mode": "strict"}, now=now)
        privacy_requests.add(connection, asked)
        answered = privacy_requests.add(connection, asked._replace(kind=PrivacyKind.CUSTOMER_DATA))
        privacy_requests.change(connection, answered, done_at=now, export="sealed-text")
        row = deliveries.deliveries.c.store_id == mine.id
        values = {"state": "withheld", "reason": "no consent was stated"}
        connection.execute(deliveries.deliveries.update().where(row).values(values))

    page, theirs = told(pages, shop, "/privacy"), told(pages, other, "/privacy").text

    assert "Consent: strict A yes is needed everywhere." in page.text
    assert "Why Events A yes is needed, and nobody said anything 1" in page.text
    assert "A person’s erasure Shopify" in page.text
    assert "Overdue To do" in page.text
    assert "nobody could read, whole and encrypted 3 days after it came" in page.text
    (answer,) = [link["href"] for link in page.all("a") if "/privacy/export/" in link["href"]]
    assert answer.startswith(f"/shopify/app/privacy/export/{answered}?")
    assert "Consent: regional" in theirs
    assert "None so far." in theirs
