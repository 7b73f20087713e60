"""`/<platform>/app`: our page inside the platform's admin, what it asks for later, and the page that fetches a new token.

Each request proves itself by a session token, in the address or as a bearer. No cookie is read or set: in a frame none
would be kept, and one that was kept would let other sites act in the merchant's name (T18, T20).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, render_template, request

from connectors import registry
from connectors.access import App, Embedding, Words
from connectors.errors import RequestMalformed, SessionRefused, TandemError
from integration.db import reading, transact
from integration.db.stores import Store
from integration.retention import Retention
from integration.stores import entering, glance, install, snippet
from integration.stores.platforms import Platforms
from integration.web import asked, privacy_glance, refusals, returning
from integration.web.refusals import Way
from integration.web.security import scripted, sent_to, unkept

_WHAT_MAY_BE_WRONG = "If this goes on, whoever runs Tandem should look at its clock and at the app's key and secret."


def blueprint(platforms: Platforms, retention: Retention) -> Blueprint:
    """The four addresses of each platform whose admin can show our page."""
    views = Blueprint("embedded", __name__)
    for connector in registry.connectors():
        if connector.embedding is not None:
            page = Page(platforms, connector.name, connector.embedding, retention)
            for door, view in (("app", page.show), ("bounce", page.bounce), ("app/state", page.state)):
                views.add_url_rule(
                    f"/{page.platform}/{door}",
                    endpoint=f"{page.platform}-{door}",
                    view_func=view,
                    methods=["GET"],
                    provide_automatic_options=False,
                )
            views.add_url_rule(
                f"/{page.platform}/app/again",
                endpoint=f"{page.platform}-again",
                view_func=page.again,
                methods=["POST"],
                provide_automatic_options=False,
            )
    views.before_request(asked.refuse_head)
    views.register_error_handler(Exception, refusals.broken)
    return views


@dataclass(frozen=True, slots=True)
class Page:
    """Our page in one platform's admin."""

    platforms: Platforms
    platform: str
    embedding: Embedding
    retention: Retention

    @property
    def words(self) -> Words:
        """What this admin calls things."""
        return self.embedding.words

    def show(self) -> Response:
        """The page; by opening it a store is connected that was not. Without a good token, a way to one."""
        now = datetime.now(UTC)
        try:
            app, raw_query = self.platforms.app(self.platform), asked.raw_query()
            try:
                store = install.arrive(self.platforms, self.platform, self._token(), now)
            except SessionRefused as error:
                return self._elsewhere(app, raw_query, error, now)
            return self._framed(app, store.domain, self._rendered("embedded.html", app, store, now))
        except TandemError as error:
            return self._refused(error)

    def bounce(self) -> Response:
        """An empty page on which the admin's script fetches a token and goes on to the address it was given."""
        try:
            app, raw_query = self.platforms.app(self.platform), asked.raw_query()
            targets = request.args.getlist(self.words.reload)
            if len(targets) != 1 or not returning.is_ours(targets[0], self._address(app)):
                raise RequestMalformed("This address leads to no page of Tandem's.")
            named = self._named(raw_query)
            home = self.embedding.home(app, named) if named else None
            return self._framed(app, named, render_template("bounce.html", page=self, app=app, home=home))
        except TandemError as error:
            return self._refused(error)

    def state(self) -> Response:
        """What changes on the page, for a bearer: it is asked for while something is being done."""
        return self._told(again=False)

    def again(self) -> Response:
        """Everything that is done for a newly connected store is done again, for a bearer; and the state.

        Not while it is being done: pressing twice must not begin the survey anew.
        """
        return self._told(again=True)

    def _told(self, *, again: bool) -> Response:
        now = datetime.now(UTC)
        try:
            token = asked.bearer()
            if token is None:
                return self._unauthorized()
            store = install.arrive(self.platforms, self.platform, token, now, newcomers=False)
            seen = glance.of_store(self.platforms.engine, store.id)
            if again and not seen.busy:
                transact(self.platforms.engine, partial(entering.look_again, store=store, now=now))
                seen = glance.of_store(self.platforms.engine, store.id)
            return unkept(make_response(render_template("_state.html", seen=seen, words=self.words)))
        except SessionRefused:
            return self._unauthorized()
        except TandemError as error:
            return self._refused(error)

    def _unauthorized(self) -> Response:
        """The admin's script takes the header as a sign to try once more with a fresh token. The body says nothing."""
        return unkept(Response(status=401, headers={self.words.retry: "1", "WWW-Authenticate": "Bearer"}))

    def _token(self) -> str:
        token = request.args.get(self.words.token) or asked.bearer()
        if not token:
            raise SessionRefused("This page is shown in your store's admin: open Tandem there, among the apps.")
        return token

    def _elsewhere(self, app: App, raw_query: str, error: SessionRefused, now: datetime) -> Response:
        """To a fresh token, or into the admin; or, where nothing says which store it is about, nowhere."""
        named = self._named(raw_query)
        if named is None:
            return refusals.plain("Open Tandem in your store's admin", self._how_to_install(), status=401)
        if not asked.says_framed(self.words):
            return sent_to(self.embedding.home(app, named))
        if returning.was_just_renewed(raw_query, now):
            raise SessionRefused(f"{error} {_WHAT_MAY_BE_WRONG}")
        bounce = returning.bounce(self._path("bounce"), self._address(app), raw_query, self.words, now)
        return sent_to(bounce)

    def _how_to_install(self) -> str:
        label = registry.get(self.platform).label
        return (
            f"This page is shown inside {label}, where it knows which store it is about. Open your store's admin and "
            "choose Tandem among the apps. To install it first, use the link you were given for it."
        )

    def _rendered(self, template: str, app: App, store: Store, now: datetime) -> str:
        seen = glance.of_store(self.platforms.engine, store.id)
        with reading(self.platforms.engine) as connection:
            made = snippet.of_store(connection, store, public_url=app.public_url)
            told = privacy_glance.of_store(connection, store, self.retention, now)
        shown = {"seen": seen, "words": self.words, "made": made, "privacy": told, "label": seen.label}
        return render_template(template, page=self, app=app, **shown)

    def _framed(self, app: App, domain: str | None, page: str, status: int = 200) -> Response:
        """A page with scripts that this store's admin may frame.

        For `show` the domain is proven. For the others it is only named: they show nothing of any store and offer
        nothing to click but the way into that admin, and without them a merchant would look at an empty frame.
        """
        ancestors: Sequence[str] = self.embedding.ancestors(app, domain) if domain else ()
        return scripted(make_response(page, status), script=self.embedding.script(app), ancestors=ancestors)

    def _refused(self, error: TandemError) -> Response:
        """In plain words, in the frame too."""
        app = self.platforms.apps.get(self.platform)
        named = self._named(request.query_string.decode("ascii", "replace"))
        if app is None or not app.configured or named is None:
            return refusals.refused(error)
        way = Way(self.embedding.home(app, named), "Open Tandem again", leaves_frame=True)
        response = refusals.refused(error, way)
        return scripted(response, script=self.embedding.script(app), ancestors=self.embedding.ancestors(app, named))

    def _named(self, raw_query: str) -> str | None:
        """The store an address names. What we and the bounce page say in it is not the platform's to judge."""
        return self.embedding.named(urlencode(returning.kept(raw_query, self.words)))

    def _path(self, door: str) -> str:
        return f"/{self.platform}/{door}"

    def _address(self, app: App) -> str:
        return f"{app.public_url}{self._path('app')}"
