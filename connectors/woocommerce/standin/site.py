"""What a shop is set to, who may do what in it, and its two clocks."""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

WORDPRESS, WOOCOMMERCE, PHP = "7.1", "10.0.2", "8.2.36"
MANAGERS = frozenset({"administrator", "shop_manager"})
_DECIMALS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "KWD": 3, "BHD": 3, "OMR": 3, "TND": 3}
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "BRL": "R$", "KWD": "د.ك", "CHF": "CHF"}


def symbol(currency: str) -> str:
    """A currency's sign; its code where we know none."""
    return _SYMBOLS.get(currency, currency)


@dataclass(slots=True)
class Site:
    """The shop's settings. `home` is its front page without a slash at its end, `country` may hold a state: US:CA."""

    home: str = ""
    name: str = "The Stand-in Shop"
    timezone: str = "America/New_York"
    country: str = "US:CA"
    currency: str = "USD"
    prices_include_tax: bool = False
    pretty: bool = True  # permalinks; plain ones know no /wp-json/
    hpos: bool = True
    wordpress: str = WORDPRESS
    woocommerce: str = WOOCOMMERCE

    @property
    def decimals(self) -> int:
        """How many decimals money has here; WooCommerce lets the merchant choose, the stand-in goes by the currency."""
        return _DECIMALS.get(self.currency, 2)

    @property
    def agent(self) -> str:
        """What it calls itself when it delivers."""
        return f"WooCommerce/{self.woocommerce} Hookshot (WordPress/{self.wordpress})"

    def zone(self) -> tzinfo:
        """The shop's time zone."""
        return ZoneInfo(self.timezone)

    def rest_url(self, route: str, home: str | None = None) -> str:
        """The address of a REST route, which begins with a slash."""
        base = home or self.home
        return f"{base}/wp-json{route}" if self.pretty else f"{base}/index.php?rest_route={route}"

    def local(self, moment: float | None) -> str | None:
        """A time as date_created has it: the shop's, without offset."""
        return None if moment is None else _plain(datetime.fromtimestamp(moment, self.zone()))

    def gmt(self, moment: float | None) -> str | None:
        """A time as date_created_gmt has it: UTC, without Z."""
        return None if moment is None else _plain(datetime.fromtimestamp(moment, UTC))


def _plain(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


@dataclass(slots=True)
class User:
    """Somebody with a password. `role` is WordPress's word; `gone`: deleted."""

    id: int
    login: str
    password: str
    role: str
    gone: bool = False

    def manages(self) -> bool:
        """Whether WordPress says yes to manage_woocommerce."""
        return not self.gone and self.role in MANAGERS


@dataclass(slots=True)
class Key:
    """A REST API key. `permissions`: read, write or read_write; `nonces`: those that OAuth has used, with their time."""

    id: int
    user_id: int
    permissions: str
    description: str
    consumer_key: str = field(default_factory=lambda: f"ck_{secrets.token_hex(20)}")
    consumer_secret: str = field(default_factory=lambda: f"cs_{secrets.token_hex(20)}")
    nonces: dict[str, float] = field(default_factory=dict)


def people() -> dict[int, User]:
    """Who is there at first: one who owns the shop, one who runs it, and one who only buys."""
    staff = (("admin", "administrator"), ("manager", "shop_manager"), ("buyer", "customer"))
    return {number: User(number, login, "password", role) for number, (login, role) in enumerate(staff, 1)}
