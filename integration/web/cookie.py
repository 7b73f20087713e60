"""The secret by which the browser that begins a connection is known again when it comes back."""

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from flask import Response, request

_BYTES = 32
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cookie:
    """What the browser keeps while the merchant is at the platform's or the store's own pages. It is not taken back when
    one connection is finished: another tab may be at its own, and what it is good for is good once.

    Over https, no other host and no plain http can have set it, by its name; a browser takes no such cookie over http.
    SameSite is Lax, not Strict: the way back comes from another site.
    """

    word: str
    lasting: timedelta
    public_url: str

    @property
    def secure(self) -> bool:
        """Whether it is sent over https alone."""
        return self.public_url.startswith("https://")

    @property
    def name(self) -> str:
        """As the browser has it."""
        return f"__Host-{self.word}" if self.secure else self.word

    def kept(self) -> str | None:
        """What this browser keeps."""
        told = request.cookies.get(self.name, "")
        return told if _SECRET.fullmatch(told) else None

    def kept_or_new(self) -> str:
        """What this browser is to keep. Two tabs of one browser may connect at the same time, so it is used again."""
        return self.kept() or secrets.token_urlsafe(_BYTES)

    def given(self, response: Response, browser: str) -> Response:
        """Let it keep that secret."""
        seconds = int(self.lasting.total_seconds())
        response.set_cookie(self.name, browser, seconds, secure=self.secure, httponly=True, samesite="Lax", path="/")
        return response
