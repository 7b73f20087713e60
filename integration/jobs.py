"""The functions RQ runs, one line each. They take nothing and return nothing: the database knows what is to do."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from integration.crypto import Sealer
from integration.db import Engine, reading
from integration.db import now as database_now
from integration.errors import Unavailable
from integration.log import logger
from integration.mail import Post
from integration.meta.client import GraphClient
from integration.monitor import counting, proof_mail, replaying, watch
from integration.pipeline import pair_telling
from integration.pipeline.deliver import Drain, give_up, succeed
from integration.privacy import requests
from integration.queues import DELIVER, DO_CHORES, RUN_TASKS, Bell
from integration.stores import disconnect, upkeep
from integration.stores.platforms import Platforms


@dataclass(frozen=True, slots=True)
class Workshop:
    """What the jobs of this process, and of the horses it forks, work with. `name`: of this process, and of no other."""

    engine: Engine
    sealer: Sealer
    client: GraphClient
    bell: Bell
    secret_key: str = field(repr=False)
    name: str = field(default_factory=lambda: secrets.token_hex(8))

    def owner(self, pid: int) -> str:
        """Who has the leases that a process of ours took."""
        return f"{self.name}-{pid}"


@dataclass(frozen=True, slots=True)
class House:
    """What the chores of connected stores are done with."""

    platforms: Platforms
    bell: Bell
    post: Post | None = None  # None: no mail is sent


# RQ calls functions by name and passes nothing on; worker.py and steward.py put the tools of the process here.
_workshops: list[Workshop] = []
_houses: list[House] = []
_CHORES_SECONDS = 20.0  # none begins later; the job has 60


def after_fork(close: Callable[[], None]) -> None:
    """A forked horse must not share its parent's database connections: what lets go of them in the child."""
    os.register_at_fork(after_in_child=close)


def open_workshop(workshop: Workshop) -> None:
    """Give the jobs of this process their tools."""
    _workshops[:] = [workshop]


def open_house(house: House) -> None:
    """Give the chores of this process their tools."""
    _houses[:] = [house]


def deliver() -> None:
    """Send what is due."""
    shop = _workshops[0]
    shop.bell.heard(DELIVER)
    with _database_may_be_away():
        owner = shop.owner(os.getpid())
        # A worker has one horse at a time: whatever an earlier one had leased, it is dead.
        succeed(shop.engine, owner, family=shop.name)
        Drain(shop.engine, shop.sealer, shop.client, owner=owner).run()


def bury(pid: int) -> None:
    """A process that did a job of ours is dead for certain: what it had leased need not wait until that runs out."""
    shop = _workshops[0]
    with _database_may_be_away():
        give_up(shop.engine, shop.owner(pid))
        shop.bell.insist(DELIVER)


def run_tasks() -> None:
    """Carry out what webhooks asked for, and what a merchant tries and waits for."""
    shop = _workshops[0]
    shop.bell.heard(RUN_TASKS)
    with _database_may_be_away():
        pair_telling.run_due(shop.engine, shop.sealer, shop.client, shop.owner(os.getpid()))
        disconnect.run_open_tasks(shop.engine, shop.sealer)
        with reading(shop.engine) as connection:
            now = database_now(connection)
        requests.run_due(shop.engine, shop.sealer, shop.secret_key, now)


def do_chores() -> None:
    """Look after connected stores."""
    house = _houses[0]
    house.bell.heard(DO_CHORES)
    with _database_may_be_away():
        upkeep.run_due(
            house.platforms,
            f"{secrets.token_hex(8)}-{os.getpid()}",
            seconds=_CHORES_SECONDS,
            beside={**watch.CHORES, **counting.CHORES, **replaying.CHORES, **proof_mail.chore(house.post)},
        )


@contextmanager
def _database_may_be_away() -> Iterator[None]:
    """What stays undone is due again when the database is back; RQ keeps tracebacks in Redis, so none gets there."""
    try:
        yield
    except Unavailable as error:
        logger("jobs").warning("stopped early", why=str(error))
