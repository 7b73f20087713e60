"""The browsers of the demo's shoppers. They are played: no browser runs, but what one would say is said by HTTP, to our own
beacon and to the stand-in for Meta, as the script in the storefront says it: from the order that its page knows.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Any, NamedTuple

import urllib3

from connectors.event import Amounts, Event, Kind, Line
from connectors.money import round_to_currency
from integration.errors import Unavailable
from integration.pipeline import page_token

AGENT = "Mozilla/5.0 (X11; Linux x86_64) a browser played by Tandem's demo"
_TOKEN_LIFE = timedelta(hours=24)
_PURCHASE, _BEGUN = "Purchase", "InitiateCheckout"
_OLD_ID = "order-"  # what ids began with before the merchant chose another template
_BASES: Mapping[str, Callable[[Amounts], Decimal]] = MappingProxyType(
    {
        "total": lambda money: money.total.amount,
        "without_shipping": lambda money: money.total.amount - money.shipping,
        "without_tax": lambda money: money.total.amount - money.tax,
        "subtotal": lambda money: money.subtotal,
    }
)


class Fate(Enum):
    """What came of the Pixel in one shopper's browser, for people: "" where no script of ours ran."""

    NO_SCRIPT = ""
    TOLD = "told"
    BLOCKED = "called, and blocked"
    LEFT = "left before the thank-you page"
    UNPAID = "silent: not paid yet"
    OTHER_ID = "told under another id"


@dataclass(frozen=True, slots=True)
class _Deeds:
    """What the browser did: sent a signal, called fbq so far, reached Meta, and whether under an id of an older plan."""

    signals: bool = True
    stages: tuple[str, ...] = ()
    reaches_meta: bool = False
    older_plan: bool = False


_DEEDS: Mapping[Fate, _Deeds] = MappingProxyType(
    {
        Fate.NO_SCRIPT: _Deeds(signals=False),
        Fate.TOLD: _Deeds(stages=("called", "sent"), reaches_meta=True),
        Fate.BLOCKED: _Deeds(stages=("called",)),
        Fate.LEFT: _Deeds(),
        Fate.UNPAID: _Deeds(),
        Fate.OTHER_ID: _Deeds(stages=("called", "sent"), reaches_meta=True, older_plan=True),
    }
)


class Answer(NamedTuple):
    """What a shopper said of their data; `by_gpc`: their browser says no to the sale of it, with every request."""

    marketing: bool
    sale_of_data: bool
    by_gpc: bool = False


_YES = Answer(marketing=True, sale_of_data=True)


@dataclass(frozen=True, slots=True)
class Storefront:
    """A shop's pages with our script in them. `beacon` is our address for it, without the last word.

    `page_secret`: what the shop's own server signs its pages' words with; None where the checkout's token proves enough.
    `address`: the shopper's, where a proxy in front of us tells it; else it is this machine's, which Meta is not told.
    """

    beacon: str
    meta_url: str
    page: str
    page_secret: str | None
    pool: urllib3.PoolManager
    address: str | None = None

    def plan(self) -> Mapping[str, Any]:
        """What the Pixel is told of its store. Raises Unavailable."""
        response = self.pool.request("GET", f"{self.beacon}/plan")
        if response.status != 200:
            raise Unavailable(f"The plan of the Pixel was answered {response.status}.")
        plan: Mapping[str, Any] = response.json()
        return plan

    def say(self, word: str, told: Mapping[str, Any], *, by_gpc: bool = False) -> None:
        """Post a signal or a sighting, as the script does: by text/plain, which needs no leave of CORS. Raises Unavailable."""
        headers = {"Content-Type": "text/plain", "User-Agent": AGENT} | ({"Sec-GPC": "1"} if by_gpc else {})
        if self.address:
            headers["X-Forwarded-For"] = self.address
        response = self.pool.request("POST", f"{self.beacon}/{word}", body=json.dumps(told), headers=headers)
        if response.status != 204:
            raise Unavailable(f"A {word} was answered {response.status}.")


def play(event: Event, fate: Fate, front: Storefront, now: datetime) -> None:
    """The part of one shopper's browser in an order placed or a checkout begun. Raises Unavailable."""
    deeds = _DEEDS[fate]
    if deeds.signals:
        # Their shopper said yes before any script began.
        answer(event, _YES, front, now)
    if deeds.stages:
        _tell(event, deeds, front, _proof(event, front, now), now)


def answer(event: Event, said: Answer, front: Storefront, now: datetime) -> None:
    """A signal of the browser in which an order was placed or a checkout begun, with what its shopper said. Raises
    Unavailable.
    """
    consent = {"marketing": said.marketing, "sale_of_data": said.sale_of_data}
    told = _joined(event, front, _proof(event, front, now)) | _of_the_browser(event, now) | {"consent": consent}
    front.say("signal", told, by_gpc=said.by_gpc)


def _tell(event: Event, deeds: _Deeds, front: Storefront, proof: str, now: datetime) -> None:
    """What the Pixel does: call fbq, which asks Meta for an image; each stage is a sighting."""
    plan = front.plan()
    name = _PURCHASE if event.kind is Kind.ORDER else _BEGUN
    event_id = (_OLD_ID if deeds.older_plan else "") + _event_id(event, plan)
    for dataset_id in plan["datasets"] if plan["tells"] and name in plan["events"] else ():
        sighting = {"dataset_id": dataset_id, "event_name": name, "event_id": event_id, "proof": proof}
        for stage in deeds.stages:
            if stage == "sent" and deeds.reaches_meta:
                cookies = {key: text for key, text in _cookies(event, now).items() if text}
                words = {"id": dataset_id, "ev": name, "eid": event_id, "dl": front.page, "ts": _ms(now)}
                front.pool.request("GET", f"{front.meta_url}/tr", fields=words | cookies | _custom_data(event, plan))
            front.say("sighting", sighting | {"state": stage})


def _joined(event: Event, front: Storefront, proof: str) -> dict[str, Any]:
    """By what a signal finds its order: the order's own page proves it, else the checkout's token is enough."""
    token = event.subject if event.kind is Kind.CHECKOUT_STARTED else event.order and event.order.checkout_token
    if token:
        return {"checkout_token": token}
    if front.page_secret is not None:
        return {"order_id": event.subject, "proof": proof}
    raise Unavailable("The demo plays a browser in a checkout that has no token.")


def _proof(event: Event, front: Storefront, now: datetime) -> str:
    """What shows that this browser stands before that order: the word of the shop's server, or the checkout's token."""
    kind, value = ("order", event.subject) if event.kind is Kind.ORDER else ("checkout", event.subject)
    if front.page_secret is not None:
        signed = f"{kind}:{value}:{int((now + _TOKEN_LIFE).timestamp())}"
        return f"{signed}:{page_token.sign(signed, front.page_secret)}"
    return (event.order.checkout_token if event.order else event.subject) or ""


def _of_the_browser(event: Event, now: datetime) -> dict[str, Any]:
    """Its cookies and its name of itself, whatever its shopper said: what a refusal wipes is to be seen."""
    told = {"url": event.browser.page, "user_agent": AGENT, **_cookies(event, now)}
    return {key: text for key, text in told.items() if text}


def _cookies(event: Event, now: datetime) -> dict[str, str | None]:
    """`_fbp` as Meta's script would have set it in this browser, unless the order has it; `_fbc` where there was a click."""
    first_seen = int(_ms(event.placed_at or now))
    made_here = f"fb.1.{first_seen}.{sum(event.subject.encode()) * 7_919}{len(event.subject)}"
    clicked = event.browser.fbclid and f"fb.1.{first_seen}.{event.browser.fbclid}"
    return {"fbp": event.browser.fbp or made_here, "fbc": event.browser.fbc or clicked}


def _event_id(event: Event, plan: Mapping[str, Any]) -> str:
    if event.kind is not Kind.ORDER:
        return event.subject
    number = event.order.number if event.order and event.order.number else event.subject
    words = {"order_id": event.subject, "order_number": number, "store_key": plan["store_key"]}
    return str(plan["event_id_template"]).format_map(words)


def _custom_data(event: Event, plan: Mapping[str, Any]) -> dict[str, str]:
    """Value, currency and contents in the Pixel's wire form."""
    told: dict[str, Any] = {}
    if event.amounts:
        currency = event.amounts.total.currency
        basis = plan["value_basis"] if event.kind is Kind.ORDER else "subtotal"
        told |= {"value": round_to_currency(_BASES[basis](event.amounts), currency), "currency": currency}
        contents = [one for line in event.lines if (one := _content(line, currency, plan))]
        ids = list(dict.fromkeys(one["id"] for one in contents))
        told |= {"content_type": "product", "content_ids": json.dumps(ids), "contents": json.dumps(contents)}
        told |= {"num_items": sum(line.quantity for line in event.lines)}
    return {f"cd[{name}]": str(text) for name, text in told.items()}


def _content(line: Line, currency: str, plan: Mapping[str, Any]) -> dict[str, Any] | None:
    words = {"variant_id": line.variant_id or line.product_id, "product_id": line.product_id, "sku": line.sku}
    if not all(text for name, text in words.items() if f"{{{name}}}" in plan["content_id_template"]):
        return None
    name = str(plan["content_id_template"]).format_map(words)
    return {"id": name, "quantity": line.quantity, "item_price": float(round_to_currency(line.price, currency))}


def _ms(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1_000))
