"""A crowd at the beacon, over the production web command: it is turned away, and every webhook is taken meanwhile."""

import json
import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3

from connectors import registry
from integration import config, db, up
from integration.crypto import Sealer
from tests.rig.sandbox import Sandbox
from tests.rig.service import free_port
from tests.rig.shop import Bench, Shop

SECRET = "a secret of the tests only"
CALLERS, WEBHOOKS = 24, 25


@dataclass
class Web:
    """The server on a PostgreSQL, and a shop it knows."""

    url: str
    shop: Shop
    pool: urllib3.PoolManager

    def signal(self, number: int) -> int:
        """Of a checkout and an address that nobody had before: the sender is a botnet's."""
        body = json.dumps({"checkout_token": f"flood-{number}", "fbclid": f"click-{number}"})
        headers = {"X-Forwarded-For": f"100.{number >> 16 & 63}.{number >> 8 & 255}.{number & 255}"}
        path = f"{self.url}/s/{self.shop.row.public_key}/signal"
        return self.pool.request("POST", path, body=body, headers=headers).status

    def webhook(self, number: int) -> tuple[int, str]:
        body = self.shop.sample("orders/paid", "card", order_id=str(9_000_000 + number))
        headers = registry.get("shopify").sign("orders/paid", body, SECRET, self.shop.row.domain)
        answer = self.pool.request("POST", f"{self.url}/webhooks/shopify", body=body, headers=headers)
        return answer.status, answer.json()["status"]


@pytest.fixture
def web(postgres_url: str, tmp_path: Path, meta: Sandbox) -> Iterator[Web]:
    words = {"DATABASE_URL": postgres_url, "TANDEM_DATA_DIR": str(tmp_path), "TRUSTED_PROXIES": "1"}
    words |= {"REDIS_URL": f"unix://{tmp_path}/nobody.sock", "SHOPIFY_API_SECRET": SECRET}
    settings = config.load(words, data_dir=tmp_path)
    engine, port = db.connect(postgres_url), free_port()
    bench = Bench(engine, meta, Sealer(settings.encryption_keys), dict(settings.app_secrets))
    shop = bench.shop("shopify")
    with (tmp_path / "web.log").open("w") as log:
        process = subprocess.Popen(up.web_command(port), env={**os.environ, **words}, stdout=log, stderr=log)
    pool = urllib3.PoolManager(retries=False, timeout=30.0, maxsize=CALLERS + 1)
    found = Web(f"http://127.0.0.1:{port}", shop, pool)
    try:
        until_up(found)
        yield found
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        engine.dispose()


def until_up(web: Web) -> None:
    for _ in range(300):
        try:
            web.pool.request("GET", f"{web.url}/health/live")
        except urllib3.exceptions.HTTPError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the web command did not come up")


def test_b24_webhooks_are_all_taken_while_the_beacon_turns_a_crowd_away(web: Web) -> None:
    over, answers, told = threading.Event(), Counter[int](), threading.Lock()

    def flood(caller: int) -> None:
        for number in range(caller * 100_000, caller * 100_000 + 100_000):
            if over.is_set():
                return
            status = web.signal(number)
            with told:
                answers[status] += 1

    crowd = [threading.Thread(target=flood, args=(caller,)) for caller in range(CALLERS)]
    for one in crowd:
        one.start()
    try:
        for _ in range(300):  # the crowd is there, and too large
            if answers[429] > CALLERS:
                break
            time.sleep(0.1)
        taken = [web.webhook(number) for number in range(WEBHOOKS)]
    finally:
        over.set()
        for one in crowd:
            one.join()

    assert taken == [(200, "accepted")] * WEBHOOKS
    assert answers[429] > CALLERS
    assert set(answers) <= {204, 429, 503}
    assert answers[204] > 0


def test_while_the_beacons_table_is_in_other_hands_few_threads_wait_and_webhooks_are_taken(web: Web) -> None:
    answers, told = Counter[int](), threading.Lock()

    def crowd(caller: int) -> None:
        for number in range(caller * 100, caller * 100 + 4):
            status = web.signal(number)
            with told:
                answers[status] += 1

    crowded = [threading.Thread(target=crowd, args=(caller,)) for caller in range(CALLERS)]
    engine = web.shop.bench.engine
    with db.transaction(engine) as connection:
        connection.exec_driver_sql("LOCK TABLE signals IN ACCESS EXCLUSIVE MODE")
        for one in crowded:
            one.start()
        taken = [web.webhook(number) for number in range(3)]
        for one in crowded:
            one.join()

    assert taken == [(200, "accepted")] * 3
    # Some waited a second for the table; the others, too few to be too many for a store, were told so at once.
    assert set(answers) == {429, 503}
    assert answers[429] > answers[503]
