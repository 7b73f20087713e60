"""Sealing: what is personal or secret is stored only so. The one door to `cryptography`."""

import hashlib
import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from integration.errors import Misconfigured, SealBroken

_BINDING_BYTES = 16


class Sealer:
    """Seals bytes with the newest key, opens with any. A sealed value opens only for the store and column it was
    made for: swapped into another row it stays shut.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys`: Fernet keys, newest first. Raises Misconfigured for none, or one that is no Fernet key."""
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise Misconfigured("ENCRYPTION_KEYS must be one or more Fernet keys, separated by commas.") from error

    def seal(self, plain: bytes, *, store: str, column: str) -> str:
        """The sealed text of `plain`."""
        return self._fernet.encrypt(_binding(store, column) + plain).decode()

    def unseal(self, sealed: str, *, store: str, column: str) -> bytes:
        """What was sealed. Raises SealBroken."""
        try:
            opened = self._fernet.decrypt(sealed)
        except (InvalidToken, ValueError) as error:  # ValueError: no ASCII, so it never was sealed
            raise SealBroken(f"A sealed {column} does not open with the present ENCRYPTION_KEYS.") from error
        if not hmac.compare_digest(opened[:_BINDING_BYTES], _binding(store, column)):
            raise SealBroken(f"A sealed {column} belongs to another place.")
        return opened[_BINDING_BYTES:]


def _binding(store: str, column: str) -> bytes:
    return hashlib.sha256(f"{store}\x00{column}".encode()).digest()[:_BINDING_BYTES]


def fingerprint(secret_key: str, *, store: str, kind: str, value: str) -> str:
    """A keyed HMAC of a personal value, to find it again without keeping it; useless without our SECRET_KEY.

    `value` is the normalised text. Two stores give two fingerprints of one person.
    """
    return hmac.digest(secret_key.encode(), f"{store}\x00{kind}\x00{value}".encode(), hashlib.sha256).hex()


def new_key() -> str:
    """A fresh Fernet key."""
    return Fernet.generate_key().decode()
