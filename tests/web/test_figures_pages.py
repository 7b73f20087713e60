"""Home, Delivery health, Match quality and Coverage as their merchant reads them, and the same as tables."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from integration.db.deliveries import State
from integration.web import reason_words
from tests.rig.filled import fill, hear
from tests.rig.own_page import OwnPage
from tests.rig.pages import Pages, Read

NOW = datetime.now(UTC)
NO_VALUE = "The purchase has no value."
_datasets = count(1)


def text(store: OwnPage, path: str) -> str:
    answer = store.browser().get(f"/store{path}")
    assert answer.status == 200, answer.data
    return Read(answer.data.decode()).text


@pytest.fixture
def store(pages: Pages) -> OwnPage:
    """A live one, with two orders that Meta has, one it refused, one withheld."""
    store = OwnPage.of(pages)
    store.attach(f"2000000{next(_datasets):08}")
    engine, at = pages.engine, NOW - timedelta(seconds=30)
    fill(engine, store.id, at, 2, key_mask=0b1_0000_0000_0001)
    fill(engine, store.id, at, currency="JPY", value="1200", state=State.DEAD, reason=NO_VALUE)
    fill(engine, store.id, at, state=State.WITHHELD, reason="no consent")
    hear(engine, store.id, at, "accepted")
    hear(engine, store.id, at, "quarantined", "no JSON")
    return store


def test_home_says_first_what_became_of_the_orders_and_what_to_look_at(store: OwnPage) -> None:
    told = text(store, "")
    assert "2 of 3 orders of the last 7 days reached Meta. 1 came to nothing." in told
    assert "1 more were not to be told: 1 without the shopper’s consent." in told
    assert "1 event was refused by Meta for good." in told
    assert "1 webhook could not be read" in told
    assert "Match quality, estimate" in told
    assert "This is not extra sales and not attributed sales." in told
    assert "JPY 1,200" in told
    assert "1,220" not in told, "money of two currencies is never added up"


def test_delivery_health_says_why_and_leads_to_those_events(store: OwnPage) -> None:
    page = Read(store.browser().get("/store/delivery").data.decode())
    assert f"1 dead {reason_words.of('dead', NO_VALUE).why}" in page.text
    assert "1 could not be read no JSON" in page.text
    assert "Half of the events reach Meta within" in page.text
    assert "no data" in page.text, "a day without data is none of nothing"
    [way] = [link["href"] for link in page.all("a") if "state=dead" in link["href"]]
    assert "reason=The+purchase+has+no+value." in way


def test_match_quality_is_called_an_estimate_and_says_what_would_help(store: OwnPage) -> None:
    told = text(store, "/quality")
    assert "Our estimate of its match quality is" in told
    assert "E-mail" in told
    assert "What would help" in told
    assert "Meta keeps its formula to itself." in told


@pytest.mark.parametrize("path", ["/delivery", "/quality", "/coverage"])
def test_where_days_are_shown_that_are_counted_no_more_it_says_what_they_lack(store: OwnPage, path: str) -> None:
    lack = "A day is counted for the last time after 8 days."
    assert lack in text(store, f"{path}?days=30")
    assert lack not in text(store, path)


@pytest.mark.parametrize("path", ["/delivery", "/quality", "/coverage"])
def test_before_anything_happened_each_page_says_what_will_appear(pages: Pages, path: str) -> None:
    assert "appear" in text(OwnPage.of(pages), path)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("/coverage.csv", "Purchase,Unknown,4,,"),
        ("/delivery.csv", f"Purchase,dead,{NO_VALUE},1,JPY,1200"),
        ("/quality.csv", "Purchase,E-mail address,2,2,1.5"),
    ],
)
def test_each_page_can_be_taken_along_as_a_table(store: OwnPage, path: str, line: str) -> None:
    answer = store.browser().get(f"/store{path}")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert line in answer.data.decode("utf-8-sig")


def test_t17_the_figures_of_one_store_are_not_another_s(store: OwnPage, pages: Pages) -> None:
    other = OwnPage.of(pages)
    for path in ("", "/delivery", "/quality", "/coverage"):
        assert "JPY" not in text(other, path)
    assert NO_VALUE not in other.browser().get("/store/delivery.csv").data.decode()
