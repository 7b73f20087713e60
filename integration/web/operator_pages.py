"""`/operator`: the pages of whoever runs Tandem, over all stores. Here alone is decided that a page needs an operator.

They only look. What an operator does is done by command, or by the store's merchant.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from flask import Blueprint, Response

from integration.db import Engine, reading
from integration.web import operator_way, refusals
from integration.web.operator_desk import Desk, moment
from integration.web.security import sent_to, unkept


class Room(NamedTuple):
    """A page of the operator's: `view(desk)`. `path` begins behind /operator; `menu`: the entry it belongs to."""

    path: str
    view: Callable[[Desk], Response]
    menu: str


def blueprint(engine: Engine, rooms: Sequence[Room]) -> Blueprint:
    """All of them."""
    views = Blueprint("operators", __name__)
    for room in rooms:
        views.add_url_rule(
            f"{operator_way.BASE}{room.path}",
            endpoint=room.path.strip("/").replace(".", "-") or "stores",
            view_func=_opened(engine, room),
            methods=["GET"],
            provide_automatic_options=False,
        )
    return refusals.in_words(views)


def _opened(engine: Engine, room: Room) -> Callable[[], Response]:
    """The view for whoever is signed in; the others are led to where that is done."""

    def view() -> Response:
        with reading(engine) as connection:
            operator = operator_way.operator_of(connection)
        if operator is None:
            return unkept(sent_to(operator_way.SIGN_IN, status=303))
        return room.view(Desk(engine, operator.name, room.menu, moment()))

    return view
