"""Both riders tried on the real road: the page, the shop's address, the beacon, the broker, a worker, and Meta's stand-in."""

import json
import re
from pathlib import Path
from urllib.parse import urlencode

from integration import db
from integration.db import transact
from integration.stores import sessions
from tests.rig.sandbox import Sandbox
from tests.rig.service import Service, eventually

DATASETS = {"shopify": "100000000000031", "woocommerce": "100000000000032"}
DOMAINS = {"shopify": "pair.myshopify.com", "woocommerce": "pair.example.com"}


def test_what_a_merchant_tries_reaches_meta_by_the_worker_while_the_store_observes(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'tandem.db'}"
    environment = {"DATABASE_URL": url, "META_GRAPH_URL": sandbox.url, "TRUSTED_PROXIES": "1"}
    with Service(tmp_path / "data", environment).running() as service:
        codes = {platform: _tried(service, url, platform) for platform in DOMAINS}
        told = eventually(lambda: len(sandbox.told("TandemTest")) == len(codes) and sandbox.told("TandemTest"))
        assert {one["event_id"] for one in told} == {f"tandem_test_{code[:8]}" for code in codes.values()}
        assert {one["user_data"]["client_ip_address"] for one in told} == {"203.0.113.77"}
        assert service.events() == []
        assert not [code for code in codes.values() if code in service.log()]


def _tried(service: Service, url: str, platform: str) -> str:
    """The code of a test that was begun on the page, opened, and answered by the storefront's script."""
    words = ("--dataset", DATASETS[platform], "--token", "good-token")
    store = service.add_store(platform, DOMAINS[platform], *words)
    service.run("store", "set", store["store_id"], "state=observing")
    engine = db.connect(url)
    cookie = transact(engine, lambda connection: sessions.begin(connection, store["store_id"]))
    engine.dispose()
    headers = {"Cookie": f"tandem-session={cookie}", "Origin": service.url}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    ask = service.pool.request
    begun = ask("POST", f"{service.url}/store/pair", body=urlencode({}), headers={**headers, **form}, redirect=False)
    assert begun.status == 303
    code = re.search(r"/try/([a-p]+)", ask("GET", f"{service.url}/store/pair", headers=headers).data.decode())[1]
    opened = ask("GET", f"{service.url}/try/{code}", redirect=False)
    assert opened.headers["Location"] == f"https://{DOMAINS[platform]}/?tandem-test={code}"
    told = {"dataset_id": DATASETS[platform], "event_name": "TandemTest", "event_id": f"tandem_test_{code[:8]}"}
    said = {"X-Forwarded-For": "203.0.113.77", "User-Agent": "Mozilla/5.0", "Content-Type": "text/plain"}
    body = json.dumps({**told, "state": "called", "proof": code})
    assert ask("POST", f"{service.url}/s/{store['public_key']}/sighting", body=body, headers=said).status == 204
    return code
