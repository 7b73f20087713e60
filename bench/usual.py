"""The way it is usually done: one RQ job an event, Meta's official SDK, a stock worker that forks for each job.

`python -m bench.usual REDIS_URL GRAPH_URL` is that worker: it has the SDK loaded before it forks, works until the queue
is empty and prints the seconds that took.
"""

import sys
import time
from typing import Any

import redis
from facebook_business.adobjects.serverside.action_source import ActionSource
from facebook_business.adobjects.serverside.content import Content
from facebook_business.adobjects.serverside.custom_data import CustomData
from facebook_business.adobjects.serverside.event import Event
from facebook_business.adobjects.serverside.event_request import EventRequest
from facebook_business.adobjects.serverside.user_data import UserData
from facebook_business.api import FacebookAdsApi
from facebook_business.session import FacebookSession
from rq import Queue, Worker

QUEUE = "usual"
_TOKEN = "good-token"  # noqa: S105


def ready(order: dict[str, Any]) -> dict[str, Any]:
    """An order read already, as the arguments the SDK takes: what the SDK itself does not do is not held against it."""
    address, customer = order["billing_address"], order["customer"]
    return {
        "user": {
            "email": order["email"],
            "phone": address["phone"],
            "first_name": address["first_name"],
            "last_name": address["last_name"],
            "city": address["city"],
            "state": address["province_code"],
            "country_code": address["country_code"],
            "zip_code": address["zip"],
            "external_id": str(customer["id"]),
            "client_ip_address": order["browser_ip"],
            "client_user_agent": order["client_details"]["user_agent"],
            "fbc": f"fb.1.1700000000000.{order['landing_site'].partition('fbclid=')[2]}",
        },
        "lines": [
            {"product_id": str(line["variant_id"]), "quantity": line["quantity"], "item_price": float(line["price"])}
            for line in order["line_items"]
        ],
        "value": float(order["total_price"]),
        "currency": order["currency"],
        "order_id": str(order["id"]),
        "event_time": int(time.time()),
    }


def event(order: dict[str, Any]) -> Event:
    """The SDK's event of a `ready` order."""
    lines = order["lines"]
    return Event(
        event_name="Purchase",
        event_id=order["order_id"],
        event_time=order["event_time"],
        event_source_url="https://shop.example.com/",
        action_source=ActionSource.WEBSITE,
        user_data=UserData(**order["user"]),
        custom_data=CustomData(
            value=order["value"],
            currency=order["currency"],
            order_id=order["order_id"],
            content_type="product",
            content_ids=[line["product_id"] for line in lines],
            contents=[Content(**line) for line in lines],
            num_items=sum(line["quantity"] for line in lines),
        ),
    )


def send(dataset_id: str, order: dict[str, Any]) -> None:
    """The job."""
    told = EventRequest(pixel_id=dataset_id, events=[event(order)]).execute()
    if told.events_received != 1:
        raise RuntimeError("the stand-in did not take the event")


def main(redis_url: str, graph_url: str) -> None:
    """Work until nothing waits."""
    FacebookSession.GRAPH = graph_url
    FacebookAdsApi.init(access_token=_TOKEN)
    connection = redis.Redis.from_url(redis_url)
    worker = Worker([Queue(QUEUE, connection=connection)], connection=connection)
    begun = time.monotonic()
    worker.work(burst=True, logging_level="WARNING")
    sys.stdout.write(f"{time.monotonic() - begun}\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
