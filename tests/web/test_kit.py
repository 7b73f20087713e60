"""Every macro of the kit, drawn once (tests/web/gallery/gallery.html): sound HTML, nothing that the policy forbids."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask, render_template
from jinja2 import ChoiceLoader, FileSystemLoader

from integration.web import charts, times

HERE = Path(__file__).parent
WEB = HERE.parents[1] / "integration/web"
AT = datetime(2026, 11, 21, 13, 2, 7, tzinfo=UTC)
WORDS = {"pixel_only": "Pixel only", "both": "Told by both", "server_only": "Only the server", "unknown": "Unknown"}
_VOID = {"br", "circle", "img", "input", "line", "link", "meta", "path", "polyline", "rect"}


def visit(**odd: Any) -> SimpleNamespace:
    """What a page knows of whom it is for, as far as the kit and the shell ask."""
    items = [
        [("", "Home"), ("/events", "Live events"), ("/delivery", "Delivery health"), ("/quality", "Match quality")]
    ]
    items += [
        [("/coverage", "Coverage"), ("/senders", "Who tells Meta"), ("/test", "Test events"), ("/replay", "Replay")]
    ]
    items += [[("/dataset", "Dataset & token"), ("/pixel", "Storefront pixel"), ("/settings", "Settings")]]
    menu = [
        SimpleNamespace(name=name, items=[SimpleNamespace(path=path, name=words) for path, words in group])
        for name, group in zip(("Watch", "Act", "Set up"), items, strict=True)
    ]
    return SimpleNamespace(
        **{"zone": ZoneInfo("Europe/Berlin"), "zone_name": "Europe/Berlin", "now": AT + timedelta(minutes=4)}
        | {"may_write": True, "frame": None, "surface": "own", "menu": menu, "here": ""}
        | {"store": SimpleNamespace(domain="tea.example.com"), "at": lambda path="": f"/store{path}"}
        | odd
    )


def gallery(**odd: Any) -> str:
    """The whole page."""
    app = Flask("gallery", static_folder=str(WEB / "static"))
    app.jinja_env.filters.update(times.FILTERS)
    app.jinja_env.globals["hurried"] = lambda: False
    app.jinja_env.loader = ChoiceLoader([FileSystemLoader(WEB / "templates"), FileSystemLoader(HERE / "gallery")])
    days = [date(2026, 11, 1) + timedelta(days=n) for n in range(21)]
    told = [
        {"both": 18 + n * 7 % 12, "server_only": n * 5 % 7, "unknown": n % 3} if n not in {4, 5} else None
        for n in range(21)
    ]
    rows = [("both", "delivered", ""), ("server_only", "delivered", ""), ("pixel_only", "withheld", "no consent")]
    rows += [("unknown", "observed", ""), ("waiting", "pending", ""), ("dead", "dead", "Meta refused the token")]
    with app.test_request_context():
        return render_template(
            "gallery.html",
            visit=visit(**odd),
            at=AT,
            rows=rows,
            steps=[
                SimpleNamespace(at=AT, title="Received from the store", text="orders/paid", kind="note"),
                SimpleNamespace(at=AT, title="Waits for the token", text="", kind="waits"),
                SimpleNamespace(at=AT, title="Meta refused", text="Error 190: the token has ended.", kind="fails"),
                SimpleNamespace(at=AT, title="Meta accepted", text="Trace AbC.", kind="good"),
            ],
            sent='{"event_name": "Purchase", "event_id": "1042", "user_data": {"em": "f660ab912ec121d1b1e928a0bb4bc61b15f5ad44d5efdc4e1c92a25e99b8e44a"}}',
            share=charts.share({"both": 168, "server_only": 31, "pixel_only": 3, "unknown": 12}, WORDS),
            stacked=charts.stacked(list(zip(days, told, strict=True)), {kind: WORDS[kind] for kind in ("both", "server_only", "unknown")}),
            plain=charts.bars([(day, it and it["both"]) for day, it in zip(days, told, strict=True)], "Orders"),
            spark=charts.sparkline([6.1, 6.4, None, 6.9, 7.2, 7.1, 7.4]),
        )  # fmt: skip


class Elements(HTMLParser):
    """The tags of a page; raises ValueError where they are not nested."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        if self.open:
            raise ValueError(f"never closed: {self.open}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID and (not self.open or self.open.pop() != tag):
            raise ValueError(f"</{tag}> closes nothing at {self.getpos()}")


@pytest.fixture(scope="module")
def page() -> str:
    return gallery()


def macros() -> Iterator[str]:
    return iter(re.findall(r"macro (\w+)\(", (WEB / "templates/ui/kit.html").read_text()))


def test_the_gallery_shows_every_macro() -> None:
    source = (HERE / "gallery/gallery.html").read_text()
    within = {"dots", "sign", "described", "beneath"}  # drawn by others
    assert {name for name in macros() if not re.search(rf"ui\.{name}\(", source)} == within


def test_its_html_is_sound_and_holds_nothing_that_the_policy_forbids(page: str) -> None:
    seen = Elements(page).seen
    assert not [
        it for it in seen if it[0] == "style" or "style" in it[1] or any(name.startswith("on") for name in it[1])
    ]
    assert all(attrs.get("src") for tag, attrs in seen if tag == "script")
    assert all("width" in attrs and "height" in attrs for tag, attrs in seen if tag in {"svg", "img"})
    ids = [attrs["id"] for _, attrs in seen if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_every_control_has_a_label_and_what_it_is_described_by_is_there(page: str) -> None:
    seen = Elements(page).seen
    ids = {attrs["id"] for _, attrs in seen if "id" in attrs}
    labelled = {attrs["for"] for tag, attrs in seen if tag == "label" and "for" in attrs}
    shown = [attrs for tag, attrs in seen if tag in {"input", "select", "textarea"} and attrs.get("type") != "hidden"]
    assert all(it.get("id") in labelled for it in shown if it.get("type") not in {"radio", "checkbox"})
    pointed = [word for _, attrs in seen for word in (attrs.get("aria-describedby") or "").split()]
    assert pointed
    assert set(pointed) <= ids


def test_times_are_in_the_stores_zone_and_carry_the_moment_itself(page: str) -> None:
    assert '<time datetime="2026-11-21T13:02:07Z" title="21 November 2026, 14:02:07 CET">14:02:07</time>' in page
    assert ">21 November, 14:02</time>" in page
    assert ">4 minutes ago</time>" in page


def test_whoever_may_not_write_can_use_no_form() -> None:
    forms = [attrs for tag, attrs in Elements(gallery(may_write=False, surface="operator")).seen if tag == "form"]
    assert [it["method"] for it in forms] == ["get"]


def test_days_without_data_have_no_bar_and_are_not_said_to_be_nothing(page: str) -> None:
    assert "<title>5 November. No data</title></g>" in page
    assert page.count(">no data</td>") == 2 * 3 + 2
