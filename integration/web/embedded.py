"""`/<platform>/bounce`: the page inside a platform's admin that fetches a new token and goes on to the page it was given.

The pages themselves are `surfaces`', by `ways.AdminWay`. No cookie is read or set here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, make_response, render_template, request

from connectors import registry
from connectors.access import Words
from connectors.errors import RequestMalformed, TandemError
from integration.stores.platforms import Platforms
from integration.web import asked, refusals, returning
from integration.web.security import scripted
from integration.web.ways import AdminWay


def ways(platforms: Platforms) -> Sequence[AdminWay]:
    """The way in of each platform whose admin can show our pages."""
    return [
        AdminWay(platforms, connector.name, connector.embedding)
        for connector in registry.connectors()
        if connector.embedding is not None
    ]


def blueprint(platforms: Platforms) -> Blueprint:
    """The address of each platform whose admin can show our pages."""
    views = Blueprint("embedded", __name__)
    for way in ways(platforms):
        views.add_url_rule(
            f"/{way.platform}/bounce",
            endpoint=f"{way.platform}-bounce",
            view_func=Bounce(way).show,
            methods=["GET"],
            provide_automatic_options=False,
        )
    views.before_request(asked.refuse_head)
    views.register_error_handler(Exception, refusals.broken)
    return views


@dataclass(frozen=True, slots=True)
class Bounce:
    """The page of one platform."""

    way: AdminWay

    @property
    def words(self) -> Words:
        """What this admin calls things."""
        return self.way.embedding.words

    def show(self) -> Response:
        """An empty page on which the admin's script fetches a token and goes on to the address it was given.

        The store is only named by the address: the page shows nothing of any store and offers nothing to click but the
        way into that admin, and without it a merchant would look at an empty frame.
        """
        embedding, platforms = self.way.embedding, self.way.platforms
        try:
            app, raw_query = platforms.app(self.way.platform), asked.raw_query()
            targets = request.args.getlist(self.words.reload)
            if len(targets) != 1 or not returning.is_ours(targets[0], f"{app.public_url}{self.way.base}"):
                raise RequestMalformed("This address leads to no page of Tandem's.")
        except TandemError as error:
            return self.way.refused(error)
        named = self.way.named(raw_query)
        home = embedding.home(app, named) if named else None
        ancestors: Sequence[str] = embedding.ancestors(app, named) if named else ()
        page = render_template("bounce.html", words=self.words, app=app, script=embedding.script(app), home=home)
        return scripted(make_response(page), script=embedding.script(app), ancestors=ancestors)
