"""A storefront's script from which nothing comes any more is not waited for."""

from datetime import timedelta
from functools import partial

from integration.db import Engine, beacons, transact

# A script from which nothing new came for so long is switched off, or the shop stands still: no event waits for it.
SILENCE = timedelta(days=7)


def look(engine: Engine) -> None:
    """Find those that are silent; to be done about once a minute. Raises Unavailable."""
    transact(engine, partial(beacons.mark_silent, silence=SILENCE))
