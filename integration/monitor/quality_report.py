"""How well Meta can tell a store's customers: which keys its events told, an estimate, and what would help. Pure."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from integration.meta import mapping, quality
from integration.meta.event import PURCHASE
from integration.meta.quality import Presence
from integration.monitor.day_parts import Keys
from integration.store_settings import Field

# Less is no gain worth a merchant's time.
LEAST_GAIN = 0.3
MOST_HINTS = 3
# What the merchant can do; where nothing can be done of use, there is no hint.
_MENDS: Mapping[str, str] = {
    "em": "Ask for the e-mail address at the checkout and let nobody order without.",
    "ph": "Ask for the phone number at the checkout.",
    "fbc": "It is there only where somebody came by an ad. Tandem’s script in your shop keeps the click.",
    "fbp": "Switch on Tandem’s script in your shop: it passes on what the Pixel set.",
    "external_id": "Let shoppers have an account: it is the shop’s id of the customer.",
    "client_ip_address": "Switch on Tandem’s script in your shop, which passes it on where consent allows it.",
    "country": "Ask for the address at the checkout.",
    "zp": "Ask for the address at the checkout.",
    "ct": "Ask for the address at the checkout.",
    "fn": "Ask for the name at the checkout.",
    "ln": "Ask for the name at the checkout.",
}


class Hint(NamedTuple):
    """What to do for a key, and by how much the estimate would grow."""

    key: str
    gain: float
    sentence: str


class Quality(NamedTuple):
    """Of one event name. `estimate` None: no event was told."""

    event_name: str
    events: int
    estimate: float | None
    presence: Sequence[Presence]
    hints: Sequence[Hint]


def report(rows: Sequence[Keys], leave_out: Collection[Field]) -> list[Quality]:
    """By event name, purchases first. `leave_out`: what the merchant chose to keep back."""
    told: dict[str, Counter[str]] = defaultdict(Counter)
    for one in rows:
        told[one.event_name][one.key] += one.events
    found = [_of(event_name, by_key, leave_out) for event_name, by_key in told.items()]
    return sorted(found, key=lambda one: (one.event_name != PURCHASE, one.event_name))


def _of(event_name: str, told: Counter[str], leave_out: Collection[Field]) -> Quality:
    of = told.pop("")
    present = quality.presence(of, told)
    kept_back = {key for field in leave_out for key in mapping.KEYS_OF[field]}
    hints = sorted(filter(None, (_hint(one, kept_back) for one in present)), key=lambda one: -one.gain)
    return Quality(event_name, of, quality.estimate(of, told), present, hints[:MOST_HINTS])


def _hint(one: Presence, kept_back: Collection[str]) -> Hint | None:
    if one.gain < LEAST_GAIN or one.key not in _MENDS:
        return None
    chosen = "Your settings keep it back. That is a choice, and costs this."
    return Hint(one.key, one.gain, chosen if one.key in kept_back else _MENDS[one.key])
