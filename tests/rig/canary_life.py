"""The life of the canary: the whole service, a shop of each platform and Meta, all in processes of their own with taps on the
lines between, and each path that a person's data or a secret can take. What is left of it is for the test to search.

Longer than other modules: each step of canary_story.py is done by it.
"""

import contextlib
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from urllib3.exceptions import HTTPError

from connectors import registry
from integration import config, db
from integration.config import Settings
from integration.crypto import Sealer, new_key
from integration.db import chores, reports, stores
from integration.db.events import events
from tests.rig import canary, hasten
from tests.rig.canary import BROWSER
from tests.rig.canary_bodies import about_the_canary, sampled, woocommerce_fields
from tests.rig.sandbox import Sandbox
from tests.rig.service import Service, eventually
from tests.rig.standin import KEY, StandIn
from tests.rig.tap import Tap, tapped
from tests.rig.woostore import WooStore

SHOP = "canary-shop.myshopify.com"
DATASETS = {"shopify": "100000000000071", "woocommerce": "100000000000072", "another": "100000000000073"}
# Of no shape that the log's redactor knows: what it hides by chance proves nothing.
META_TOKEN, RENEWED_TOKEN, APP_SECRET = (
    "canary-meta-token-1a2b3c4d",
    "canary-meta-token-5e6f7a8b",
    "canary-app-secret-9c0d1e2f",
)
LINES = ("ingest.before_commit", "ingest.after_commit", "deliver.after_claim", "deliver.before_post")
LINES += ("deliver.before_outcome", "sweep.before_progress", "worker.before_job")
_KILLS = frozenset({"ingest.after_commit", "deliver.before_post"})
PATIENCE = 45.0


@dataclass
class Life:
    """What runs, what was answered by it, and where its files are."""

    service: Service
    settings: Settings
    engine: db.Engine
    shopify: StandIn
    woo: WooStore
    meta: Sandbox
    taps: Mapping[str, Tap]
    home: Path
    answers: list[bytes] = field(default_factory=list)
    pages: dict[str, bytes] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    cookie: str = ""

    @property
    def sealer(self) -> Sealer:
        return Sealer(self.settings.encryption_keys)

    @property
    def domain(self) -> str:
        return self.taps["woocommerce"].url.partition("://")[2]

    def store(self, platform: str) -> stores.Store:
        with db.reading(self.engine) as connection:
            found = stores.by_domain(connection, platform, SHOP if platform == "shopify" else self.domain)
        assert found
        return found

    def buy(self, **wanted: Any) -> int:
        """The canary buys in the WooCommerce shop."""
        return self.woo.order(country="DE", fields=woocommerce_fields(), **wanted)[0]

    def body(self, topic: str, case: str, order_id: str, **changes: Any) -> str:
        """What Shopify tells of the canary."""
        body = json.loads(sampled("shopify", topic, case, order_id, SHOP))
        return json.dumps(about_the_canary(body) | changes)

    def tell(
        self, topic: str, case: str, order_id: str, *, wrong: str = "", secret: str = APP_SECRET, **changes: Any
    ) -> int:
        """That webhook, or one with a `wrong` body; the status of the answer, 0 for none."""
        body = (wrong or self.body(topic, case, order_id, **changes)).encode()
        signed = registry.get("shopify").sign(topic, body, secret, SHOP)
        with contextlib.suppress(HTTPError):  # a web process that was killed says nothing
            answer = self.service.pool.request(
                "POST", f"{self.service.url}/webhooks/shopify", body=body, headers=signed
            )
            self.keep(answer)
            return int(answer.status)
        return 0

    def beacon(self, platform: str, word: str, told: Mapping[str, Any]) -> int:
        """What a browser says, or anybody else."""
        address = f"{self.service.url}/s/{self.store(platform).public_key}/{word}"
        headers = {"User-Agent": BROWSER["user_agent"], "X-Forwarded-For": BROWSER["ip"], "Content-Type": "text/plain"}
        answer = self.service.pool.request("POST", address, body=json.dumps(told), headers=headers)
        self.keep(answer)
        return int(answer.status)

    # What is looked at meanwhile.

    def states(self, order_id: str | int, event_name: str = "Purchase") -> list[tuple[str, str | None]]:
        with db.reading(self.engine) as connection:
            rows = [row for row in reports.listing(connection) if row["order_id"] == str(order_id)]
        return [(row["status"], row["reason"]) for row in rows if row["event_name"] == event_name]

    def comes_to(self, order_id: str | int, *states: str, event_name: str = "Purchase") -> None:
        """Until the event of that order is so; nothing is waited for but what is at work."""

        def look() -> bool:
            self.hurry()
            found = {state for state, _ in self.states(order_id, event_name)}
            return bool(found) and found <= set(states)

        assert eventually(look, PATIENCE), (order_id, self.states(order_id, event_name), self.service.log()[-2_000:])

    def strikes(self, line: str) -> Path:
        """The next process that comes to this line fails there: the file that is gone then."""
        path = self.home / "lines" / line
        path.touch()
        return path

    def has_struck(self, path: Path, seconds: float = PATIENCE) -> bool:
        """Until it has."""

        def look() -> bool:
            self.hurry()
            return not path.exists()

        return bool(eventually(look, seconds))

    def hurry(self) -> None:
        """Nobody waits for a browser, a next try or a dead process's lease."""
        hasten.make_everything_due(self.engine)
        hasten.let_leases_lapse(self.engine, older_than=4)

    def due_now(self, *kinds: str) -> None:
        """Chores of the shops, as if their time had come."""
        table = chores.chores
        with db.transaction(self.engine) as connection:
            connection.execute(sa.update(table).where(table.c.kind.in_(kinds)).values(due_at=db.from_ms(0)))

    def an_hour_passes(self) -> None:
        """Everything was received an hour earlier."""
        with db.transaction(self.engine) as connection:
            earlier = sa.type_coerce(events.c.received_at, sa.BigInteger) - 3_600_000
            connection.execute(sa.update(events).values(received_at=earlier))

    def run(self, *words: str, fails: bool = False, given: str | None = None) -> str:
        """A command; what it says is kept."""
        done = self.service.ask(*words, given=given)
        assert bool(done.returncode) is fails, (words, done.stdout, done.stderr)
        name = " ".join(words[:2])
        self.said[name] = self.said.get(name, "") + done.stdout + done.stderr
        return done.stdout

    def rotate(self) -> None:
        """`tandem keys rotate`, with the other key in front of the one that the service seals with."""
        keys = self.settings.encryption_keys
        before, self.service.environment = (
            self.service.environment,
            {
                **self.service.environment,
                "ENCRYPTION_KEYS": ",".join(reversed(keys)),
            },
        )
        self.run("keys", "rotate")
        self.service.environment = before

    def look_at(self, *paths: str) -> None:
        """Pages, as the merchant of the WooCommerce shop sees them."""
        for path in paths:
            answer = self.get(path, Cookie=self.cookie)
            assert answer.status in (200, 404), (path, answer.status)
            self.pages[path] = self.pages.get(path, b"") + answer.data

    def keep_secrets(self) -> None:
        """Those that were made on the way, as they lie in the sealed columns, and the keys of the service itself."""
        held = canary.opened(self.engine, self.sealer)
        pairs = [json.loads(text) for text in held["grants.sealed"]]
        for number, pair in enumerate(pairs):
            kept = {name: text for name, text in _texts(pair) if len(text) > 15}
            self.secrets |= {f"{name} of grant {number}": text for name, text in kept.items()}
        for spot in ("stores.webhook_secret", "stores.former_secret"):
            self.secrets |= {f"{spot} {number}": text for number, text in enumerate(held[spot])}
        self.secrets["SECRET_KEY"] = self.settings.secret_key
        self.secrets |= {f"key {n} of ENCRYPTION_KEYS": key for n, key in enumerate(self.settings.encryption_keys)}

    def end(self) -> str:
        """All processes end; what `tandem up` said on standard output besides that it is ready."""
        process = self.service.process
        process.terminate()
        said = process.stdout.read()
        process.wait(60)
        process.stdout.close()
        self.service.process = None
        return said

    @property
    def log(self) -> Path:
        """Where its processes write."""
        return self.home / f"{self.service.data_dir.name}.log"

    def say(self, words: bytes) -> None:
        """Something that is no HTTP; the answer, if there is one, is kept."""
        with socket.create_connection(("127.0.0.1", self.service.port), 10) as line, contextlib.suppress(OSError):
            line.sendall(words)
            self.answers.append(line.recv(1 << 16))

    def get(self, path: str, **headers: str) -> Any:
        """An address of the service."""
        answer = self.service.pool.request("GET", self.service.url + path, headers=headers, redirect=False)
        assert answer.status < 500, (path, answer.status, answer.data)
        return answer

    def keep(self, answer: Any) -> None:
        """What was answered."""
        self.answers.append(answer.data)


def _texts(value: Any, name: str = "grant") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, key)
    elif isinstance(value, str):
        yield name, value


@contextmanager
def alive(home: Path, database_url: str | None) -> Iterator[Life]:
    """All of it, running, nothing told yet. The database is SQLite in the data directory where none is given."""
    (home / "lines").mkdir()
    with contextlib.ExitStack() as stack:
        meta = stack.enter_context(Sandbox.running())
        woo = stack.enter_context(WooStore.running())
        service = Service(home / "data", {})
        shopify = stack.enter_context(StandIn.running(secret=APP_SECRET, app_url=service.url))
        taps = {
            name: stack.enter_context(tapped(url))
            for name, url in (("meta", meta.url), ("shopify", shopify.url), ("woocommerce", woo.root))
        }
        woo.site(home=taps["woocommerce"].url)
        service.environment = _environment(taps, home, database_url)
        service.data_dir.mkdir()
        settings = config.load(service.surroundings)
        stack.enter_context(service.running())
        engine = db.connect(settings.database_url)
        stack.callback(engine.dispose)
        yield Life(service, settings, engine, shopify, woo, meta, taps, home)


def _environment(taps: Mapping[str, Tap], home: Path, database_url: str | None) -> dict[str, str]:
    deeds = {line: "kill" if line in _KILLS else "raise" for line in LINES}
    return {
        "META_GRAPH_URL": taps["meta"].url,
        "SHOPIFY_API_KEY": KEY,
        "SHOPIFY_API_SECRET": APP_SECRET,
        "SHOPIFY_ADMIN_URL": taps["shopify"].url,
        "TRUSTED_PROXIES": "1",
        "LOG_LEVEL": "debug",
        "SECRET_KEY": "canary-secret-key-of-this-service",
        "ENCRYPTION_KEYS": f"{new_key()},{new_key()}",
        "FAILPOINT": ",".join(f"{line}:{deed}@file={home / 'lines' / line}" for line, deed in deeds.items()),
        **({"DATABASE_URL": database_url} if database_url else {}),
    }
