"""The merchant removes our app: delivery stops, nothing is revoked twice, and an old word for it does no harm."""

from datetime import datetime, timedelta

import msgspec
import pytest

from connectors.event import StoreUninstalled
from integration.db import changes, grants, reading, stores, tasks, transaction
from integration.stores import disconnect
from integration.stores.grants import NEEDS_RECONNECT
from tests.rig.office import PLATFORM, Office, now
from tests.rig.standin import SHOP


def told(office: Office, triggered_at: datetime | None = None) -> None:
    """A webhook said that the app was removed: what `receive` writes down."""
    payload = msgspec.json.encode(StoreUninstalled(site=SHOP, triggered_at=triggered_at))
    store_id = office.store().id
    with transaction(office.engine) as connection:
        tasks.add_once(
            connection,
            store_id=store_id,
            platform=PLATFORM,
            site=SHOP,
            kind=tasks.STORE_UNINSTALLED,
            digest="uninstalled",
            sealed=office.sealer.seal(payload, store=store_id, column=tasks.SEALED_PAYLOAD),
            at=now(),
        )
    assert disconnect.run_open_tasks(office.engine, office.sealer) == 1


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
    disconnect.run_open_tasks(office.engine, office.sealer)

    assert "farewell" not in office.chores()


def test_a_word_older_than_the_last_opening_of_our_page_is_stale_though_our_token_is_dead(office: Office) -> None:
    """Removed, installed again, opened; and only then the word of the removal comes."""
    office.arrived()
    office.look_after()
    office.standin.uninstall(silent=True)
    word = now()
    with transaction(office.engine) as connection:
        stores.mark_opened(connection, office.store().id, word + timedelta(minutes=3))
    told(office, triggered_at=word)
    office.look_after()

    assert office.store().uninstalled_at is None
    assert list(office.alerts()) == [NEEDS_RECONNECT]


def test_a_word_newer_than_the_last_opening_is_looked_into(office: Office) -> None:
    office.arrived()
    office.look_after()
    office.standin.uninstall(silent=True)
    told(office, triggered_at=now())
    office.look_after()

    assert office.store().uninstalled_at is not None


def test_a_store_connected_again_while_its_uninstall_was_looked_into_is_not_let_go(office: Office) -> None:
    """The farewell found the old token dead, and the merchant brought a new one before it could say so."""
    office.installed()
    as_it_was = office.store()
    office.standin.uninstall(silent=True)
    office.installed()

    with transaction(office.engine) as connection:
        assert not disconnect.let_go(connection, as_it_was)
    assert office.store().uninstalled_at is None
    assert office.grant() is not None
    assert "subscriptions" in office.chores()


def test_an_answer_about_a_grant_that_was_forgotten_touches_no_later_one(office: Office) -> None:
    office.installed()
    old = office.grant()
    assert old
    with transaction(office.engine) as connection:
        assert disconnect.let_go(connection, office.store())
    assert "shpat_" not in office.everything()
    assert old.sealed not in office.everything()
    office.installed()
    fresh = office.token()

    with transaction(office.engine) as connection:
        assert not grants.replace_pair(connection, old)
        assert not grants.reject(connection, old.store_id, old.generation)
    assert office.token() == fresh


@pytest.mark.parametrize("kind", ["500", "html"])
def test_a_platform_that_does_not_say_is_believed_after_a_day_and_not_after_minutes(office: Office, kind: str) -> None:
    office.installed()
    office.look_after()
    office.standin.fail(kind=kind, operation="shop", times=100)
    told(office)
    for _ in range(28):
        office.make_due("farewell")
        office.look_after()
        assert office.store().uninstalled_at is None
    office.make_due("farewell")
    office.look_after()

    assert office.store().uninstalled_at is not None


def test_our_own_wrong_secret_never_lets_a_store_go(office: Office) -> None:
    office.installed()
    office.look_after()
    told(office)
    office.standin.ahead(3_700)
    rightly, office.standin.secret = office.standin.secret, "not the secret of this app at all"
    for _ in range(30):
        office.make_due("farewell")
        office.look_after()
    assert office.store().uninstalled_at is None
    office.standin.secret = rightly
    office.make_due("farewell")
    office.look_after()
    assert office.store().uninstalled_at is None
    assert "farewell" not in office.chores()


def test_each_coming_and_going_of_a_store_stands_in_its_change_log_once(office: Office) -> None:
    office.installed()
    with transaction(office.engine) as connection:
        assert disconnect.let_go(connection, office.store())
        assert not disconnect.let_go(connection, office.store())
    office.installed()
    with reading(office.engine) as connection:
        found = changes.of_store(connection, office.store().id, before=None, most=9)
    assert [one.what for one in found] == ["connected again", "disconnected", "connected"]
