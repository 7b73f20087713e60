"""What browsers told of themselves, put together: who it was, by which click it came, and what was said of its data. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar

import msgspec

from connectors.event import Stated
from integration.store_settings import Field

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
    marketing_at: int | None = None
    sale_at: int | None = None
    gpc: bool = False

    def encoded(self) -> bytes:
        """JSON, to be sealed."""
        return msgspec.json.encode(self)

    @property
    def lawful(self) -> "Heard":
        """What may be kept of it: of whoever refused, that alone."""
        return self.statements_alone if self.marketing is Stated.REFUSED else self

    @property
    def statements_alone(self) -> "Heard":
        """What was said of data, and nothing of who said it."""
        return msgspec.structs.replace(self, fbp=None, fbc=None, ip=None, user_agent=None, page=None)


_MEMBERS: Mapping[Field, str] = MappingProxyType(
    {Field.BROWSER_ID: "fbp", Field.CLICK: "fbc", Field.IP: "ip", Field.USER_AGENT: "user_agent"}
)


def without(heard: Heard, leave_out: Collection[Field]) -> Heard:
    """Without what the merchant keeps of nobody."""
    gone = {_MEMBERS[field]: None for field in leave_out if field in _MEMBERS}
    return msgspec.structs.replace(heard, **gone) if gone else heard


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
    marketing, marketing_at = _last((older.marketing, older.marketing_at), (newer.marketing, newer.marketing_at))
    sale_of_data, sale_at = _last((older.sale_of_data, older.sale_at), (newer.sale_of_data, newer.sale_at))
    return Heard(
        fbp=older.fbp or newer.fbp,
        fbc=older.fbc or newer.fbc,
        ip=older.ip or newer.ip,
        user_agent=older.user_agent or newer.user_agent,
        page=older.page or newer.page,
        marketing=marketing,
        sale_of_data=sale_of_data,
        default_marketing=default,
        marketing_at=marketing_at,
        sale_at=sale_at,
        gpc=newer.gpc if newer.sale_of_data is not Stated.UNSTATED else older.gpc,
    ).lawful


def together(told: Sequence[Heard]) -> Heard:
    """What several keys of one event are known by, the first told first: the first value of each member, and the last
    answer under any of them; where nobody knows when one was given, a no is the safe reading.
    """
    marketing, marketing_at = _latest([(one.marketing, one.marketing_at) for one in told])
    sale_of_data, sale_at = _latest([(one.sale_of_data, one.sale_at) for one in told])
    return Heard(
        fbp=_first(one.fbp for one in told),
        fbc=_first(one.fbc for one in told),
        ip=_first(one.ip for one in told),
        user_agent=_first(one.user_agent for one in told),
        page=_first(one.page for one in told),
        marketing=marketing,
        sale_of_data=sale_of_data,
        default_marketing=_first(one.default_marketing for one in told),
        marketing_at=marketing_at,
        sale_at=sale_at,
        gpc=any(one.gpc and one.sale_at == sale_at for one in told),
    ).lawful


def agreed(by_key: dict[str, Heard]) -> dict[str, Heard]:
    """The same, where one signal named several keys: who refused under one of them and stated nothing under another has
    refused under both.
    """
    refusal = next((one for one in by_key.values() if one.marketing is Stated.REFUSED), None)
    if refusal is None:
        return by_key
    return {key: _refused_too(heard, refusal.marketing_at) for key, heard in by_key.items()}


def _refused_too(heard: Heard, at: int | None) -> Heard:
    if heard.marketing is not Stated.UNSTATED:
        return heard
    return msgspec.structs.replace(heard, marketing=Stated.REFUSED, marketing_at=at).lawful


Answer = tuple[Stated, int | None]


def _last(older: Answer, newer: Answer) -> Answer:
    """An answer that is only told again is as old as it was."""
    return older if newer[0] in (Stated.UNSTATED, older[0]) else newer


def _latest(answers: Sequence[Answer]) -> Answer:
    """Of two in the same moment, the refusal."""
    given = [one for one in answers if one[0] is not Stated.UNSTATED]
    if any(at is None for _, at in given):
        given = [one for one in given if one[0] is Stated.REFUSED] or given
    return max(given, key=lambda one: (one[1] or 0, one[0] is Stated.REFUSED), default=(Stated.UNSTATED, None))


def _first(values: Iterable[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)
