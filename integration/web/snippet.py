"""/pixel: the text that the store's merchant pastes as the storefront's Pixel, and how."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response

from integration.stores import snippet
from integration.web.surfaces import Door
from integration.web.visit import Visit

PATH = "/pixel"


def doors(*, public_url: str) -> Sequence[Door]:
    """The page. `public_url`: where the pasted Pixel finds us."""
    return [Door("GET", PATH, Page(public_url).show)]


@dataclass(frozen=True, slots=True)
class Page:
    """The store's Pixel."""

    public_url: str

    def show(self, visit: Visit) -> Response:
        """The steps and the text; or why there is none."""
        with visit.reading() as connection:
            made = snippet.of_store(connection, visit.store, public_url=self.public_url)
        return visit.page("snippet.html", made=made)
