"""Whom to write to about a store: addresses that its merchant named, sealed. They stand in no log, and in no change as they are."""

from collections.abc import Sequence

from integration import mail
from integration.crypto import Sealer
from integration.db import Connection, changes, stores
from integration.db.changes import By
from integration.db.stores import SEALED_EMAILS, Store
from integration.errors import InvalidSetting, SealBroken

MOST = 5
WHAT = "alert addresses"


def of_store(connection: Connection, sealer: Sealer, store: Store) -> Sequence[str]:
    """The addresses; none where nobody was named. Raises SealBroken."""
    sealed = stores.alert_emails(connection, store.id)
    return _opened(sealer, store, sealed) if sealed else ()


def save(connection: Connection, sealer: Sealer, store: Store, text: str, *, by: By) -> None:
    """Keep the addresses of a text, one a line or with commas between; none of an empty one. Raises InvalidSetting, which
    does not repeat what was typed.
    """
    wanted = read(text)
    before = _before(connection, sealer, store)
    if wanted == before:
        return
    sealed = sealer.seal("\n".join(wanted).encode(), store=store.id, column=SEALED_EMAILS) if wanted else None
    stores.keep_alert_emails(connection, store.id, sealed)
    masks = ({"to": ", ".join(masked(before))}, {"to": ", ".join(masked(wanted))})
    changes.record(connection, store.id, by, WHAT, *masks)


def read(text: str) -> tuple[str, ...]:
    """The addresses of a text, each once. Pure. Raises InvalidSetting."""
    found = tuple(dict.fromkeys(text.replace(",", " ").split()))
    if len(found) > MOST:
        raise InvalidSetting(f"Up to {MOST} addresses can be written to.")
    wrong = [place for place, one in enumerate(found, 1) if not mail.is_address(one)]
    if wrong:
        raise InvalidSetting(f"Address {wrong[0]} is none: an address looks like anna@example.com.")
    return found


def _before(connection: Connection, sealer: Sealer, store: Store) -> Sequence[str]:
    """Addresses whose key is lost must not keep a merchant from naming new ones."""
    try:
        return of_store(connection, sealer, store)
    except SealBroken:
        return ("?@?",)


def _opened(sealer: Sealer, store: Store, sealed: str) -> tuple[str, ...]:
    return tuple(sealer.unseal(sealed, store=store.id, column=SEALED_EMAILS).decode().splitlines())


def masked(addresses: Sequence[str]) -> Sequence[str]:
    """Which they are for somebody who knows them. Pure."""
    return [f"{one[0]}…@{one.rpartition('@')[2]}" for one in addresses]
