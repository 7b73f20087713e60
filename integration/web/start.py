"""`/`: where somebody without a store here chooses a platform and lets us in. Whoever is signed in is led to the store."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, render_template, request

from connectors import registry
from connectors.contract import Connector
from connectors.errors import RequestMalformed, TandemError
from integration.db import Engine, reading
from integration.errors import NotConfigured, NotFound
from integration.stores import sessions
from integration.stores.platforms import Platforms
from integration.web import handover, overview, refusals, sign_in
from integration.web.security import sent_to, unkept, with_forms

PATH = "/"
_LONGEST = 2_000


def blueprint(platforms: Platforms, *, development: bool) -> Blueprint:
    """The page, and the way on to a platform that has an installation of its own. `development`: it links to the overview
    of all stores, too.
    """
    views, page = Blueprint("start", __name__), Start(platforms, development=development)
    views.add_url_rule(PATH, "start", page.show, methods=["GET"], provide_automatic_options=False)
    for connector in registry.connectors():
        if connector.oauth and connector.embedding:
            views.add_url_rule(
                f"/{connector.name}/connect",
                f"start-{connector.name}",
                page.go_on,
                methods=["GET"],
                defaults={"platform": connector.name},
                provide_automatic_options=False,
            )
    return refusals.in_words(views)


class Start:
    """The page of all platforms."""

    def __init__(self, platforms: Platforms, *, development: bool) -> None:
        self.platforms = platforms
        self.overview_at = overview.PATH if development else None

    def show(self) -> Response:
        """The page; or on to the store that this browser is signed in to."""
        if _is_signed_in(self.platforms.engine):
            return sent_to(sign_in.STORE)
        return self._page()

    def go_on(self, platform: str) -> Response:
        """On to where the platform asks the merchant, by a link of ours: a form may lead to no other site. What is no
        address of a shop there is said on the page.
        """
        connector, typed = registry.get(platform), request.args.get(handover.FIELD, "").strip()[:_LONGEST]
        if not typed:
            return sent_to(f"{PATH}#{platform}")
        try:
            self.platforms.app(platform)
            domain = _domain(connector, typed)
        except (RequestMalformed, NotConfigured) as error:
            return self._page(platform, typed, error)
        address = f"/{platform}/install?{_named(connector)}={domain}"
        return unkept(make_response(render_template("onward.html", host=domain, address=address)))

    def _page(self, platform: str = "", typed: str = "", trouble: TandemError | None = None) -> Response:
        told = {"platforms": [self._offered(one) for one in registry.connectors()], "field": handover.FIELD}
        wrong = {"chosen": platform, "typed": typed, "trouble": trouble}
        page = render_template("start.html", **told, **wrong, overview_at=self.overview_at)
        return unkept(with_forms(make_response(page, 200 if trouble is None else 400)))

    def _offered(self, connector: Connector) -> tuple[Connector, str]:
        """A platform, and why it cannot be connected here yet, "" where it can."""
        try:
            self.platforms.app(connector.name)
        except NotConfigured:
            return connector, f"Whoever runs Tandem has not set up {connector.label} yet."
        return connector, ""


def _is_signed_in(engine: Engine) -> bool:
    with reading(engine) as connection:
        return sessions.of(connection, sign_in.kept()) is not None


def _domain(connector: Connector, typed: str) -> str:
    """The shop's domain out of what was typed, perhaps a whole address. Raises RequestMalformed."""
    try:
        host = urlsplit(typed if "//" in typed else f"//{typed}").hostname or ""
    except ValueError:
        host = ""
    if connector.is_domain(host):
        return host
    raise RequestMalformed(
        f"This is no shop’s address at {connector.label}. It looks like {connector.joining.example}."
    )


def _named(connector: Connector) -> str:
    """The parameter that names a store there. Raises NotFound."""
    if connector.embedding is None:
        raise NotFound("This platform has no page of ours.")
    return connector.embedding.words.store
