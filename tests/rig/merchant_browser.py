"""A merchant's browser, driven by Playwright: what it shows, and what is wrong with a page beyond what it says."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    FrameLocator,
    Locator,
    Page,
    expect,
    sync_playwright,
)

from tests.conftest import missing
from tests.rig import browser

SECONDS = 15.0
# Playwright says by itself that there is no head.
_FLAGS = [flag for flag in browser.FLAGS if flag != "--headless"]


@contextmanager
def opened() -> Iterator[Browser]:
    """The machine's own Chromium; a visible skip where there is none."""
    found = browser.executable()
    if found is None:
        missing("Chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=_FLAGS)
        try:
            yield chromium
        finally:
            chromium.close()


@dataclass
class Merchant:
    """Somebody at a browser nobody used before. `troubles`: what the browser's console complained of."""

    context: BrowserContext
    page: Page
    troubles: list[str] = field(default_factory=list)

    @classmethod
    @contextmanager
    def at(cls, chromium: Browser, **how: Any) -> Iterator["Merchant"]:
        """Until the block ends; `how`: of the browser's context, such as java_script_enabled=False."""
        context = chromium.new_context(**how)
        context.set_default_timeout(SECONDS * 1000)
        made = cls(context, context.new_page())
        made.page.on("console", made._heard)
        made.page.on("pageerror", lambda error: made.troubles.append(str(error)))
        try:
            yield made
        finally:
            context.close()

    def _heard(self, message: ConsoleMessage) -> None:
        # A form that came to nothing is answered so; the browser notes it down.
        usual = "status of 409" in message.text or "status of 400" in message.text
        if message.type in ("error", "warning") and not usual:
            self.troubles.append(f"{message.text} ({message.location.get('url', '')})")

    @property
    def cookies(self) -> Sequence[str]:
        """The names of all it keeps."""
        return [one["name"] for one in self.context.cookies()]

    def follow(self, name: str) -> None:
        """To a page of the store, by its menu."""
        follow(self.page, name)

    def step(self, title: str) -> Locator:
        """A step of the setup, in the list that follows what happens."""
        return self.page.locator("#state li").filter(has=self.page.locator("strong", has_text=title))


def follow(within: Page | FrameLocator, name: str) -> None:
    """To a page of the store by its menu, in a window or in an admin's frame; until the page before has gone."""
    within.locator("main").evaluate("(main) => { main.dataset.former = 'yes' }")
    within.get_by_role("navigation", name="Pages of this store").get_by_role("link", name=name, exact=True).click()
    expect(within.locator("main[data-former]")).to_have_count(0)
    expect(within.locator('nav.menu [aria-current="page"]')).to_have_text(name)


def unfold(within: Page | FrameLocator, control: Locator) -> Locator:
    """The control, once what it is folded away in is open; by a click on its summary, as somebody would."""
    folds = within.locator("details:not([open])").filter(has=control)
    if folds.count():
        folds.last.locator("summary").first.click()
    return control
