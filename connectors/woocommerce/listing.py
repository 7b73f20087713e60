"""Lists of orders, as the store's API gives them: what every question for one says, and the parts of an answer."""

from datetime import UTC, datetime

import msgspec

from connectors.errors import Unreachable

MOST = 100  # orders in an answer; WooCommerce answers 101 with an error
DRAFT = "checkout-draft"  # a checkout page that was opened: 10.0.2 lists it among the orders, 10.8 no longer

_BOM = b"\xef\xbb\xbf"


def question(*, most: int = MOST, **asked: str) -> dict[str, str]:
    """The parameters of GET orders: at most so many, oldest first, times in UTC, and what else is `asked`.

    Without `dates_are_gmt` the store takes times as its own local ones, and gives no order at all or too many.
    """
    return {"status": "any", "order": "asc", "per_page": str(most), "dates_are_gmt": "true", **asked}


def moment(at: datetime) -> str:
    """A time as the store reads it, in whole seconds, without a zone. All its bounds are exclusive."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def elements(body: bytes) -> list[msgspec.Raw]:
    """The members of the list, each byte for byte. Raises Unreachable for what is no list (an error object, a page), and
    for one of more than were ever asked for: a strange store's millions of nothings would keep others waiting.
    """
    try:
        found = msgspec.json.decode(body.removeprefix(_BOM), type=list[msgspec.Raw])
    except (msgspec.DecodeError, RecursionError) as error:
        raise Unreachable("The store's answer is no list of orders.") from error
    if len(found) > MOST:
        raise Unreachable(f"The store's answer holds more than the {MOST} orders that were asked for.")
    return found
