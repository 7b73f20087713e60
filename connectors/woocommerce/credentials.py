"""The keys of one store, as the rest of the house keeps them: text that only this folder reads."""

from typing import Final

import msgspec

from connectors.errors import CredentialsRejected

READ_WRITE: Final = "read_write"


class Credentials(msgspec.Struct, frozen=True):
    """What opens a store's API. `permissions`: by the store's word. `base`: where the API begins, "" until it is proven.

    `in_query`: the store's server hides the Authorization header from WordPress, so the keys go in the address.
    """

    key: str
    secret: str
    permissions: str
    base: str = ""
    in_query: bool = False

    def __repr__(self) -> str:
        """Nothing of the keys: tracebacks are read by many."""
        return f"Credentials(base={self.base!r})"

    __str__ = __repr__

    def packed(self) -> str:
        """As opaque text."""
        return msgspec.json.encode(self).decode()


def read(packed: str) -> Credentials:
    """What was packed. Raises CredentialsRejected for text that is none of ours."""
    try:
        return msgspec.json.decode(packed, type=Credentials)
    except (msgspec.DecodeError, UnicodeEncodeError):
        raise CredentialsRejected("The keys kept for this shop are not readable. Connect it again.") from None
