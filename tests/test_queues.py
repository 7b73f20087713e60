"""The bell on a real Valkey: rung once, never waited for, and nobody's code but ours runs when it is heard.

Long: the forged jobs, which are half of it, need the same broker and bell.
"""

import json
import pickle
import signal
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from rq.job import Job
from rq.serializers import DefaultSerializer, JSONSerializer

from integration import db, jobs, queues
from integration.db import migrate
from integration.errors import Misconfigured, Unavailable
from integration.meta.client import GraphClient
from integration.queues import CHORES, DELIVER, DO_CHORES, RUN_TASKS, Bell, SafeJob
from tests.rig import valkey as rig
from tests.rig.forgery import WAITING, Bomb, forger, work
from tests.rig.service import eventually
from tests.rig.shop import Bench

running_valkey, valkey = rig.running_valkey, rig.valkey

HURRY = 1.5  # "about a second" on a loaded machine


@pytest.fixture
def bell(valkey):
    with queues.connect(valkey.url, hurry=True) as connection:
        yield Bell(connection)


def test_one_job_waits_however_often_it_is_rung(valkey, bell):
    assert [bell.wake() for _ in range(100)] == [True] + [False] * 99
    assert valkey.waiting() == [DELIVER]


def test_one_job_waits_however_many_ring_at_once(valkey):
    start, rang = threading.Barrier(16), []

    def ring():
        with queues.connect(valkey.url, hurry=False) as connection:
            start.wait()
            rang.extend(Bell(connection).wake() for _ in range(5))

    ringing = [threading.Thread(target=ring) for _ in range(16)]
    for thread in ringing:
        thread.start()
    for thread in ringing:
        thread.join()
    assert sorted(rang) == [False] * 79 + [True]
    assert valkey.waiting() == [DELIVER]


def test_the_two_jobs_have_a_bell_each(valkey, bell):
    assert [bell.wake(DELIVER), bell.wake(RUN_TASKS), bell.wake(DELIVER), bell.wake(RUN_TASKS)] == [
        True,
        True,
        False,
        False,
    ]
    assert valkey.waiting() == [DELIVER, RUN_TASKS]


def test_once_heard_it_can_be_rung_again(valkey, bell):
    bell.wake(DELIVER)
    bell.wake(RUN_TASKS)
    valkey.admin.lpop(WAITING)
    bell.heard(DELIVER)
    assert (bell.wake(RUN_TASKS), bell.wake(DELIVER), bell.wake(DELIVER)) == (False, True, False)
    assert valkey.waiting() == [RUN_TASKS, DELIVER]


def test_hearing_what_nobody_rang_is_nothing(valkey, bell):
    bell.heard(DELIVER)
    assert bell.wake() is True


def test_a_bell_nobody_hears_is_free_again_by_itself(valkey, bell):
    """A worker may die between taking the job and hearing it; then nobody else would ever be woken."""
    bell.wake()
    (flag,) = valkey.admin.keys("tandem:wake:*")
    assert 0 < valkey.admin.pttl(flag) <= 60_000


def test_an_emptied_broker_can_be_rung_at_once(valkey, bell):
    bell.wake()
    valkey.admin.flushall()
    assert eventually(bell.wake) is True
    assert valkey.waiting() == [DELIVER]


def test_a_ring_that_failed_half_way_does_not_silence_the_next_one(valkey, bell):
    """The broker may go away between the flag and the job. The sweep rings the same bell two seconds later."""
    valkey.admin.acl_setuser("half", enabled=True, nopass=True, keys=["*"], commands=["+@all", "-rpush", "-lpush"])
    with queues.connect(valkey.url.replace("unix://", "unix://half:any@"), hurry=True) as connection:
        assert Bell(connection).wake() is False
    assert valkey.waiting() == []
    assert bell.wake() is True


def in_a_hurry(deed):
    begun = time.monotonic()
    said = deed()
    assert time.monotonic() - begun < HURRY
    return said


def is_silent(bell):
    """Whatever it is asked, it neither raises nor waits."""
    assert in_a_hurry(bell.wake) is False
    assert in_a_hurry(lambda: bell.heard(DELIVER)) is None
    assert "does not answer" in in_a_hurry(bell.trouble)


def test_a_broker_that_is_gone_is_not_waited_for(tmp_path):
    with queues.connect(f"unix://{tmp_path / 'queue.sock'}", hurry=True) as connection:
        is_silent(Bell(connection))


def test_a_broker_that_refuses_connections_is_not_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with queues.connect(f"redis://127.0.0.1:{port}", hurry=True) as connection:
        is_silent(Bell(connection))


def test_a_broker_that_never_says_a_word_is_not_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        with queues.connect(f"redis://127.0.0.1:{port}", hurry=True) as connection:
            is_silent(Bell(connection))


def test_a_broker_that_does_not_even_connect_is_not_waited_for():
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        crowd = [socket.socket() for _ in range(4)]
        for one in crowd:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        with queues.connect(f"redis://127.0.0.1:{full.getsockname()[1]}", hurry=True) as connection:
            is_silent(Bell(connection))
        for one in crowd:
            one.close()


def test_a_frozen_broker_is_not_waited_for_and_rings_again_when_it_thaws(valkey, bell):
    assert bell.trouble() is None
    with valkey.frozen():
        is_silent(bell)
        with queues.connect(valkey.url, hurry=True) as connection:
            is_silent(Bell(connection))
    valkey.admin.flushall()  # what it was told while frozen it did when it thawed
    assert bell.trouble() is None
    assert eventually(bell.wake) is True


def test_a_full_broker_is_not_waited_for_and_rings_again_when_it_has_room(valkey, bell):
    with valkey.full():
        assert in_a_hurry(bell.wake) is False
        assert "memory is full" in in_a_hurry(bell.trouble)
    assert eventually(bell.wake) is True
    assert valkey.waiting() == [DELIVER]


def test_a_frozen_broker_is_asked_once_a_second_and_not_by_every_webhook(valkey, bell):
    with valkey.frozen():
        begun = time.monotonic()
        assert not any(bell.wake() for _ in range(200))
        assert time.monotonic() - begun < 10  # 200 times a quarter of a second would be 50


def test_while_one_thread_waits_for_a_frozen_broker_the_others_do_not(valkey, bell):
    start, waited = threading.Barrier(16), []

    def ring():
        start.wait()
        begun = time.monotonic()
        bell.wake()
        waited.append(time.monotonic() - begun)

    with valkey.frozen():
        ringing = [threading.Thread(target=ring) for _ in range(16)]
        for thread in ringing:
            thread.start()
        for thread in ringing:
            thread.join()
    assert sum(seconds > 0.2 for seconds in waited) == 1


def test_a_bell_that_was_just_rung_is_not_asked_for_again(valkey, bell):
    """The broker was the largest single cost of a webhook."""
    valkey.admin.config_resetstat()
    begun = time.monotonic()
    for _ in range(500):
        bell.wake()
    asked = valkey.admin.info("commandstats")["cmdstat_set"]["calls"]
    assert asked <= (time.monotonic() - begun) / 0.05 + 1


def test_a_flag_without_a_job_silences_webhooks_but_not_the_clock(valkey, bell):
    """A worker took the job and died before it heard the bell."""
    bell.wake()
    valkey.admin.delete(WAITING)
    assert bell.wake() is False
    bell.insist(DELIVER)
    assert valkey.waiting() == [DELIVER]
    bell.insist(DELIVER)
    assert valkey.waiting() == [DELIVER]


def test_a_policy_that_changes_while_we_run_is_seen(valkey, bell):
    valkey.admin.config_set("maxmemory-policy", "allkeys-lru")
    assert "maxmemory-policy is allkeys-lru; it must be noeviction" in bell.trouble()
    valkey.admin.config_set("maxmemory-policy", "noeviction")
    assert bell.trouble() is None


def test_what_is_no_broker_at_all_does_not_raise():
    """A web server on the port of REDIS_URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    with queues.connect(f"redis://127.0.0.1:{server.server_port}", hurry=True) as connection:
        assert in_a_hurry(Bell(connection).wake) is False
    server.shutdown()
    server.server_close()


def test_a_broker_that_keeps_everything_is_accepted(valkey):
    queues.refuse_unsafe(valkey.admin)


@pytest.mark.parametrize("policy", ["allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-ttl"])
def test_a_broker_that_may_throw_jobs_away_is_refused(valkey, policy):
    """Measured: with allkeys-lru two thirds of the jobs were gone, and nobody said so."""
    valkey.admin.config_set("maxmemory-policy", policy)
    with pytest.raises(Misconfigured, match=f"maxmemory-policy is {policy}; it must be noeviction"):
        queues.refuse_unsafe(valkey.admin)


def test_a_broker_that_forbids_its_configuration_can_still_be_judged(valkey):
    """Quirk: managed brokers have no CONFIG."""
    valkey.admin.acl_setuser("managed", enabled=True, nopass=True, keys=["*"], commands=["+@all", "-config"])
    with queues.connect(valkey.url.replace("unix://", "unix://managed:any@"), hurry=False) as connection:
        queues.refuse_unsafe(connection)
        valkey.admin.config_set("maxmemory-policy", "allkeys-lru")
        with pytest.raises(Misconfigured, match="maxmemory-policy"):
            queues.refuse_unsafe(connection)


def test_no_broker_is_unavailable_and_its_address_is_not_repeated(tmp_path):
    with (
        queues.connect(f"unix://user:the-password@{tmp_path / 'queue.sock'}", hurry=True) as connection,
        pytest.raises(Unavailable, match="REDIS_URL does not answer") as raised,
    ):
        queues.refuse_unsafe(connection)
    assert "the-password" not in str(raised.value)
    assert str(tmp_path) not in str(raised.value)


@pytest.mark.parametrize("url", ["", "nonsense", "http://redis", "redis:/host", "redis://host:the-password"])
def test_an_address_that_is_none_names_its_variable(url):
    with pytest.raises(Misconfigured, match="REDIS_URL") as raised:
        queues.connect(url, hurry=True)
    assert "the-password" not in str(raised.value)


# From here on somebody else can write to Redis.


@pytest.fixture
def other(valkey, tmp_path):
    """Someone who can write to Redis."""
    with forger(valkey.admin, tmp_path / "traces") as found:
        yield found


@pytest.fixture
def _signals_as_before():
    """RQ's worker puts its own handlers in place."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.fixture
def shop(tmp_path_factory):
    """A store on a migrated SQLite, and the jobs' workshop on the same."""
    engine = db.connect(f"sqlite:///{tmp_path_factory.mktemp('database') / 'tandem.db'}")
    migrate.upgrade(engine)
    bench = Bench(engine, sandbox=None)
    yield bench.shop("shopify", dataset=None)
    engine.dispose()


def open_workshop(shop, bell, graph_url="http://127.0.0.1:9"):
    engine, sealer = shop.bench.engine, shop.bench.sealer
    jobs.open_workshop(jobs.Workshop(engine, sealer, GraphClient(graph_url, "v26.0"), bell, "a secret key"))


def uninstall(shop):
    """Leave a task behind that only a real job carries out."""
    shop.tell("app/uninstalled", shop.sample("app/uninstalled", "shop", order_id=None))
    assert shop.row.uninstalled_at is None


@pytest.mark.usefixtures("_signals_as_before")
def test_t38_nothing_of_a_forged_job_runs_and_the_worker_goes_on(valkey, bell, shop, other, capfd):
    """T38. Quirk: neither JSON instead of pickle nor RQ itself asks who wrote a job."""
    other.forge_all()
    uninstall(shop)
    assert bell.wake(RUN_TASKS)
    open_workshop(shop, bell)
    work(valkey.url)
    assert (other.files(), other.called, other.kept(), capfd.readouterr().out) == ([], [], [], "")
    assert shop.row.uninstalled_at is not None
    assert valkey.admin.llen(WAITING) == 0
    failed = [valkey.admin.hget(f"rq:job:{name}", "status") for name in ("system", "instance", "abandoned")]
    assert failed == [b"failed"] * 3


@pytest.mark.usefixtures("_signals_as_before")
def test_t38_the_same_forgeries_do_run_where_nobody_looks_at_them(valkey, bell, shop, other, capfd):
    """Else the test above would prove nothing."""
    other.forge_all()
    open_workshop(shop, bell)
    work(valkey.url, job_class=Job)
    assert other.files() == ["system", "touch"]
    assert {"/finished", "/failed"} <= set(other.called)
    assert "instance" in other.kept()
    printed = capfd.readouterr().out
    assert "FORGED\n" in printed
    assert printed.count("<Job abandoned:") == 1
    assert printed.count("<Job ") >= 5


@pytest.mark.usefixtures("_signals_as_before")
def test_t38_a_pickled_job_does_run_where_pickles_are_read(valkey, other):
    """Quirk: pickle is RQ's default, in `data` as in `meta`."""
    other.forge("pickle", pickle.dumps(("os.getpid", None, (Bomb(other.directory / "pickle"),), {})))
    other.forge("meta", ["os.getpid", None, [], {}], meta=pickle.dumps(Bomb(other.directory / "meta")))
    work(valkey.url, job_class=Job, serializer=DefaultSerializer)
    assert other.files() == ["meta", "pickle"]


@pytest.mark.usefixtures("_signals_as_before")
def test_a_job_that_cannot_even_be_read_does_not_stop_those_behind_it_for_long(valkey, bell, shop, other):
    """Quirk: RQ's worker ends over a hash it cannot read, and once more when it tidies up; then it goes on."""
    other.forge("poison", [RUN_TASKS, None, [], {}], created_at="yesterday")
    uninstall(shop)
    bell.wake(RUN_TASKS)
    open_workshop(shop, bell)
    for _ in range(3):  # as `tandem up` starts it again
        work(valkey.url)
    assert shop.row.uninstalled_at is not None


@pytest.mark.parametrize("field", ["success_callback", "failure_callback", "stopped_callback", "webhooks"])
def test_what_a_job_of_ours_may_not_have_it_has_not(valkey, other, field):
    names = {f"{name}_callback_name": "os.getpid" for name in ("success", "failure", "stopped")}
    other.forge("ours", [DELIVER, None, [], {}], webhooks=json.dumps(other.hooks), **names)
    assert not getattr(SafeJob.fetch("ours", connection=valkey.admin, serializer=JSONSerializer), field)
    assert getattr(Job.fetch("ours", connection=valkey.admin, serializer=JSONSerializer), field)


@pytest.mark.parametrize("job", [DELIVER, RUN_TASKS, DO_CHORES])
def test_a_job_of_ours_is_the_function_of_its_name(valkey, bell, job):
    bell.wake(job)
    (waiting,) = valkey.admin.keys("rq:queue:*")
    (job_id,) = valkey.admin.lrange(waiting, 0, -1)
    found = SafeJob.fetch(job_id.decode(), connection=valkey.admin, serializer=JSONSerializer)
    assert found.func is {DELIVER: jobs.deliver, RUN_TASKS: jobs.run_tasks, DO_CHORES: jobs.do_chores}[job]


def test_chores_wait_in_a_queue_of_their_own_where_a_platform_that_hangs_delays_no_delivery(valkey, bell):
    assert [bell.wake(DO_CHORES), bell.wake(DELIVER), bell.wake(DO_CHORES)] == [True, True, False]
    assert valkey.waiting() == [DELIVER]
    assert valkey.admin.llen(f"rq:queue:{CHORES}") == 1


@pytest.mark.usefixtures("_signals_as_before")
def test_a_job_done_leaves_nothing_behind(valkey, bell, shop):
    open_workshop(shop, bell)
    bell.wake(RUN_TASKS)
    work(valkey.url)
    assert not valkey.admin.keys("rq:job:*")
    assert not valkey.admin.keys("rq:results:*")
    assert not valkey.admin.keys("tandem:*")


def texts(value):
    """What a body says, but for what a clock or a random id could say by chance."""
    if isinstance(value, dict | list):
        members = value.values() if isinstance(value, dict) else value
        return {text for member in members for text in texts(member)}
    return {str(value)} if len(str(value)) >= 8 else set()


@pytest.mark.usefixtures("_signals_as_before")
def test_no_person_no_payload_and_no_id_ever_gets_into_redis(valkey, bell, shop, sandbox):
    """T25: rung, waiting, and done."""
    shop.set(consent_mode="assumed")
    shop.attach("100000000000001", token="a-token-for-meta")
    body = shop.sample("orders/paid", "card", order_id="5001777123")
    canaries = texts(json.loads(body)) | {
        shop.id,
        shop.secret,
        "100000000000001",
        "a-token-for-meta",
        "5001777123",
        "Purchase",
    }
    assert len(canaries) > 50

    shop.tell("orders/paid", body, now=datetime.now(UTC))
    assert bell.wake(DELIVER)
    rung = valkey.everything()
    open_workshop(shop, bell, graph_url=sandbox.url)
    work(valkey.url)
    assert [event["event_id"] for event in sandbox.told()] == ["5001777123"]
    assert DELIVER in rung
    assert not [text for text in canaries if text in rung + valkey.everything()]


def test_a_waiting_job_is_its_name_and_nothing_else(valkey, bell):
    bell.wake(DELIVER)
    (job_id,) = valkey.admin.lrange(WAITING, 0, -1)
    assert valkey.job(job_id) == [DELIVER, None, [], {}]
    told = valkey.admin.hgetall(b"rq:job:" + job_id)
    assert told[b"description"] == DELIVER.encode()
    assert told.get(b"meta", b"") in (b"", b"{}")
    assert {key.split(b":")[0] for key in valkey.admin.keys("*")} == {b"rq", b"tandem"}


def test_how_full_the_queues_are_and_who_listens_can_be_seen(valkey, bell):
    begun = datetime.now(UTC) - timedelta(seconds=5)
    bell.wake()
    queues.listener(bell.connection).register_birth()

    full, empty = queues.depths(bell.connection)
    assert (full.name, full.waiting, empty.waiting, empty.oldest_at) == (queues.QUEUE, 1, 0, None)
    assert begun < full.oldest_at < datetime.now(UTC)
    (seen,) = queues.listeners(bell.connection)
    assert (seen.queues, seen.doing) == (queues.QUEUE, None)
    assert begun < seen.since < datetime.now(UTC)
    assert begun < seen.last_seen


def test_of_a_broker_that_is_gone_nothing_can_be_seen(tmp_path):
    gone = queues.connect(f"unix://{tmp_path}/nobody.sock", hurry=True)
    for look in (queues.depths, queues.listeners):
        with pytest.raises(Unavailable):
            look(gone)
