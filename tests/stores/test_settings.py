"""Changed settings reach the shop's own server: a Pixel that is told its plan is told it at once."""

from datetime import timedelta

import pytest

from integration.db import changes, chores, reading, transaction
from integration.db.changes import By
from integration.errors import InvalidSetting
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


def lines(office: Office) -> list[tuple[str, str, object, object]]:
    """The change log, oldest first."""
    with reading(office.engine) as connection:
        found = changes.of_store(connection, office.store().id, before=None, most=50)
    return [(one.who, one.what, one.before, one.after) for one in reversed(found)]


def test_what_was_changed_is_written_down_with_who_did_it_and_what_stays_is_not(office: Office) -> None:
    store, anna = office.installed(), By("anna", changes.OWN)
    with transaction(office.engine) as connection:
        settings.change(connection, store, {"refunds": "on", "purchase_when": "paid"}, now=now(), by=anna)
        reason = {"reason": "our banner asks everybody"}
        settings.change(connection, store, {"consent_mode": "assumed"}, now=now(), by=anna, because=reason)
        settings.change(connection, store, {"state": "live"}, now=now())
    assert lines(office)[-2:] == [
        ("anna", "settings", {"consent_mode": "regional", "reason": None}, {"consent_mode": "assumed", **reason}),
        ("Tandem", "went live", {"state": "observing"}, {"state": "live"}),
    ]
    assert not [one for one in lines(office) if "refunds" in str(one)]


def test_two_who_change_different_settings_at_once_both_have_their_way(office: Office) -> None:
    """Each read the store before the other wrote."""
    seen_by_both = office.installed()
    for values in ({"refunds": "off"}, {"value_basis": "subtotal"}):
        with transaction(office.engine) as connection:
            settings.change(connection, seen_by_both, values, now=now())
    kept = office.store().settings
    assert (kept.refunds, kept.value_basis) == (False, "subtotal")


def test_a_change_that_is_refused_is_not_written_down(office: Office) -> None:
    store = office.installed()
    before = lines(office)
    with pytest.raises(InvalidSetting), transaction(office.engine) as connection:
        settings.change(connection, store, {"refunds": "off", "consent_mode": "never"}, now=now())
    assert lines(office) == before
