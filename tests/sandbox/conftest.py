"""The sandbox as a real process on a free port, and a small client for it. All people and shops here are constructed."""

import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest
import urllib3

ROOT = Path(__file__).parents[2]
DATASET = "100200300"


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def person(**more):
    return {"em": digest("ada@example.com"), "client_ip_address": "192.0.2.7", "client_user_agent": "Test/1.0", **more}


def event(name="Purchase", event_id="1001", **more):
    """A good event; a key given as None is left out."""
    whole = {
        "event_name": name,
        "event_id": event_id,
        "event_time": int(time.time()) - 60,
        "action_source": "website",
        "event_source_url": "https://shop.example.com/checkout",
        "user_data": person(),
        "custom_data": {"value": 12.5, "currency": "EUR", "order_id": "1001"},
        **more,
    }
    return {key: value for key, value in whole.items() if value is not None}


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.data

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        return self.json["error"]

    @property
    def refusal(self):
        """What a client may judge by."""
        return self.status, self.error["code"], self.error.get("error_subcode")


class Sandbox:
    def __init__(self, url, process):
        self.url = url
        self.process = process
        host, _, port = url.removeprefix("http://").partition(":")
        self.address = (host, int(port))
        self.pool = urllib3.PoolManager(retries=False, maxsize=64, timeout=10)

    def request(self, method, path, body=None, headers=None, timeout=10):
        if isinstance(body, dict | list):
            body = json.dumps(body)
            headers = {"Content-Type": "application/json", **(headers or {})}
        return Answer(self.pool.request(method, self.url + path, body=body, headers=headers, timeout=timeout))

    def post(self, *events, dataset=DATASET, token="token-of-ada", headers=None, timeout=10, **top):
        body = {"data": list(events), "access_token": token, **top}
        return self.request("POST", f"/v26.0/{dataset}/events", body, headers, timeout)

    def pixel(self, name="Purchase", event_id="1001", dataset=DATASET, **fields):
        named = {"id": dataset, "ev": name, "eid": event_id, **fields}
        return self.request("GET", "/tr/?" + urlencode({key: value for key, value in named.items() if value}))

    def control(self, method, door, body=None):
        answer = self.request(method, f"/_sandbox/{door}", body)
        assert answer.status == 200, answer.body
        return answer.json

    def fault(self, **fault):
        return self.control("POST", "faults", fault)

    def advance(self, seconds):
        return self.control("POST", "clock", {"advance_seconds": seconds})

    def events(self):
        return self.control("GET", "journal")["events"]

    def requests(self):
        return self.control("GET", "journal")["requests"]

    def wait_for_request(self):
        """The first call in the journal, once it is there: its sender may have given up before it was read."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            for visit in self.requests():
                return visit
            time.sleep(0.02)
        raise AssertionError("nothing was journalled")

    def counts(self, name="Purchase", dataset=DATASET):
        return self.control("GET", "counts")["datasets"].get(dataset, {}).get(name)

    def reset(self):
        for door in ("journal", "faults", "tokens"):
            self.control("DELETE", door)
        self.control("POST", "clock", {"shift_seconds": 0})


def start(*arguments):
    process = subprocess.Popen(
        [sys.executable, "-m", "integration.sandbox", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    word, url = process.stdout.readline().split()
    assert word == "sandbox"
    return Sandbox(url, process)


def stop(sandbox):
    """What it wrote after its first line, and its exit code."""
    sandbox.pool.clear()
    sandbox.process.terminate()
    out, err = sandbox.process.communicate(timeout=10)
    return out + err, sandbox.process.returncode


@pytest.fixture
def launch():
    """Start sandboxes with flags of one's own; all are ended afterwards."""
    started = []

    def begin(*arguments):
        started.append(start(*arguments))
        return started[-1]

    yield begin
    for each in started:
        stop(each)


@pytest.fixture(scope="session")
def _shared_sandbox():
    sandbox = start()
    yield sandbox
    written, code = stop(sandbox)
    # Nothing that all these tests did may show up as a traceback or a log line.
    assert (written, code) == ("", 0)


@pytest.fixture
def sandbox(_shared_sandbox):
    _shared_sandbox.reset()
    return _shared_sandbox


@pytest.fixture(scope="session")
def make():
    """Builders of good events and of their parts."""

    class Make:
        dataset = DATASET
        event = staticmethod(event)
        person = staticmethod(person)
        digest = staticmethod(digest)
        end = staticmethod(stop)
        root = ROOT

    return Make
