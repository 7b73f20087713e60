"""Killed at a named line, on both databases: one row, told once; where nobody knows, told twice and counted once."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from integration import config, db, failpoints
from integration.app import create_app
from integration.errors import Misconfigured
from tests.rig import hasten
from tests.rig.sandbox import Sandbox
from tests.rig.senders import BROKEN, Record
from tests.rig.service import Service, eventually
from tests.rig.till import PATIENCE, Till

DATASETS = {"sqlite": "100000000000001", "postgresql": "100000000000002"}


@dataclass
class Stage:
    """The running service with every failpoint waiting for its file, a store that sells, the way into its database."""

    service: Service
    till: Till
    engine: db.Engine
    files: Path

    def arm(self, name: str) -> None:
        """The next process that comes to this line is killed there."""
        (self.files / name).touch()

    def struck(self, name: str) -> bool:
        """Whether it was."""
        return not (self.files / name).exists()

    def delivered(self, record: Record) -> bool:
        """Whether it is in the end, from one row. The lease of a killed worker is not waited for: it lapses now."""
        order_id = record.webhook.promises[0].event_id

        def look() -> bool:
            hasten.let_leases_lapse(self.engine, older_than=4)
            return [row["status"] for row in self.service.events() if row["order_id"] == order_id] == ["delivered"]

        return bool(eventually(look, PATIENCE))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, meta: Sandbox) -> Iterator[Stage]:
    """One service for all the lines."""
    home = tmp_path_factory.mktemp("failpoints")
    files = home / "files"
    files.mkdir()
    armed = ",".join(f"{name}:kill@file={files / name}" for name in sorted(failpoints.NAMES))
    environment = {"META_GRAPH_URL": meta.url, "FAILPOINT": armed}
    if request.param == "sqlite":
        url = f"sqlite:///{home / 'data' / 'tandem.db'}"
        yield from _stage(home, environment, url, meta, DATASETS["sqlite"])
        return
    with request.getfixturevalue("cluster").empty() as url:
        yield from _stage(home, {**environment, "DATABASE_URL": url}, url, meta, DATASETS["postgresql"])


def _stage(home: Path, environment: dict[str, str], url: str, meta: Sandbox, dataset_id: str) -> Iterator[Stage]:
    service = Service(home / "data", environment)
    with service.running():
        engine = db.connect(url)
        try:
            yield Stage(service, Till.opened(service, meta, dataset_id), engine, home / "files")
        finally:
            engine.dispose()


@pytest.mark.parametrize("line", ["ingest.before_commit", "ingest.after_commit"])
def test_a_web_process_killed_at_a_line_makes_one_row_of_the_senders_two_tries(stage: Stage, line: str) -> None:
    stage.arm(line)
    record = stage.till.sell()
    assert stage.struck(line)
    assert record.tries[0].answer == BROKEN
    assert record.taken
    assert stage.delivered(record)
    assert stage.till.copies(record) == [True]


@pytest.mark.parametrize("line", ["deliver.after_claim", "deliver.before_post", "worker.before_job"])
def test_a_worker_killed_before_the_call_tells_it_once(stage: Stage, line: str) -> None:
    stage.arm(line)
    record = stage.till.sell()
    assert record.taken
    assert eventually(lambda: stage.struck(line), PATIENCE)
    assert stage.delivered(record)
    assert stage.till.copies(record) == [True]


@pytest.mark.parametrize("line", ["deliver.after_post", "deliver.before_outcome"])
def test_a_worker_killed_between_call_and_outcome_tells_it_twice_and_meta_counts_it_once(
    stage: Stage, line: str
) -> None:
    stage.arm(line)
    record = stage.till.sell()
    assert record.taken
    assert eventually(lambda: stage.struck(line), PATIENCE)
    assert stage.delivered(record)
    assert stage.till.copies(record) == [True, False]


def test_a_clock_killed_after_its_look_is_missed_by_nobody(stage: Stage) -> None:
    stage.arm("clock.after_sweep")
    assert eventually(lambda: stage.struck("clock.after_sweep"), PATIENCE)
    record = stage.till.sell()
    assert record.taken
    assert stage.delivered(record)
    assert stage.till.copies(record) == [True]


# From here on: the failpoints themselves.


@pytest.fixture
def arm() -> Iterator[Callable[[str], None]]:
    yield failpoints.arm
    failpoints.arm("")


def test_every_name_is_a_line_somewhere_and_no_line_has_another() -> None:
    sources = [path.read_text() for path in Path(failpoints.__file__).parent.rglob("*.py")]
    for name in failpoints.NAMES:
        assert any(f'failpoints.reach("{name}")' in text for text in sources), name
    assert {name for text in sources for name in re.findall(r'failpoints\.reach\("(.*?)"\)', text)} == failpoints.NAMES


def test_a_line_without_a_failpoint_does_nothing(arm: Callable[[str], None]) -> None:
    arm("deliver.after_post:raise")
    failpoints.reach("deliver.before_post")


def test_it_strikes_at_the_pass_that_was_asked_for(arm: Callable[[str], None]) -> None:
    arm("deliver.after_post:raise@3")
    failpoints.reach("deliver.after_post")
    failpoints.reach("deliver.after_post")
    with pytest.raises(failpoints.Struck):
        failpoints.reach("deliver.after_post")
    failpoints.reach("deliver.after_post")


def test_it_strikes_once_for_each_file(arm: Callable[[str], None], tmp_path: Path) -> None:
    arm(f"clock.after_sweep:raise@file={tmp_path / 'now'}")
    for _ in range(2):
        failpoints.reach("clock.after_sweep")
        (tmp_path / "now").touch()
        with pytest.raises(failpoints.Struck):
            failpoints.reach("clock.after_sweep")


def test_it_can_take_its_time(arm: Callable[[str], None]) -> None:
    arm("deliver.after_post:sleep:0.2, clock.after_sweep:raise")
    begun = time.monotonic()
    failpoints.reach("deliver.after_post")
    assert time.monotonic() - begun >= 0.2


@pytest.mark.parametrize(
    "text",
    ["deliver", "deliver.after_post", "nowhere.at_all:kill", "clock.after_sweep:explode", "clock.after_sweep:kill@0"],
)
def test_a_failpoint_that_is_none_is_said_and_arms_nothing(arm: Callable[[str], None], text: str) -> None:
    with pytest.raises(Misconfigured, match="FAILPOINT is NAME:kill"):
        arm(f"deliver.after_post:raise,{text}")
    failpoints.reach("deliver.after_post")


def test_production_refuses_to_start_with_one(tmp_path: Path) -> None:
    environment = {
        "APP_ENV": "production",
        "DATABASE_URL": "postgresql://db/tandem",
        "REDIS_URL": "redis://broker",
        "PUBLIC_URL": "https://tandem.example.com",
        "SECRET_KEY": "s" * 40,
        "ENCRYPTION_KEYS": "zmuiJg1JCmJTTbLvxsIMz1m3iZg2ZVAzLJGb1dKGZaM=",
    }
    config.load(environment, data_dir=tmp_path)
    with pytest.raises(Misconfigured, match="FAILPOINT must not be set in production"):
        config.load({**environment, "FAILPOINT": "deliver.after_post:kill"}, data_dir=tmp_path)


def test_a_typing_error_in_it_stops_the_start_and_not_the_first_webhook(tmp_path: Path) -> None:
    settings = config.load({"FAILPOINT": "ingest.befor_commit:kill"}, data_dir=tmp_path)
    with pytest.raises(Misconfigured, match=r"ingest\.before_commit"):
        create_app(settings)
