"""A body into its shape, by roads with one result. Pure.

The usual body has every part in its shape: one pass builds it. Where a part has another shape (PHP sends [] for an
empty object, some tools rename), the body is read again, part by part, and what does not fit counts as absent.
"""

from functools import cache
from typing import Any, TypeVar, get_args, get_origin

import msgspec

from connectors import wild
from connectors.errors import MalformedPayload

S = TypeVar("S", bound=msgspec.Struct)

_ABSENT = msgspec.Raw()


def read(body: bytes, *shapes: type[S]) -> S:
    """The JSON object in `body` as the first of `shapes` that it has; or as the last one, by what of it fits.

    Raises MalformedPayload for what is not one JSON object in UTF-8.
    """
    for shape in shapes:
        try:
            return wild.decode(body, shape)
        except MalformedPayload:
            continue
    return tolerantly(body, shapes[-1])


def tolerantly(body: bytes, shape: type[S]) -> S:
    """The same, part by part."""
    return _filled(wild.decode(body, _unread(shape)), shape)


@cache
def _unread(shape: type[S]) -> type[msgspec.Struct]:
    """`shape` with its nested parts left as raw JSON; leaves stay Any."""
    told = [
        (one.name, msgspec.Raw, msgspec.field(name=one.encode_name, default=_ABSENT))
        if _ways(one.type)
        else (one.name, one.type, msgspec.field(name=one.encode_name, default=one.default))
        for one in msgspec.structs.fields(shape)
    ]
    return msgspec.defstruct("Unread", told)


def _ways(kind: Any) -> list[Any]:
    """The shapes a field may have: structs and lists of structs; none for a leaf."""
    return [way for way in get_args(kind) if get_origin(way) is list or _is_struct(way)]


def _is_struct(way: Any) -> bool:
    return isinstance(way, type) and issubclass(way, msgspec.Struct)


def _filled(unread: msgspec.Struct, shape: type[S]) -> S:
    values: dict[str, Any] = {}
    for one in msgspec.structs.fields(shape):
        value = getattr(unread, one.name)
        if not isinstance(value, msgspec.Raw):
            values[one.name] = value
        elif bytes(value):
            values[one.name] = _first_fit(value, _ways(one.type))
    return shape(**values)


def _first_fit(raw: msgspec.Raw, ways: list[Any]) -> Any:
    for way in ways:
        found = _part(raw, way) if _is_struct(way) else _parts(raw, get_args(way)[0])
        if found is not None:
            return found
    return None


def _part(raw: msgspec.Raw, shape: type[S]) -> S | None:
    found = wild.part(raw, _unread(shape))
    return None if found is None else _filled(found, shape)


def _parts(raw: msgspec.Raw, shape: type[S]) -> list[S] | None:
    if bytes(raw)[:1] != b"[":
        return None
    return [_filled(one, shape) for one in wild.parts(raw, _unread(shape))]
