"""A dataset and its token as somebody gives them in a page: Meta is asked first, then they are saved. Two steps, so that
no transaction waits for Meta.
"""

from dataclasses import dataclass, field
from datetime import datetime

from integration.crypto import Sealer
from integration.db import Connection, changes, datasets
from integration.db.changes import By
from integration.db.datasets import Dataset
from integration.db.stores import Store
from integration.errors import Conflict
from integration.meta.inspect import Finding, Inspection, Inspector
from integration.stores import credentials
from integration.stores.credentials import Confirmed

HIDDEN_TOKEN = "…"  # noqa: S105 (what stands for one that is too short to show a part of)


class NotTaken(Conflict):
    """Meta refused the token: nothing was changed. The message is what Meta said, in our words."""


class Unproven(Conflict):
    """Meta could not be asked: nothing was changed, and it may be saved nevertheless."""


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody typed."""

    dataset_id: str
    token: str = field(repr=False)

    @classmethod
    def of(cls, dataset_id: str, token: str) -> "Given":
        """Without the blanks that come with copying. Raises InvalidSetting for what can be neither."""
        given = cls(dataset_id.strip(), token.strip())
        credentials.refuse_nonsense(given.dataset_id, given.token)
        return given


def look(inspector: Inspector, given: Given, now: datetime) -> Inspection:
    """What Meta says of it, within ten seconds. For no open transaction."""
    return inspector.look(given.dataset_id, given.token, now)


def save(
    connection: Connection,
    store: Store,
    given: Given,
    seen: Inspection,
    *,
    sealer: Sealer,
    by: By,
    now: datetime,
    nevertheless: bool = False,
) -> Dataset:
    """Attach the dataset, or renew its token and let go what was held for it. `nevertheless`: although Meta could not be
    asked; never although it said no.

    Raises NotTaken, Unproven and Collides.
    """
    if seen.finding.refused:
        raise NotTaken(seen.sentence)
    opens = seen.finding is Finding.OPENS
    if not opens and not nevertheless:
        raise Unproven(seen.sentence)
    former = known(connection, store, given.dataset_id)
    confirmed = Confirmed(seen.name) if opens else None
    dataset = credentials.attach(
        *(connection, store, given.dataset_id, given.token),
        sealer=sealer,
        test_event_code=None,
        now=now,
        confirmed=confirmed,
    )
    record(connection, former, dataset, by)
    return dataset


def known(connection: Connection, store: Store, dataset_id: str) -> Dataset | None:
    """The store's dataset of that id, as it is now."""
    return next((one for one in datasets.of_store(connection, store.id) if one.dataset_id == dataset_id), None)


def record(connection: Connection, former: Dataset | None, dataset: Dataset, by: By) -> None:
    """The change log's line for a dataset that was added, or whose token was renewed. `former`: as it was before."""
    what = "token" if former else "dataset"
    before, after = _told(former) if former else {}, _told(dataset)
    changes.record(connection, dataset.store_id, by, what, before, after)


def _told(dataset: Dataset) -> dict[str, str | None]:
    """What the change log may say of it. Of a token its mask, and when Meta confirmed it: two may end alike."""
    return {
        f"token of {dataset.dataset_id}": mask(dataset),
        "confirmed by Meta": f"{dataset.checked_at:%Y-%m-%d %H:%M:%S} UTC" if dataset.checked_at else "no",
        "state": dataset.state,
        f"code of {dataset.dataset_id}": dataset.test_event_code,
    }


def mask(dataset: Dataset) -> str:
    """By which a merchant knows the token again."""
    return f"{HIDDEN_TOKEN}{dataset.token_tail or ''}"
