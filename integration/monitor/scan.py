"""A look at a shop's public pages, through the guard: its front page, one product and its cart. Nothing else is asked.

Redirects are followed three times, each address judged anew by the guard. Where the shop itself leads elsewhere (Shopify's
permanent domain leads to the one shoppers see), that host is remembered as the shop's own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from connectors.access import Http, HttpAnswer
from connectors.errors import ConnectorError
from connectors.reachable import is_this_machine
from integration.monitor import senders
from integration.monitor.senders import Findings

_MOST_HOPS = 3
_HEADERS = {"Accept": "text/html", "User-Agent": "Tandem/0.1 (looks for other Meta Pixels in the shops it serves)"}
_PRODUCT = re.compile(r"""href=["']([^"'<>\s]{0,300}/products?/[^"'<>\s?#]{1,200})""", re.IGNORECASE | re.ASCII)
_CART = "/cart"
_PASSWORD = "The shop is behind a password, so its pages cannot be read."  # noqa: S105 (a sentence)
_NOT_READ = "The shop’s page could not be read: it answered {status}."


@dataclass(slots=True)
class Look:
    """What one look saw. `hosts`: those the shop led us to."""

    findings: Findings
    hosts: tuple[str, ...] = ()


@dataclass(slots=True)
class _Visitor:
    http: Http
    hosts: dict[str, None] = field(default_factory=dict)

    def page(self, address: str) -> tuple[str, str]:
        """The text of a page and where it was found. Raises ConnectorError, or _Unread with a sentence."""
        answer = self._answered(address)
        for _ in range(_MOST_HOPS):
            leads_to = answer.headers.get("location") if 300 <= answer.status < 400 else None
            if leads_to is None:
                break
            address = urljoin(address, leads_to)
            if urlsplit(address).path.rstrip("/") == "/password":
                raise _Unread(_PASSWORD)
            answer = self._answered(address)
        if answer.status != 200:
            raise _Unread(_NOT_READ.format(status=answer.status))
        self.hosts[urlsplit(address).netloc.lower()] = None
        return answer.body[: senders.LONGEST_PAGE].decode("utf-8", "replace"), address

    def _answered(self, address: str) -> HttpAnswer:
        return self.http.request("GET", address, headers=_HEADERS)


class _Unread(Exception):
    """A page that cannot be read; the message is the sentence."""


def look(http: Http, domain: str) -> Look:
    """Read a shop's pages. What went wrong is a sentence in the findings, and no exception."""
    visitor, texts, trouble = _Visitor(http), list[str](), ""
    try:
        texts.extend(_pages(visitor, domain))  # what was read before something went wrong stays
    except (ConnectorError, _Unread) as error:
        trouble = str(error)
    except ValueError:
        trouble = "The shop leads to an address that is none."
    return Look(Findings(senders.read(texts), len(texts), trouble), tuple(visitor.hosts))


def _pages(visitor: _Visitor, domain: str) -> Iterator[str]:
    host = domain.partition(":")[0]
    front, address = visitor.page(f"{'http' if is_this_machine(host) else 'https'}://{domain}/")
    yield front
    product = _PRODUCT.search(front)
    wanted = [urljoin(address, product[1])] if product else []
    for one in (*wanted, urljoin(address, _CART)):
        if urlsplit(one).netloc == urlsplit(address).netloc:
            yield visitor.page(one)[0]
