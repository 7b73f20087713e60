"""`/<platform>/connect` and `/<platform>/return`: a merchant connects a store that hands its keys over.

The merchant types the store's address, approves on the store's own page, and comes back with the browser that began.
None of these pages says whether we know a store: what one is told depends on what the store itself answers.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

from flask import Blueprint, Response, make_response, render_template, request

from connectors import registry
from connectors.errors import AddressRefused, Declined, TandemError, Throttled
from integration.stores import handover
from integration.stores.platforms import Platforms
from integration.web import asked, refusals, sign_in
from integration.web.cookie import Cookie
from integration.web.pace import Pace
from integration.web.refusals import Way
from integration.web.security import sent_to, unkept, with_forms

FIELD = "store"
_MOST_FORM = 8 * 1024
# To begin costs us some calls to a host that somebody named.
_BURST, _SECONDS = 10, 6.0


def blueprint(platforms: Platforms, beginnings: Platforms, *, public_url: str) -> Blueprint:
    """The addresses of each platform whose stores hand their keys over, for browsers. `beginnings`: with a client of their
    own, for anybody may begin, at any host.
    """
    views, pace = Blueprint("handover", __name__), Pace(_BURST, _SECONDS)
    cookie = Cookie("tandem-connect", handover.LASTING)
    for connector in registry.connectors():
        if connector.handover is not None:
            pages = Pages(platforms, beginnings, connector.name, connector.label, cookie, public_url, pace)
            for door, method, view in (
                ("connect", "GET", pages.ask),
                ("connect", "POST", pages.go_on),
                ("return", "GET", pages.come_back),
            ):
                views.add_url_rule(
                    f"/{connector.name}/{door}",
                    endpoint=f"{connector.name}-{door}-{method.lower()}",
                    view_func=view,
                    methods=[method],
                    provide_automatic_options=False,
                )
    views.before_request(asked.refuse_head)
    views.register_error_handler(Exception, refusals.broken)
    return views


@dataclass(frozen=True, slots=True)
class Pages:
    """Those of one platform."""

    platforms: Platforms
    beginnings: Platforms
    platform: str
    label: str
    cookie: Cookie
    public_url: str
    pace: Pace = field(repr=False)

    def ask(self) -> Response:
        """A page with one field. From the store itself, as the plugin's button comes, it leads straight on. Anybody else's
        link fills the field in and does no more: it would send a browser wherever somebody likes.
        """
        named = request.args.get(FIELD, "").strip()
        return self._begun(named, sent_to) if named and self._is_from(named) else self._form(named)

    def go_on(self) -> Response:
        """The store's address was typed. A redirect would not do: a form of ours may not lead to another site, says our
        own policy, so a page of ours does.
        """
        request.max_content_length = _MOST_FORM
        try:
            asked.refuse_foreign(self.public_url)
        except TandemError as error:
            return refusals.refused(error, self._from_the_start())
        return self._begun(request.form.get(FIELD, "").strip(), _onward)

    def come_back(self) -> Response:
        """Connected, signed in, and on to the store's page; or a sentence, and the way to begin again."""
        try:
            raw_query, browser, now = asked.raw_query(), self.cookie.kept(), datetime.now(UTC)
            connected = handover.finish(self.platforms, self.platform, raw_query, browser=browser, now=now)
        except Throttled as error:
            return refusals.refused(Throttled(f"{error} Reload this page then: nothing is lost.", error.after))
        except TandemError as error:
            return refusals.refused(error, self._from_the_start())
        return sign_in.signed_in(sent_to(sign_in.STORE), connected.session)

    def _begun(self, typed: str, onward: Callable[[str], Response]) -> Response:
        browser = self.cookie.kept_or_new()
        try:
            self._pace()
            address = handover.begin(self.beginnings, self.platform, typed, browser=browser)
        except TandemError as error:
            return self._form(typed, error)
        return self.cookie.given(onward(address), browser)

    def _is_from(self, named: str) -> bool:
        """Whether the page before this one is of the host, with its port, that is named. To another origin browsers tell
        no more of it, and WordPress's admin asks for just that: strict-origin-when-cross-origin.
        """
        connector, app = registry.get(self.platform), self.platforms.app(self.platform)
        assert connector.handover is not None  # noqa: S101 (others have no such pages)
        try:
            before = connector.handover.site(app, urljoin(request.headers.get("Referer", ""), "/"))
            return before.domain == connector.handover.site(app, named).domain
        except (AddressRefused, ValueError):  # a bracket without its pair
            return False

    def _pace(self) -> None:
        wait = self.pace.wait(request.remote_addr)
        if wait:
            raise Throttled(f"You asked too often. Try again in {round(wait) + 1} seconds.", wait)

    def _form(self, typed: str = "", error: TandemError | None = None) -> Response:
        """The page with the field; with what was wrong, what was typed, and the status of that."""
        status = 200 if error is None else _status(error)
        told = {"joining": registry.get(self.platform).joining, "field": FIELD, "typed": typed, "trouble": error}
        page = render_template("connect_store.html", pages=self, **told)
        response = unkept(with_forms(make_response(page, status)))
        return response if error is None else refusals.put_off(error, response)

    def _from_the_start(self) -> Way:
        return Way(f"/{self.platform}/connect", "Begin again")


def _onward(address: str) -> Response:
    return unkept(make_response(render_template("onward.html", host=urlsplit(address).netloc, address=address)))


def _status(error: TandemError) -> int:
    """What was typed can be mended by typing; the rest is as everywhere."""
    if isinstance(error, AddressRefused | Declined):
        return 400
    return 429 if isinstance(error, Throttled) else refusals.judged(error)[0]
