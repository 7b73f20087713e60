"""Lists of orders, as the store's API gives them: what every question for one says, and the parts of an answer."""

from datetime import UTC, datetime

import msgspec

from connectors.errors import Unreachable

PER_PAGE = 100  # the most WooCommerce gives; it answers 101 with an error
DRAFT = "checkout-draft"  # a checkout page that was opened: 10.0.2 lists it among the orders, 10.8 no longer

_BOM = b"\xef\xbb\xbf"


def question(**asked: str) -> dict[str, str]:
    """The parameters of GET orders: oldest first, times in UTC, and what else is `asked`.

    Without `dates_are_gmt` the store takes times as its own local ones, and gives no order at all or too many.
    """
    return {"status": "any", "order": "asc", "per_page": str(PER_PAGE), "dates_are_gmt": "true", **asked}


def moment(at: datetime) -> str:
    """A time as the store reads it, in whole seconds, without a zone. All its bounds are exclusive."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def elements(body: bytes) -> list[msgspec.Raw]:
    """The members of the list, each byte for byte. Raises Unreachable for what is no list: an error object, a page."""
    try:
        return msgspec.json.decode(body.removeprefix(_BOM), type=list[msgspec.Raw])
    except (msgspec.DecodeError, RecursionError) as error:
        raise Unreachable("The store's answer is no list of orders.") from error
