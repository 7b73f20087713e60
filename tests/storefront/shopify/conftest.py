"""A shop whose sandbox runs our custom pixel, in a real browser; Meta's stand-in hears what the browser tells."""

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from connectors.access import PixelPlan
from connectors.shopify import custom_pixel
from tests.rig import browser
from tests.rig.node import Node
from tests.rig.plans import PLAN
from tests.rig.sandbox import Sandbox


@dataclass
class Shopper:
    """One browser in the shop."""

    chromium: Node
    meta: Sandbox

    def comes(self, plan: PixelPlan = PLAN, **scenario: Any) -> "Shopper":
        """To the shop's page, for the first time, in a new browser."""
        self.chromium.ask(
            "fresh",
            pixel=custom_pixel.text(plan),
            plan={"version": 1, **dataclasses.asdict(custom_pixel.public(plan))},
            beacon=plan.beacon,
            meta=self.meta.url,
            **scenario,
        )
        return self.opens()

    def opens(self, tab: str = "first") -> "Shopper":
        """The page in a tab, or again in the tab it is in."""
        self.chromium.ask("open", tab=tab)
        return self

    def does(self, *events: dict[str, Any], tab: str = "first") -> "Shopper":
        """What Shopify publishes of it."""
        for event in events:
            self.chromium.ask("publish", event=event, tab=tab)
        return self

    def chooses(self, **privacy: bool) -> "Shopper":
        """Something else in the shop's consent banner."""
        self.chromium.ask("choose", privacy=privacy)
        return self

    def asked(self, **until: int) -> "Asked":
        """What the browser asked for, once so many calls of each kind, or of an event at Meta's, have come."""
        asked = Asked(self.chromium.ask("calls", until=until))
        short = {word: many for word, many in until.items() if asked.many(word) < many}
        assert not short, f"{short} never came; these did: {json.dumps(asked.calls)}"
        return asked


@dataclass
class Asked:
    """What left the browser, in order."""

    calls: list[dict[str, Any]]

    def kinds(self) -> set[str]:
        """Where to: script, tr, plan, signal, sighting, elsewhere."""
        return {call["to"] for call in self.calls}

    def many(self, word: str) -> int:
        """Calls of that kind, or of that event at Meta's."""
        return sum(call["to"] == word for call in self.calls) + len(self.told(word))

    def told(self, event_name: str | None = None) -> list[dict[str, str]]:
        """What Meta heard."""
        told = [call["query"] for call in self.calls if call["to"] == "tr"]
        return [one for one in told if event_name in (None, one["ev"])]

    def signals(self) -> list[dict[str, Any]]:
        """What we heard of this browser."""
        return [call["body"] for call in self.calls if call["to"] == "signal"]

    def sightings(self, event_name: str = "Purchase") -> list[dict[str, Any]]:
        """What we heard of its telling."""
        told = [call["body"] for call in self.calls if call["to"] == "sighting"]
        return [one for one in told if one["event_name"] == event_name]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Node]:
    with browser.running("browser_pixel.mjs") as found:
        yield found


@pytest.fixture(scope="module")
def _meta() -> Iterator[Sandbox]:
    with Sandbox.running() as found:
        yield found


@pytest.fixture
def meta(_meta: Sandbox) -> Sandbox:
    _meta.reset()
    return _meta


@pytest.fixture
def shopper(chromium: Node, meta: Sandbox) -> Shopper:
    return Shopper(chromium, meta)
