"""The random version, short: half a minute of it in every run of the tests. `make chaos` runs it for minutes."""

from pathlib import Path

from tests.chaos import plan
from tests.chaos.run import Options, run
from tests.conftest import missing
from tests.rig import postgres, valkey


def test_nothing_taken_is_lost_or_counted_twice_while_everything_is_killed(tmp_path: Path) -> None:
    valkey.have_or_skip()
    options = Options(
        seed=20261124, seconds=30.0, kills=30, webhooks=300, rate=14.0, stores=24, hurried=True, keep=tmp_path
    )
    try:
        outcome = run(options)
    except postgres.NotToBeHadError:
        missing("PostgreSQL")
    verdict = outcome.verdict
    print(outcome)  # noqa: T201 # shown where it fails
    assert verdict.faults == []
    assert verdict.accepted >= options.webhooks
    assert verdict.delivered == verdict.promised
    assert {kind for kind, number in outcome.dealt.items() if number} == {
        *plan.KILLS,
        *plan.OUTAGES,
        *plan.PAUSES,
        plan.META,
    }
