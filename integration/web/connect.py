"""`/<platform>/install` and `/<platform>/callback`: a merchant lets us in by the platform's consent page.

The browser that begins must be the one that comes back: it keeps a secret in a cookie meanwhile. The admin's frame lets
no such cookie through, so there the installation first leaves the frame.
"""

import re
import secrets
from datetime import UTC, datetime

from flask import Blueprint, Response, make_response, render_template, request

from connectors import registry
from connectors.access import Embedding
from connectors.errors import RequestRefused, TandemError
from integration.errors import NotFound
from integration.stores import install
from integration.stores.platforms import Platforms
from integration.web import asked, refusals
from integration.web.refusals import Way
from integration.web.security import scripted, sent_to

_SECRET_BYTES = 32
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


def blueprint(platforms: Platforms, *, public_url: str) -> Blueprint:
    """The two addresses of each platform that has such a flow, and a page in its admin to come back to."""
    views, cookie = Blueprint("connect", __name__), Cookie(secure=public_url.startswith("https://"))

    def begin(platform: str) -> Response:
        raw_query, now = asked.raw_query(), datetime.now(UTC)
        if asked.is_framed(_embedding(platform).words):
            return _out_of_the_frame(platforms, platform, raw_query, now)
        browser = cookie.kept() or secrets.token_urlsafe(_SECRET_BYTES)
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


class Cookie:
    """What the browser keeps while the merchant is at the consent page, for ten minutes. It is not taken back when one
    installation is finished: another tab may be at its own, and what it is good for is good once.

    `secure`: by its name no other host and no plain http can have set it; a browser takes no such cookie over http.
    SameSite is Lax, not Strict: the way back comes from the platform's site.
    """

    def __init__(self, *, secure: bool) -> None:
        self.secure = secure
        self.name = "__Host-tandem-install" if secure else "tandem-install"

    def kept(self) -> str | None:
        """What this browser keeps. Two tabs of one browser may install at the same time, so it is used again."""
        told = request.cookies.get(self.name, "")
        return told if _SECRET.fullmatch(told) else None

    def given(self, response: Response, browser: str) -> Response:
        """Let it keep that secret."""
        seconds = int(install.LASTING.total_seconds())
        response.set_cookie(self.name, browser, seconds, secure=self.secure, httponly=True, samesite="Lax", path="/")
        return response


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
