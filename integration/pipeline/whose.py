"""Whose a webhook is, by what its body tells: a signature alone does not always say it. Pure.

Shopify signs only the body, and with one secret for all shops: a body that was caught on its way to one shop is as
validly signed under the name of another (reliability T6). A staging copy of a WooCommerce shop signs with the live
shop's secret.
"""

from enum import StrEnum

from connectors.event import Event, Message
from integration.db.stores import Store


class Whose(StrEnum):
    """Who a message is of."""

    OURS = "ours"  # this store's, or nothing speaks against it
    OTHERS = "others"
    DOUBTFUL = "doubtful"  # an address in it stands under another shop's domain, which may be an older one of this shop


def whose(message: Message, store: Store, *, sent_by: str | None) -> Whose:
    """What the message says of whose it is, the strongest word first; `sent_by` is the host that the headers name.

    The platform's id of the shop is for good, but we may not know the store's. A message that would end or erase
    something has to name its store itself; an event need not.
    """
    known_by_id = bool(message.shop_id and store.platform_id)
    if known_by_id and message.shop_id != store.platform_id:
        return Whose.OTHERS
    if not isinstance(message, Event):
        return Whose.OURS if message.site == store.domain else Whose.OTHERS
    site = message.site or sent_by
    if site and site != store.domain:
        return Whose.OTHERS
    another = message.shop_domain not in (None, store.domain)
    return Whose.DOUBTFUL if another and not known_by_id else Whose.OURS


def warning(message: Message, store: Store, *, sent_by: str | None) -> str:
    """What the merchant reads of a message that is another's."""
    if isinstance(message, Event) and (message.site or sent_by):
        return (
            f"Webhooks for {store.domain} arrive from another site, probably a copy of the shop. "
            "They are ignored. Remove the webhooks there, or connect it as a store of its own."
        )
    domain = message.shop_domain if isinstance(message, Event) else message.site
    named = domain or (f"the shop with the number {message.shop_id}" if message.shop_id else "a shop it does not name")
    return (
        f"A webhook that came for {store.domain} tells of {named}. It was ignored: somebody may have sent a body that "
        "the platform had signed for another shop."
    )
