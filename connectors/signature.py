"""HMAC-SHA256 over the raw bytes, compared in constant time. Nothing here parses anything."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

from connectors.errors import InvalidSignature

_DIGEST_BYTES = 32


def sign(body: bytes, secret: str) -> str:
    """The header value both platforms send: base64 of HMAC-SHA256(secret, body)."""
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def verify(body: bytes, header: str | None, secrets: Sequence[str]) -> None:
    """Raise InvalidSignature unless `header` signs `body` with one of `secrets`.

    Several secrets are accepted while one is being rotated. An empty secret never verifies, whatever was sent:
    a misconfigured store must not become an open door.
    """
    given = _decode(header)
    for secret in secrets:
        if secret and hmac.compare_digest(given, hmac.digest(secret.encode(), body, hashlib.sha256)):
            return
    raise InvalidSignature("The signature does not match the body.")


def _decode(header: str | None) -> bytes:
    """The digest inside the header; refuses hex, other lengths, stray characters and non-canonical padding."""
    try:
        digest = base64.b64decode((header or "").encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise InvalidSignature("The signature header is not base64.") from error
    # Base64 leaves spare bits in the last character: only the canonical spelling is taken.
    if len(digest) != _DIGEST_BYTES or base64.b64encode(digest).decode() != header:
        raise InvalidSignature("The signature header is not a SHA-256 HMAC.")
    return digest
