"""What is shaken: a PostgreSQL, a Valkey that keeps nothing, Meta's stand-in, and boxes that each run the service.

Two boxes are what an operator with two machines has: each `tandem up` with its web processes, a worker and a clock, on
one database and one broker.
"""

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from connectors import registry
from integration import db
from integration.crypto import Sealer, new_key
from integration.db import migrate
from tests.chaos.load import Merchant
from tests.rig import postgres, processes, valkey
from tests.rig.sandbox import Sandbox
from tests.rig.service import Service
from tests.rig.shop import Bench

META_MS = 60
PLATFORMS = ("shopify", "woocommerce")
_DOMAINS = {"shopify": "shop-{}.myshopify.com", "woocommerce": "shop-{}.example.com"}
_FIRST_DATASET = 100_000_000_000_001
_RESTART_SECONDS = 90.0
_DATABASE = "-c max_connections=200"


@dataclass
class House:
    """All of it, and the stores connected to it. `rising`: boxes that are being started again."""

    database: postgres.Server
    database_url: str
    broker: valkey.Own
    meta: Sandbox
    boxes: list[Service]
    bench: Bench
    merchants: list[Merchant] = field(default_factory=list)
    rising: list[threading.Thread] = field(default_factory=list)

    @property
    def datasets(self) -> list[str]:
        """Meta's ids of all datasets."""
        return [merchant.dataset_id for merchant in self.merchants]

    def connect(self, stores: int) -> None:
        """So many stores, of both platforms, each with a dataset of its own."""
        for number in range(stores):
            platform, dataset_id = PLATFORMS[number % 2], str(_FIRST_DATASET + number)
            shop = self.bench.shop(
                platform, _DOMAINS[platform].format(number), dataset=dataset_id, consent_mode="assumed"
            )
            path = registry.get(platform).webhook_path(shop.row.webhook_key)
            self.merchants.append(Merchant(platform, shop.row.domain, shop.secret, path, dataset_id))

    def addresses(self) -> list[str]:
        """Where webhooks may be sent."""
        return [box.url for box in self.boxes]

    def parents(self, word: str) -> list[int]:
        """The processes that a `tandem up` itself started for this part; "" stands for the web."""
        found = [pid for box in self.boxes if box.process for pid in processes.children(box.process.pid)]
        return [pid for pid in found if _part(pid) == word]

    def web_processes(self) -> list[int]:
        """Those that answer webhooks."""
        return [pid for parent in self.parents("") for pid in processes.children(parent)]

    def horses(self) -> list[int]:
        """Those that carry out a job, the orphans among them."""
        parents = set(self.parents("integration.worker"))
        everyone = {pid for box in self.boxes for pid in processes.about(box.data_dir, "integration.worker")}
        return sorted(everyone - parents)

    def fell(self, box: Service) -> None:
        """Kill a `tandem up`; what it started ends by itself. It is started again, as an init system would."""
        box.process.kill()
        box.process.wait()
        box.process.stdout.close()
        box.process = None
        rising = threading.Thread(target=_raise_again, args=(box,))
        rising.start()
        self.rising.append(rising)

    def calm(self) -> None:
        """Until everything runs again."""
        if not self.database.pids:
            self.database.start()
        if self.broker.process.poll() is not None:
            self.broker.start()
        for one in self.rising:
            one.join()


def _part(pid: int) -> str:
    words = processes.command(pid)
    return next((word for word in ("integration.worker", "integration.clock") if word in words), "")


def _raise_again(box: Service) -> None:
    """The port is taken until the old web has answered what it had at hand."""
    deadline = time.monotonic() + _RESTART_SECONDS
    while True:
        try:
            return box.start()
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            box.process.wait()
            box.process.stdout.close()
            time.sleep(0.5)


@contextmanager
def standing(home: Path, boxes: int) -> Iterator[House]:
    """A house of that many boxes, ready; all of it ends with the block. Raises postgres.NotToBeHadError."""
    with (
        postgres.own(_DATABASE) as database,
        database.cluster.empty() as url,
        valkey.own(home) as broker,
        Sandbox.running("--no-payloads", "--latency-ms", str(META_MS)) as meta,
    ):
        engine = db.connect(url)
        migrate.upgrade(engine)
        key = new_key()
        told = {
            "DATABASE_URL": url,
            "REDIS_URL": broker.url,
            "META_GRAPH_URL": meta.url,
            "SECRET_KEY": secrets.token_urlsafe(32),
            "ENCRYPTION_KEYS": key,
        }
        made = [Service(home / f"box-{number}", told) for number in range(1, boxes + 1)]
        house = House(database, url, broker, meta, made, Bench(engine, meta, Sealer([key])))
        try:
            for box in made:
                box.start()
            yield house
        finally:
            house.calm()
            for box in made:
                box.stop()
            engine.dispose()
