"""A merchant tries both riders: begins a test, opens the shop by its code, and reads how far each of them has come."""

import hmac
from datetime import datetime
from functools import partial

from integration.db import Connection, Engine, datasets, pair_tests, reading, stores, transact
from integration.db import now as database_now
from integration.db.pair_tests import PairTest
from integration.db.stores import Store
from integration.errors import Conflict, Forbidden, NotFound
from integration.pipeline import own_pages, pair_code
from integration.stores import pair_verdict, storefront

_NO_DATASET = "There is no dataset to tell yet. Attach one first: Pixel and server both tell a dataset of Meta’s."
_NOT_YOURS = "This store has no dataset {}."
_OVER = (
    "This link is used up or older than 15 minutes. Begin another test on Tandem’s page, and open your shop from there."
)


def begin(connection: Connection, store: Store, dataset_id: str, *, secret_key: str) -> PairTest:
    """A new test, of the store's dataset with Meta's id `dataset_id`; "" is its first one. A test that was open is over.

    Raises Conflict where there is no dataset, NotFound for another's.
    """
    attached = [one.dataset_id for one in datasets.of_store(connection, store.id)]
    if not attached:
        raise Conflict(_NO_DATASET)
    if dataset_id and dataset_id not in attached:
        raise NotFound(_NOT_YOURS.format(dataset_id))
    event_id = pair_code.new_event_id()
    digest = pair_code.digest(pair_code.of(event_id, store.id, secret_key))
    until = database_now(connection) + pair_code.GOOD_FOR
    pair_tests.end_all(connection, store.id)
    pair_tests.add(connection, store.id, dataset_id or attached[0], digest=digest, event_id=event_id, until=until)
    begun = pair_tests.newest(connection, store.id)
    assert begun is not None  # noqa: S101 (just added)
    return begun


def code(test: PairTest, secret_key: str, now: datetime) -> str | None:
    """What opens the shop for a test; None where it is over, or was begun under another secret of ours. Pure."""
    made = pair_code.of(test.event_id, test.store_id, secret_key)
    same = hmac.compare_digest(pair_code.digest(made), test.code_sha256)
    return made if same and not pair_verdict.of(test, now).over else None


def opened(engine: Engine, code: str, *, loopback: bool) -> str:
    """The address of the shop that a code is good for, noted as opened. Raises Forbidden for any other code."""
    with reading(engine) as connection:
        if not pair_tests.is_open(connection, pair_code.digest(code)):
            raise Forbidden(_OVER)
    return transact(engine, partial(_opened, code=code, loopback=loopback))


def _opened(connection: Connection, code: str, *, loopback: bool) -> str:
    test = pair_tests.of_code(connection, pair_code.digest(code))
    store = stores.by_id(connection, test.store_id) if test else None
    if test is None or store is None or store.uninstalled_at or pair_verdict.of(test, database_now(connection)).over:
        raise Forbidden(_OVER)
    pair_tests.mark_opened(connection, test.id)
    return f"{_front(connection, store, loopback=loopback)}?{pair_code.PARAMETER}={code}"


def _front(connection: Connection, store: Store, *, loopback: bool) -> str:
    """The shop's front page: where its plugin says that it is, if that is the store's own, else its domain. Unverified: that
    Shopify keeps the query where it sends the visitors of a myshopify.com domain on to another one.
    """
    own = own_pages.of_store(store.domain, loopback=loopback)
    reported = storefront.of_store(connection, store.id)
    home = reported.report.home if reported else ""
    if own.page(home) and "?" not in home and "#" not in home:
        return home.rstrip("/") + "/"
    plain = f"http://{store.domain}"
    return f"{plain}/" if plain in own.origins else f"https://{store.domain}/"
