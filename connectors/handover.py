"""How a store whose platform knows no apps lets us in: its merchant approves, and the store's own server posts us keys.

Described here, provided by a connector's `handover.py`, used by `integration.stores.handover`. The post is signed by
nobody and names no store: it is bound by two secrets of ours, and believed only once the keys open that very store.
"""

from dataclasses import dataclass, field
from typing import Protocol

from connectors.access import App, Grant, Http


@dataclass(frozen=True, slots=True)
class Site:
    """A shop, by its address. `base`: where its pages and its API begin, without a slash at the end, like
    https://shop.example.com or https://example.com/shop. `domain`: its host, with the port unless it is the scheme's own.
    """

    base: str
    domain: str


@dataclass(frozen=True, slots=True)
class Posted:
    """What a store's server posted. `state`: what we had given it. `keys`: opaque text, read by the connector alone."""

    state: str = field(repr=False)
    keys: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ways:
    """The secrets of one connection, and nothing else. `state` travels through the merchant's browser and comes back by
    both ways; `door` stands in the address that the store's server posts to, and no browser sees more of it than that.
    """

    state: str = field(repr=False)
    door: str = field(repr=False)


class Handover(Protocol):
    """Connecting by keys: connect -> the store's page of approval -> callback, by its server -> return, by the browser."""

    def site(self, app: App, typed: str) -> Site:
        """The shop that a merchant typed: a bare host is taken as https. Pure. Raises AddressRefused with a sentence.

        Plain http and loopback are taken in development alone (`App.loopback`), and only where they are spelled plainly.
        """

    def met(self, app: App, http: Http, site: Site) -> Site:
        """The shop as it calls itself, asked without keys: with www or without, and in which folder.

        Raises Declined where it is no shop of this platform, or one we cannot serve; AddressRefused where it sends us to
        another host; Unreachable, Throttled.
        """

    def approval_address(self, app: App, site: Site, ways: Ways) -> str:
        """Where the merchant approves. The store posts to `App.public_url` + /<platform>/callback/<door>, and sends the
        browser to /<platform>/return. Pure. Raises Declined where our own address is none that the store would post to.
        """

    def posted(self, body: bytes) -> Posted:
        """What came to the callback. Pure. Raises RequestMalformed."""

    def sender(self, user_agent: str) -> str | None:
        """The domain of the shop whose server posted, by the name it gave itself; None where it gave none. Pure."""

    def returned(self, raw_query: str) -> tuple[str, bool]:
        """The state with which a browser came back, and whether the merchant approved. Pure. Raises RequestMalformed."""

    def proven(self, app: App, http: Http, site: Site, keys: str) -> Grant:
        """The keys as a grant, once they have opened this very shop and may read and write there.

        Raises CredentialsRejected with a sentence for the merchant; Declined, Unreachable, Throttled, AddressRefused.
        """
