"""A shop's Admin API, as `connectors.access.StoreApi` has it. Each method asks; the pure modules beside it decide.

Nothing here waits or repeats: whoever calls is told how long to wait, and every method may be called again.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from connectors import wild
from connectors.access import App, Endpoint, Http, Page, Shop, Storefront, Told
from connectors.errors import Declined, Unreachable
from connectors.shopify import addresses, amounts, answers, history, ids, questions, reread, subscriptions
from connectors.shopify.answers import UserError
from connectors.shopify.graphql import Graph
from connectors.shopify.subscriptions import Deed, Listed, Step

_MOST_PAGES = 20  # of subscriptions, of which a shop has a dozen
_DEEDS = {
    Deed.REMOVE: ("webhookSubscriptionDelete", questions.UNSUBSCRIBE),
    Deed.CORRECT: ("webhookSubscriptionUpdate", questions.CORRECT),
    Deed.MAKE: ("webhookSubscriptionCreate", questions.SUBSCRIBE),
}
_TAKEN = "has already been taken"  # "Address for this topic has already been taken"; subscriptions' errors have no code
_NO_EXTENSION = "NO_EXTENSION"
_NUMBER = re.compile(r"\d{1,40}", re.ASCII)


class _Address(msgspec.Struct, rename="camel"):
    country_code_v2: Any = None


class _Shop(msgspec.Struct, rename="camel"):
    id: Any = None
    currency_code: Any = None
    iana_timezone: Any = None
    shop_address: _Address | None = None


class _Pixel(msgspec.Struct):
    id: Any = None
    settings: Any = None


def of_shop(app: App, http: Http, domain: str, token: str) -> "AdminApi | None":
    """The API of a shop; None unless `domain` is one, all of it (reliability T10). `token` is its access token."""
    shop = addresses.shop(domain)
    if shop is None:
        return None
    declared = app.options.get(addresses.SUBSCRIPTIONS) == addresses.DECLARED
    return AdminApi(Graph(http, addresses.graphql_url(app, shop), token), declared)


@dataclass(frozen=True, slots=True)
class AdminApi:
    """See `connectors.access.StoreApi`. `declared`: subscriptions are the business of `shopify app deploy`."""

    graph: Graph
    declared: bool

    def shop(self) -> Shop:
        """The number that is the shop's id in webhooks too, the country of its address, the currency and the days it counts in."""
        told = self.graph.ask(questions.SHOP).part("shop", _Shop, may_lack=["shopAddress"])
        shop_id = ids.exact(told.id)
        if shop_id is None:
            raise Unreachable("Shopify's answer does not name the shop.")
        country = wild.text(told.shop_address.country_code_v2, 2) if told.shop_address else None
        return Shop(shop_id, country, wild.currency(told.currency_code), wild.text(told.iana_timezone, 64))

    def mend_subscriptions(self, endpoint: Endpoint) -> Sequence[str]:
        """See `StoreApi`. The app's secret signs them. A topic that Shopify declines keeps none of the others from being
        seen to; then Declined.
        """
        if self.declared:
            return ()
        address = endpoint.address
        made: list[str] = []
        declined: list[str] = []
        for step in subscriptions.plan(self._subscriptions(), address):
            try:
                done = self._done(step, address)
            except Declined as refusal:
                declined.append(f"{step.topic}: {refusal}")
                continue
            made += [step.topic] if done and step.missing else []
        if declined:
            raise Declined(f"Shopify declined {len(declined)} of the webhooks we need. {declined[0]}")
        return tuple(made)

    def _subscriptions(self) -> list[Listed]:
        found: list[Listed] = []
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            answer = self.graph.ask(questions.SUBSCRIPTIONS, first=questions.PAGE, after=cursor)
            told = answer.part("webhookSubscriptions", subscriptions.Subscriptions)
            if told.nodes is None:
                break
            found += told.nodes
            cursor = answers.following(told.page_info, cursor)
            if cursor is None:
                return found
        raise Unreachable("Shopify's list of subscriptions is not whole, or without end.")

    def _done(self, step: Step, address: str) -> bool:
        """Whether this did it. False where the address "has been taken": somebody was faster, and what we want is there."""
        root, document = _DEEDS[step.deed]
        complaints = self.graph.ask(document, **subscriptions.variables(step, address)).complaints(root)
        if any(_TAKEN in (wild.text(one.message) or "") for one in complaints):
            return False
        _require_none(complaints)
        return True

    def mend_pixel(self, storefront: Storefront) -> bool:
        """See `StoreApi`. A pixel is deployed with the app; this only switches it on, with the shop's settings."""
        pixel, wanted = self._pixel(), {"publicKey": storefront.public_key, "endpoint": storefront.public_url}
        if pixel is not None and _settings(pixel) == wanted:
            return False
        told = {"settings": json.dumps(wanted)}
        if pixel is None:
            complaints = self.graph.ask(questions.SWITCH_PIXEL_ON, webPixel=told).complaints("webPixelCreate")
        else:
            complaints = self.graph.ask(questions.SET_PIXEL, id=pixel.id, webPixel=told).complaints("webPixelUpdate")
        _require_none(complaints)
        return True

    def _pixel(self) -> _Pixel | None:
        """Where there is none yet, Shopify answers null and "No web pixel was found for this app", of whatever code."""
        answer = self.graph.ask(questions.PIXEL)
        return None if answer.found_nothing("webPixel") else answer.part("webPixel", _Pixel)

    def leave(self, endpoint: Endpoint) -> None:
        """See `StoreApi`: uninstalling takes away subscriptions and pixel."""

    def orders(self, since: datetime, cursor: str | None) -> Page:
        """See `StoreApi`. Of the last 60 days at most. Where addresses are not for us, orders come without a region."""
        asked = {"first": questions.PAGE, "after": cursor, "query": history.search(since, datetime.now(UTC))}
        answer = self.graph.ask(questions.ORDERS, **asked)
        if answer.keeps_back("orders"):
            answer = self.graph.ask(questions.ORDERS_WITHOUT_ADDRESSES, **asked)
        return history.page(answer.part("orders", history.Orders, questions.ORDERS_MAY_LACK), cursor)

    def order(self, order_id: str) -> Told | None:
        """See `StoreApi` and `reread`. Where the whole of it is kept from us for who bought it, it comes without them."""
        if not _NUMBER.fullmatch(order_id):
            return None
        asked = {"id": f"gid://shopify/Order/{order_id}", "first": questions.LINES, "after": None}
        document, answer = questions.ORDER, self.graph.ask(questions.ORDER, **asked)
        if answer.keeps_back("order"):
            document = questions.ORDER_WITHOUT_PERSON
            answer = self.graph.ask(document, **asked)
        if answer.denies_existence("order"):
            return None
        node = answer.part("order", reread.Node, questions.ORDER_MAY_LACK)
        return reread.told(order_id, node, self._lines(document, asked, node))

    def _lines(self, document: str, asked: Mapping[str, Any], node: reread.Node) -> Sequence[reread.Line]:
        """All of them, up to as many as are ever read."""
        found, cursor = reread.page(node, None)
        while cursor is not None and len(found) < amounts.MAX_LINES:
            answer = self.graph.ask(document, **{**asked, "after": cursor})
            more, cursor = reread.page(answer.part("order", reread.Node, questions.ORDER_MAY_LACK), cursor)
            found += more
        return found


def _settings(pixel: _Pixel) -> Any:
    """As they were given: the JSON type of Shopify's schema comes back as text or as an object."""
    if not isinstance(pixel.settings, str):
        return pixel.settings
    try:
        return json.loads(pixel.settings)
    except ValueError:
        return None


def _require_none(complaints: Sequence[UserError]) -> None:
    if any(one.code == _NO_EXTENSION for one in complaints):
        raise Declined("The web pixel extension is not deployed with this app yet.")
    if complaints:
        raise Declined(answers.sentence(complaints[0]))
