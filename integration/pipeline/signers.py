"""What a store's webhooks, and the calls of its plugin, may be signed with."""

from collections.abc import Sequence

from integration.crypto import Sealer
from integration.db.stores import SEALED_SECRET, Store


def own_secrets(sealer: Sealer, store: Store) -> Sequence[str]:
    """The store's own secret, and the former one for as long as somebody may sign with it; none where it has none.

    Raises SealBroken.
    """
    if store.sealed_secret is None:
        return ()
    sealed = filter(None, (store.sealed_secret, store.sealed_former_secret))
    return [sealer.unseal(one, store=store.id, column=SEALED_SECRET).decode() for one in sealed]
