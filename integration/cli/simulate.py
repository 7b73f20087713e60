"""`tandem simulate`: signed webhooks for the running service, as a platform would post them."""

import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO

import click
import urllib3
from urllib3.exceptions import HTTPError

from connectors import registry
from connectors.contract import Connector
from integration.cli import opening
from integration.config import Settings
from integration.crypto import Sealer
from integration.db import reading
from integration.db.stores import SEALED_SECRET, Store
from integration.errors import Unavailable
from integration.stores import connect

_WRONG_SECRET = "not the secret of this store"  # noqa: S105
_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Sender:
    """Posts like the platform of one store."""

    connector: Connector
    address: str
    domain: str
    secret: str
    pool: urllib3.PoolManager

    def post(self, topic: str, body: bytes, *, secret: str | None = None) -> tuple[int, Mapping[str, str]]:
        """Sign and send one body; the status code and the decoded answer. Raises Unavailable."""
        headers = self.connector.sign(topic, body, secret or self.secret, self.domain)
        try:
            response = self.pool.request("POST", self.address, body=body, headers=headers, redirect=False)
            told = response.json() if response.headers.get("Content-Type") == "application/json" else {}
        except (HTTPError, ValueError) as error:
            raise Unavailable(f"Tandem does not answer at {self.address}: is `tandem up` running?") from error
        return response.status, told

    def restaged(self, body: bytes, *, order_id: str | None, placed_at: datetime) -> bytes:
        """The body as this store would tell it of another order and time."""
        return self.connector.restage(body, order_id=order_id, placed_at=placed_at, domain=self.domain)


def sender(store: Store, settings: Settings, address: str) -> Sender:
    """A sender for a store of ours, which knows its secret."""
    connector = registry.get(store.platform)
    if store.sealed_secret:
        opened = Sealer(settings.encryption_keys).unseal(store.sealed_secret, store=store.id, column=SEALED_SECRET)
        secret = opened.decode()
    else:
        secret = next(iter(settings.app_secrets.get(store.platform, ())), "")
    pool = urllib3.PoolManager(retries=False, timeout=_TIMEOUT_SECONDS)
    return Sender(connector, address + connect.webhook_path(store), store.domain, secret, pool)


@click.command()
@click.argument("platform")
@click.argument("topic")
@click.argument("file", type=click.File("rb"), required=False)
@click.option("--store", "name", required=True, help="A store_id or a domain.")
@click.option("--count", default=1, show_default=True, help="How many; from the second on, each is another order.")
@click.option("--rate", default=0.0, help="How many a second; as fast as answers come unless given.")
@click.option("--duplicate", is_flag=True, help="Send each twice.")
@click.option("--bad-signature", is_flag=True, help="Sign with a wrong secret.")
@click.option("--shuffle", is_flag=True, help="Send in random order.")
def simulate(
    platform: str,
    topic: str,
    file: IO[bytes] | None,
    name: str,
    count: int,
    rate: float,
    *,
    duplicate: bool,
    bad_signature: bool,
    shuffle: bool,
) -> None:
    """Sign and post webhooks of TOPIC to the running service. FILE is sent as it is; without one, a sample of ours
    is sent, as of now.
    """
    settings, engine = opening.settings_and_engine()
    with reading(engine) as connection:
        store = connect.find(connection, name, platform=platform)
    post = sender(store, settings, opening.service_address(settings))
    given = file.read() if file else None
    bodies = list(_bodies(post, topic, given, count))
    bodies = [body for body in bodies for _ in range(2 if duplicate else 1)]
    if shuffle:
        random.shuffle(bodies)
    answers: Counter[tuple[int, str, str]] = Counter()
    for body in bodies:
        status, told = post.post(topic, body, secret=_WRONG_SECRET if bad_signature else None)
        answers[status, told.get("status", ""), told.get("reason", "")] += 1
        time.sleep(1 / rate if rate else 0)
    rows = [(number, *answer) for answer, number in sorted(answers.items())]
    opening.print_table(f"{len(bodies)} webhooks {topic}", ("answers", "HTTP", "status", "reason"), rows)


def _bodies(post: Sender, topic: str, given: bytes | None, count: int) -> Iterator[bytes]:
    """The given body itself, then the same of other orders; ids are taken from the clock, so that runs differ."""
    first = time.time_ns() // 1_000_000
    for place in range(count):
        if given is not None and place == 0:
            yield given
            continue
        body = given if given is not None else registry.sample(post.connector.name, topic)
        yield post.restaged(body, order_id=str(first + place), placed_at=datetime.now(UTC))
