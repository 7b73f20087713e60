"""The one list of platforms. A new platform is a folder, and a line here."""

from pathlib import Path

from connectors.contract import Connector
from connectors.errors import NotUsed, UnknownPlatform
from connectors.shopify.connector import CONNECTOR as SHOPIFY
from connectors.woocommerce.connector import CONNECTOR as WOOCOMMERCE

_CONNECTORS: tuple[Connector, ...] = (SHOPIFY, WOOCOMMERCE)


def connectors() -> tuple[Connector, ...]:
    """Every platform we can connect."""
    return _CONNECTORS


def get(name: str) -> Connector:
    """The connector of that name. Raises UnknownPlatform."""
    for connector in _CONNECTORS:
        if connector.name == name:
            return connector
    known = ", ".join(connector.name for connector in _CONNECTORS)
    raise UnknownPlatform(f"There is no platform {name!r}. Platforms are: {known}.")


def sample(name: str, topic: str, case: str = "*") -> bytes:
    """A body of that platform and topic from our own fixtures; the first in the alphabet unless a case is named.

    Raises NotUsed where there is none.
    """
    folder = Path(__file__).parent / get(name).name / "fixtures"
    word = "".join(letter if letter.isalnum() else "_" for letter in topic)
    found = sorted(path for path in folder.glob(f"{word}__{case}.json") if not path.name.endswith(".event.json"))
    if not found:
        raise NotUsed(f"There is no sample of {topic!r} for {name}: name a file.")
    return found[0].read_bytes()
