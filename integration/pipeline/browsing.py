"""What browsers told of themselves, put together: who it was, by which click it came, and what was said of its data. Pure."""

import msgspec

from connectors.event import Stated


class Heard(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one join key is known by. The first value of each member was kept; consent is what was stated last.

    `fbc` and `fbp` are as Meta takes them (meta.clickid).
    `default_marketing`: what the shop's own default said where nobody chose; it is kept apart and decides nothing.
    """

    fbp: str | None = None
    fbc: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    page: str | None = None
    marketing: Stated = Stated.UNSTATED
    sale_of_data: Stated = Stated.UNSTATED
    default_marketing: bool | None = None

    def encoded(self) -> bytes:
        """JSON, to be sealed."""
        return msgspec.json.encode(self)


def decode(opened: bytes) -> Heard:
    """What an opened seal holds."""
    return msgspec.json.decode(opened, type=Heard)
