"""Sealing: what is personal or secret is stored only so. The one door to `cryptography`.

AES-256-GCM under keys derived from ENCRYPTION_KEYS; why, and for how many seals one key is good, is in
docs/decisions/0010-seals.md. A sealed text is the base64 of: the mark, eight bytes that name the key, the nonce, what
is sealed with its tag. The first seals of this service were Fernet tokens, which still open.
"""

import binascii
import hashlib
import hmac
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from integration.errors import Misconfigured, SealBroken

_MARK = b"\x01"  # a Fernet token begins with 0x80
_FERNET_LETTERS = "gAAAA"  # how base64 spells that, with the first bytes of any date until the year 2106
_ID_BYTES, _NONCE_BYTES, _KEY_BYTES = 8, 12, 32
_NAME_END = len(_MARK) + _ID_BYTES
_NONCE_END = _NAME_END + _NONCE_BYTES
_URL_SAFE = str.maketrans("-_", "+/")
_FERNET_BINDING_BYTES = 16


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
        self._newest, _ = _derived(keys[0])
        self._ciphers = dict(map(_derived, keys))
        self._seal = self._ciphers[self._newest].encrypt

    @property
    def beginning(self) -> str:
        """What each seal of the newest key begins with, and no other: mark and name are whole letters of base64."""
        return binascii.b2a_base64(self._newest, newline=False).decode()

    def seal(self, plain: bytes, *, store: str, column: str) -> str:
        """The sealed text of `plain`."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._seal(nonce, plain, _binding(store, column))
        return binascii.b2a_base64(self._newest + nonce + sealed, newline=False).decode()

    def unseal(self, sealed: str, *, store: str, column: str) -> bytes:
        """What was sealed. Raises SealBroken."""
        if sealed.startswith(_FERNET_LETTERS):
            return self._unseal_fernet(sealed, store, column)
        try:
            raw = binascii.a2b_base64(sealed, strict_mode=True)
            cipher = self._ciphers[raw[:_NAME_END]]
        except (ValueError, KeyError):  # ValueError: no base64, so it never was sealed
            raise SealBroken(f"A sealed {column} does not open with the present ENCRYPTION_KEYS.") from None
        try:
            return cipher.decrypt(raw[_NAME_END:_NONCE_END], raw[_NONCE_END:], _binding(store, column))
        except (InvalidTag, ValueError):  # ValueError: too short to hold a nonce
            raise SealBroken(f"A sealed {column} was altered, or belongs to another place.") from None

    def _unseal_fernet(self, sealed: str, store: str, column: str) -> bytes:
        try:
            opened = self._fernet.decrypt(sealed)
        except (InvalidToken, ValueError) as error:  # ValueError: no ASCII, so it never was sealed
            raise SealBroken(f"A sealed {column} does not open with the present ENCRYPTION_KEYS.") from error
        binding = hashlib.sha256(_binding(store, column)).digest()[:_FERNET_BINDING_BYTES]
        if not hmac.compare_digest(opened[:_FERNET_BINDING_BYTES], binding):
            raise SealBroken(f"A sealed {column} belongs to another place.")
        return opened[_FERNET_BINDING_BYTES:]


def _derived(key: str) -> tuple[bytes, AESGCM]:
    """The mark and name that a Fernet key's seals begin with, and its cipher. Fernet's own halves are not used."""
    raw = binascii.a2b_base64(key.translate(_URL_SAFE))
    derived = HKDF(SHA256(), length=_ID_BYTES + _KEY_BYTES, salt=None, info=b"tandem seal 1").derive(raw)
    return _MARK + derived[:_ID_BYTES], AESGCM(derived[_ID_BYTES:])


def _binding(store: str, column: str) -> bytes:
    return f"{store}\x00{column}".encode()


def fingerprint(secret_key: str, *, store: str, kind: str, value: str) -> str:
    """A keyed HMAC of a personal value, to find it again without keeping it; useless without our SECRET_KEY.

    `value` is the normalised text. Two stores give two fingerprints of one person.
    """
    return hmac.digest(secret_key.encode(), f"{store}\x00{kind}\x00{value}".encode(), hashlib.sha256).hex()


def new_key() -> str:
    """A fresh Fernet key."""
    return Fernet.generate_key().decode()
