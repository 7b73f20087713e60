"""What stores sign with: each its own secret, and for a while the former one, where the platform's app has none for all."""

from dataclasses import dataclass, field

import sqlalchemy as sa

from integration.db import clock
from integration.db.stores import Store, stores


@dataclass(frozen=True, slots=True)
class Secrets:
    """Both sealed, and both bound as SEALED_SECRET, so that the one can take the other's place as it is."""

    sealed: str | None = field(repr=False)
    sealed_former: str | None = field(default=None, repr=False)


# The platform's app signs for all of its stores.
NONE_OF_ITS_OWN = Secrets(None)


def change(connection: sa.Connection, store_id: str, secrets: Secrets) -> None:
    """From now on these sign, by the database's clock."""
    # What was signing before is not new, and was told to the webhooks in its own time.
    same = stores.c.webhook_secret.is_not_distinct_from(secrets.sealed)
    values = {
        "webhook_secret": secrets.sealed,
        "former_secret": secrets.sealed_former,
        "secret_at": sa.case((same, stores.c.secret_at), else_=clock()),
        "version": stores.c.version + 1,
    }
    connection.execute(sa.update(stores).where(stores.c.id == store_id).values(values))


def drop_former(connection: sa.Connection, store: Store) -> bool:
    """Only the present secret signs any more; False where they are not those of `store` any more."""
    same = sa.and_(
        stores.c.id == store.id,
        stores.c.webhook_secret == store.sealed_secret,
        stores.c.former_secret == store.sealed_former_secret,
    )
    values = {"former_secret": None, "version": stores.c.version + 1}
    return connection.execute(sa.update(stores).where(same).values(values)).rowcount == 1
