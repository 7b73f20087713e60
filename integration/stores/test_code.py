"""A dataset's test event code, which ends by itself: one that is forgotten would let test orders through for ever."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from integration.db import Connection, Engine, changes, datasets, transact
from integration.db.changes import By
from integration.db.stores import Store
from integration.errors import InvalidSetting, NotFound
from integration.stores import credentials

LASTING: Mapping[str, timedelta] = MappingProxyType(
    {"1": timedelta(hours=1), "24": timedelta(hours=24), "168": timedelta(days=7)}
)
USUAL = "24"
_WHAT = "test event code"


def put(
    connection: Connection, store: Store, dataset_id: str, code: str, *, hours: str = USUAL, by: By, now: datetime
) -> None:
    """Test orders of this store go to this dataset with the code, for so long; an empty code ends it now.

    Raises InvalidSetting for what can be no code, NotFound where the store has no such dataset.
    """
    code = code.strip()
    if code:
        credentials.refuse_odd_code(code)
    if hours not in LASTING:
        raise InvalidSetting("A test event code lasts for an hour, a day or a week.")
    dataset = next((one for one in datasets.of_store(connection, store.id) if one.dataset_id == dataset_id), None)
    if dataset is None:
        raise NotFound("This store has no such dataset.")
    until = now + LASTING[hours] if code else None
    datasets.set_test_code(connection, dataset, code or None, until)
    before = _told(dataset_id, dataset.test_event_code, dataset.test_event_code_until)
    changes.record(connection, store.id, by, _WHAT, before, _told(dataset_id, code or None, until))


def _told(dataset_id: str, code: str | None, until: datetime | None) -> dict[str, str | None]:
    ends = until.isoformat(timespec="minutes") if until else "by hand"
    return {f"code of {dataset_id}": code, "ends": ends if code else None}


def look(engine: Engine) -> None:
    """Take away the codes that are over. They count as none already. Raises Unavailable."""
    transact(engine, _clear)


def _clear(connection: Connection) -> None:
    itself = By("Tandem", changes.ITSELF)
    for one in datasets.clear_test_codes(connection):
        before = {f"code of {one.dataset_id}": one.code, "ends": "when its time was over"}
        changes.record(connection, one.store_id, itself, _WHAT, before, {})
