"""WordPress's ways of saying no over REST."""

from collections.abc import Sequence
from typing import Any

from connectors.woocommerce.standin.wire import Reply, answered


class RestError(Exception):
    """A WP_Error: its code, its sentence, its status, and what else is in its data."""

    def __init__(self, code: str, message: str, status: int, data: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code, self.status, self.data = code, status, data or {}

    def reply(self) -> Reply:
        """As WordPress answers it."""
        told = {"code": self.code, "message": str(self), "data": {"status": self.status, **self.data}}
        return answered(told, self.status)


def no_route() -> RestError:
    """For what is not there, and for a method that what is there does not know."""
    return RestError("rest_no_route", "No route was found matching the URL and request method.", 404)


def unauthenticated(message: str, code: str = "woocommerce_rest_authentication_error") -> RestError:
    """The key, or what it was used with, is no good."""
    return RestError(code, message, 401)


def invalid(name: str, sentence: str, code: str = "rest_invalid_param") -> RestError:
    """A parameter that may not be so."""
    details = {name: {"code": code, "message": sentence, "data": None}}
    told = {"params": {name: sentence}, "details": details}
    return RestError("rest_invalid_param", f"Invalid parameter(s): {name}", 400, told)


def missing(names: Sequence[str]) -> RestError:
    """Parameters that are not there."""
    told = {"params": list(names)}
    return RestError("rest_missing_callback_param", f"Missing parameter(s): {', '.join(names)}", 400, told)
