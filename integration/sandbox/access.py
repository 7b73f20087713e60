"""Which token may tell which dataset. Tokens are kept as SHA-256 digests only, and shown as the first digits of one."""

import hashlib
from collections.abc import Iterable
from threading import Lock
from typing import Any

from integration.sandbox.replies import GraphError

_SHOWN_DIGITS = 12

_BAD_TOKEN = GraphError(190, status=401, message="Invalid OAuth access token.")
_EXPIRED = GraphError(190, 463, status=401, message="The access token has expired.")
_UNREACHABLE = GraphError(
    100, 33, kind="GraphMethodException", message="This dataset does not exist, or the token is not assigned to it."
)
DENIALS = {
    "10": GraphError(10, status=403, message="(#10) The app has no permission for this."),
    "200": GraphError(200, status=403, message="(#200) Permissions error"),
    "100/33": _UNREACHABLE,
    "190/460": GraphError(190, 460, status=401, message="The access token was withdrawn."),
    "803": GraphError(803, status=404, message="(#803) Some of the aliases you requested do not exist."),
}


class Access:
    """Every token that does not begin with `bad` is good for every dataset, until someone says otherwise."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._valid: dict[str, set[str]] = {}
        self._expired: set[str] = set()
        self._denied: dict[str, str] = {}

    def allow(self, dataset_id: str, tokens: Iterable[str]) -> None:
        """From now on only `tokens` are good for this dataset."""
        with self._lock:
            self._valid[dataset_id] = {_digest(token) for token in tokens}

    def expire(self, token: str) -> None:
        """This token has run out, everywhere."""
        with self._lock:
            self._expired.add(_digest(token))

    def deny(self, dataset_id: str, reason: str | None) -> None:
        """Take the permission for this dataset away, for a reason out of DENIALS; None gives it back."""
        with self._lock:
            self._denied.pop(dataset_id, None)
            if reason is not None:
                self._denied[dataset_id] = reason

    def reset(self) -> None:
        """Back to trusting everyone."""
        with self._lock:
            self._valid, self._expired, self._denied = {}, set(), {}

    def judge(self, dataset_id: str, token: str | None) -> GraphError | None:
        """None if this token may tell this dataset, else what Graph would say."""
        if not token:
            return _BAD_TOKEN
        digest = _digest(token)
        with self._lock:
            if digest in self._expired:
                return _EXPIRED
            return self._unknown(dataset_id, token, digest) or DENIALS.get(self._denied.get(dataset_id, ""))

    def _unknown(self, dataset_id: str, token: str, digest: str) -> GraphError | None:
        valid = self._valid.get(dataset_id)
        if valid is None:
            return _BAD_TOKEN if token.startswith("bad") else None
        if digest in valid:
            return None
        elsewhere = any(digest in others for others in self._valid.values())
        return _UNREACHABLE if elsewhere else _BAD_TOKEN

    def shown(self) -> dict[str, Any]:
        """What was set, without a token in it."""
        with self._lock:
            return {
                "valid": {
                    dataset_id: sorted(_short(each) for each in known) for dataset_id, known in self._valid.items()
                },
                "expired": sorted(_short(each) for each in self._expired),
                "denied": dict(self._denied),
            }


def fingerprint(token: str | None) -> str | None:
    """Enough of a token's SHA-256 to tell two tokens apart."""
    return _short(_digest(token)) if token else None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _short(digest: str) -> str:
    return digest[:_SHOWN_DIGITS]
