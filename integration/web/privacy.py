"""/privacy: what is kept of the store's shoppers, what consent came to, and what can be asked for.

What is typed about a person is in no address, no log and no error.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import Response, request

from connectors import registry
from connectors.errors import RequestMalformed
from connectors.event import PrivacyKind, PrivacyRequest
from integration.crypto import Sealer
from integration.db import Connection, changes, consents, privacy_requests
from integration.db.privacy_requests import MERCHANT, SEALED_EXPORT
from integration.db.stores import Store
from integration.errors import Conflict, Forbidden, InvalidSetting, NotFound
from integration.meta.event import REFUND
from integration.monitor import foresight, golive
from integration.privacy import archive, person, requests
from integration.retention import Retention
from integration.stores import settings
from integration.web import asked, consent_words, privacy_form, privacy_words
from integration.web.surfaces import Door
from integration.web.visit import Visit

PATH = "/privacy"
ASK, KEEP_BACK, EXPORT, EVERYTHING = f"{PATH}/ask", f"{PATH}/keep-back", f"{PATH}/export", f"{PATH}/everything"
LOOKS_BACK = timedelta(days=30)
# Of one store: all stores' are carried out one after the other.
MOST_OPEN = 100
_ASKED_FOR = {
    PrivacyKind.CUSTOMER_DATA: "asked for a person's data",
    PrivacyKind.CUSTOMER_ERASURE: "asked for a person's erasure",
}
_NOBODY = "Nobody can be found by this. A phone number needs its country’s code, such as +49."


@dataclass(frozen=True, slots=True)
class Office:
    """What the page works with."""

    sealer: Sealer = field(repr=False)
    secret_key: str = field(repr=False)
    retention: Retention


def doors(office: Office) -> Sequence[Door]:
    """The page, its two forms and its two downloads."""
    page = Page(office)
    return [
        Door("GET", PATH, page.show),
        Door("POST", ASK, page.ask),
        Door("POST", KEEP_BACK, page.keep_back),
        Door("GET", f"{EXPORT}/<int:pk>", page.export),
        Door("GET", EVERYTHING, page.everything),
    ]


@dataclass(frozen=True, slots=True)
class Page:
    """Data and privacy of one store."""

    office: Office

    def show(self, visit: Visit, refusal: str = "") -> Response:
        """The page; with what was wrong, where a form could not be taken."""
        with visit.reading() as connection:
            told = _told(connection, visit.store, self.office.retention, visit.now)
        return visit.page("privacy.html", status=400 if refusal else 200, refusal=refusal, **told)

    def ask(self, visit: Visit) -> Response:
        """A person's data or erasure is asked for; it is begun within a minute."""

        def deed(connection: Connection, store: Store) -> None:
            demand = privacy_form.demand(request.form, store.domain)
            self._ask(connection, store, demand, visit.now)
            changes.record(connection, store.id, visit.by, _ASKED_FOR[demand.kind])

        return self._done(visit, deed, "requests")

    def keep_back(self, visit: Visit) -> Response:
        """What of persons and of items is kept back from now on."""
        wanted = privacy_form.kept_back(request.form.getlist("leave_out"), request.form.get("never_named", ""))

        def deed(connection: Connection, store: Store) -> None:
            settings.change(connection, store, wanted, now=visit.now, by=visit.by)
            golive.told_anew(connection, store)

        return self._done(visit, deed, "back")

    def export(self, visit: Visit, pk: int) -> Response:
        """What was found of a person, to be passed on. Raises NotFound, for another store's too, and Forbidden."""
        _refuse_lookers(visit)
        with visit.reading() as connection:
            found = privacy_requests.by_id(connection, pk) if pk <= asked.LARGEST_ID else None
        if found is None or found.store_id != visit.store.id or found.export is None:
            raise NotFound("There is no such export, or it is no longer kept.")
        opened = self.office.sealer.unseal(found.export, store=visit.store.id, column=SEALED_EXPORT)
        visit.write(lambda connection, store: changes.record(connection, store.id, visit.by, "took a person's data"))
        return visit.download([opened], f"request-{pk}.json", "application/json")

    def everything(self, visit: Visit) -> Response:
        """All that is kept of the store, line by line as it is read. Raises Forbidden."""
        _refuse_lookers(visit)
        visit.write(lambda connection, store: changes.record(connection, store.id, visit.by, "took all that is kept"))
        lines = archive.of_store(visit.engine, self.office.sealer, visit.store, visit.now)
        return visit.download(lines, f"{visit.store.id}.jsonl", "application/x-ndjson")

    def _ask(self, connection: Connection, store: Store, demand: PrivacyRequest, now: datetime) -> None:
        wanted = person.wanted(demand, store, self.office.secret_key)
        if not wanted.hmacs and not wanted.order_ids:
            raise RequestMalformed(_NOBODY)
        if privacy_requests.still_open(connection, store.id) >= MOST_OPEN:
            raise Conflict("So many requests are still to be done that no more are taken. Try again in an hour.")
        office = self.office
        requests.ask(
            *(connection, store, demand), asked_by=MERCHANT, sealer=office.sealer, secret_key=office.secret_key, now=now
        )

    def _done(self, visit: Visit, deed: Callable[[Connection, Store], None], part: str) -> Response:
        try:
            visit.write(deed)
        except (RequestMalformed, InvalidSetting, Conflict) as error:
            return self.show(visit, str(error))
        return visit.sent_to(PATH, part)


def _refuse_lookers(visit: Visit) -> None:
    """A person's data are for the merchant to take, whoever else may look at the page."""
    if not visit.may_write:
        raise Forbidden("Only the store's merchant takes personal data from here.")


def _told(connection: Connection, store: Store, retention: Retention, now: datetime) -> dict[str, Any]:
    """All that the page shows of a store."""
    connector, since = registry.get(store.platform), now - LOOKS_BACK
    stated = consents.stated_since(connection, store.id, since, without=REFUND)
    requested = privacy_requests.of_store(connection, store.id)
    return {
        "kept": privacy_words.kept(retention),
        "with_the_store": privacy_words.WITH_THE_STORE,
        "mode": consent_words.mode(store.settings),
        "half": connector.half,
        "heard": privacy_words.heard(stated, connector.half),
        "withheld": privacy_words.withheld(consents.withheld_since(connection, store.id, since)),
        "most": consents.MOST_COUNTED,
        "foresight": foresight.of_store(connection, store, now),
        "requests": [privacy_words.asked(one, connector.label, now) for one in requested],
        "demands": {kind: privacy_words.KINDS[kind] for kind in privacy_form.DEMANDS},
        "fields": privacy_words.FIELDS,
        "paths": {"ask": ASK, "keep_back": KEEP_BACK, "export": EXPORT, "everything": EVERYTHING},
    }
