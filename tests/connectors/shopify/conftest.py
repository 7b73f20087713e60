import json
from pathlib import Path

import pytest

from connectors.shopify.connector import CONNECTOR
from tests.rig.graphql_shop import open_shop

FIXTURES = Path(__file__).parents[3] / "connectors" / "shopify" / "fixtures"


def _told(topic, body):
    [message] = CONNECTOR.parse(topic, json.dumps(body).encode())
    return message


@pytest.fixture
def recorded():
    """The decoded body of one of our fixtures, with some of its fields replaced; a field given as ... is left out."""

    def read(name, /, **changes):
        body = json.loads((FIXTURES / f"{name}.json").read_text()) | changes
        return {key: value for key, value in body.items() if value is not ...}

    return read


@pytest.fixture
def order(recorded):
    """The event of our card order, with some fields of its body replaced."""
    return lambda **changes: _told("orders/paid", recorded("orders_paid__card", **changes))


@pytest.fixture
def checkout(recorded):
    return lambda **changes: _told("checkouts/update", recorded("checkouts_update__with_address", **changes))


@pytest.fixture
def refund(recorded):
    return lambda **changes: _told("refunds/create", recorded("refunds_create__partial", **changes))


@pytest.fixture
def shop():
    """A shop's GraphQL endpoint that says what the test lays out."""
    with open_shop() as found:
        yield found
