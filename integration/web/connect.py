"""`/<platform>/install` and `/<platform>/callback`: a merchant lets us in by the platform's consent page.

The browser that begins must be the one that comes back: it keeps a secret in a cookie meanwhile. The admin's frame lets
no such cookie through, so there the installation first leaves the frame.
"""

from datetime import UTC, datetime

from flask import Blueprint, Response, make_response, render_template, request

from connectors import registry
from connectors.access import Embedding
from connectors.errors import RequestRefused, TandemError
from integration.errors import NotFound
from integration.stores import install
from integration.stores.platforms import Platforms
from integration.web import asked, refusals
from integration.web.cookie import Cookie
from integration.web.refusals import Way
from integration.web.security import scripted, sent_to


def blueprint(platforms: Platforms) -> Blueprint:
    """The two addresses of each platform that has such a flow, and a page in its admin to come back to."""
    views, cookie = Blueprint("connect", __name__), Cookie("tandem-install", install.LASTING)

    def begin(platform: str) -> Response:
        raw_query, now = asked.raw_query(), datetime.now(UTC)
        if asked.is_framed(_embedding(platform).words):
            return _out_of_the_frame(platforms, platform, raw_query, now)
        browser = cookie.kept_or_new()
        address = install.begin(platforms, platform, raw_query, browser=browser, now=now)
        return cookie.given(sent_to(address), browser)

    def come_back(platform: str) -> Response:
        raw_query, now = asked.raw_query(), datetime.now(UTC)
        store = install.finish(platforms, platform, raw_query, browser=cookie.kept(), now=now)
        home = _embedding(platform).home(platforms.app(platform), store.domain)
        return sent_to(home)

    for connector in registry.connectors():
        if connector.oauth and connector.embedding:
            for door, view in (("install", begin), ("callback", come_back)):
                views.add_url_rule(
                    f"/{connector.name}/{door}",
                    endpoint=f"{connector.name}-{door}",
                    view_func=view,
                    methods=["GET"],
                    defaults={"platform": connector.name},
                    provide_automatic_options=False,
                )
    views.before_request(asked.refuse_head)
    views.register_error_handler(TandemError, _refused)
    views.register_error_handler(Exception, refusals.broken)
    return views


def _out_of_the_frame(platforms: Platforms, platform: str, raw_query: str, now: datetime) -> Response:
    """A page with one link, to the same address in place of the admin. Raises RequestRefused."""
    oauth, embedding, app = registry.get(platform).oauth, _embedding(platform), platforms.app(platform)
    domain = oauth.asked(app, raw_query, now) if oauth else ""
    address, script = f"/{platform}/install?{raw_query}", embedding.script(app)
    page = render_template("breakout.html", app=app, words=embedding.words, script=script, address=address)
    return scripted(make_response(page), script=script, ancestors=embedding.ancestors(app, domain))


def _refused(error: TandemError) -> Response:
    """In plain words, and with the way to start again where the address names a store."""
    platform = (request.view_args or {})["platform"]
    beginning = str(request.endpoint).endswith("-install")
    status = 400 if beginning and isinstance(error, RequestRefused) else None
    return refusals.refused(error, _from_the_start(platform), status=status)


def _from_the_start(platform: str) -> Way | None:
    embedding = _embedding(platform)
    domain = embedding.named(request.query_string.decode("ascii", "replace"))
    return Way(f"/{platform}/install?{embedding.words.store}={domain}", "Start again") if domain else None


def _embedding(platform: str) -> Embedding:
    embedding = registry.get(platform).embedding
    if embedding is None:
        raise NotFound("This platform has no page of ours.")
    return embedding
