"""What may be wrong with a page whatever it says: told by axe's rules, its width, its weight, its keyboard, and its calm.

Each question is asked of a page that is open, in one window after another scheme and width, so that it loads once.
"""

import itertools
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import CDPSession, Frame, Page, ViewportSize

from tests.conftest import missing
from tests.rig.node import PEERS

WIDE, NARROW = ViewportSize(width=1280, height=900), ViewportSize(width=360, height=800)
_SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
MOST_BYTES = 100_000
SCREENS = Path(__file__).parents[2] / "build" / "screens"

# Runs before any script of the page: what moves after it was painted is remembered.
WATCHING = """
window.shifted = [];
new PerformanceObserver((list) => {
  for (const one of list.getEntries())
    if (!one.hadRecentInput) window.shifted.push(`${one.value.toFixed(4)} ${one.sources.map((s) => s.node?.outerHTML?.slice(0, 80)).join(" | ")}`);
}).observe({ type: "layout-shift", buffered: true });
"""
_WIDER = """() => {
  const page = document.scrollingElement;
  if (page.scrollWidth <= page.clientWidth) return [];
  const beyond = [...document.querySelectorAll("body *")].filter((one) => {
    const box = one.getBoundingClientRect();
    return box.width && (box.right > page.clientWidth + 1 || box.left < -1) && !one.closest(".scroll, pre, .unseen");
  });
  return [`${page.scrollWidth} wide: ` + beyond.slice(0, 3).map((one) => one.outerHTML.slice(0, 100)).join(" | ")];
}"""
# After a Tab: whatever is focused by a script then shows it as it would for a keyboard.
_UNSEEN = """() => {
  const controls = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")];
  const shown = controls.filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled);
  return shown.filter((one) => {
    one.focus();
    const { outlineStyle, outlineWidth } = getComputedStyle(one);
    return document.activeElement !== one || one.tabIndex < 0 || outlineStyle === "none" || outlineWidth === "0px";
  }).map((one) => one.outerHTML.slice(0, 120));
}"""
_UNFOLDED = """() => { for (const one of document.querySelectorAll("details")) one.open = true; }"""
_TURNED = """(direction) => { document.documentElement.dir = direction; }"""
_AXE = """async () => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  return found.violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 160)} (${node.any[0]?.message ?? one.help})`));
}"""


@cache
def _axe() -> str:
    path = PEERS / "node_modules" / "axe-core" / "axe.min.js"
    if not path.is_file():
        missing("axe-core, which tests/peers/package-lock.json names (make test installs it)")
    return path.read_text()


class Scales:
    """Weighs what comes over the wire for a page, heads included, as if nothing were kept from before."""

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("Network.enable")
        self._session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        self.bytes: dict[str, int] = {}
        self._urls: dict[str, str] = {}
        self._session.on("Network.responseReceived", self._named)
        self._session.on("Network.loadingFinished", self._came)

    def empty(self) -> None:
        """From now on."""
        self.bytes, self._urls = {}, {}

    @property
    def faults(self) -> list[str]:
        """Too much, by what."""
        total = sum(self.bytes.values())
        return [f"{total} bytes: {self.bytes}"] if total > MOST_BYTES else []

    def _named(self, told: dict[str, Any]) -> None:
        self._urls[told["requestId"]] = told["response"]["url"]

    def _came(self, told: dict[str, Any]) -> None:
        url = self._urls.get(told["requestId"], "")
        self.bytes[url] = self.bytes.get(url, 0) + int(told["encodedDataLength"])


def of_page(page: Page, name: str) -> list[str]:
    """All that is wrong with the open page, in both schemes and at both widths; pictures of it are kept under that name.
    What is folded away is unfolded, once the pictures are taken.
    """
    found = list(_calm(page))
    for scheme, size in itertools.product(_SCHEMES, (WIDE, NARROW)):
        _turn(page, scheme, size)
        keep(page, f"{name}-{size['width']}-{scheme}")
    for scheme, size in zip(_SCHEMES, (WIDE, NARROW), strict=True):
        _turn(page, scheme, size)
        found += [f"{scheme} {size['width']}: {one}" for one in (*of_rules(page.main_frame), *wider(page.main_frame))]
    _turn(page, _SCHEMES[0], WIDE)
    return [*found, *_keyboard(page)]


def _turn(page: Page, scheme: Literal["light", "dark"], size: ViewportSize) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    page.evaluate("() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)))")


def of_rules(frame: Frame) -> Sequence[str]:
    """What axe says of it, unfolded: what is folded away it would leave out."""
    frame.evaluate(_UNFOLDED)
    frame.evaluate(_axe())
    return list(frame.evaluate(_AXE))


def wider(frame: Frame) -> Sequence[str]:
    """Whether anything stands beyond the page's width, written from left to right or from right to left."""
    found = list(frame.evaluate(_WIDER))
    frame.evaluate(_TURNED, "rtl")
    found += [f"rtl: {one}" for one in frame.evaluate(_WIDER)]
    frame.evaluate(_TURNED, "ltr")
    return found


def keep(page: Page, name: str) -> None:
    """A picture, as build output."""
    page.screenshot(path=SCREENS / f"{name}.png", full_page=True, animations="disabled")


def _calm(page: Page) -> Iterator[str]:
    yield from (f"moved: {one}" for one in page.evaluate("() => window.shifted"))


def _keyboard(page: Page) -> Iterator[str]:
    page.evaluate("() => { document.activeElement?.blur(); window.getSelection().removeAllRanges(); }")
    page.keyboard.press("Tab")
    first = page.evaluate("() => document.activeElement.outerHTML")
    if page.locator("nav").count() and 'class="skip"' not in first:
        yield f"the first Tab leads to {first[:120]}"
    yield from (f"shows no focus: {one}" for one in page.evaluate(_UNSEEN))
