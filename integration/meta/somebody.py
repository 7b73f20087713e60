"""Texts that go to Meta as they are, never hashed: what names somebody is none of them. Pure."""

import re

# An e-mail address, or a phone number with its country's code, as they are or as an address on the web spells them.
# Nothing that a platform, a browser or Meta makes up has such a part.
_NAMED = re.compile(r"@|%40|(\+|%2B)[0-9]{8}", re.ASCII | re.IGNORECASE)


def unnamed(text: str | None) -> str | None:
    """The text; None where it holds somebody's address or number, or is none."""
    return text if text and not _NAMED.search(text) else None
