"""/invitation/<code>: where somebody without any sign-in adds a dataset and its token to one shop, once, and sees nothing.

Whoever has the code may do that, so there is no cookie and no other proof, and nothing another site could borrow. The code
is in the address: the page is kept nowhere, leads nowhere, and tells no other page where the visitor came from.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request

from connectors.errors import Throttled
from integration.crypto import Sealer
from integration.db import Connection, Engine, reading, transact
from integration.db.datasets import Dataset
from integration.errors import Conflict, InvalidSetting, NotFound
from integration.meta.inspect import Inspector
from integration.stores import datasets_at_meta, invitations
from integration.stores.datasets_at_meta import Given
from integration.web import at_meta, refusals
from integration.web.pace import Pace
from integration.web.security import unkept

PATH = "/invitation"
_MOST_FORM = 8 * 1024
_CODE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


def address(public_url: str, code: str) -> str:
    """The link of a code."""
    return f"{public_url}{PATH}/{code}"


def _paces() -> Mapping[str, Pace]:
    """By the caller's address, and by the link: a stolen one is not to be used for trying out tokens."""
    return {"address": Pace(20, 3.0), "link": Pace(5, 30.0)}


@dataclass(frozen=True, slots=True)
class Page:
    """What the link opens."""

    engine: Engine
    sealer: Sealer
    inspector: Inspector
    paces: Mapping[str, Pace] = field(default_factory=_paces)

    def show(self, code: str) -> Response:
        """The form; the shop's domain is all that it tells."""
        self._slow(self.paces["address"].wait(request.remote_addr))
        return _page(self._shop(code))

    def save(self, code: str) -> Response:
        """Ask Meta, then add it and use the link up. No transaction is open while Meta is asked."""
        request.max_content_length = _MOST_FORM
        self._slow(self.paces["address"].wait(request.remote_addr))
        shop, now = self._shop(code), datetime.now(UTC)
        self._slow(self.paces["link"].wait_of(hashlib.sha256(code.encode()).hexdigest()))
        typed = request.form.get("dataset_id", "").strip()[:40]
        try:
            given = Given.of(typed, request.form.get("token", ""))
            seen = datasets_at_meta.look(self.inspector, given, now)

            def deed(connection: Connection) -> Dataset:
                return invitations.redeem(connection, code, given, seen, sealer=self.sealer, now=now)

            added = transact(self.engine, deed)
        except (InvalidSetting, Conflict) as error:
            return _page(shop, status=409, refusal=str(error), dataset_id=typed)
        return _page(shop, added=added.dataset_id)

    def _shop(self, code: str) -> str:
        """Raises NotFound."""
        if not _CODE.fullmatch(code):
            raise NotFound(invitations.OVER)
        with reading(self.engine) as connection:
            return invitations.shop_of(connection, code)

    def _slow(self, wait: float) -> None:
        if wait > 0:
            raise Throttled("This link was asked for too often. Nothing is lost: try it again in a moment.", wait)


def _page(shop: str, *, status: int = 200, **told: Any) -> Response:
    page = render_template("invitation.html", shop=shop, overview_at=at_meta.overview(), **told)
    return unkept(make_response(page, status))


def blueprint(engine: Engine, sealer: Sealer, inspector: Inspector) -> Blueprint:
    """The page and its form."""
    views, page = Blueprint("invitation", __name__), Page(engine, sealer, inspector)
    doors: Mapping[str, Callable[[str], Response]] = {"GET": page.show, "POST": page.save}
    for method, view in doors.items():
        views.add_url_rule(f"{PATH}/<code>", view.__name__, view, methods=[method], provide_automatic_options=False)
    return refusals.in_words(views)
