"""/pixel: our half of the shop's pages. Does it live, what does it capture, who else is there, and how is it brought there."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response

from connectors import registry
from integration.db import Connection, changes
from integration.db.stores import Store
from integration.monitor import storefront_life
from integration.stores import pair_verdict, snippet
from integration.web.surfaces import Door
from integration.web.visit import Visit

PATH = "/pixel"
VERIFY = f"{PATH}/verify"

# Meta's keys of a browser, for people.
_CAPTURED = {
    "fbp": "the Pixel’s own id of the browser (fbp)",
    "fbc": "the click on an ad (fbc); only who came by one has it",
    "client_ip_address": "IP address",
    "client_user_agent": "browser and device (user agent)",
}


def doors(*, public_url: str) -> Sequence[Door]:
    """The page and its button. `public_url`: where the Pixel finds us."""
    page = Page(public_url)
    return [Door("GET", PATH, page.show), Door("POST", VERIFY, page.verify)]


@dataclass(frozen=True, slots=True)
class Page:
    """The storefront of a store."""

    public_url: str

    def show(self, visit: Visit) -> Response:
        """How it stands, and the Pixel's text or the plugin; or why there is none."""
        with visit.reading() as connection:
            life = storefront_life.of_store(connection, visit.store)
            made = snippet.of_store(connection, visit.store, public_url=self.public_url)
        tried = pair_verdict.of(life.tried, visit.now) if life.tried else None
        label = registry.get(visit.store.platform).label
        return visit.page("storefront.html", life=life, made=made, tried=tried, captured=_CAPTURED, label=label)

    def verify(self, visit: Visit) -> Response:
        """Look now, and not within the hour."""

        def deed(connection: Connection, store: Store) -> None:
            storefront_life.look_again(connection, store.id)
            changes.record(connection, store.id, visit.by, "asked to look at the storefront")

        visit.write(deed)
        return visit.sent_to(PATH)
