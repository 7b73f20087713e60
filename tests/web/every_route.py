"""Every address the web answers, and who may see what is there. A route without a place in these tables fails the walk.

A page of a store has one entry, for all of its ways in: by which ids of a store its path is filled, and what a form of it
holds. What an entry leaves out is usual: 200 for a page, and an empty form.
"""

from collections.abc import Mapping
from typing import NamedTuple

from integration.store_settings import PRESET


class Entry(NamedTuple):
    """`fills`: what stands in the path, by the name of an id of the store it belongs to; `form`: what is posted;
    `statuses`: what its own merchant is answered; `looked`: what an operator may be answered instead; `unwritten`: why
    what is done there stands in no change log; `observing`: it is done by a store that is not live.
    """

    fills: Mapping[str, str] = {}
    form: Mapping[str, str] = {}
    statuses: tuple[int, ...] = (200,)
    looked: tuple[int, ...] = ()
    unwritten: str = ""
    observing: bool = False


DONE = (303,)
EVENTS = {f"routing.{name}": route for name, route in PRESET.items()} | {"pixel": "other", "pixel_carrier": "image"}

# By method and path behind the visit's base.
STORE_PAGES: Mapping[tuple[str, str], Entry] = {
    ("GET", ""): Entry(),
    ("GET", "/state"): Entry(),
    ("POST", "/again"): Entry(statuses=DONE),
    ("GET", "/disconnect"): Entry(),
    ("POST", "/disconnect"): Entry(statuses=(200, 403)),  # in an admin the app is removed by the admin's own means
    ("GET", "/events"): Entry(),
    ("GET", "/events.csv"): Entry(),
    ("GET", "/events/newer"): Entry(),
    ("GET", "/events/<int:pk>"): Entry({"pk": "event"}),
    ("POST", "/events/<int:pk>/replay"): Entry({"pk": "event"}, statuses=DONE),
    ("GET", "/replay"): Entry(),
    ("GET", "/replay/progress"): Entry(),
    # Of numbers that nobody was shown nothing is done; what was shown is tried in test_replay_page.py.
    ("POST", "/replay"): Entry(form={"state": "failed"}, statuses=(409,)),
    ("GET", "/coverage"): Entry(),
    ("GET", "/coverage.csv"): Entry(),
    ("GET", "/delivery"): Entry(),
    ("GET", "/delivery.csv"): Entry(),
    ("GET", "/quality"): Entry(),
    ("GET", "/quality.csv"): Entry(),
    ("GET", "/pixel"): Entry(),
    ("POST", "/pixel/verify"): Entry(statuses=DONE),
    ("GET", "/pair"): Entry(),
    ("GET", "/pair/result"): Entry(),
    ("POST", "/pair"): Entry(statuses=DONE),
    ("GET", "/settings"): Entry(),
    ("GET", "/settings/names"): Entry(),
    ("GET", "/settings/stop"): Entry(),
    ("POST", "/settings/stop"): Entry(statuses=DONE),
    ("POST", "/settings/alerts"): Entry(form={"emails": "anna@tea.example"}, statuses=DONE),
    ("POST", "/settings/purchases"): Entry(form={"purchase_when": "placed", "cod_when": "paid"}, statuses=DONE),
    ("POST", "/settings/events"): Entry(form=EVENTS, statuses=DONE),
    ("POST", "/settings/value"): Entry(form={"value_basis": "subtotal"}, statuses=DONE),
    ("POST", "/settings/names"): Entry(
        form={"event_id_template": "{store_key}-{order_id}", "content_id_template": "{sku}"}, statuses=DONE
    ),
    ("POST", "/settings/consent"): Entry(form={"consent_mode": "strict", "limited_data_use": "auto"}, statuses=DONE),
    ("POST", "/settings/people"): Entry(form={"phone_country": "DE"}, statuses=DONE),
    ("GET", "/changes"): Entry(),
    ("GET", "/changes.csv"): Entry(),
    ("GET", "/setup"): Entry(),
    ("GET", "/setup/state"): Entry(),
    ("GET", "/setup/house"): Entry(),
    ("POST", "/setup/again"): Entry(statuses=DONE),
    ("POST", "/setup/look"): Entry(statuses=DONE),
    ("POST", "/setup/live"): Entry(
        form={"reason": "Nobody has looked at a made-up shop."}, statuses=DONE, observing=True
    ),
    ("POST", "/setup/skip"): Entry(statuses=DONE),
    ("GET", "/dataset"): Entry(),
    # What Meta or a dataset of the store's has to do with is tried in test_dataset_page.py; nobody asks Meta here.
    ("POST", "/dataset"): Entry(statuses=(409,)),
    ("POST", "/dataset/code"): Entry(statuses=(404,)),
    ("POST", "/dataset/link"): Entry(),
    ("POST", "/dataset/link/end"): Entry(statuses=DONE, unwritten="there is no link that could end"),
    ("GET", "/test"): Entry(),
    ("POST", "/test"): Entry(statuses=(404,)),
    ("GET", "/senders"): Entry(),
    ("POST", "/senders/again"): Entry(statuses=DONE),
    ("POST", "/live"): Entry(form={"reason": "Nobody has looked at a made-up shop."}, statuses=DONE, observing=True),
    ("GET", "/privacy"): Entry(),
    ("POST", "/privacy/ask"): Entry(form={"demand": "customer_data", "order_ids": "1"}, statuses=DONE),
    ("POST", "/privacy/keep-back"): Entry(form={"leave_out": "phone"}, statuses=DONE),
    ("GET", "/privacy/export/<int:pk>"): Entry({"pk": "export"}, looked=(403,)),
    ("GET", "/privacy/everything"): Entry(looked=(403,)),
}

# What needs no visit, and why that is right.
PUBLIC: Mapping[str, str] = {
    "/": "how a store is connected",
    "/dev": "is there in development alone",
    "/healthz": "says that it is alive",
    "/readyz": "says what is not ready, of no store",
    "/metrics": "numbers of the whole service",
    "/static/<path:filename>": "the same files for everybody",
    "/invitation/<code>": "a code of 256 bits, good once, by which a dataset is added and nothing read",
    "/operator/sign-in": "takes a name and a key, and counts who fails",
    "/operator/sign-out": "ends the browser's own session",
    "/try/<code>": "a code of 96 bits, good for minutes, that leads to the shop's own front page",
    "/s/<key>/plan": "what a storefront's scripts may know",
    "/s/<key>/sighting": "takes, and tells nothing",
    "/s/<key>/signal": "takes, and tells nothing",
    "/shopify/bounce": "shows nothing of any store",
    "/shopify/callback": "signed by the platform, and begun in this browser",
    "/shopify/connect": "leads to the platform's own page",
    "/shopify/install": "leads to the platform's own page",
    "/sign-in": "takes a code that is good once",
    "/sign-out": "ends the browser's own session",
    "/webhooks/shopify": "judged by its signature",
    "/webhooks/woocommerce/<key>": "judged by its signature",
    "/woocommerce/callback/<door>": "an address of 192 bits, good once",
    "/woocommerce/connect": "leads to the shop's own page",
    "/woocommerce/plugin.zip": "the same file for everybody",
    "/woocommerce/plugin/<key>/orders": "judged by its signature",
    "/woocommerce/plugin/<key>/sign-in": "judged by its signature",
    "/woocommerce/plugin/<key>/state": "judged by its signature",
    "/woocommerce/return": "tells the browser that began it, and nobody else",
}

# For whoever runs Tandem, of all stores.
OPERATORS = frozenset(
    {
        "/operator",
        "/operator/stores.csv",
        "/operator/queues",
        "/operator/queues.csv",
        "/operator/dead-letters",
        "/operator/dead-letters.csv",
        "/operator/alerts",
        "/operator/alerts.csv",
        "/operator/system",
        "/operator/system.csv",
    }
)
