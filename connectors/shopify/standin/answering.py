"""Checking what was asked against the schema, and answering exactly that of what there is. Pure."""

import base64
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.shopify.standin.language import Field
from connectors.shopify.standin.schema import ARGUMENTS, INPUTS, SCOPES, type_of

MOST = 250  # in one page


@dataclass(frozen=True, slots=True)
class Listed:
    """What a connection runs through, in its order."""

    kind: str
    nodes: Sequence[dict[str, Any]]


def problems(owner: str, fields: Sequence[Field], path: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    """What is wrong with these fields of a type, in Shopify's words; nothing was run then."""
    for asked in fields:
        kind = "" if asked.name == "__typename" else type_of(asked.on or owner, asked.name)
        here = (*path, asked.name)
        if kind is None:
            yield _undefined(asked.on or owner, asked.name, here)
        elif bool(kind) != bool(asked.fields):
            sentence = (
                f"Field must have selections (field '{asked.name}')" if kind else "Selections can't be made on scalars"
            )
            yield {"message": sentence, "path": list(here), "extensions": {"code": "selectionMismatch"}}
        elif kind:
            yield from _counted(kind, asked, here)
            yield from problems(kind, asked.fields, here)


def argument_problems(asked: Field) -> Iterator[dict[str, Any]]:
    """What is wrong with the arguments of a root field."""
    needed, allowed = ARGUMENTS[asked.name]
    for name in sorted(needed - asked.arguments.keys()):
        sentence = f"Field '{asked.name}' is missing required arguments: {name}"
        yield {"message": sentence, "path": [asked.name], "extensions": {"code": "missingRequiredArguments"}}
    for name in sorted(asked.arguments.keys() - needed - allowed):
        sentence = f"Field '{asked.name}' doesn't accept argument '{name}'"
        yield {"message": sentence, "path": [asked.name], "extensions": {"code": "argumentNotAccepted"}}
    for name in INPUTS.keys() & asked.arguments.keys():
        given = asked.arguments[name]
        if not isinstance(given, dict) or given.keys() - INPUTS[name]:
            sentence = f"Variable ${name} was provided invalid value"
            yield {"message": sentence, "extensions": {"code": "INVALID_VARIABLE"}}


def _counted(kind: str, asked: Field, path: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """A connection is paged: one of first and last, and not too many."""
    if not kind.endswith("Connection"):
        return
    count = asked.arguments.get("first", asked.arguments.get("last"))
    if not isinstance(count, int):
        yield {
            "message": "you must provide one of first or last",
            "path": list(path),
            "extensions": {"code": "BAD_REQUEST"},
        }
    elif not 0 < count <= MOST:
        sentence = f"The page size must be from 1 to {MOST}."
        yield {"message": sentence, "path": list(path), "extensions": {"code": "BAD_REQUEST"}}


def _undefined(owner: str, name: str, path: tuple[str, ...]) -> dict[str, Any]:
    return {
        "message": f"Field '{name}' doesn't exist on type '{owner}'",
        "path": list(path),
        "extensions": {"code": "undefinedField", "typeName": owner, "fieldName": name},
    }


def project(kind: str, value: Any, asked: Field) -> Any:
    """Of `value`, what was asked for. A key that `value` lacks is null."""
    if isinstance(value, Listed):
        return project(f"{value.kind}Connection", _page(value, asked.arguments), asked)
    if isinstance(value, list) and kind:
        return [project(kind, each, asked) for each in value]
    if not kind or value is None:
        return value
    return {one.alias: _one(kind, value, one) for one in asked.fields if one.on in (None, kind)}


def keep_back(
    kind: str, told: Any, asked: Field, may: Callable[[str], bool], path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Empty, in an answer, the fields that lead to objects whose scope is missing; the path, name and scope of each."""
    if isinstance(told, list):
        for place, each in enumerate(told):
            yield from keep_back(kind, each, asked, may, (*path, place))
    elif isinstance(told, dict):
        for one in asked.fields:
            below, here = type_of(one.on or kind, one.name) or "", (*path, one.alias)
            if below in SCOPES and not may(SCOPES[below]):
                told[one.alias] = None
                yield here, one.name, SCOPES[below]
            else:
                yield from keep_back(below, told.get(one.alias), one, may, here)


def _one(kind: str, value: dict[str, Any], asked: Field) -> Any:
    if asked.name == "__typename":
        return kind
    return project(type_of(kind, asked.name) or "", value.get(asked.name), asked)


def _page(listed: Listed, arguments: dict[str, Any]) -> dict[str, Any]:
    """Forward paging by cursors that name a position; `last` and `before` are not read."""
    nodes = list(reversed(listed.nodes)) if arguments.get("reverse") else list(listed.nodes)
    begin = _position(arguments.get("after"))
    end = begin + int(arguments.get("first") or arguments.get("last") or 0)
    edges = [{"cursor": _cursor(place), "node": nodes[place]} for place in range(begin, min(end, len(nodes)))]
    return {
        "nodes": [edge["node"] for edge in edges],
        "edges": edges,
        "pageInfo": {
            "hasNextPage": end < len(nodes),
            "hasPreviousPage": begin > 0,
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": edges[-1]["cursor"] if edges else None,
        },
    }


def _cursor(place: int) -> str:
    return base64.b64encode(f'{{"place":{place}}}'.encode()).decode()


def _position(cursor: Any) -> int:
    """Where to go on; from the start for a cursor that is none of ours."""
    try:
        told = base64.b64decode(str(cursor), validate=True).decode()
        return int(told.removeprefix('{"place":').removesuffix("}")) + 1
    except ValueError:
        return 0
