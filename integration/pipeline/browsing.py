"""What browsers told of themselves, put together: who it was, by which click it came, and what was said of its data. Pure."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec

from connectors.event import Stated

T = TypeVar("T")


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

    @property
    def lawful(self) -> "Heard":
        """What may be kept of it: of whoever refused, that alone."""
        if self.marketing is not Stated.REFUSED:
            return self
        return Heard(marketing=self.marketing, sale_of_data=self.sale_of_data, default_marketing=self.default_marketing)


def decode(opened: bytes) -> Heard:
    """What an opened seal holds."""
    return msgspec.json.decode(opened, type=Heard)


def updated(older: Heard | None, newer: Heard) -> Heard:
    """What a key is known by once `newer` was told by somebody who has its token.

    The first value of each member stays, so that nobody puts another click in its place. The last statement stands: a
    refusal wipes the members at once, and they come back only with what is told after a new grant.
    """
    if older is None:
        return newer.lawful
    default = older.default_marketing if newer.default_marketing is None else newer.default_marketing
    return Heard(
        fbp=older.fbp or newer.fbp,
        fbc=older.fbc or newer.fbc,
        ip=older.ip or newer.ip,
        user_agent=older.user_agent or newer.user_agent,
        page=older.page or newer.page,
        marketing=_last(older.marketing, newer.marketing),
        sale_of_data=_last(older.sale_of_data, newer.sale_of_data),
        default_marketing=default,
    ).lawful


def together(told: Sequence[Heard]) -> Heard:
    """What several keys of one event are known by, the first told first: the first value of each member, and a refusal
    under any of them. Which of two keys spoke last is not asked: then a no is the safe reading.
    """
    return Heard(
        fbp=_first(one.fbp for one in told),
        fbc=_first(one.fbc for one in told),
        ip=_first(one.ip for one in told),
        user_agent=_first(one.user_agent for one in told),
        page=_first(one.page for one in told),
        marketing=_strictest([one.marketing for one in told]),
        sale_of_data=_strictest([one.sale_of_data for one in told]),
        default_marketing=_first(one.default_marketing for one in told),
    ).lawful


def agreed(by_key: dict[str, Heard]) -> dict[str, Heard]:
    """The same, where one signal named several keys: who refused under one of them and stated nothing under another has
    refused under both.
    """
    if all(heard.marketing is not Stated.REFUSED for heard in by_key.values()):
        return by_key
    return {key: _refused_too(heard) for key, heard in by_key.items()}


def _refused_too(heard: Heard) -> Heard:
    if heard.marketing is not Stated.UNSTATED:
        return heard
    return msgspec.structs.replace(heard, marketing=Stated.REFUSED).lawful


def _last(older: Stated, newer: Stated) -> Stated:
    return older if newer is Stated.UNSTATED else newer


def _first(values: Iterable[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)


def _strictest(statements: Sequence[Stated]) -> Stated:
    return next((word for word in (Stated.REFUSED, Stated.GRANTED) if word in statements), Stated.UNSTATED)
