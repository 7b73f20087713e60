"""The one-time code of a pair test: it opens the storefront, proves what the script there says, and names the event. Pure.

Nothing of it is stored but a hash. While the test is open it can be made again, from the event's id and our secret.
"""

import hashlib
import hmac
import secrets
from datetime import timedelta

EVENT_NAME = "TandemTest"
PARAMETER = "tandem-test"  # of the storefront's address; the scripts there look for it
GOOD_FOR = timedelta(minutes=15)

_PREFIX = "tandem_test_"
_NAMING, _SIGNING = 8, 24  # letters: those the event is named by, and those nobody can guess
# Letters alone: a number in it could be taken for somebody's phone.
_LETTERS = str.maketrans("0123456789", "ghijklmnop")


def new_event_id() -> str:
    """The id of a test that is begun now: the scripts in the storefront make the same of its code."""
    return _PREFIX + secrets.token_hex(_NAMING // 2).translate(_LETTERS)


def of(event_id: str, store_id: str, secret_key: str) -> str:
    """The code of a store's test."""
    named = event_id.removeprefix(_PREFIX)
    signed = hmac.digest(secret_key.encode(), f"pair test {store_id} {named}".encode(), hashlib.sha256)
    return named + signed.hex().translate(_LETTERS)[:_SIGNING]


def digest(code: str) -> str:
    """As it is stored."""
    return hashlib.sha256(code.encode()).hexdigest()
