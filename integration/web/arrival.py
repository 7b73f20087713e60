"""What has arrived of an HTTP/1.1 request, and whether that is all of it. Counts bytes and judges nothing: no I/O.

What is odd counts as whole: gunicorn shall see it, and refuse it.
"""

import re
from dataclasses import dataclass, field

# The webhooks' own bound. Not imported from there: gunicorn's first process reads this file, and would hold on to all of
# the application, so that workers started later ran old code.
MAX_BODY = 2 * 1024 * 1024
MOST_WIRE = 2 * MAX_BODY  # of a chunked body, its framing included
_MOST_HEAD = 64 * 1024  # above what gunicorn lets pass: it says 431

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,12})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_EXPECT = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*(?=\r\n)", re.IGNORECASE)
_END_OF_HEAD, _END_OF_LINE = b"\r\n\r\n", b"\r\n"


@dataclass(slots=True)
class Arrival:
    """One request on its way. `heard` grows as its bytes come."""

    heard: bytearray = field(default_factory=bytearray)
    asks_to_go_on: bool = False  # the sender waits for a word before it sends the body
    cut_short: bool = False  # whole only as far as anybody will look at it
    _looked: int = 0  # before this there is nothing left to find
    _needed: int | None = None  # bytes of the whole, or of its head where the body is in chunks
    _chunked: bool = False

    @property
    def whole(self) -> bool:
        """Whether somebody can work on it without waiting for more."""
        if self._needed is None and not self._read_head():
            return self._is_too_much(len(self.heard) > _MOST_HEAD)
        return self._all_chunks() if self._chunked else len(self.heard) >= (self._needed or 0)

    def _is_too_much(self, much: bool) -> bool:  # noqa: FBT001
        self.cut_short |= much
        return much

    def _read_head(self) -> bool:
        end = self.heard.find(_END_OF_HEAD, max(0, self._looked - 3))
        self._looked = len(self.heard)
        if end < 0:
            return False
        # The word it may wait for is given by whoever collects it, so it must not be given a second time.
        head, asked = _EXPECT.subn(b"", bytes(self.heard[: end + 2]))
        self.heard[: end + 2] = head
        self._looked, self.asks_to_go_on = len(head) + 2, asked > 0
        told = _LENGTH.search(head)
        self._chunked = told is None and _CHUNKED.search(head) is not None  # with both, gunicorn refuses it
        length = int(told[1]) if told else 0
        # What is too large is refused for what its head says, and the body is not waited for.
        self._needed = self._looked + (0 if self._is_too_much(length > MAX_BODY) else length)
        return True

    def _all_chunks(self) -> bool:
        """Steps from chunk to chunk, each looked at once."""
        while (end := self.heard.find(_END_OF_LINE, self._looked)) >= 0:
            try:
                size = int(self.heard[self._looked : end].partition(b";")[0], 16)
            except ValueError:
                return self._is_too_much(True)
            if size <= 0:
                ended = size == 0 and self.heard.find(_END_OF_HEAD, end) >= 0
                return ended or self._is_too_much(size < 0 or len(self.heard) - end > _MOST_HEAD)
            self._looked = end + 2 + size + 2
        return self._is_too_much(len(self.heard) > MOST_WIRE or len(self.heard) - self._looked > _MOST_HEAD)
