"""A visit: somebody looks at one store's pages, by one way in. All that a page may know of whom it is for.

Which store it is was proven by the way in (`web/ways.py`); no address or form names one, so none can name another's (T17).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Any, AnyStr, NamedTuple, TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Response, make_response, render_template

from connectors.access import App, Words
from integration.db import Connection, Engine, changes, reading, stores, transact
from integration.db.changes import By
from integration.db.stores import Store
from integration.errors import NotFound
from integration.stores.zone import zone_of
from integration.web import places
from integration.web.security import scripted, sent_to, unkept, with_forms

T = TypeVar("T")


class Surface(StrEnum):
    """By which way somebody came in; the words of the change log."""

    OWN = changes.OWN
    ADMIN = changes.ADMIN
    OPERATOR = changes.OPERATOR


class Frame(NamedTuple):
    """The admin around a page: what it calls things, its script's address, and who may frame the page."""

    words: Words
    app: App
    script: str
    ancestors: Sequence[str]


class Item(NamedTuple):
    """A page in the menu; `path` as in its `Door`."""

    path: str
    name: str


class Group(NamedTuple):
    """Pages that belong together."""

    name: str
    items: Sequence[Item]


@dataclass(frozen=True, slots=True)
class Visit:
    """`base`: what addresses of this store's pages begin with; `here`: the path of the page that is shown; `said`: what
    each of these addresses says of the way in.
    """

    engine: Engine
    store: Store
    surface: Surface
    base: str
    by: By
    menu: Sequence[Group]
    here: str
    now: datetime
    may_write: bool = True
    frame: Frame | None = None
    said: Mapping[str, str] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """The store's zone: times are told in it."""
        return zone_of(self.store)

    @property
    def zone_name(self) -> str:
        """The same for people."""
        return self.zone.key.replace("_", " ")

    def at(self, path: str = "", part: str = "", /, **query: object) -> str:
        """The address of a page of this store, or of a part of it by its id. What is None is left out of the query."""
        told = {**{name: value for name, value in query.items() if value is not None}, **self.said}
        return f"{self.base}{path}{f'?{urlencode(told)}' if told else ''}{f'#{part}' if part else ''}"

    def reading(self) -> AbstractContextManager[Connection]:
        """One transaction that only reads. Raises Unavailable."""
        return reading(self.engine)

    def write(self, deed: Callable[[Connection, Store], T]) -> T:
        """What `deed` gives, in one transaction and with the store as it is then; done again where another was in the way.

        Raises NotFound where the store has gone meanwhile, Unavailable, and what the deed raises.
        """
        return transact(self.engine, partial(self._done, deed=deed))

    def page(self, template: str, *, status: int = 200, **told: Any) -> Response:
        """A whole page."""
        return self.dressed(make_response(render_template(template, visit=self, **told), status))

    def part(self, template: str, **told: Any) -> Response:
        """A piece of one, for a page that asks again."""
        return unkept(make_response(render_template(template, visit=self, **told)))

    def sent_to(self, path: str = "", part: str = "", **query: object) -> Response:
        """On to a page, or to a part of it, after something was done."""
        return sent_to(self.at(path, part, **query), status=303)

    def download(self, chunks: Iterable[AnyStr], name: str, mimetype: str) -> Response:
        """A file, as it is made; it has its place among the pages' for as long as it lasts.

        Raises Throttled where other files take all there are for them.
        """
        return places.file(chunks, name, mimetype)

    def dressed(self, response: Response) -> Response:
        """With the headers of a page by this way in. Where a cookie says who asks, forms must tell where they come from."""
        script, ancestors = (self.frame.script, self.frame.ancestors) if self.frame else (None, ())
        page = response if self.frame else with_forms(response)
        return scripted(page, script=script, ancestors=ancestors)

    def _done(self, connection: Connection, deed: Callable[[Connection, Store], T]) -> T:
        store = stores.by_id(connection, self.store.id)
        if store is None or store.uninstalled_at is not None:
            raise NotFound("The store is not connected any more.")
        return deed(connection, store)


def moment() -> datetime:
    """The time of a visit."""
    return datetime.now(UTC)


def menu_of(groups: Mapping[str, Sequence[Item]], paths: Iterable[str]) -> Sequence[Group]:
    """The menu, of pages that there are."""
    known = set(paths)
    shown = [Group(name, [item for item in items if item.path in known]) for name, items in groups.items()]
    return [group for group in shown if group.items]
