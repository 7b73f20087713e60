"""`make chaos`: the service is shaken at random for some minutes, and a table says what came of it. 1 if that is bad."""

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click

from tests.chaos import plan
from tests.chaos.run import Options, Outcome, new_seed, run
from tests.rig.postgres import NotToBeHadError


def main() -> int:
    options = _options()
    click.echo(f"seed {options.seed}: about {options.seconds / 60:.1f} minutes of storm, then calm")
    try:
        outcome = run(options)
    except NotToBeHadError:
        click.echo("There is no PostgreSQL on this machine, and none in the environment's wheels.")
        return 2
    for name, told in lines(options, outcome):
        click.echo(f"{name:<34}{told}")
    for wrong in outcome.verdict.faults:
        click.echo(f"BAD: {wrong}")
    return 1 if outcome.verdict.faults else 0


def lines(options: Options, outcome: Outcome) -> Iterator[tuple[str, str]]:
    """The table."""
    verdict, dealt = outcome.verdict, outcome.dealt
    yield "seed", str(options.seed)
    yield "day", time.strftime("%Y-%m-%d", time.gmtime())
    yield "storm, settling", f"{outcome.stormy:.0f} s, {outcome.settling:.0f} s"
    yield "processes killed", f"{sum(dealt[kind] for kind in plan.KILLS)}: {_told(dealt, plan.KILLS)}"
    yield "broker, database", _told(dealt, plan.OUTAGES)
    yield "stopped for a while", _told(dealt, (*plan.PAUSES, plan.SLEEPER))
    yield "calls that Meta failed", str(dealt[plan.META])
    yield "answers to webhooks", ", ".join(f"{answer}: {number}" for answer, number in sorted(verdict.answers.items()))
    yield "webhooks sent, accepted", f"{verdict.sent:,}, {verdict.accepted:,}"
    yield "events promised by them", f"{verdict.promised:,}"
    yield "delivered", f"{verdict.delivered:,}"
    yield "pending", str(verdict.pending)
    yield "dead", str(verdict.dead)
    yield "duplicates posted", f"{verdict.posted_again} (events in attempts of unknown outcome: {verdict.unknown})"
    yield "duplicates counted", str(verdict.counted_again)
    yield "lost", str(verdict.lost)
    yield "ack, p50 / p99", " / ".join(f"{seconds * 1000:.0f} ms" for seconds in verdict.ack)
    yield "webhook to Meta, p50 / p99", " / ".join(f"{seconds:.2f} s" for seconds in verdict.to_meta)
    for words, number in sorted(outcome.reasons.items()):
        yield "not delivered", f"{number} x {words}"
    for words, number in sorted(outcome.complaints.items()):
        yield "logged", f"{number} x {words}"


def _told(dealt: dict[str, int], kinds: tuple[str, ...]) -> str:
    return ", ".join(f"{kind} {dealt[kind]}" for kind in kinds if dealt[kind])


def _options() -> Options:
    usual = Options(seed=new_seed())
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=usual.seed, help="the same seed deals the same blows")
    parser.add_argument("--minutes", type=float, default=usual.seconds / 60, help="of storm")
    parser.add_argument("--kills", type=int, default=usual.kills, help="processes killed in them")
    parser.add_argument("--webhooks", type=int, default=usual.webhooks, help="accepted before the calm, at least")
    parser.add_argument("--rate", type=float, default=usual.rate, help="webhooks a second")
    parser.add_argument("--boxes", type=int, default=usual.boxes, help="machines that run the service")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where the logs of all processes are kept")
    given = parser.parse_args()
    return Options(
        seed=given.seed,
        seconds=given.minutes * 60,
        kills=given.kills,
        webhooks=given.webhooks,
        rate=given.rate,
        boxes=given.boxes,
        keep=given.keep,
    )


if __name__ == "__main__":
    sys.exit(main())
