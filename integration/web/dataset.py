"""/dataset: the store's datasets at Meta, their tokens and test event codes, and the link for an agency.

A token goes in and never comes out: of what was typed, a page that has to be shown again repeats the dataset's id alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from flask import Response, request

from connectors.errors import Throttled
from integration.crypto import Sealer
from integration.db import Connection, datasets, held, setup_steps
from integration.db.datasets import Dataset
from integration.db.stores import Store
from integration.errors import Conflict, InvalidSetting
from integration.meta.inspect import Inspector
from integration.stores import datasets_at_meta, invitations, test_code
from integration.stores.datasets_at_meta import Given, Unproven
from integration.web import at_meta
from integration.web.invitation import address
from integration.web.pace import Pace
from integration.web.surfaces import Door
from integration.web.visit import Visit

PATH = "/dataset"
CODE, LINK, NO_LINK = f"{PATH}/code", f"{PATH}/link", f"{PATH}/link/end"
# Where a form may ask to be led back to.
_BACK: Mapping[str, str] = MappingProxyType({"setup": "/setup"})
_MOST_FORM = 8 * 1024
LASTING_WORDS = (("1", "for an hour"), ("24", "for a day"), ("168", "for a week"))


class Refusal(NamedTuple):
    """Why a form came to nothing. `dataset_id`: as it was typed; `unproven`: it may be saved nevertheless."""

    sentence: str
    dataset_id: str
    unproven: bool = False
    of_code: bool = False


class Side(NamedTuple):
    """A dataset as the page shows it. `waiting`: how many events it holds back; `taken`: Meta took something from us."""

    dataset: Dataset
    waiting: int
    taken: bool
    token_at: str
    tests_at: str

    @property
    def many(self) -> bool:
        """Whether more wait than were counted."""
        return self.waiting > held.MOST_COUNTED


@dataclass(frozen=True, slots=True)
class Page:
    """`public_url`: of the agency's link. `pace`: how often one store may ask Meta."""

    sealer: Sealer
    inspector: Inspector
    public_url: str
    pace: Pace = field(default_factory=lambda: Pace(6, 10.0))

    def show(self, visit: Visit, refusal: Refusal | None = None, link: str | None = None) -> Response:
        """All of it. `link`: of an invitation made just now, which is shown this once."""
        visit = replace(visit, here=PATH)  # also after a form that came to nothing
        with visit.reading() as connection:
            sides = [_side(connection, one) for one in datasets.of_store(connection, visit.store.id)]
            invited = invitations.open_of(connection, visit.store)
        told = {"sides": sides, "invited": invited, "link": link, "lasting": LASTING_WORDS, "usual": test_code.USUAL}
        status = 409 if refusal else 200
        return visit.page("dataset.html", status=status, refusal=refusal, overview_at=at_meta.overview(), **told)

    def save(self, visit: Visit) -> Response:
        """Ask Meta, then attach the dataset or renew its token. No transaction is open while Meta is asked."""
        request.max_content_length = _MOST_FORM
        typed = request.form.get("dataset_id", "").strip()[:40]
        try:
            given = Given.of(typed, request.form.get("token", ""))
            self._pace(visit)
            seen = datasets_at_meta.look(self.inspector, given, visit.now)
            anyway = request.form.get("nevertheless") == "yes"
            save = partial(datasets_at_meta.save, given=given, seen=seen, sealer=self.sealer, nevertheless=anyway)
            visit.write(lambda connection, store: save(connection, store, by=visit.by, now=visit.now))
        except (InvalidSetting, Conflict) as error:
            return self.show(visit, Refusal(str(error), typed, unproven=isinstance(error, Unproven)))
        return visit.sent_to(_BACK.get(request.form.get("back", ""), PATH))

    def code(self, visit: Visit) -> Response:
        """Put a test event code, or end it."""
        dataset_id, code = request.form.get("dataset_id", ""), request.form.get("code", "")
        hours = request.form.get("hours", test_code.USUAL)

        def deed(connection: Connection, store: Store) -> None:
            test_code.put(connection, store, dataset_id, code, hours=hours, by=visit.by, now=visit.now)

        try:
            visit.write(deed)
        except InvalidSetting as error:
            return self.show(visit, Refusal(str(error), dataset_id[:40], of_code=True))
        return visit.sent_to(PATH)

    def invite(self, visit: Visit) -> Response:
        """Make the agency's link. It is in this answer and in no address, so that no log has it."""
        code = visit.write(lambda connection, store: invitations.make(connection, store, visit.by))
        return self.show(visit, link=address(self.public_url, code))

    def revoke(self, visit: Visit) -> Response:
        """End it."""
        visit.write(lambda connection, store: invitations.revoke(connection, store, visit.by))
        return visit.sent_to(PATH)

    def _pace(self, visit: Visit) -> None:
        wait = self.pace.wait_of(visit.store.id)
        if wait > 0:
            raise Throttled(
                "Meta was asked about this store's tokens several times just now. Try it again shortly.", wait
            )


def doors(sealer: Sealer, inspector: Inspector, *, public_url: str) -> Sequence[Door]:
    """The page, and what its forms do."""
    page = Page(sealer, inspector, public_url)
    return [
        Door("GET", PATH, page.show),
        Door("POST", PATH, page.save),
        Door("POST", CODE, page.code),
        Door("POST", LINK, page.invite),
        Door("POST", NO_LINK, page.revoke),
    ]


def _side(connection: Connection, one: Dataset) -> Side:
    waiting = held.waiting(connection, one.id) if one.paused else 0
    taken = one.checked_at is None and one.id in setup_steps.ever_taken(connection, [one.id])
    return Side(one, waiting, taken, at_meta.settings(one.dataset_id), at_meta.test_events(one.dataset_id))
