"""One call over REST, and what a listing does with `per_page`, `page` and its headers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

from connectors.woocommerce.standin.rest_errors import invalid
from connectors.woocommerce.standin.site import User
from connectors.woocommerce.standin.wire import Request
from connectors.woocommerce.standin.world import World

_PER_PAGE, _MOST = 10, 100


@dataclass(frozen=True, slots=True)
class Answered:
    """What a route says."""

    content: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks for what. `user`: whose key it is, whatever they may; None for nobody."""

    world: World
    request: Request
    user: User | None

    def given(self) -> dict[str, Any]:
        """All parameters: the body's over the query's."""
        return {**self.request.asked(), **self.request.fields()}

    def home(self) -> str:
        """The shop's front page in the scheme that was asked by, which its links repeat."""
        home = self.world.site.home
        return f"https{home.removeprefix('http')}" if self.request.secure and home.startswith("http:") else home

    def number(self, name: str, default: int, least: int = 1, most: int | None = None) -> int:
        """A whole number among the query's parameters. Raises RestError."""
        text = self.request.asked().get(name)
        if text is None:
            return default
        if not text.lstrip("-").isdecimal():
            raise invalid(name, f"{name} is not of type integer.", "rest_invalid_type")
        bounds = f"between {least} (inclusive) and {most} (inclusive)"
        if most is not None and not least <= int(text) <= most:
            raise invalid(name, f"{name} must be {bounds}", "rest_out_of_bounds")
        if int(text) < least:
            raise invalid(name, f"{name} must be greater than or equal to {least}", "rest_out_of_bounds")
        return int(text)

    def flag(self, name: str) -> bool:
        """A yes or no among the query's parameters."""
        return self.request.asked().get(name, "").lower() in ("1", "true")

    def paged(self, route: str, things: Sequence[Any], told: Callable[[Any], Any]) -> Answered:
        """One page of them, ten where nothing else is asked; `offset` counts for more than `page`. Raises RestError."""
        size, page = self.number("per_page", _PER_PAGE, 1, _MOST), self.number("page", 1)
        start = self.number("offset", (page - 1) * size, 0)
        pages = -(-len(things) // size)
        headers = {"X-WP-Total": str(len(things)), "X-WP-TotalPages": str(pages)}
        links = [
            f'<{self._other(route, number)}>; rel="{rel}"'
            for rel, number, there in (("prev", min(page - 1, pages), page > 1), ("next", page + 1, page < pages))
            if there
        ]
        if links:
            headers["Link"] = ", ".join(links)
        return Answered([told(one) for one in things[start : start + size]], 200, headers)

    def _other(self, route: str, page: int) -> str:
        asked = {**self.request.asked(), "page": str(page)}
        query = "&".join(
            f"{quote_plus(name)}={quote_plus(value)}" for name, value in asked.items() if name != "rest_route"
        )
        address = self.world.site.rest_url(route, self.home())
        return f"{address}{'&' if '?' in address else '?'}{query}"
