"""What browsers told of the events at hand, found by their keys, opened and put together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from integration.crypto import Sealer
from integration.db import Connection, heard, signals
from integration.db.signals import Kept
from integration.errors import SealBroken
from integration.log import logger
from integration.pipeline import browsing
from integration.pipeline.browsing import Heard


@dataclass(frozen=True, slots=True)
class Ear:
    """What was found for some events. `found`: still sealed, by store and key."""

    sealer: Sealer
    found: Mapping[tuple[str, str], Kept] = field(default_factory=dict)

    def heard(self, store_id: str, keys: Sequence[str]) -> Heard | None:
        """All that is known by any of these keys; None where nothing is, or nothing that can be opened: a signal adds to
        an event, and must not stop one.
        """
        kept = [self.found[store_id, key] for key in keys if (store_id, key) in self.found]
        opened = [self._open(one) for one in sorted(kept, key=lambda one: one.first_at)]
        told = [one for one in opened if one is not None]
        return browsing.together(told) if told else None

    def _open(self, kept: Kept) -> Heard | None:
        try:
            return browsing.decode(self.sealer.unseal(kept.sealed, store=kept.store_id, column=signals.SEALED))
        except (SealBroken, msgspec.DecodeError) as error:
            logger("listening").warning("a signal cannot be read", store=kept.store_id, kind=type(error).__name__)
            return None


def listen(connection: Connection, sealer: Sealer, wanted: Mapping[str, Sequence[str]]) -> Ear:
    """What is known by these keys of these stores. One statement."""
    return Ear(sealer, heard.by_keys(connection, wanted))
