import json
from pathlib import Path

import pytest

from connectors.woocommerce.mapping import parse

_CARD = Path(__file__).parents[3] / "connectors/woocommerce/fixtures/order_created__card.json"


@pytest.fixture
def card():
    """The constructed card order, as decoded JSON."""
    return json.loads(_CARD.read_bytes())


@pytest.fixture
def told(card):
    """The messages of the card order with some fields changed."""

    def _told(topic="order.updated", **changes):
        return parse(topic, json.dumps(card | changes).encode())

    return _told
