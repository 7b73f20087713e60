"""WooCommerce, bound to the contract every platform satisfies."""

from dataclasses import dataclass, replace
from pathlib import Path

from connectors.access import App, Embedding, Http, OAuth, OrderFeed, PixelPlan, StoreApi, Variable
from connectors.contract import Connector, Half, Joining, Right, Rival
from connectors.handover import Handover
from connectors.woocommerce import hosts, mapping, restaging, webhooks
from connectors.woocommerce.handover import HANDOVER

_HALF = Half(
    name="Plugin",
    at_work="at work",
    asks="the WP Consent API or your banner",
    hearing="install the plugin, connect your banner to the WP Consent API",
    adds="Your orders reach Tandem without it. With it, each order carries what Meta knows the shopper’s browser by, and "
    "what the shopper chose, as they were at checkout; your pages get a Pixel that tells Meta under the same ids; begun checkouts are told as well; your list of orders shows what "
    "Meta knows of each; and you come to this page by one click.",
    steps=(
        "In your shop’s admin open Plugins, Add New, Upload Plugin.",
        "Choose the file, install it, and activate it.",
        "Come back and check again: Tandem finds it by itself.",
    ),
)
_JOINING = Joining(
    address="The address of your store",
    example="shop.example.com",
    rights=(
        Right(
            "Read",
            "Orders, refunds and their customers are read when one was not told, and those of the last 30 days once, to be "
            "counted.",
        ),
        Right(
            "Write",
            "WooCommerce lets nobody set up webhooks with less. Tandem sets up its webhooks by it, and changes no order, no "
            "product and no customer.",
        ),
    ),
    then=(
        "Your shop shows what Tandem asks for. Sign in there as somebody who may manage the shop, and approve it.",
        "You come back here, signed in to your shop’s pages. Tandem reads the last 30 days and leads you on.",
        "Nothing goes to Meta before you go live.",
    ),
)
_PLUGIN = Path(__file__).parent / "storefront" / "tandem-for-woocommerce"


@dataclass(frozen=True, slots=True)
class WooCommerce:
    """A plugin of the merchant's own WordPress: each store signs with its own secret and numbers its orders from 1."""

    name: str = "woocommerce"
    label: str = "WooCommerce"
    secret_variable: str | None = None
    key_variable: str | None = None
    variables: tuple[Variable, ...] = ()
    oauth: OAuth | None = None
    handover: Handover | None = HANDOVER
    embedding: Embedding | None = None
    half: Half = _HALF
    joining: Joining = _JOINING
    rival: Rival | None = None
    plugin: Path | None = _PLUGIN
    stand_in: str | None = "connectors.woocommerce.standin"
    order_ids_are_global: bool = False
    topics: tuple[str, ...] = webhooks.TOPICS

    is_domain = staticmethod(hosts.is_domain)
    is_ping = staticmethod(webhooks.is_ping)
    identify = staticmethod(webhooks.identify)
    verify = staticmethod(webhooks.verify)
    parse = staticmethod(mapping.parse)
    sign = staticmethod(webhooks.sign)
    restage = staticmethod(restaging.restage)

    def webhook_path(self, key: str) -> str:
        """WooCommerce's deliveries name no store we could trust, so the address does, by an unguessable key."""
        return f"/webhooks/{self.name}/{key}"

    def store_api(self, app: App, http: Http, domain: str, token: str) -> StoreApi | None:  # noqa: ARG002
        """See `api.of_store`."""
        from connectors.woocommerce import api  # with requests, which only those who ask a store need

        return api.of_store(http, domain, token)

    def order_feed(self, app: App, http: Http, domain: str, token: str) -> OrderFeed | None:  # noqa: ARG002
        """The store's API knows its changed orders too."""
        from connectors.woocommerce import api

        return api.of_store(http, domain, token)

    def pixel_snippet(self, plan: PixelPlan) -> str | None:  # noqa: ARG002
        """The plugin puts the Pixel into the shop's pages."""
        return None

    def public_plan(self, plan: PixelPlan) -> PixelPlan:
        """The plugin decides on the shop's own server, so no browser needs to know what is never named."""
        return replace(plan, never_named=())


CONNECTOR: Connector = WooCommerce()
