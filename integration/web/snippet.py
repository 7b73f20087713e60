"""`/store/pixel`: the text that the signed-in store's merchant pastes as the storefront's Pixel, and how."""

from dataclasses import dataclass

from flask import Blueprint, Response, make_response, render_template

from connectors.errors import TandemError
from integration.db import Engine, reading, stores
from integration.stores import sessions, snippet
from integration.web import asked, refusals, sign_in
from integration.web.security import sent_to, unkept

PATH = f"{sign_in.STORE}/pixel"


def blueprint(engine: Engine, *, public_url: str) -> Blueprint:
    """The page. `public_url`: where the pasted Pixel finds us."""
    views = Blueprint("snippet", __name__)
    views.add_url_rule(
        PATH, view_func=Page(engine, public_url).show, endpoint="show", methods=["GET"], provide_automatic_options=False
    )
    views.before_request(asked.refuse_head)
    views.register_error_handler(TandemError, refusals.refused)
    views.register_error_handler(Exception, refusals.broken)
    return views


@dataclass(frozen=True, slots=True)
class Page:
    """The Pixel of the store that the session is of. Whoever is not signed in is led to where that is done."""

    engine: Engine
    public_url: str

    def show(self) -> Response:
        """The steps and the text; or why there is none."""
        with reading(self.engine) as connection:
            store_id = sessions.of(connection, sign_in.kept())
            store = stores.by_id(connection, store_id) if store_id else None
            if store is None:
                return sign_in.signed_out(sent_to(sign_in.SIGN_IN, status=303))
            made = snippet.of_store(connection, store, public_url=self.public_url)
        page = render_template("snippet.html", store=store, made=made, back_at=sign_in.STORE)
        return unkept(make_response(page))
