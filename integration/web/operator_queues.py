"""`/operator/queues`: the queues and who listens to them, and what is due whoever listens. Shown without a broker, too."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from flask import Response

from integration.db import backlog
from integration.db.backlog import Late
from integration.errors import Unavailable
from integration.queues import CHORES, QUEUE, Bell, depths, listeners
from integration.web.csv_lines import Cell
from integration.web.operator_desk import Desk
from integration.web.operator_pages import Room

T = TypeVar("T")

PATH = "/queues"
# What a queue is for, and whose absence is meant where nobody listens.
SERVED = {QUEUE: ("sends to Meta", "worker"), CHORES: ("looks after stores", "steward")}
_SHOWN, _IN_A_FILE = 20, 10_000
_HEADS = ("Store", "Domain", "Dataset", "State", "Why", "Oldest due since", "Rests until", "Calls that failed in a row")


def rooms(bell: Bell) -> Sequence[Room]:
    """The page, and what is late as a file."""
    return [Room(PATH, partial(show, bell=bell), PATH), Room(f"{PATH}.csv", download, PATH)]


def show(desk: Desk, *, bell: Bell) -> Response:
    """Both halves: what the broker says, and what the database says."""
    queues, trouble = _asked(lambda: depths(bell.connection))
    workers, trouble_too = _asked(lambda: listeners(bell.connection)) if trouble is None else ((), None)
    with desk.reading() as connection:
        told = {
            "late": backlog.latest_datasets(connection, _SHOWN),
            "due": backlog.deliveries_due(connection),
            "chores": backlog.chores_due(connection),
            "tasks": backlog.tasks_open(connection),
        }
    return desk.page(
        "operator/queues.html",
        queues=queues,
        workers=workers,
        trouble=trouble or trouble_too,
        unheard=[name for name in SERVED if not any(name in one.queues.split(", ") for one in workers)],
        served=SERVED,
        most=backlog.MOST_COUNTED,
        csv_at=desk.at(f"{PATH}.csv"),
        **told,
    )


def download(desk: Desk) -> Response:
    """The datasets of which something is due."""
    with desk.reading() as connection:
        late = backlog.latest_datasets(connection, _IN_A_FILE)
    return desk.csv("late", _HEADS, _cells(late))


def _cells(late: Sequence[Late]) -> Iterator[Sequence[Cell]]:
    for one in late:
        yield (
            *(one.store_id, one.domain, one.dataset_id, one.state, one.reason),
            *(one.oldest_due, one.resting_until, one.failures),
        )


def _asked(look: Callable[[], Sequence[T]]) -> tuple[Sequence[T], str | None]:
    """What the broker says, or what is wrong with it."""
    try:
        return look(), None
    except Unavailable as error:
        return (), str(error)
