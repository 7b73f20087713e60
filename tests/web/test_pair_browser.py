"""The page of the pair test in a real browser: it follows both riders by itself, and by reloading where there are no scripts."""

import re
from collections.abc import Iterator

import pytest

from tests.rig import browser
from tests.rig.node import Node
from tests.rig.own_page import OwnPage
from tests.rig.pages import Pages, serving
from tests.rig.sandbox import Sandbox
from tests.rig.standin import StandIn
from tests.web.conftest import _migrated
from tests.web.test_pair_page import DATASET, PAIR, link, read, says, work


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Once, on SQLite, is enough: what a browser sees does not depend on the database."""
    url = f"sqlite:///{tmp_path_factory.mktemp('browser') / 'tandem.db'}"
    _migrated(url)
    return url


@pytest.fixture(scope="module")
def pages(database: str, shopify: StandIn, meta: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with serving(database, tmp_path_factory.mktemp("pages"), shopify, META_GRAPH_URL=meta.url) as found:
        yield found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Node]:
    with browser.running("browser_store.mjs") as found:
        yield found


@pytest.mark.parametrize("how", ["with scripts", "without scripts"])
def test_the_page_follows_both_riders_until_they_have_told(
    pages: Pages, chromium: Node, sandbox: Sandbox, how: str
) -> None:
    store, merchant, scripts = OwnPage.of(pages), chromium, how == "with scripts"
    dataset = f"{DATASET}{int(scripts)}"
    store.attach(dataset)
    merchant.ask("fresh", scripts=scripts, width=360)
    merchant.ask("open", url=f"{pages.url}{store.code()}")
    merchant.ask("open", url=f"{pages.url}{PAIR}")
    merchant.ask("click", text="Begin a test")
    code = str(link(read(store.browser(), PAIR))).rpartition("/")[2]

    def reads(words: str) -> str:
        if not scripts:
            merchant.ask("open", url=f"{pages.url}{PAIR}")
        found = merchant.ask("read", until=words)
        assert words in found
        return found

    pages.browser().get(f"/try/{code}")
    reads("Your shop was opened.")
    says(store, code, "called", dataset)
    work(store, sandbox)
    reads("The server told Meta. The Pixel is under way.")
    says(store, code, "sent", dataset)
    shown = reads("Both, Pixel and server, told Meta the same event under the same id.")
    assert len(re.findall(r"\b\d\d:\d\d:\d\d\b", shown)) == 2
    assert merchant.ask("overflow") <= 0
    assert merchant.ask("troubles") == []
