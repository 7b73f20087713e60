"""Pair tests as a storefront's own test needs them: a store on a bench, a code, and what its browser said of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from integration.db import now as database_now
from integration.db import reading, transaction
from integration.meta.client import GraphClient
from integration.pipeline import pair_code, pair_telling
from integration.pipeline.acquaintances import Acquaintances
from integration.pipeline.beacon_words import Caller
from integration.pipeline.collect import Collector
from integration.stores import pair_test, pair_verdict
from integration.stores.pair_verdict import Verdict
from tests.rig.shop import SECRET_KEY, Shop

AGENT = "Mozilla/5.0 (a merchant)"
CALLER = Caller("203.0.113.9", AGENT, opts_out=False)


@dataclass
class Trial:
    """A test that a store has begun."""

    shop: Shop
    code: str

    @classmethod
    def of(cls, shop: Shop, dataset: str = "") -> "Trial":
        """Begun now."""
        with transaction(shop.bench.engine) as connection:
            begun = pair_test.begin(connection, shop.row, dataset, secret_key=SECRET_KEY)
        return cls(shop, pair_code.of(begun.event_id, shop.id, SECRET_KEY))

    @property
    def event_id(self) -> str:
        """What both riders are to call it."""
        return f"tandem_test_{self.code[:8]}"

    def opens(self) -> str:
        """Where its link leads."""
        return pair_test.opened(self.shop.bench.engine, self.code, loopback=False)

    def says(self, *told: dict[str, Any], shop: Shop | None = None, caller: Caller | None = CALLER) -> list[bool]:
        """What the beacon of the shop, or of another, does with these words; for each whether the server is due."""
        bench, of = self.shop.bench, (shop or self.shop).row.public_key
        known = Acquaintances(bench.engine, loopback=False)
        collector, named = Collector(bench.engine, bench.sealer, known), known.named(of)
        assert named
        return [collector.see(named, json.dumps(one).encode(), datetime.now(UTC), caller) for one in told]

    def served(self) -> int:
        """What a worker does; how many tests Meta was asked about."""
        bench = self.shop.bench
        return pair_telling.run_due(bench.engine, bench.sealer, GraphClient(bench.sandbox.url, "v26.0"), "a worker")

    def verdict(self) -> Verdict:
        """How it stands."""
        from integration.db import pair_tests

        with reading(self.shop.bench.engine) as connection:
            newest = pair_tests.newest(connection, self.shop.id)
            assert newest
            return pair_verdict.of(newest, database_now(connection))

    def told(self) -> Sequence[dict[str, Any]]:
        """What Meta heard, of either rider."""
        return [*self.shop.bench.sandbox.events(source="browser"), *self.shop.bench.sandbox.events()]
