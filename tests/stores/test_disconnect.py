"""The merchant removes our app: delivery stops, nothing is revoked twice, and an old word for it does no harm."""

import pytest

from integration.db import tasks, transaction
from integration.stores import disconnect
from integration.stores.grants import NEEDS_RECONNECT
from tests.rig.office import PLATFORM, Office, now
from tests.rig.standin import SHOP


def told(office: Office) -> None:
    """A webhook said that the app was removed: what `receive` writes down."""
    with transaction(office.engine) as connection:
        tasks.add_once(
            connection,
            store_id=office.store().id,
            platform=PLATFORM,
            site=SHOP,
            kind=tasks.STORE_UNINSTALLED,
            digest="uninstalled",
            sealed=None,
            at=now(),
        )
    assert disconnect.run_open_tasks(office.engine) == 1


def test_an_uninstall_that_is_true_stops_the_store_and_forgets_its_grant(office: Office) -> None:
    office.installed()
    office.look_after()
    office.standin.uninstall(silent=True)
    told(office)
    office.look_after()

    assert office.store().uninstalled_at is not None
    assert office.grant() is None
    assert office.chores() == {}
    assert NEEDS_RECONNECT not in office.alerts()


def test_nothing_is_revoked_by_us_for_the_platform_has_done_so(office: Office) -> None:
    office.installed()
    office.look_after()
    office.standin.uninstall(silent=True)
    told(office)
    office.look_after()

    methods = {one["method"] for one in office.standin.requests()}
    assert methods <= {"GET", "POST"}
    assert not [one for one in office.standin.requests() if "revoke" in one["path"] or "uninstall" in one["path"]]


def test_told_twice_it_is_done_once(office: Office) -> None:
    office.installed()
    office.standin.uninstall(silent=True)
    told(office)
    office.look_after()
    first = office.store().uninstalled_at
    told(office)
    office.look_after()

    assert office.store().uninstalled_at == first


def test_a_stale_uninstall_after_a_new_installation_does_no_harm(office: Office) -> None:
    office.installed()
    office.standin.uninstall(silent=True)
    office.installed()
    told(office)  # late: of the first installation
    office.look_after()

    assert office.store().uninstalled_at is None
    assert office.grant() is not None
    assert office.alerts() == {}


def test_an_uninstall_written_down_before_the_new_installation_is_not_even_looked_into(office: Office) -> None:
    office.installed()
    with transaction(office.engine) as connection:
        tasks.add_once(
            connection,
            store_id=office.store().id,
            platform=PLATFORM,
            site=SHOP,
            kind=tasks.STORE_UNINSTALLED,
            digest="uninstalled",
            sealed=None,
            at=now(),
        )
    office.installed()
    disconnect.run_open_tasks(office.engine)

    assert "farewell" not in office.chores()


@pytest.mark.parametrize("kind", ["500", "html"])
def test_a_platform_that_does_not_say_is_believed_after_some_tries(office: Office, kind: str) -> None:
    office.installed()
    office.look_after()
    office.standin.fail(kind=kind, operation="shop", times=100)
    told(office)
    for _ in range(3):
        office.make_due("farewell")
        office.look_after()
        assert office.store().uninstalled_at is None
    office.make_due("farewell")
    office.look_after()

    assert office.store().uninstalled_at is not None
