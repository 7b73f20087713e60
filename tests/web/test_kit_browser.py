"""The gallery of the kit in a real browser: it fits a telephone, can be touched, and moves nothing while it loads."""

import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.web.test_kit import WEB, gallery

# What reaches out of the window, but for what only a reader hears or what scrolls by itself.
OUTSIDE = """() => [...document.querySelectorAll('body *')].filter(one => {
  const at = one.getBoundingClientRect();
  return at.width > 1 && (at.right > innerWidth + 1 || at.left < -1) && !one.closest('.unseen, .skip, thead');
}).map(one => one.outerHTML.slice(0, 80))"""
# Of what can be touched and stands in no sentence: its height, with what it is stretched over (a card's link).
SMALL = """() => [...document.querySelectorAll('a, button, select, summary, input:not([type=hidden])')].filter(one => {
  const at = (one.closest('label') ?? one.closest('.card') ?? one).getBoundingClientRect();
  return at.width && at.height < 24 && !one.closest('p:not(.card-label), dd');
}).map(one => one.outerHTML.slice(0, 80))"""
SHIFTED = "() => new Promise(done => new PerformanceObserver(list => done(list.getEntries().length)).observe({type: 'layout-shift', buffered: true}) || setTimeout(() => done(0), 300))"  # fmt: skip


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_told: Any) -> None:
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("gallery")
    shutil.copytree(WEB / "static", root / "static")
    write(root)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def write(root: Path) -> None:
    page = gallery()
    (root / "ltr.html").write_text(page)
    (root / "rtl.html").write_text(page.replace('<html lang="en">', '<html lang="en" dir="rtl">'))


@pytest.fixture(scope="module")
def chromium(chrome: Browser) -> Browser:
    return chrome


def shown(chromium: Browser, address: str, width: int, **how: Any) -> Page:
    page = chromium.new_context(viewport={"width": width, "height": 800}, reduced_motion="reduce", **how).new_page()
    page.goto(address)
    return page


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_nothing_reaches_out_of_the_window(chromium: Browser, address: str, direction: str, width: int) -> None:
    page = shown(chromium, f"{address}/{direction}.html", width)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(OUTSIDE) == []


def test_whatever_can_be_touched_is_large_enough_and_nothing_moves(chromium: Browser, address: str) -> None:
    page = shown(chromium, f"{address}/ltr.html", 360)
    assert page.evaluate(SMALL) == []
    assert page.evaluate(SHIFTED) == 0


def test_the_menu_of_a_telephone_opens_by_keyboard_and_without_a_script(chromium: Browser, address: str) -> None:
    page = shown(chromium, f"{address}/ltr.html", 360, java_script_enabled=False)
    entry = page.get_by_role("link", name="Storefront pixel")
    assert not entry.is_visible()
    page.get_by_role("button", name="Menu").focus()
    page.keyboard.press("Enter")
    assert entry.is_visible()
    page.keyboard.press("Escape")
    assert not entry.is_visible()


def test_at_a_desk_the_menu_is_always_there(chromium: Browser, address: str) -> None:
    page = shown(chromium, f"{address}/ltr.html", 1280)
    assert page.get_by_role("link", name="Storefront pixel").is_visible()
    assert not page.get_by_role("button", name="Menu").is_visible()


def test_by_night_it_is_dark(chromium: Browser, address: str) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    grounds = [shown(chromium, f"{address}/ltr.html", 720, color_scheme=it).evaluate(ground) for it in ("light", "dark")]  # fmt: skip
    assert grounds == ["rgb(251, 250, 247)", "rgb(20, 22, 26)"]
