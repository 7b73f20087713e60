"""Who else tells Meta in a shop, read from the text of its public pages and from what our plugin reports. Pure.

Two senders with ids of their own count every order twice, and platforms' own channels and most plugins give an order any id
but its own. So the same dataset found blocks going live; what cannot be read from outside, such as a Pixel inside a tag
manager, is said and does not block.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum

import msgspec

from connectors.contract import Rival

LONGEST_PAGE = 2 * 1024 * 1024
_MOST = 200


class Kind(StrEnum):
    """What was found."""

    CHANNEL = "channel"  # the platform's own sales channel
    PIXEL = "pixel"  # fbq('init') or Meta's image in a page
    TAG_MANAGER = "tag_manager"
    CHECKOUT_APP = "checkout_app"  # takes orders past the platform's checkout, under ids of its own
    PLUGIN = "plugin"


class Finding(msgspec.Struct, frozen=True):
    """One sender. `name`: as people know it; `datasets`: as far as they can be read."""

    kind: Kind
    name: str
    datasets: tuple[str, ...] = ()
    mend: str = ""  # where there is a better word than the kind's own


class Findings(msgspec.Struct, frozen=True):
    """What one look at a shop found. `trouble`: why it saw less than it should, a sentence."""

    found: tuple[Finding, ...] = ()
    pages: int = 0
    trouble: str = ""


class Sender(msgspec.Struct, frozen=True):
    """A finding, weighed: whether it keeps the store from going live, and what to do about it."""

    name: str
    datasets: tuple[str, ...]
    blocks: bool
    mend: str


# Pages hold the same text plain, inside JSON and inside JSON inside HTML: quotes may be escaped any of these ways.
_QUOTE = r"""(?:\\{0,4}["']|\\{1,2}u0022|&quot;|&\#39;)"""
_INIT = re.compile(
    rf"\bfbq\s{{0,5}}\(\s{{0,5}}{_QUOTE}init{_QUOTE}\s{{0,5}},\s{{0,5}}{_QUOTE}?([0-9]{{5,32}})", re.ASCII
)
_IMAGE = re.compile(r"facebook\.com(?:\\{0,2}/)tr(?:\\{0,2}/)?\?id=([0-9]{5,32})", re.ASCII)
_CONTAINER = re.compile(r"\bGTM-[A-Z0-9]{4,12}\b", re.ASCII)
# Hosts of the scripts by which other apps take a shop's orders. Unverified: read about, and surely not complete.
_CHECKOUT_APPS = {"gokwik.co": "GoKwik", "easysell": "EasySell COD form", "codform": "a COD form app"}

_MENDS = {
    Kind.CHANNEL: "Switch that channel off, or give it another dataset.",
    Kind.PIXEL: "Take this Pixel out of the theme or of the app that put it there, or let it tell no Purchase.",
    Kind.TAG_MANAGER: "A tag manager may hold a Pixel, which cannot be seen from outside. Look into its container: no "
    "tag there may send Purchase to your dataset, unless it gives Meta the order’s id as event id.",
    Kind.CHECKOUT_APP: "This app takes orders past the usual checkout and may tell Meta of them under ids of its own. "
    "Switch its Meta Pixel off.",
    Kind.PLUGIN: "Switch Purchase off in that plugin, unless it gives Meta the order’s id as event id.",
}


def read(pages: Iterable[str], rival: Rival | None = None) -> tuple[Finding, ...]:
    """What the pages show, each sender once, at most 200; `rival`: the platform's own channel. Text beyond 2 MiB of a page
    is not read.
    """
    channel: dict[str, None] = {}
    pixels: dict[str, None] = {}
    containers: dict[str, None] = {}
    apps: dict[str, None] = {}
    for page in pages:
        text = page[:LONGEST_PAGE]
        channel |= dict.fromkeys(rival.pattern.findall(text) if rival else ())
        pixels |= dict.fromkeys([*_INIT.findall(text), *_IMAGE.findall(text)])
        containers |= dict.fromkeys(_CONTAINER.findall(text))
        apps |= dict.fromkeys(name for host, name in _CHECKOUT_APPS.items() if host in text)
    found = [Finding(Kind.CHANNEL, rival.name, tuple(channel)[:_MOST], rival.mend)] if rival and channel else []
    found += [Finding(Kind.PIXEL, f"a Meta Pixel {one} in the page", (one,)) for one in pixels if one not in channel]
    found += [Finding(Kind.TAG_MANAGER, one) for one in containers]
    found += [Finding(Kind.CHECKOUT_APP, one) for one in apps]
    return tuple(found[:_MOST])


def reported(plugins: Iterable[tuple[str, Sequence[str]]]) -> tuple[Finding, ...]:
    """The same of plugins, by name and ids, that our own plugin saw beside itself."""
    return tuple(
        Finding(Kind.PLUGIN, name, tuple(one for one in ids if one.isdigit())) for name, ids in list(plugins)[:_MOST]
    )


def weigh(found: Iterable[Finding], ours: Collection[str]) -> list[Sender]:
    """What it means for a store that tells these datasets: what blocks comes first, another dataset's Pixel means
    nothing.
    """
    senders = [_weighed(one, [told for told in one.datasets if told in ours]) for one in found]
    return sorted([one for one in senders if one], key=lambda one: not one.blocks)


def _weighed(one: Finding, shared: Sequence[str]) -> Sender | None:
    if one.datasets and not shared:
        return None
    if not one.datasets and one.kind in (Kind.PIXEL, Kind.CHANNEL):
        return None
    return Sender(one.name, tuple(shared), blocks=bool(shared), mend=one.mend or _MENDS[one.kind])


def sentence(sender: Sender) -> str:
    """A sender in one sentence, and what to do."""
    what = (
        f"{sender.name} tells dataset {', '.join(sender.datasets)} too"
        if sender.datasets
        else f"{sender.name} is there"
    )
    return f"{what}. {sender.mend}"
