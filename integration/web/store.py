"""The little a store can be asked to do on Home: look at the setup again, and let the store go."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response

from connectors import registry
from integration.db import Connection, changes
from integration.db.stores import Store
from integration.errors import Forbidden
from integration.stores import disconnect, entering, glance
from integration.stores.platforms import Platforms
from integration.web import refusals, sign_in
from integration.web.refusals import Way
from integration.web.surfaces import Door
from integration.web.visit import Surface, Visit

PATH = ""
AGAIN, DISCONNECT = "/again", "/disconnect"


def doors(platforms: Platforms) -> Sequence[Door]:
    """The two buttons on it."""
    page = Parting(platforms)
    return [
        Door("POST", AGAIN, again),
        Door("GET", DISCONNECT, page.ask_whether),
        Door("POST", DISCONNECT, page.disconnect),
    ]


def again(visit: Visit, *, back: str = PATH) -> Response:
    """Everything that is done for a newly connected store is done again; not while it is being done: pressing twice must
    not begin the survey anew. `back`: the page on which it was asked.
    """

    def deed(connection: Connection, store: Store) -> None:
        entering.look_again(connection, store=store, now=visit.now)
        changes.record(connection, store.id, visit.by, "asked to look at the setup")

    if not glance.of_store(visit.engine, visit.store.id).busy:
        visit.write(deed)
    return visit.sent_to(back)


@dataclass(frozen=True, slots=True)
class Parting:
    """Letting a store go: it asks the platform to forget us, too."""

    platforms: Platforms

    def ask_whether(self, visit: Visit) -> Response:
        """What disconnecting means, and a button."""
        return visit.page(
            "disconnect.html", label=registry.get(visit.store.platform).label, own=visit.surface is Surface.OWN
        )

    def disconnect(self, visit: Visit) -> Response:
        """The store is let go, and all of its sessions with it. Raises Forbidden in a platform's admin."""
        if visit.surface is not Surface.OWN:
            raise Forbidden("To disconnect the store, remove Tandem among the apps of your admin.")
        visit.write(lambda connection, store: changes.record(connection, store.id, visit.by, "asked to disconnect"))
        left = disconnect.part(self.platforms, visit.store, visit.now)
        sentence = f"Nothing of {visit.store.domain} goes to Meta any more. {left}"
        return sign_in.signed_out(refusals.plain("Disconnected", sentence, Way(sign_in.SIGN_IN, "Connect a store")))
