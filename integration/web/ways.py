"""The three ways in to a store's pages, each a `surfaces.Way`: our own sign-in, a platform's admin, and the operator's.

Own sign-in: a cookie says which store it is, and a change must come from a page of ours. In an admin each request proves
itself by a session token, in the address or as a bearer; no cookie is read or set: in a frame none would be kept, and one
that was kept would let other sites act in the merchant's name (T18, T20). An operator only looks, and that is recorded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from flask import Response, request

from connectors import registry
from connectors.access import App, Embedding
from connectors.errors import SessionRefused, TandemError
from integration.db import Engine, reading, stores, transact
from integration.db.changes import By
from integration.db.stores import Store
from integration.errors import Forbidden, NotFound
from integration.stores import install, sessions
from integration.stores.platforms import Platforms
from integration.web import asked, operator_way, refusals, returning, sign_in
from integration.web.security import scripted, sent_to, unkept
from integration.web.surfaces import Door, Elsewhere
from integration.web.visit import Frame, Group, Surface, Visit, moment

_WHAT_MAY_BE_WRONG = "If this goes on, whoever runs Tandem should look at its clock and at the app's key and secret."


@dataclass(frozen=True, slots=True)
class OwnWay:
    """`/store`, for whoever is signed in."""

    engine: Engine
    public_url: str
    name: str = Surface.OWN.value
    base: str = sign_in.STORE

    def enter(self, door: Door, menu: Sequence[Group], **_named: str) -> Visit:
        """See `surfaces.Way`. Whoever is not signed in is led to where that is done; a page that asks again learns it."""
        if door.writes:
            asked.refuse_foreign(self.public_url)
        with reading(self.engine) as connection:
            store_id = sessions.of(connection, sign_in.kept())
            store = stores.by_id(connection, store_id) if store_id else None
        if store is None:
            asks_again = door.waits() and not door.writes
            to_sign_in = sign_in.signed_out(sent_to(sign_in.SIGN_IN, status=303))
            raise Elsewhere(unkept(Response(status=401)) if asks_again else to_sign_in)
        by = By("the merchant, signed in", Surface.OWN)
        return Visit(self.engine, store, Surface.OWN, self.base, by, menu, door.path, moment())

    def refused(self, error: TandemError) -> Response:
        """See `surfaces.Way`."""
        return refusals.refused(error)


@dataclass(frozen=True, slots=True)
class OperatorWay:
    """`/operator/stores/<store_id>`: any store, to look at."""

    engine: Engine
    name: str = Surface.OPERATOR.value
    base: str = "/operator/stores/<store_id>"

    def enter(self, door: Door, menu: Sequence[Group], *, store_id: str = "", **_named: str) -> Visit:
        """See `surfaces.Way`. Raises Forbidden for whatever would change something."""
        with reading(self.engine) as connection:
            operator = operator_way.operator_of(connection)
            store = stores.by_id(connection, store_id) if operator and store_id.isprintable() else None
            known = bool(operator and store and operator_way.has_looked(connection, operator, store))
        if operator is None:
            asks_again = door.waits() and not door.writes
            raise Elsewhere(unkept(Response(status=401) if asks_again else sent_to(operator_way.SIGN_IN, status=303)))
        if door.writes:
            raise Forbidden(
                "Operators look at a store's pages and change nothing there. Its merchant can, or a command."
            )
        if store is None:
            raise NotFound("There is no such store.")
        if not known:  # each look would else wait for whoever writes
            transact(self.engine, partial(operator_way.looked, operator=operator, store=store))
        base, by = self.base.replace("<store_id>", store.id), By(operator.name, Surface.OPERATOR)
        return Visit(self.engine, store, Surface.OPERATOR, base, by, menu, door.path, moment(), may_write=False)

    def refused(self, error: TandemError) -> Response:
        """See `surfaces.Way`."""
        return refusals.refused(error)


@dataclass(frozen=True, slots=True)
class AdminWay:
    """`/<platform>/app`, in a frame of the platform's admin; by opening it a store is connected that was not."""

    platforms: Platforms
    platform: str
    embedding: Embedding

    @property
    def name(self) -> str:
        """See `surfaces.Way`."""
        return self.platform

    @property
    def base(self) -> str:
        """See `surfaces.Way`."""
        return f"/{self.platform}/app"

    def enter(self, door: Door, menu: Sequence[Group], **_named: str) -> Visit:
        """See `surfaces.Way`. A document without a good token is sent to fetch one; a script is told to try again."""
        app, raw_query, now = self.platforms.app(self.platform), asked.raw_query(), moment()
        bearer = asked.bearer()
        try:
            token = self._token(bearer, by_script=door.part or door.writes)
            # What an open page asks later only mends: it must not connect a store again that was just let go.
            store = install.arrive(self.platforms, self.platform, token, now, newcomers=token != bearer)
        except SessionRefused as error:
            if door.waits():
                raise Elsewhere(self._unauthorized()) from None
            raise Elsewhere(self._elsewhere(app, raw_query, error)) from None
        by = By(self._who(app, token), Surface.ADMIN)
        frame = self._frame(app, store)
        # A plain link in a frame comes without a token; by these the bounce page knows which admin may frame it.
        said = {self.embedding.words.store: store.domain, self.embedding.words.framed: "1"}
        return Visit(
            self.platforms.engine, store, Surface.ADMIN, self.base, by, menu, door.path, now, frame=frame, said=said
        )

    def refused(self, error: TandemError) -> Response:
        """See `surfaces.Way`: in plain words, in the frame too."""
        app = self.platforms.apps.get(self.platform)
        named = self.named(request.query_string.decode("ascii", "replace"))
        if app is None or not app.configured or named is None:
            return refusals.refused(error)
        way = refusals.Way(self.embedding.home(app, named), "Open Tandem again", leaves_frame=True)
        script, ancestors = self.embedding.script(app), self.embedding.ancestors(app, named)
        return scripted(refusals.refused(error, way), script=script, ancestors=ancestors)

    def named(self, raw_query: str) -> str | None:
        """The store an address names. What we and the bounce page say in it is not the platform's to judge."""
        return self.embedding.named(urlencode(returning.kept(raw_query, self.embedding.words)))

    def _token(self, bearer: str | None, *, by_script: bool) -> str:
        """Raises SessionRefused. What changes anything needs a bearer: an address may be followed without being meant."""
        token = bearer if by_script else request.args.get(self.embedding.words.token) or bearer
        if not token:
            raise SessionRefused("This page is shown in your store's admin: open Tandem there, among the apps.")
        return token

    def _who(self, app: App, token: str) -> str:
        user = self.embedding.visitor(app, token, moment()).user
        return f"user {user} in {registry.get(self.platform).label}'s admin"

    def _frame(self, app: App, store: Store) -> Frame:
        ancestors = self.embedding.ancestors(app, store.domain)
        return Frame(self.embedding.words, app, self.embedding.script(app), ancestors)

    def _unauthorized(self) -> Response:
        """The admin's script takes the header as a sign to try once more with a fresh token. The body says nothing."""
        return unkept(Response(status=401, headers={self.embedding.words.retry: "1", "WWW-Authenticate": "Bearer"}))

    def _elsewhere(self, app: App, raw_query: str, error: SessionRefused) -> Response:
        """To a fresh token, or into the admin; or, where nothing says which store it is about, nowhere."""
        named, now = self.named(raw_query), moment()
        if named is None:
            return refusals.plain("Open Tandem in your store's admin", self._how_to_install(), status=401)
        if not asked.says_framed(self.embedding.words):
            return sent_to(self.embedding.home(app, named))
        if returning.was_just_renewed(raw_query, now):
            raise SessionRefused(f"{error} {_WHAT_MAY_BE_WRONG}")
        page = f"{app.public_url}{request.path}"
        return sent_to(returning.bounce(f"/{self.platform}/bounce", page, raw_query, self.embedding.words, now))

    def _how_to_install(self) -> str:
        label = registry.get(self.platform).label
        return (
            f"This page is shown inside {label}, where it knows which store it is about. Open your store's admin and "
            "choose Tandem among the apps. To install it first, use the link you were given for it."
        )
