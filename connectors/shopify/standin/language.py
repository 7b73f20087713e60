"""Reading GraphQL, as much of it as an app's fixed queries need: one operation, inline fragments, variables. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(
    r'(?:[\s,\ufeff]+|#[^\n]*)*(?:(?P<string>"(?:[^"\\\n]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)'
    r"|(?P<name>[A-Za-z_]\w*)|(?P<mark>\.\.\.|[!$():=@\[\]{|}]))"
)
_REST = re.compile(r"(?:[\s,\ufeff]+|#[^\n]*)*")
_CONSTANTS: dict[str, Any] = {"true": True, "false": False, "null": None}


class Unreadable(Exception):
    """Not GraphQL, or not the part of it the stand-in reads; or a variable that is missing."""

    def __init__(self, sentence: str, code: str | None = None) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(slots=True)
class Field:
    """One field that was asked for. Arguments hold values: variables are already put in. `on`: its inline fragment."""

    name: str
    alias: str
    arguments: dict[str, Any] = field(default_factory=dict)
    fields: "list[Field]" = field(default_factory=list)
    on: str | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """`kind` is query or mutation."""

    kind: str
    fields: list[Field]


def read(text: str, variables: Mapping[str, Any]) -> Operation:
    """The one operation in `text`. Raises Unreadable."""
    return _Reader(_split(text), variables).operation()


def _split(text: str) -> list[str]:
    found, position = [], 0
    while match := _TOKEN.match(text, position):
        found.append(match.group(match.lastgroup or 0))
        position = match.end()
    rest = _REST.match(text, position)
    if rest is None or rest.end() != len(text):
        raise Unreadable("syntax error, unexpected character")
    return found


class _Reader:
    """Goes through the words once."""

    def __init__(self, words: list[str], variables: Mapping[str, Any]) -> None:
        self._words, self._given, self._at = words, variables, 0
        self._values: dict[str, Any] = {}

    def _next(self) -> str:
        if self._at == len(self._words):
            raise Unreadable("syntax error, unexpected end of file")
        self._at += 1
        return self._words[self._at - 1]

    def _skip(self, word: str) -> bool:
        if self._at < len(self._words) and self._words[self._at] == word:
            self._at += 1
            return True
        return False

    def _expect(self, word: str) -> None:
        found = self._next()
        if found != word:
            raise Unreadable(f"syntax error, unexpected {found!r}, expecting {word!r}")

    def operation(self) -> Operation:
        kind = "query"
        if not self._skip("{"):
            kind = self._next()
            if kind not in ("query", "mutation"):
                raise Unreadable(f"The stand-in reads queries and mutations, no {kind}.")
            if self._at < len(self._words) and self._words[self._at] not in ("(", "{"):
                self._next()  # the operation's name
            self._variables()
            self._expect("{")
        fields = self._fields(None)
        if self._at != len(self._words):
            raise Unreadable("The stand-in reads one operation, and no named fragments.")
        return Operation(kind, fields)

    def _variables(self) -> None:
        if not self._skip("("):
            return
        while not self._skip(")"):
            self._expect("$")
            name = self._next()
            self._expect(":")
            kind = self._type()
            default = self._value() if self._skip("=") else None
            self._values[name] = value = self._given.get(name, default)
            if kind.endswith("!") and value is None:
                sentence = f"Variable ${name} of type {kind} was provided invalid value"
                raise Unreadable(sentence, "INVALID_VARIABLE")

    def _type(self) -> str:
        if self._skip("["):
            kind = f"[{self._type()}]"
            self._expect("]")
        else:
            kind = self._next()
        return f"{kind}!" if self._skip("!") else kind

    def _fields(self, on: str | None) -> list[Field]:
        found: list[Field] = []
        while not self._skip("}"):
            if self._skip("..."):
                self._expect("on")
                name = self._next()
                self._expect("{")
                found += self._fields(name)
            else:
                found.append(self._field(on))
        if not found:
            raise Unreadable("syntax error, unexpected '}'")
        return found

    def _field(self, on: str | None) -> Field:
        alias = name = self._next()
        if self._skip(":"):
            name = self._next()
        if not name.isidentifier():
            raise Unreadable(f"syntax error, unexpected {name!r}")
        arguments: dict[str, Any] = {}
        if self._skip("("):
            while not self._skip(")"):
                key = self._next()
                self._expect(":")
                arguments[key] = self._value()
        return Field(name, alias, arguments, self._fields(None) if self._skip("{") else [], on)

    def _value(self) -> Any:
        word = self._next()
        if word == "$":
            return self._variable(self._next())
        if word == "[":
            return self._list()
        if word == "{":
            return self._object()
        if word.startswith('"'):
            return re.sub(r"\\(.)", lambda match: {"n": "\n", "t": "\t"}.get(match[1], match[1]), word[1:-1])
        if word[0].isdigit() or word[0] == "-":
            return float(word) if re.search(r"[.eE]", word) else int(word)
        return _CONSTANTS.get(word, word)

    def _variable(self, name: str) -> Any:
        if name not in self._values:
            raise Unreadable(f"Variable ${name} is used but not declared", "variableNotDefined")
        return self._values[name]

    def _list(self) -> list[Any]:
        found: list[Any] = []
        while not self._skip("]"):
            found.append(self._value())
        return found

    def _object(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not self._skip("}"):
            key = self._next()
            self._expect(":")
            found[key] = self._value()
        return found
