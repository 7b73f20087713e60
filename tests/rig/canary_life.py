"""The life of the canary: the whole service, a shop of each platform and Meta, all in processes of their own with taps on the
lines between, and each path that a person's data or a secret can take. What is left of it is for the test to search.

Longer than other modules: every step is one path.
"""

import contextlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import sqlalchemy as sa
from urllib3.exceptions import HTTPError

from connectors import registry
from integration import config, db
from integration.config import Settings
from integration.crypto import Sealer, new_key
from integration.db import chores, reports, stores
from integration.db.events import events
from tests.rig import canary, hasten
from tests.rig.canary import BROWSER, PERSON
from tests.rig.office import consented
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
_PATIENCE = 45.0


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

    # The shops.

    def connect(self) -> None:
        """Both shops as their merchants do it, and a third one that nobody of this story buys in."""
        self.shopify.order(SHOP, count=2, silent=True)
        self.woo.plugin()
        self.buy(silent=True)
        begun = self._get(f"/shopify/install?shop={SHOP}")
        back = consented(begun.headers["Location"])
        self._get(f"/shopify/callback?{back}", Cookie=_cookie(begun))
        self._connect_woo()
        for domain, name in ((SHOP, "shopify"), (self.domain, "woocommerce")):
            self.run("dataset", "add", domain, "--dataset", DATASETS[name], "--token", META_TOKEN)
            mode = "assumed" if domain == SHOP else "regional"
            why = ("--because", "a canary lives here")
            self.run("store", "set", domain, "state=live", "pixel=none", f"consent_mode={mode}", *why)
        long_ago = {"since": db.from_ms(0), "version": stores.stores.c.version + 1}
        with db.transaction(self.engine) as connection:  # what is bought here was bought a moment ago
            connection.execute(sa.update(stores.stores).values(long_ago))
        another = self.service.add_store(
            *(
                "woocommerce",
                "another.example.com",
                "--dataset",
                DATASETS["another"],
                "--token",
                "another-token-of-meta",
            ),
            *("--since", "2026-01-01T00:00:00Z"),
        )
        body = _sampled("woocommerce", "order.created", "german_with_consent", "7001", "another.example.com")
        assert self.service.post(another, "order.created", body)[0] == 200
        self.secrets |= {
            "the app's secret": APP_SECRET,
            "Meta's token": META_TOKEN,
            "Meta's newer token": RENEWED_TOKEN,
        }

    def _connect_woo(self) -> None:
        url = self.taps["woocommerce"].url
        begun = self._get(f"/woocommerce/connect?store={url}", Referer=f"{url}/")
        asked = parse_qs(urlsplit(begun.headers["Location"]).query)
        key = self.woo.key()
        keys = {"key_id": 1, "user_id": asked["user_id"][0], "key_permissions": "read_write"}
        keys |= {name: key[name] for name in ("consumer_key", "consumer_secret")}
        self.secrets["the shop's consumer secret"] = key["consumer_secret"]
        self.secrets["the shop's consumer key"] = key["consumer_key"]
        self._keep(self.service.pool.request("POST", asked["callback_url"][0], body=json.dumps(keys)))
        back = urlencode({"success": "1", "user_id": asked["user_id"][0]})
        self.cookie = _cookie(self._get(f"/woocommerce/return?{back}", Cookie=_cookie(begun)))
        self.secrets["the session"] = self.cookie.partition("=")[2]
        assert eventually(lambda: len(self.woo.webhooks()) >= 4 and self.woo.connection(), _PATIENCE)

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
        names = {"first_name": PERSON["first_name"], "last_name": PERSON["last_name"]}
        where = {"address_1": PERSON["street"], "address_2": "", "city": PERSON["city"], "company": ""}
        where |= {"state": "", "postcode": "50667", "country": "DE"}
        billing = {**names, **where, "email": PERSON["email"], "phone": PERSON["phone"]}
        fields = {"billing": billing, "shipping": {**names, **where, "phone": ""}}
        fields |= {"ip": BROWSER["ip"], "agent": BROWSER["user_agent"]}
        return self.woo.order(country="DE", fields=fields, **wanted)[0]

    def body(self, topic: str, case: str, order_id: str, **changes: Any) -> str:
        """What Shopify tells of the canary."""
        body = json.loads(_sampled("shopify", topic, case, order_id, SHOP))
        return json.dumps(_about_the_canary(body) | changes)

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
            self._keep(answer)
            return int(answer.status)
        return 0

    def beacon(self, platform: str, word: str, told: Mapping[str, Any]) -> int:
        """What a browser says, or anybody else."""
        address = f"{self.service.url}/s/{self.store(platform).public_key}/{word}"
        headers = {"User-Agent": BROWSER["user_agent"], "X-Forwarded-For": BROWSER["ip"], "Content-Type": "text/plain"}
        answer = self.service.pool.request("POST", address, body=json.dumps(told), headers=headers)
        self._keep(answer)
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

        assert eventually(look, _PATIENCE), (order_id, self.states(order_id, event_name), self.service.log()[-2_000:])

    def strikes(self, line: str) -> Path:
        """The next process that comes to this line fails there: the file that is gone then."""
        path = self.home / "lines" / line
        path.touch()
        return path

    def has_struck(self, path: Path) -> bool:
        """Until it has."""

        def look() -> bool:
            self.hurry()
            return not path.exists()

        return bool(eventually(look, _PATIENCE))

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

    def look_at(self, *paths: str) -> None:
        """Pages, as the merchant of the WooCommerce shop sees them."""
        for path in paths:
            answer = self._get(path, Cookie=self.cookie)
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

    def _get(self, path: str, **headers: str) -> Any:
        answer = self.service.pool.request("GET", self.service.url + path, headers=headers, redirect=False)
        assert answer.status < 500, (path, answer.status, answer.data)
        return answer

    def _keep(self, answer: Any) -> None:
        self.answers.append(answer.data)


def _cookie(answer: Any) -> str:
    return str(answer.headers["Set-Cookie"]).partition(";")[0]


def _texts(value: Any, name: str = "grant") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, key)
    elif isinstance(value, str):
        yield name, value


def _sampled(platform: str, topic: str, case: str, order_id: str, domain: str) -> bytes:
    placed_at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    body = registry.sample(platform, topic, case)
    return registry.get(platform).restage(body, order_id=order_id, placed_at=placed_at, domain=domain)


def _about_the_canary(body: dict[str, Any]) -> dict[str, Any]:
    """The same of the canary, who is also named where nobody would look for a name."""
    first, last, email, phone = (PERSON[name] for name in ("first_name", "last_name", "email", "phone"))
    where = {"address1": PERSON["street"], "city": PERSON["city"], "zip": "50667", "country_code": "DE"}
    address = {"first_name": first, "last_name": last, "name": f"{first} {last}", "phone": phone, **where}
    customer = {"id": 8_200_000_007_007, "email": email, "phone": phone, "first_name": first, "last_name": last}
    everywhere = f"For {first} {last}, {PERSON['street']}, {PERSON['city']}, {email}, {phone}"
    odd = {"note": everywhere, "tags": everywhere, "landing_site": f"/?email={email}&fbclid={BROWSER['click']}"}
    odd |= {"referring_site": f"https://mail.example.com/{email}?to={phone}", "browser_ip": BROWSER["ip"]}
    odd |= {"client_details": {"browser_ip": BROWSER["ip"], "user_agent": BROWSER["user_agent"]}}
    odd |= {"note_attributes": [{"name": "gift for", "value": everywhere}, {"name": email, "value": phone}]}
    lines = [
        {**line, "name": everywhere, "title": everywhere, "properties": [{"name": "Engraving", "value": everywhere}]}
        for line in body.get("line_items", [])
    ]
    known = {"email": email, "contact_email": email, "phone": phone, "customer": customer, **odd}
    if "transactions" in body:  # a refund
        return body | {"note": everywhere}
    return body | known | {"billing_address": address, "shipping_address": address, "line_items": lines}


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
