"""What keeping a webhook sets off: pings, and the count of failures that disables it."""

from collections.abc import Mapping
from typing import Any

from connectors.woocommerce.standin.journal import Sent
from connectors.woocommerce.standin.posting import Answer, follow
from connectors.woocommerce.standin.webhooks import Webhook
from connectors.woocommerce.standin.world import World

PING_SECONDS = 5.0  # WordPress's default
MOST_FAILURES = 5


def save(world: World, webhook: Webhook, *, moved: bool = False) -> None:
    """Keep a changed webhook. Where its address changed, or no ping came through yet, that sends the ping again.

    It waits for the answer: hold no lock.
    """
    with world.lock:
        webhook.modified = world.now()
        webhook.pending = webhook.pending or moved
        again = webhook.pending
    if again:
        ping(world, webhook)


def ping(world: World, webhook: Webhook) -> None:
    """`webhook_id=12` as a form, unsigned. Only exactly 200 settles it. It waits for the answer: hold no lock."""
    headers = {"User-Agent": world.site.agent, "Accept": "*/*", "Accept-Encoding": "deflate, gzip, br, zstd"}
    body = f"webhook_id={webhook.id}".encode()
    last = {
        "Connection": "close",
        "Content-Length": str(len(body)),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    answer = follow(webhook.delivery_url, body, {**headers, **last}, PING_SECONDS, world.trust)
    note(world, webhook, answer, "ping", about={"webhook_id": webhook.id})
    if answer.status == 200:
        with world.lock:
            webhook.pending, webhook.modified = False, world.now()


def count(world: World, webhook: Webhook, status: int | None) -> None:
    """What an answer does: 200 to 302 is a success and forgets all failures, the 7th failure in a row disables."""
    with world.lock:
        if status is not None and 200 <= status <= 302:
            webhook.failures = 0
        elif webhook.failures > MOST_FAILURES:
            webhook.status = "disabled"
        else:
            webhook.failures += 1
    save(world, webhook)


def note(
    world: World,
    webhook: Webhook,
    answer: Answer,
    kind: str,
    *,
    delivery_id: str | None = None,
    about: Mapping[str, Any] | None = None,
) -> None:
    """Into the journal."""
    sent = Sent(
        kind,
        webhook.delivery_url,
        answer.status,
        answer.text,
        world.now(),
        answer.seconds,
        topic=webhook.topic,
        webhook_id=webhook.id,
        delivery_id=delivery_id,
        about=about,
    )
    world.journal.sent(sent)
