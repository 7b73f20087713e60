"""A page token proves that a browser stands before an order or in a checkout: for a day, and for one store."""

import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from integration.pipeline import page_token
from integration.pipeline.joining import By
from integration.pipeline.page_token import Proven

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
UNTIL = int(NOW.timestamp()) + 60
SECRET, FORMER, OTHERS = "the store's secret", "its former secret", "another store's secret"


def made(signed: str = f"order:1001:{UNTIL}", secret: str = SECRET) -> str:
    return f"{signed}:{page_token.sign(signed, secret)}"


def test_a_token_proves_its_order_or_its_checkout() -> None:
    assert page_token.read(made(), [SECRET], NOW) == Proven(By.ORDER, "1001")
    assert page_token.read(made(f"checkout:c1-ab_9:{UNTIL}"), [SECRET], NOW) == Proven(By.CHECKOUT, "c1-ab_9")


def test_the_signature_is_the_one_the_plugin_makes() -> None:
    assert page_token.sign("order:1001:1796040000", "k") == (
        hmac.new(b"k", b"page.order:1001:1796040000", hashlib.sha256).hexdigest()
    )


def test_while_a_secret_is_changed_both_are_believed() -> None:
    assert page_token.read(made(secret=FORMER), [SECRET, FORMER], NOW)


def test_a_token_of_another_store_proves_nothing() -> None:
    assert page_token.read(made(secret=OTHERS), [SECRET, FORMER], NOW) is None


def test_a_store_without_a_secret_is_proven_nothing() -> None:
    assert page_token.read(made(secret=""), [], NOW) is None


@pytest.mark.parametrize("until", [UNTIL - 61, 0])
def test_a_token_ends(until: int) -> None:
    assert page_token.read(made(f"order:1001:{until}"), [SECRET], NOW) is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        "order:1001",
        made().replace("1001", "1002"),
        made().replace("order", "checkout", 1),
        made().replace(str(UNTIL), str(UNTIL + 86_400)),
        made().upper(),
        f" {made()}",
        f"{made()}\n",
        made(f"cart:1001:{UNTIL}"),
        made(f"order:10:01:{UNTIL}"),
        made(f"order:{'1' * 65}:{UNTIL}"),
        made(f"order:1001:{'9' * 13}"),
        made(f"order:\u0661:{UNTIL}"),
    ],
)
def test_what_is_altered_or_malformed_proves_nothing(token: str) -> None:
    assert page_token.read(token, [SECRET], NOW) is None
