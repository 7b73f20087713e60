"""A store's REST API, as `connectors.access.StoreApi` and `OrderFeed` have it. Each method asks; pure modules decide.

Every method may be called again: what was done already is found done.
"""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from connectors import wild
from connectors.access import Changes, Endpoint, Http, Page, Shop, Storefront, Told
from connectors.errors import ConnectorError, CredentialsRejected, Declined, Unreachable
from connectors.woocommerce import answers, credentials, feed, history, listing, subscriptions, zones
from connectors.woocommerce.hosts import site_of
from connectors.woocommerce.proof import CURRENT_CURRENCY, Currency, shop_of
from connectors.woocommerce.rest import PLUGIN, Reply, Rest
from connectors.woocommerce.subscriptions import Deed, Listed, Step

_PER_PAGE = 100  # the most WooCommerce gives
_A_FEW = 10  # orders
_MOST_PAGES = 20  # of webhooks, of which a store has a handful
_NUMBER = re.compile(r"\d{1,40}", re.ASCII)
_COUNTRY = "settings/general/woocommerce_default_country"
_WEBHOOKS, _CONNECTION = "webhooks", "connection"
_NO_PLUGIN = (
    "The Tandem plugin is not active in this shop. In the shop's admin open Plugins, upload or activate Tandem for "
    "WooCommerce, and it connects by itself within the hour."
)


class _Setting(msgspec.Struct):
    value: Any = None


class _Connected(msgspec.Struct):
    changed: Any = None


def of_store(http: Http, domain: str, token: str) -> "RestApi | None":
    """The API of the store at `domain`; None where `token`, its packed credentials, opens another or nothing."""
    try:
        found = credentials.read(token)
    except CredentialsRejected:
        return None
    return RestApi(Rest(http, found)) if site_of(found.base) == domain else None


@dataclass(frozen=True, slots=True)
class RestApi:
    """See `connectors.access.StoreApi` and `connectors.access.OrderFeed`."""

    rest: Rest

    def shop(self) -> Shop:
        """Its id is where its keys open it, host and folder: WordPress has none. Never what it says of itself, for a shop
        in one folder could call itself its neighbour in another. Asked for with the keys, and so proof of them.
        """
        told = answers.read(self.rest.get(CURRENT_CURRENCY).body, Currency)
        setting = answers.read(self.rest.get(_COUNTRY, _fields="value").body, _Setting)
        country = (wild.text(setting.value) or "").partition(":")[0]  # "US:CA", "DE"
        shop_id = shop_of(self.rest.credentials.base) or ""
        country_code = country if len(country) == 2 else None
        return Shop(shop_id, country_code, wild.currency(told.code), self._timezone())

    def _timezone(self) -> str | None:
        """None where the shop keeps its index to itself, which is no reason to leave all else undone."""
        try:
            return zones.asked(self.rest.http, self.rest.credentials.base)
        except ConnectorError:
            return None

    def mend_subscriptions(self, endpoint: Endpoint) -> Sequence[str]:
        """See `StoreApi`. A topic that WooCommerce declines keeps none of the others from being seen to, and what it had
        stays; then Declined.
        """
        restored: list[str] = []
        declined: dict[str, Declined] = {}
        for step in subscriptions.plan(self._webhooks(), endpoint, self._key):
            if step.topic in declined:
                continue
            try:
                self._do(step, endpoint)
            except Declined as refusal:
                declined[step.topic] = refusal
            else:
                restored += [step.topic] if step.silent else []
        if declined:
            topic, why = next(iter(declined.items()))
            raise Declined(f"{len(declined)} of the webhooks we need could not be set right. {topic}: {why}")
        return tuple(restored)

    def _webhooks(self) -> list[Listed]:
        """All of them, also those that are not ours. Raises Unreachable for a list that is not whole."""
        found: list[Listed] = []
        for page in range(1, _MOST_PAGES + 1):
            reply = self.rest.get(_WEBHOOKS, per_page=_PER_PAGE, page=page, orderby="id", order="asc")
            listed = answers.read_list(reply.body, Listed)
            found += listed
            if len(listed) < _PER_PAGE or page == reply.pages:
                return found
        raise Unreachable("The shop's list of webhooks is without end.")

    @property
    def _key(self) -> str:
        return self.rest.credentials.key

    def _do(self, step: Step, endpoint: Endpoint) -> None:
        if step.deed is Deed.REMOVE:
            self._remove(step.id)
            return
        told = subscriptions.told(step, endpoint, self._key)
        if step.deed is Deed.MAKE:
            reply = self.rest.post(_WEBHOOKS, told)
        else:
            reply = self.rest.put(f"{_WEBHOOKS}/{step.id}", told)
        _require_active(reply, step.topic)

    def _remove(self, webhook_id: str) -> None:
        """For good: WooCommerce has no bin for webhooks. One that is gone already is gone."""
        with suppress(answers.NotThere):
            self.rest.delete(f"{_WEBHOOKS}/{webhook_id}", force="true")

    def mend_pixel(self, storefront: Storefront) -> bool:
        """Tell the plugin where it belongs; whether that was news to it. Raises Declined where it is not active."""
        wanted = {
            "version": 1,
            "public_url": storefront.public_url,
            "public_key": storefront.public_key,
            "webhook_url": storefront.webhooks.address,
            "secret": storefront.webhooks.secret,
            "pixel": {"version": 1, **asdict(storefront.pixel)},
        }
        try:
            reply = self.rest.put(_CONNECTION, wanted, namespace=PLUGIN)
        except answers.NoRoute:
            raise Declined(_NO_PLUGIN) from None
        return wild.flag(answers.read(reply.body, _Connected).changed)

    def leave(self, endpoint: Endpoint) -> None:
        """Our webhooks, then what the plugin knows: revoking the keys would stop neither. Each is tried, whatever becomes
        of the others; then the first trouble is raised.
        """
        troubles = [*_tried(partial(self._remove_ours, endpoint)), *_tried(self._forget)]
        if troubles:
            raise troubles[0]

    def _remove_ours(self, endpoint: Endpoint) -> None:
        ours = [one for one in self._webhooks() if subscriptions.is_ours(one, endpoint)]
        troubles = [trouble for one in ours for trouble in _tried(partial(self._remove, str(one.id)))]
        if troubles:
            raise troubles[0]

    def _forget(self) -> None:
        with suppress(answers.NoRoute):  # the plugin is not there, or was taken away first
            self.rest.delete(_CONNECTION, namespace=PLUGIN)

    def orders(self, since: datetime, cursor: str | None) -> Page:
        """See `StoreApi` and `history`."""
        reply = self.rest.get("orders", **history.query(since, cursor))
        return history.page(reply.body, cursor, reply.pages)

    def order(self, order_id: str) -> Told | None:
        """See `StoreApi` and `feed.live`."""
        if not _NUMBER.fullmatch(order_id):
            return None
        try:
            return feed.live(self.rest.get(f"orders/{order_id}").body, order_id)
        except answers.NotThere:
            return None

    def changed(self, since: datetime, cursor: str | None) -> Changes:
        """See `OrderFeed` and `feed`. A shop that cannot give a hundred orders in time, or in an answer that is not too long
        for us, is asked for a few: one that could never be answered would stand before all later ones.
        """
        try:
            return self._changed(since, cursor, listing.MOST)
        except Unreachable:
            return self._changed(since, cursor, _A_FEW)

    def _changed(self, since: datetime, cursor: str | None, most: int) -> Changes:
        reply = self.rest.get("orders", **feed.query(since, cursor, most))
        return feed.changes(reply.body, since, cursor, reply.pages, most)


def _require_active(reply: Reply, topic: str) -> None:
    """Raises Unreachable unless the store has this webhook now, and at work: a cache may answer a POST with a list."""
    made = answers.read(reply.body, Listed)
    if (made.topic, made.status) != (topic, subscriptions.ACTIVE):
        raise Unreachable(f"The shop's answer does not say that its webhook for {topic} is at work.")


def _tried(deed: Callable[[], object]) -> list[ConnectorError]:
    """The trouble it made, if any."""
    try:
        deed()
    except ConnectorError as trouble:
        return [trouble]
    return []
