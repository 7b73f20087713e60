"""The storefront's Pixel as text, where a store's merchant pastes it."""

from dataclasses import dataclass

from connectors import registry
from connectors.contract import Half
from connectors.errors import Declined
from integration.db import Connection, datasets
from integration.db.stores import Store
from integration.stores import wiring


@dataclass(frozen=True, slots=True)
class Snippet:
    """`text`: to be pasted; None where there is none, and then `refusal` says why, or is "" where our half in the
    storefront, `half`, brings the Pixel itself.
    """

    half: Half
    text: str | None
    refusal: str = ""


def of_store(connection: Connection, store: Store, *, public_url: str) -> Snippet:
    """With the plan as it is now. Once pasted, the Pixel asks for the plan itself, and needs no new text when it changes."""
    connector = registry.get(store.platform)
    attached = [one.dataset_id for one in datasets.of_store(connection, store.id)]
    try:
        text = connector.pixel_snippet(wiring.plan(store, attached, public_url=public_url))
    except Declined as declined:
        return Snippet(connector.half, None, str(declined))
    return Snippet(connector.half, text)
