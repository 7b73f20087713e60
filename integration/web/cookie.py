"""The secrets by which a browser is known again: one that connects a store, a merchant's, an operator's."""

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from flask import Response, current_app, request

_BYTES = 32
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cookie:
    """What a browser keeps for so long. Over https, no other host and no plain http can have set it, by its name; a browser
    takes no such cookie over http, which is for development.

    `samesite`: Lax where the way here comes from another site, else Strict.
    """

    word: str
    lasting: timedelta
    samesite: str = "Lax"

    @property
    def secure(self) -> bool:
        """Whether our address is https; then the cookie is sent over https alone."""
        return bool(current_app.config["SESSION_COOKIE_SECURE"])

    @property
    def name(self) -> str:
        """As the browser has it."""
        return f"__Host-{self.word}" if self.secure else self.word

    def kept(self) -> str | None:
        """What this browser keeps."""
        told = request.cookies.get(self.name, "")
        return told if _SECRET.fullmatch(told) else None

    def kept_or_new(self) -> str:
        """What this browser is to keep. Two tabs of one browser may connect at the same time, so it is used again, and not
        taken back when one of them is done: what it is good for is good once.
        """
        return self.kept() or secrets.token_urlsafe(_BYTES)

    def given(self, response: Response, secret: str) -> Response:
        """Let it keep that secret."""
        seconds = int(self.lasting.total_seconds())
        response.set_cookie(
            self.name, secret, seconds, secure=self.secure, httponly=True, samesite=self.samesite, path="/"
        )
        return response

    def taken_back(self, response: Response) -> Response:
        """Let it keep none."""
        response.delete_cookie(self.name, secure=self.secure, httponly=True, samesite=self.samesite, path="/")
        return response
