"""One application and one database of each kind for all rows of bad input, and for all tests of merchants' pages."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from integration import config, db
from integration.app import create_app
from integration.crypto import Sealer
from integration.db import migrate
from tests.rig.pages import Pages, serving
from tests.rig.sandbox import Sandbox
from tests.rig.shop import Bench
from tests.rig.standin import StandIn
from tests.web.bad_input.doors import NEW_SECRET, OLD_SECRET
from tests.web.bad_input.scene import Scene


def _migrated(url: str) -> None:
    engine = db.connect(url)
    migrate.upgrade(engine)
    engine.dispose()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One database of each kind for all rows: each row has stores of its own."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('rows') / 'tandem.db'}"
            _migrated(url)
        else:
            url = stack.enter_context(request.getfixturevalue("cluster").database(_migrated))
        yield url


@pytest.fixture(scope="module")
def scene_settings(database: str, tmp_path_factory: pytest.TempPathFactory) -> config.Settings:
    directory: Path = tmp_path_factory.mktemp("data")
    words = {"DATABASE_URL": database, "REDIS_URL": f"unix://{directory}/nobody.sock"}
    return config.load({**words, "SHOPIFY_API_SECRET": f"{NEW_SECRET},{OLD_SECRET}"}, data_dir=directory)


@pytest.fixture(scope="module")
def scene(scene_settings: config.Settings, meta: Sandbox) -> Iterator[Scene]:
    app = create_app(scene_settings)
    engine = app.extensions["engine"]
    meta.reset()
    bench = Bench(engine, meta, Sealer(scene_settings.encryption_keys), dict(scene_settings.app_secrets))
    yield Scene(app.test_client(), bench)
    engine.dispose()


@pytest.fixture(scope="session")
def shopify() -> Iterator[StandIn]:
    """The stand-in for Shopify, for all pages."""
    with StandIn.running() as found:
        yield found


@pytest.fixture(scope="module")
def pages(database: str, shopify: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """The merchants' pages on a real socket, on each kind of database."""
    shopify.reset()
    with serving(database, tmp_path_factory.mktemp("pages"), shopify) as found:
        shopify.app(url=found.url)
        yield found
