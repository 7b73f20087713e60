"""The survey on a page: what it says in each state, and names that would rather be elements (T22)."""

from collections.abc import Sequence
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask, render_template_string

from connectors.access import PastOrder
from connectors.event import Source, Standing
from integration.db.surveys import Survey
from integration.store_settings import StoreSettings
from integration.stores import report, tally
from integration.stores.report import Summary
from integration.web import times
from tests.stores.past_orders import NOW, past

TEMPLATES = Path(report.__file__).parents[1] / "web" / "templates"
PAGE = '{% from "_survey.html" import survey %}{{ survey(summary) }}'
HOSTILE = (
    '"><svg/onload=alert(1)>',
    "</script><script>alert(1)</script>",
    "'onmouseover='x",
    "{{ 7 * 7 }}",
    "&lt;b&gt;",
)


class Read(HTMLParser):
    """The elements with the names of their attributes, and the text."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, list[str]]] = []
        self.text = ""
        self.feed(markup)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, [name for name, _ in attrs]))

    def handle_data(self, data: str) -> None:
        self.text += f"{data} "


def shown(summary: Summary) -> Read:
    app = Flask(__name__, template_folder=str(TEMPLATES))
    app.jinja_env.filters.update(times.FILTERS)
    with app.app_context():
        return Read(render_template_string(PAGE, summary=summary))


def summary(orders: Sequence[PastOrder], *, done: bool = True, trouble: str | None = None) -> Summary:
    told = tally.count(orders, StoreSettings(), NOW)
    cursor, done_at = (None, NOW) if done else ("further on", None)
    row = Survey("st_1", NOW - timedelta(days=30), cursor, told.orders, told.encoded(), NOW, done_at)
    return report.summarise(row, StoreSettings(), trouble)


def named(name: str) -> list[PastOrder]:
    """Orders whose source, payment and status bear that name, and a source that is left out."""
    waiting = past(source=name, payment=name, status=name, standing=Standing.PLACED)
    return [past(), waiting, past(source=name, payment=name, door=Source.OTHER)]


@pytest.mark.parametrize("name", HOSTILE)
def test_t22_a_source_named_like_markup_makes_no_element(name: str) -> None:
    harmless, hostile = shown(summary(named("flow"))), shown(summary(named(name)))

    assert hostile.elements == harmless.elements
    assert hostile.text == harmless.text.replace("flow", tally.word(name))


def test_t22_the_platform_s_own_words_for_a_trouble_make_no_element() -> None:
    harmless = shown(summary([past()], done=False, trouble="No."))
    assert shown(summary([past()], done=False, trouble="<img src=x onerror=alert(1)>")).elements == harmless.elements


def test_all_that_was_found_is_there_as_text() -> None:
    orders = [*[past()] * 1_200, past(region="DE"), *[past(source="pos", door=Source.POS)] * 50]
    found, page = summary(orders), shown(summary(orders)).text

    for sentence in (found.headline, found.consent, *(one.sentence for one in found.loud), *found.caveats):
        assert sentence
        assert sentence in page
    assert "web 1,201 96 % 1,200 0 0 1" in page
    assert "pos left out 50 4.0 % 0 0 50 0" in page
    assert "sold in a shop, not on the website skipped 50 4.0 %" in page


def test_a_survey_under_way_says_how_far_it_is_and_can_be_left() -> None:
    page = shown(summary([past()] * 3, done=False)).text

    assert "The orders since 25 October are being read: 3 so far." in page
    assert "You can leave this page" in page


def test_one_that_failed_says_why() -> None:
    page = shown(report.summarise(None, StoreSettings(), "Shopify wants us to wait.")).text
    assert (
        "have not been read yet. The last try to read on failed. Shopify wants us to wait. It is tried again by itself."
        in page
    )


def test_a_store_without_orders_has_no_tables() -> None:
    assert not [tag for tag, _ in shown(summary([])).elements if tag == "table"]


def test_the_policy_of_our_pages_suffices_for_it() -> None:
    """`style-src 'self'` and no scripts: bars are drawn without style attributes."""
    elements = shown(summary(named("flow"))).elements

    assert ("rect", ["class", "x", "width", "height"]) in elements
    assert not {"style", "script", "link"} & {tag for tag, _ in elements}
    assert not {name for _, names in elements for name in names if name == "style" or name.startswith("on")}
