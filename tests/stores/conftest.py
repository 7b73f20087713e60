"""The office where stores are connected, on both databases, beside a stand-in for Shopify of its own process."""

from collections.abc import Iterator

import pytest

from integration import db
from tests.rig.office import PUBLIC_URL, Office
from tests.rig.standin import StandIn


@pytest.fixture(scope="session")
def shopify() -> Iterator[StandIn]:
    with StandIn.running(app_url=PUBLIC_URL) as standin:
        yield standin


@pytest.fixture
def standin(shopify: StandIn) -> StandIn:
    """The same, as it was at first."""
    shopify.reset()
    return shopify


@pytest.fixture
def office(engine: db.Engine, standin: StandIn) -> Office:
    return Office(engine, standin)
