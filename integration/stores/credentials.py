"""A store's datasets: attach one, or give one a new token and let its held events go."""

import re
from datetime import datetime
from typing import NamedTuple

from connectors import registry
from integration.crypto import Sealer
from integration.db import Connection, alerts, chores, datasets, held, stores
from integration.db.datasets import SEALED_TOKEN, Dataset
from integration.db.stores import Store
from integration.errors import Conflict, InvalidSetting
from integration.pipeline.adopt import adopt
from integration.store_settings import StoreSettings
from integration.stores import storefront

_DATASET_ID = re.compile(r"[0-9]{1,32}", re.ASCII)
_TEST_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_STORE_KEY = "{store_key}"
_TAIL, _LONG_ENOUGH = 4, 16


class Collides(Conflict):
    """Another shop with small order numbers tells the dataset. `rival`: its domain, for the operator alone; the message
    does not say it, for which shop that is, is no other merchant's business.
    """

    def __init__(self, rival: str) -> None:
        super().__init__(
            "Another shop that counts its orders from 1 tells this dataset too, and Meta would take one shop’s purchase "
            "for the other’s. First let this store’s event ids carry its key: {store_key}-{order_id} in the settings, "
            "and on its Pixel."
        )
        self.rival = rival


class Confirmed(NamedTuple):
    """Meta said that a token opens a dataset. `name`: what Meta calls it, where that may be read."""

    name: str | None = None


def attach(
    connection: Connection,
    store: Store,
    dataset_id: str,
    token: str,
    *,
    sealer: Sealer,
    test_event_code: str | None,
    now: datetime,
    confirmed: Confirmed | None = None,
) -> Dataset:
    """Attach a dataset, or renew the token of one that is attached: its held deliveries are pending afterwards.

    A store's first dataset takes over what was held for want of one; a further one gets only what comes after it.
    `confirmed`: Meta said just now that the token opens it. Raises InvalidSetting for what cannot be an id or token,
    Collides where order numbers of two stores would.
    """
    refuse_nonsense(dataset_id, token, test_event_code)
    sealed = sealer.seal(token.encode(), store=store.id, column=SEALED_TOKEN)
    kept = datasets.Token(sealed, tail(token), confirmed.name if confirmed else None, checked=confirmed is not None)
    attached = datasets.of_store(connection, store.id)
    known = next((one for one in attached if one.dataset_id == dataset_id), None)
    if known:
        _renew(connection, known, kept, test_event_code)
    else:
        datasets.one_at_a_time(connection, dataset_id)
        refuse_collision(connection, store, dataset_id, store.settings)
        datasets.add(
            connection, store_id=store.id, dataset_id=dataset_id, token=kept, test_event_code=test_event_code, at=now
        )
    dataset = next(one for one in datasets.of_store(connection, store.id) if one.dataset_id == dataset_id)
    if not attached:
        shared = _rivals(connection, store, dataset_id)
        adopt(connection, store.id, dataset, key=store.short_key if shared else None)
    storefront.weigh_again(connection, store.id, now)
    _look_again(connection, store)
    return dataset


def _renew(connection: Connection, known: Dataset, token: datasets.Token, test_event_code: str | None) -> None:
    """What was held for want of a good token goes on."""
    datasets.renew_token(connection, known, token)
    if test_event_code:
        datasets.set_test_code(connection, known, test_event_code, None)
    held.resume_dataset(connection, known.id)
    alerts.clear(connection, store_id=known.store_id, kind="dataset_paused")


def _look_again(connection: Connection, store: Store) -> None:
    """The storefront's Pixel has another dataset to tell, and others may tell it already."""
    for one in chores.of_store(connection, store.id):
        if one.kind in (chores.PIXEL, chores.SCAN):
            chores.plan(connection, store.id, one.kind)


def tail(token: str) -> str | None:
    """The last letters of a token, by which its merchant knows it again; none of one so short that they would tell it."""
    return token[-_TAIL:] if len(token) >= _LONG_ENOUGH else None


def refuse_nonsense(dataset_id: str, token: str, test_event_code: str | None = None) -> None:
    """Raises InvalidSetting for what cannot be an id, a token or a code, whoever were asked."""
    if not _DATASET_ID.fullmatch(dataset_id):
        raise InvalidSetting("A dataset id is a number, as Events Manager shows it.")
    if not token.strip() or len(token) > 2_000 or not token.isascii() or not token.isprintable():
        raise InvalidSetting("That cannot be an access token.")
    if test_event_code is not None:
        refuse_odd_code(test_event_code)


def refuse_odd_code(test_event_code: str) -> None:
    """Raises InvalidSetting for what can be no test event code."""
    if not _TEST_CODE.fullmatch(test_event_code):
        raise InvalidSetting(
            "A test event code looks like TEST12345: copy it from the tab Test events in Events Manager."
        )


def refuse_collision(connection: Connection, store: Store, dataset_id: str, settings: StoreSettings) -> None:
    """Order numbers that are small counters of each shop would swallow another shop's purchases at one dataset.

    Raises Collides.
    """
    if _STORE_KEY in settings.event_id_template:
        return
    for other in _rivals(connection, store, dataset_id):
        raise Collides(other.domain)


def _rivals(connection: Connection, store: Store, dataset_id: str) -> list[Store]:
    """Other shops that tell the same dataset of orders counted from 1, as this one's are."""
    if registry.get(store.platform).order_ids_are_global:
        return []
    sharing = datasets.stores_sharing(connection, dataset_id, besides=store.id)
    found = [stores.by_id(connection, other_id) for other_id in sharing]
    return [other for other in found if other and not registry.get(other.platform).order_ids_are_global]
