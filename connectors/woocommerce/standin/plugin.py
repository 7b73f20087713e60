"""Our WordPress plugin in this shop, as far as the stand-in plays it: what it remembers, what it signs with. Pure."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

VERSION = "1.0.0"


@dataclass(frozen=True, slots=True)
class Connection:
    """What our service told it, and the shop's front page as it was then. `pixel`: the plan of the storefront's Pixel."""

    public_url: str
    public_key: str
    webhook_url: str
    secret: str
    home: str
    pixel: dict[str, Any] | None = None

    def signature(self, told: bytes) -> str:
        """base64 of the HMAC-SHA256."""
        return base64.b64encode(hmac.new(self.secret.encode(), told, hashlib.sha256).digest()).decode()

    def page_token(self, order_id: int, until: int) -> str:
        """What the page of this order proves itself by, until so many unix seconds."""
        signed = f"order:{order_id}:{until}"
        return f"{signed}:{hmac.new(self.secret.encode(), f'page.{signed}'.encode(), hashlib.sha256).hexdigest()}"


@dataclass(slots=True)
class Plugin:
    """`installed`: and active; without that its REST route is not there and nothing is frozen at checkout."""

    installed: bool = False
    version: str = VERSION
    connection: Connection | None = None

    def speaks(self, home: str) -> Connection | None:
        """The connection it may speak by; none on a copy of the shop, whose front page is another."""
        if not self.installed or self.connection is None or self.connection.home != home:
            return None
        return self.connection
