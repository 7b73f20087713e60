"""Webhooks as WooCommerce keeps them: their topics, their signatures, what REST shows of them. Pure."""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from connectors.woocommerce.standin import php

_EVENTS = "created|updated|deleted|restored"
_TOPIC = re.compile(rf"(coupon|customer|order|product)\.({_EVENTS})|action\.(woocommerce_|wc_).*", re.DOTALL)
STATUSES = ("active", "paused", "disabled")
_SALT = secrets.token_bytes(16)
_HOOKS = {
    "order.created": ["woocommerce_new_order"],
    "order.updated": ["woocommerce_update_order", "woocommerce_order_refunded"],
    "order.deleted": ["wp_trash_post", "woocommerce_trash_order"],
    "order.restored": ["untrashed_post", "woocommerce_untrash_order"],
}


@dataclass(slots=True)
class Webhook:
    """One. It belongs to a user, not to a key. `pending`: no ping of it was answered with 200 yet."""

    id: int
    name: str
    topic: str
    delivery_url: str
    secret: str
    user_id: int
    created: float
    modified: float
    status: str = "active"
    failures: int = 0
    pending: bool = True

    @property
    def resource(self) -> str:
        """What it is about: order."""
        return self.topic.partition(".")[0]

    @property
    def event(self) -> str:
        """What happened to it: created."""
        return self.topic.partition(".")[2]

    def hooks(self) -> list[str]:
        """WordPress's names for it."""
        return [self.event] if self.resource == "action" else _HOOKS.get(self.topic, [])

    def signature(self, body: bytes) -> str:
        """X-WC-Webhook-Signature. The key is the secret with its HTML entities decoded."""
        key = php.decoded_specialchars(self.secret).encode()
        return base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()

    def delivery_id(self, now: float) -> str:
        """The same for all that this webhook delivers within one second."""
        return hmac.new(_SALT, f"{self.id}{int(now)}".encode(), hashlib.md5).hexdigest()


def is_valid_topic(topic: str) -> bool:
    """wc_is_webhook_valid_topic of 10.0.2, which knows lower case only."""
    return _TOPIC.fullmatch(topic) is not None


def stored_topic(topic: str) -> str:
    """What becomes of a topic on its way in: REST looks at it in lower case, but what is not valid as it is becomes ""."""
    clean = php.sanitized(topic)
    return clean if is_valid_topic(clean) else ""
