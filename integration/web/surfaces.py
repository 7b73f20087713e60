"""The pages of a store, each mounted once for every way in. Here alone is decided that a page needs a visit.

A page module lists its `Door`s; a way in (`web/ways.py`) turns a request into a `Visit`, or sends the browser elsewhere.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from flask import Blueprint, Response, request

from connectors.errors import TandemError
from integration.web import asked, refusals
from integration.web.visit import Group, Item, Visit, menu_of

MENU: Mapping[str, Sequence[Item]] = {
    "What happens": (
        Item("", "Home"),
        Item("/events", "Live events"),
        Item("/coverage", "Coverage"),
        Item("/quality", "Match quality"),
        Item("/delivery", "Delivery health"),
    ),
    "Set up": (
        Item("/setup", "Setup"),
        Item("/dataset", "Dataset & token"),
        Item("/pixel", "Storefront pixel"),
        Item("/senders", "Who tells Meta"),
        Item("/test", "Test events"),
        Item("/replay", "Replay"),
    ),
    "Decide": (
        Item("/settings", "Settings"),
        Item("/privacy", "Data & privacy"),
        Item("/changes", "Change log"),
    ),
}


class Door(NamedTuple):
    """A page, or something that a page asks for or does: `view(visit, **what the path names)`.

    `path` begins behind the visit's base, such as /events/<int:pk>; "" is Home. What changes anything is a POST. `part`: a
    piece that a page asks for again; a script waits for it, which no sign-in page would help.
    """

    method: str
    path: str
    view: Callable[..., Response]
    part: bool = False

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        return self.method != "GET"

    def waits(self) -> bool:
        """Whether a script waits for the answer, and not somebody before an empty window."""
        return self.part or self.writes or request.headers.get("HX-Request") == "true"


class Elsewhere(Exception):
    """There is no visit: this is the answer instead, such as the way to the sign-in."""

    def __init__(self, response: Response) -> None:
        super().__init__("There is no visit.")
        self.response = response


class Way(Protocol):
    """A way in."""

    @property
    def name(self) -> str:
        """Of its endpoints."""

    @property
    def base(self) -> str:
        """What its addresses begin with."""

    def enter(self, door: Door, menu: Sequence[Group], **named: str) -> Visit:
        """Who stands at the door. Raises Elsewhere, and TandemError where nobody may enter."""

    def refused(self, error: TandemError) -> Response:
        """The page for an error."""


def mount(way: Way, doors: Sequence[Door]) -> Blueprint:
    """All doors by one way in."""
    views = Blueprint(way.name, __name__)
    menu = menu_of(MENU, (door.path for door in doors if door.method == "GET"))
    for door in doors:
        views.add_url_rule(
            f"{way.base}{door.path}",
            endpoint=f"{door.method.lower()}{door.path.replace('.', '-') or '/'}",
            view_func=_opened(way, door, menu),
            methods=[door.method],
            provide_automatic_options=False,
        )
    views.before_request(asked.refuse_head)
    views.register_error_handler(Elsewhere, lambda away: away.response)
    views.register_error_handler(TandemError, way.refused)
    views.register_error_handler(Exception, refusals.broken)
    return views


def _opened(way: Way, door: Door, menu: Sequence[Group]) -> Callable[..., Response]:
    """The view behind the door, for whoever may see it."""

    def view(**named: str) -> Response:
        of_the_way = {name: named.pop(name) for name in ("store_id",) if name in named}
        visit = way.enter(door, menu, **of_the_way)
        return door.view(visit, **named)

    return view
