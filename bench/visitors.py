"""Who looks at pages, and at which: each address of the application's map that can be read, with ids of their own filled in."""

import http.client
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from integration import config, db
from integration.app import create_app
from integration.db import changes, transact
from integration.db.changes import By
from integration.db.events import events
from integration.db.stores import stores
from integration.stores import operators, sessions

FILES = "a file: until its first byte"
OWN, LOOKED_AT = "/store", "/operator/stores/<store_id>"
_OPERATOR = "operator"
# What pages are asked beside their own addresses: what they look through is bounded, and has to be quick there too.
_QUERIES = {
    "/events": (
        *("", "?state=failed", "?state=waiting", "?told=server_only", "?told=unknown", "?payment=none-has-it"),
        *(
            "?event=Refund",
            "?q=5000",
            "?q=999999999999",
            "?from={day}&until={day}",
            "?before={middle}",
            "?after={middle}",
        ),
    ),
    "/events/newer": ("?oldest={old}&newest={event}",),
    **dict.fromkeys(("/coverage", "/delivery", "/quality"), ("", "?days=30")),
    "/replay": ("", "?state=failed", "?state=dead", "?state=delivered"),
}
_ASSETS = re.compile(r'<(?:link|script|img|use)\b[^>]*?\b(?:href|src)="(/static/[^"#]+)', re.ASCII)


class Asked(NamedTuple):
    """An answer: milliseconds until the last byte, bytes, and its status."""

    ms: float
    size: int
    status: int


class First(NamedTuple):
    """The first answer: milliseconds until its first byte. `load`: bytes with all that the page needs."""

    ms: float
    status: int
    is_file: bool
    load: int


@dataclass
class Visitor:
    """Somebody with a browser. `store_id`: whose pages; `ids`: what stands in paths."""

    name: str
    port: int
    cookie: str = ""
    store_id: str = ""
    ids: dict[str, object] = field(default_factory=dict)
    line: http.client.HTTPConnection | None = None

    @property
    def refused(self) -> frozenset[int]:
        """What a page may answer besides 200: a person's data are the merchant's to take."""
        return frozenset({403} if self.name == _OPERATOR else ())

    def ask(self, path: str) -> Asked:
        """A page, whole."""
        begun = time.perf_counter()
        answer = self._answer(path)
        size = len(answer.read())
        return Asked(1_000 * (time.perf_counter() - begun), size, answer.status)

    def first(self, path: str) -> First:
        """A page for the first time; of a file no more than its beginning."""
        begun = time.perf_counter()
        answer = self._answer(path)
        taken = answer.read(1)
        ms = 1_000 * (time.perf_counter() - begun)
        if answer.getheader("Content-Disposition"):
            self._hang_up()
            return First(ms, answer.status, is_file=True, load=0)
        page = (taken + answer.read()).decode()
        needed = sum(self.ask(one).size for one in sorted(set(_ASSETS.findall(page))))
        return First(ms, answer.status, is_file=False, load=len(page.encode()) + needed)

    def chunks(self, path: str) -> Iterator[bytes]:
        """A file, as it comes."""
        answer = self._answer(path)
        while chunk := answer.read1(65_536):
            yield chunk

    def _answer(self, path: str) -> http.client.HTTPResponse:
        if self.line is None:
            self.line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Cookie": self.cookie, "Accept-Encoding": "gzip"}
        try:
            self.line.request("GET", path, headers=headers)
            return self.line.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):  # it was kept alive for long enough
            self._hang_up()
            self.line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            self.line.request("GET", path, headers=headers)
            return self.line.getresponse()

    def _hang_up(self) -> None:
        if self.line is not None:
            self.line.close()
        self.line = None


def visitors(url: str, port: int, domains: Sequence[str]) -> Sequence[Visitor]:
    """The merchants of these stores, signed in, and an operator who looks at the first of them."""
    engine = db.connect(url)

    def enter(connection: db.Connection) -> list[Visitor]:
        found = {domain: _ids(connection, domain) for domain in domains}
        large = found[domains[0]]
        key = operators.add(connection, "bench", By("the bench", changes.COMMAND_LINE), datetime.now(UTC))
        token = operators.enter(connection, "bench", key, network=None, instead_of=None, now=datetime.now(UTC)).token
        merchants = [
            Visitor(name, port, f"tandem-session={sessions.begin(connection, str(ids['store_id']))}", OWN, ids)
            for name, ids in zip(("large", "small"), found.values(), strict=True)
        ]
        return [*merchants, Visitor(_OPERATOR, port, f"tandem-operator={token}", LOOKED_AT, large)]

    try:
        return transact(engine, enter)
    finally:
        engine.dispose()


def _ids(connection: db.Connection, domain: str) -> dict[str, object]:
    store_id = connection.execute(sa.select(stores.c.id).where(stores.c.domain == domain)).scalar_one()
    of_store = sa.select(events.c.id).where(events.c.store_id == store_id).order_by(events.c.placed_at.desc())
    newest = connection.execute(of_store.limit(200)).scalars().all()
    day = datetime.now(UTC).date().replace(day=1).isoformat()
    return {
        "store_id": store_id,
        "event": newest[0],
        "old": newest[min(49, len(newest) - 1)],
        "middle": newest[0] // 2,
        "day": day,
    }


def doors(visitor: Visitor) -> Iterator[str]:
    """What this visitor may read: pages of a store, and an operator those of all stores too."""
    with tempfile.TemporaryDirectory() as directory:
        environ = {"DATABASE_URL": f"sqlite:///{directory}/t.db", "REDIS_URL": f"unix://{directory}/nobody.sock"}
        rules = list(create_app(config.load(environ, data_dir=Path(directory))).url_map.iter_rules())
    paths = sorted({rule.rule for rule in rules if "GET" in (rule.methods or ())})
    of_all = [path for path in paths if path.startswith("/operator") and not path.startswith(LOOKED_AT)]
    if visitor.name == _OPERATOR:
        yield from (path for path in of_all if not path.startswith("/operator/sign"))
    for path in paths:
        if path == visitor.store_id or path.startswith(f"{visitor.store_id}/"):
            door = path.removeprefix(visitor.store_id)
            filled = door.replace("<int:pk>", str(visitor.ids["event"])) if door.startswith("/events/") else door
            if "<" not in filled:
                base = visitor.store_id.replace("<store_id>", str(visitor.ids["store_id"]))
                yield from (f"{base}{filled}{one.format(**visitor.ids)}" for one in _QUERIES.get(door, ("",)))
