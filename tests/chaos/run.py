"""One run: a house, a load, a storm; then calm, until everything is settled; then the verdict."""

import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from integration import db
from integration.db import reading, reports
from integration.db.attempts import attempts
from integration.errors import Unavailable
from tests.chaos import house, plan
from tests.chaos.house import House
from tests.chaos.load import Load
from tests.chaos.oracle import Verdict, judge
from tests.chaos.storm import Storm
from tests.rig import hasten
from tests.rig.senders import Promise

_LONGEST = 1_800.0
_SETTLE_SECONDS = 240.0
_LOOK_SECONDS = 2.0
# A call takes 15 seconds at most, so that whoever has not renewed a lease for so long is dead, or as good as.
_SURELY_DEAD = 25.0


@dataclass(frozen=True)
class Options:
    """How much. `hurried`: leases of the dead lapse soon when the storm is over, not after their minute. `keep`: where
    logs are kept.
    """

    seed: int
    seconds: float = 390.0
    kills: int = 520
    webhooks: int = 10_500
    rate: float = 34.0
    stores: int = 48
    boxes: int = 2
    hurried: bool = False
    keep: Path | None = None


@dataclass(frozen=True)
class Outcome:
    """The verdict, the blows that were dealt, how long storm and settling took, what the processes complained of, and
    the ledger's reasons for what was not delivered.
    """

    verdict: Verdict
    dealt: Mapping[str, int]
    stormy: float
    settling: float
    complaints: Mapping[str, int]
    reasons: Mapping[str, int]


def run(options: Options) -> Outcome:
    """All of it. Raises postgres.NotToBeHadError."""
    with tempfile.TemporaryDirectory(prefix="tandem-chaos-") as directory:
        home = Path(directory)
        with house.standing(home, options.boxes) as standing:
            standing.connect(options.stores)
            begun = time.monotonic()
            load, dealt = _shake(standing, options)
            calm = time.monotonic()
            _settle(standing, hurried=options.hurried)
            settled = time.monotonic()
            if options.keep:
                _keep(standing, options.keep)
            verdict = _judge(standing, load)
            complaints, reasons = _complaints(standing), _reasons(standing.bench.engine)
            return Outcome(verdict, dealt, calm - begun, settled - calm, complaints, reasons)


def _shake(standing: House, options: Options) -> tuple[Load, Counter[str]]:
    """Sell through the storm, and on until enough is taken; then everything is mended."""
    load = Load(standing.merchants, standing.addresses(), options.rate, options.seed)
    storm = Storm(standing, plan.blows(options.seed, kills=options.kills, seconds=options.seconds))
    deadline = time.monotonic() + _LONGEST
    load.start()
    try:
        storm.run()
        while load.taken() < options.webhooks and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
    finally:
        load.finish()
    standing.calm()
    standing.meta.mend()
    return load, storm.dealt


def _settle(standing: House, *, hurried: bool) -> None:
    """Until nothing is under way any more. The retry timetable is not waited for: all that is to come is due now."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    engine = standing.bench.engine
    while time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
        with suppress(Unavailable):
            hasten.make_everything_due(engine)
            if hurried:
                hasten.let_leases_lapse(engine, older_than=_SURELY_DEAD)
            if not {"pending", "sending", "waiting"} & set(_ledger(engine).values()):
                return


def _ledger(engine: db.Engine) -> dict[Promise, str]:
    with reading(engine) as connection:
        rows = reports.listing(connection)
        return {Promise(row["dataset_id"], row["event_name"], row["event_id"]): row["status"] for row in rows}


def _reasons(engine: db.Engine) -> Counter[str]:
    with reading(engine) as connection:
        others = [row for row in reports.listing(connection) if row["status"] != "delivered"]
    return Counter(f"{row['event_name']} {row['status']}: {row['reason']}" for row in others)


def _judge(standing: House, load: Load) -> Verdict:
    unknown = sa.or_(attempts.c.counted == "unknown", attempts.c.ended_at.is_(None))
    with reading(standing.bench.engine) as connection:
        doubtful = connection.execute(sa.select(sa.func.coalesce(sa.func.sum(attempts.c.events), 0)).where(unknown))
        events = int(doubtful.scalar_one())
    return judge(load.records, _ledger(standing.bench.engine), standing.meta.events(), events)


def _complaints(standing: House) -> Counter[str]:
    """What our own rooms logged as an error, and tracebacks, by their words."""
    found: Counter[str] = Counter()
    for box in standing.boxes:
        for line in box.log().splitlines():
            if "[error" in line:
                found[" ".join(line.split("]", 1)[1].split()[:12])] += 1
            elif line.startswith("Traceback"):
                found["Traceback"] += 1
    return found


def _keep(standing: House, directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for box in standing.boxes:
        (directory / f"{box.data_dir.name}.log").write_text(box.log())
    shutil.copy(standing.database.home / "log", directory / "postgresql.log")


def new_seed() -> int:
    """One that nobody chose."""
    return random.SystemRandom().randrange(1_000_000)
