"""What a shop's Admin API answered, and what it held back. Pure.

Texts of errors may repeat what was sent or stored. So of `errors` only the field's name is passed on, and of
`userErrors` a sentence without addresses, long numbers and quotations.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from connectors import wild
from connectors.errors import Declined, MalformedPayload, Unreachable
from connectors.shopify.reading import read

S = TypeVar("S", bound=msgspec.Struct)

DENIED = "ACCESS_DENIED"
_MAX_SENTENCE = 200
_NULL = b"null"
_NOT_TO_BE_REPEATED = re.compile(r"\S*(?:://|@)\S*|\"[^\"]*\"|\b\w*\d{4}\w*\b|\b\w{32,}\b")


@dataclass(frozen=True, slots=True)
class Fault:
    """One of `errors`. `path`: the names on the way to the field it is about. `text` is for comparing, not for showing."""

    code: str
    path: tuple[str, ...]
    text: str = field(repr=False)

    def declined(self) -> Declined:
        """What may be told of it."""
        what = ".".join(self.path) or "what was asked"
        if self.code == DENIED:
            return Declined(f"Shopify does not let this app use {what}.")
        return Declined(f"Shopify declined {what} ({self.code or 'no code'}).")

    def denies(self, fields: Collection[str]) -> bool:
        """Whether it keeps one of these fields from us, and no more."""
        return self.code == DENIED and any(name in fields for name in self.path)


class UserError(msgspec.Struct, gc=False):
    """Why a mutation was not done."""

    code: Any = None
    message: Any = None


class Done(msgspec.Struct, rename="camel", gc=False):
    """What a mutation answers, as far as we read it."""

    user_errors: list[UserError] | None = None


class PageInfo(msgspec.Struct, rename="camel", gc=False):
    """Whether a list goes on, and where."""

    has_next_page: Any = None
    end_cursor: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, by root field, and what was not."""

    data: Mapping[str, msgspec.Raw] = field(repr=False)
    faults: tuple[Fault, ...] = ()

    def part(self, root: str, shape: type[S], may_lack: Collection[str] = ()) -> S:
        """The root field in its shape. `may_lack`: fields within it that Shopify may deny us; then they are null.

        Raises Declined for anything else that Shopify refused, Unreachable where `root` is missing without a reason.
        """
        for fault in self.faults:
            if self._is_null(root) or not fault.denies(may_lack):
                raise fault.declined()
        try:
            return read(self._told(root), shape)
        except MalformedPayload:
            raise Unreachable(f"Shopify's answer has no readable {root}.") from None

    def found_nothing(self, root: str) -> bool:
        """Whether the root field is null, though nobody keeps it from us: there is no such thing."""
        return self._is_null(root) and all(
            fault.code != DENIED and fault.path in ((), (root,)) for fault in self.faults
        )

    def denies_existence(self, root: str) -> bool:
        """Whether it says, and nothing else, that there is no such thing."""
        return not self.faults and root in self.data and self._is_null(root)

    def keeps_back(self, root: str) -> bool:
        """Whether the whole of it was denied, be it for something within."""
        return self._is_null(root) and any(fault.code == DENIED for fault in self.faults)

    def complaints(self, root: str) -> list[UserError]:
        """The `userErrors` of a mutation; an empty list, and only that, says that it was done. Raises as `part` does."""
        told = self.part(root, Done).user_errors
        if told is None:
            raise Unreachable(f"Shopify's answer does not say what became of {root}.")
        return told

    def _told(self, root: str) -> bytes:
        return bytes(self.data.get(root, _NULL))

    def _is_null(self, root: str) -> bool:
        return self._told(root) == _NULL


def following(info: PageInfo | None, cursor: str | None) -> str | None:
    """The cursor of the page after the one at `cursor`; None after the last.

    Raises Unreachable where the page does not say: taken for the last one it would hide the rest.
    """
    info = info or PageInfo()
    if info.has_next_page is False:
        return None
    if info.has_next_page is True and isinstance(info.end_cursor, str) and info.end_cursor not in ("", cursor):
        return info.end_cursor
    raise Unreachable("Shopify's answer does not say where its list goes on.")


def sentence(complaint: UserError) -> str:
    """Its message, shortened, without what may be somebody's: addresses, mails, long numbers, tokens, quotations."""
    text = _NOT_TO_BE_REPEATED.sub("…", wild.text(complaint.message) or "")
    return wild.text(text, _MAX_SENTENCE) or "no reason given"
