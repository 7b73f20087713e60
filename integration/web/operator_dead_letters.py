"""`/operator/dead-letters`: what failed in any store, why, and what mends it. Sending again is a command, or the merchant's."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from flask import Response, request

from integration.db import Connection, dead_letters
from integration.db.dead_letters import DeadLetter, Wanted
from integration.db.deliveries import State
from integration.errors import Conflict, NotFound
from integration.stores import connect
from integration.web import asked
from integration.web.csv_lines import Cell
from integration.web.operator_desk import ROWS_A_PAGE, Desk
from integration.web.operator_pages import Room

PATH = "/dead-letters"
# What can be done, by state; of what is dead the reason itself says what to mend.
MENDS: Mapping[State, str] = MappingProxyType(
    {
        State.DEAD: "Mend what the reason names, then send it again.",
        State.AMBIGUOUS: (
            "Look the order up in Events Manager. If Meta does not have it, send it again with --insist; if Meta does, "
            "leave it."
        ),
        State.EXPIRED: "Nothing: Meta takes no event that is 7 days old.",
    }
)
_REASONS_OF = 5_000
_MOST_REASONS = 12
_MOST_REASON = 255
_HEADS = (
    *("Delivery", "Store", "Domain", "Dataset", "Event", "Order", "Happened", "Received"),
    *("State", "Reason", "Attempts", "What mends it"),
)


def rooms() -> Sequence[Room]:
    """The page, and the same as a file."""
    return [Room(PATH, show, PATH), Room(f"{PATH}.csv", download, PATH)]


def show(desk: Desk) -> Response:
    """A page of them, the newest first. Raises NotFound for a store that is none."""
    before = asked.row_id(request.args.get("before", ""))
    with desk.reading() as connection:
        wanted, store = _wanted(connection), request.args.get("store", "").strip()
        found = dead_letters.page(connection, wanted, before=before, most=ROWS_A_PAGE + 1)
        why = dead_letters.reasons(connection, wanted.store_id, newest=_REASONS_OF)
    shown = found[:ROWS_A_PAGE]
    kept = {"store": store, "state": wanted.state, "reason": wanted.reason}
    return desk.page(
        "operator/dead_letters.html",
        letters=shown,
        reasons=why[:_MOST_REASONS],
        reasons_of=_REASONS_OF,
        wanted=wanted,
        store=store,
        states=[("", "any"), *((state.value, state.value) for state in MENDS)],
        mends=MENDS,
        path=desk.at(PATH),
        older=desk.at(PATH, **kept, before=shown[-1].id) if len(found) > len(shown) else "",
        newest=desk.at(PATH, **kept) if before else "",
        csv_at=desk.at(f"{PATH}.csv", **kept),
    )


def download(desk: Desk) -> Response:
    """All of those. Raises NotFound."""
    with desk.reading() as connection:
        wanted = _wanted(connection)

    def page(connection: Connection, last: DeadLetter | None, most: int) -> Sequence[DeadLetter]:
        return dead_letters.page(connection, wanted, before=last.id if last else None, most=most)

    return desk.csv("dead-letters", _HEADS, _cells(desk.all_of(page)))


def _cells(letters: Iterator[DeadLetter]) -> Iterator[Sequence[Cell]]:
    for one in letters:
        yield (
            *(str(one.id), one.store_id, one.domain, one.dataset_id, one.event_name, one.order_id, one.event_time),
            *(one.received_at, one.state, one.reason, one.attempts, MENDS[State(one.state)]),
        )


def _wanted(connection: Connection) -> Wanted:
    named = request.args.get("store", "").strip().replace("\x00", "")
    state, reason = request.args.get("state", ""), request.args.get("reason", "").replace("\x00", "")[:_MOST_REASON]
    store_id = _store_id(connection, named) if named else None
    return Wanted(store_id, state if state in set(MENDS) else None, reason or None)


def _store_id(connection: Connection, named: str) -> str:
    """Of a domain or an id. Raises NotFound."""
    try:
        return connect.find(connection, named[:255]).id
    except Conflict as error:  # two platforms have it
        raise NotFound(str(error)) from None
