"""Whom to write to: sealed, refused in words that repeat nothing, and in the change log for those alone who know them."""

import pytest
import sqlalchemy as sa

from integration.crypto import Sealer, new_key
from integration.db import changes, reading, transaction
from integration.db.changes import By
from integration.db.stores import stores
from integration.errors import InvalidSetting
from integration.stores import alert_addresses
from tests.rig.office import Office

ANNA = By("anna", changes.OWN)


def saved(office: Office, text: str, sealer: Sealer | None = None) -> None:
    with transaction(office.engine) as connection:
        alert_addresses.save(connection, sealer or office.sealer, office.store(), text, by=ANNA)


def test_addresses_are_kept_sealed_and_every_reader_of_the_store_is_told(office: Office) -> None:
    before = office.installed().version
    saved(office, "anna@example.com,\n ops@tea.example anna@example.com")
    with reading(office.engine) as connection:
        kept = connection.execute(sa.select(stores.c.alert_emails)).scalar_one()
        found = alert_addresses.of_store(connection, office.sealer, office.store())
        [line, *_] = changes.of_store(connection, office.store().id, before=None, most=1)

    assert found == ("anna@example.com", "ops@tea.example")
    assert "example" not in kept
    assert office.store().version > before
    assert (line.what, line.after) == ("alert addresses", {"to": "a…@example.com, o…@tea.example"})

    version = office.store().version
    saved(office, "anna@example.com ops@tea.example")
    assert office.store().version == version
    saved(office, "")
    with reading(office.engine) as connection:
        assert alert_addresses.of_store(connection, office.sealer, office.store()) == ()


@pytest.mark.parametrize("typed", ["anna@tea.example nobody", "a@b.example\r\nBcc:x@y.example;", "a@b@c.example"])
def test_what_is_no_address_is_refused_by_its_place_and_not_repeated(typed: str) -> None:
    with pytest.raises(InvalidSetting) as refusal:
        alert_addresses.read(typed)
    assert "is none" in str(refusal.value)
    assert not [word for word in typed.split() if word in str(refusal.value)]


def test_addresses_under_a_lost_key_do_not_keep_new_ones_out(office: Office) -> None:
    office.installed()
    saved(office, "anna@example.com", Sealer([new_key()]))
    saved(office, "ben@example.com")
    with reading(office.engine) as connection:
        assert alert_addresses.of_store(connection, office.sealer, office.store()) == ("ben@example.com",)
