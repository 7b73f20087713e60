"""A look at a shop's public pages, through the guard: its front page, one product and its cart. Nothing else is asked.

Redirects are followed three times, each address judged anew by the guard. Where the front page itself leads elsewhere (a
permanent domain leads to the one shoppers see), that host is remembered as the shop's own; no other page leads to another.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from connectors.access import Http, HttpAnswer
from connectors.contract import Rival
from connectors.errors import ConnectorError
from connectors.reachable import is_this_machine
from integration.monitor import senders
from integration.monitor.senders import Findings

_MOST_HOPS = 3
_HEADERS = {"Accept": "text/html", "User-Agent": "Tandem/0.1 (looks for other Meta Pixels in the shops it serves)"}
_PRODUCT = re.compile(r"""href=["']([^"'<>\s]{0,300}/products?/[^"'<>\s?#]{1,200})""", re.IGNORECASE | re.ASCII)
_CART = "/cart"
_PASSWORD = "The shop is behind a password, so its pages cannot be read."  # noqa: S105 (a sentence)
_SLOW = "The shop answered too slowly to be read whole."
_NO_PAGE = "The shop answered with something that is no page."
_SECONDS = 25.0  # none is asked for later; a call may take 15 more, and the job has 60
_NOT_READ = "The shop’s page could not be read: it answered {status}."


@dataclass(slots=True)
class Look:
    """What one look saw. `hosts`: those the shop led us to."""

    findings: Findings
    hosts: tuple[str, ...] = ()


class _Unread(Exception):
    """A page that cannot be read; the message is the sentence."""


@dataclass(slots=True)
class _Visitor:
    http: Http
    ends_at: float  # by the monotonic clock
    hosts: dict[str, None] = field(default_factory=dict)

    def front(self, address: str) -> tuple[str, str]:
        """The text of the front page and where the shop keeps it. Raises ConnectorError, or _Unread with a sentence."""
        answer = self._answered(address)
        for _ in range(_MOST_HOPS):
            leads_to = _next(answer, address)
            if leads_to is None:
                break
            address = leads_to
            if urlsplit(address).path.rstrip("/") == "/password":
                raise _Unread(_PASSWORD)
            answer = self._answered(address)
        if answer.status != 200:
            raise _Unread(_NOT_READ.format(status=answer.status))
        self.hosts[urlsplit(address).netloc.lower()] = None
        return _text(answer), address

    def further(self, address: str) -> str | None:
        """The text of another page of the shop; None for one that is not there, or leads elsewhere.

        WordPress sends whoever asks for /cart on to /cart/: within its own host it is followed.
        """
        answer = self._answered(address)
        for _ in range(_MOST_HOPS):
            leads_to = _beside(answer, address)
            if leads_to is None:
                break
            address = leads_to
            answer = self._answered(address)
        return _text(answer) if answer.status == 200 else None

    def _answered(self, address: str) -> HttpAnswer:
        if time.monotonic() > self.ends_at:
            raise _Unread(_SLOW)
        return self.http.request("GET", address, headers=_HEADERS)


def _next(answer: HttpAnswer, address: str) -> str | None:
    """Where an answer sends whoever asked for `address`; None where it sends nowhere. Raises ValueError for no address."""
    leads_to = answer.headers.get("location") if 300 <= answer.status < 400 else None
    return None if leads_to is None else urljoin(address, leads_to)


def _beside(answer: HttpAnswer, address: str) -> str | None:
    """The same, if it is of the same origin."""
    try:
        leads_to = _next(answer, address)
        return leads_to if leads_to and urlsplit(leads_to)[:2] == urlsplit(address)[:2] else None
    except ValueError:
        return None


def _text(answer: HttpAnswer) -> str:
    kind = answer.headers.get("content-type", "text/html").lower()
    if "html" not in kind:
        raise _Unread(_NO_PAGE)
    return answer.body[: senders.LONGEST_PAGE].decode("utf-8", "replace")


def look(http: Http, domain: str, rival: Rival | None = None) -> Look:
    """Read a shop's pages; `rival`: its platform's own channel. What went wrong is a sentence in the findings, and no exception."""
    visitor, texts, trouble = _Visitor(http, time.monotonic() + _SECONDS), list[str](), ""
    try:
        texts.extend(_pages(visitor, domain))  # what was read before something went wrong stays
    except (ConnectorError, _Unread) as error:
        trouble = str(error)
    except ValueError:
        trouble = "The shop leads to an address that is none."
    return Look(Findings(senders.read(texts, rival), len(texts), trouble), tuple(visitor.hosts))


def _pages(visitor: _Visitor, domain: str) -> Iterator[str]:
    host = domain.partition(":")[0]
    front, address = visitor.front(f"{'http' if is_this_machine(host) else 'https'}://{domain}/")
    yield front
    product = _PRODUCT.search(front)
    wanted = [urljoin(address, product[1])] if product else []
    for one in (*wanted, urljoin(address, _CART)):
        text = visitor.further(one) if urlsplit(one).netloc == urlsplit(address).netloc else None
        if text is not None:
            yield text
