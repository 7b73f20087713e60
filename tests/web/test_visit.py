"""A visit: what it writes, it writes of the store as it is at that moment."""

from datetime import UTC, datetime

import pytest

from integration.db import stores, transaction
from integration.db.changes import OWN, By
from integration.errors import NotFound
from integration.web.visit import Surface, Visit
from tests.rig.own_page import OwnPage
from tests.rig.pages import Pages


def test_of_a_store_that_was_let_go_meanwhile_nothing_is_changed(pages: Pages) -> None:
    store = OwnPage.of(pages)
    row, now, done = store.row, datetime.now(UTC), []
    visit = Visit(pages.engine, row, Surface.OWN, "/store", By("somebody", OWN), [], "", now)
    assert visit.write(lambda _connection, found: found.domain) == store.domain

    with transaction(pages.engine) as connection:
        stores.mark_uninstalled(connection, row, now)
    with pytest.raises(NotFound, match="not connected any more"):
        visit.write(lambda _connection, found: done.append(found))
    assert done == []
