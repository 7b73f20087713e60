"""Changed settings reach the shop's own server: a Pixel that is told its plan is told it at once."""

from datetime import timedelta

from integration.db import chores, transaction
from integration.stores import settings
from tests.rig.office import Office, now


def test_changed_settings_are_told_to_the_storefront_at_once_and_those_unchanged_in_their_time(office: Office) -> None:
    store = office.installed()
    due = {}
    for pattern in ("", "MED-*"):
        with transaction(office.engine) as connection:
            chores.plan(connection, store.id, chores.PIXEL, timedelta(hours=1))
            settings.change(connection, store, {"never_named": pattern}, now=now())
            [due[pattern]] = [one.due_at for one in chores.of_store(connection, store.id) if one.kind == chores.PIXEL]

    assert due[""] - due["MED-*"] > timedelta(minutes=50)
