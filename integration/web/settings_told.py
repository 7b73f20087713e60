"""What the settings page says of each choice, in numbers of the store's own last orders. Pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from connectors.event import Source
from integration.db.stores import Store
from integration.meta import contents
from integration.monitor import choices
from integration.monitor.choices import Choices
from integration.store_settings import PRESET, ConsentMode, Route, ValueBasis
from integration.web import settings_form
from integration.web.settings_words import LABELS, MODES, ROUTES, SOURCES, Option

_BY_PIXEL = (Route.PIXEL, Route.OFF)
_BY_ALL = (Route.BOTH, Route.SERVER, Route.PIXEL, Route.OFF)
_BROWSING = frozenset(name for name, route in PRESET.items() if route is Route.PIXEL)


class Names(NamedTuple):
    """What the last order and its items would be called. `order`: None where there is none; `wrong`: why a template cannot
    be used; `items`: each with how many pieces of it; a name of None: nothing is told of it.
    """

    order: str | None
    number: str | None
    items: Sequence[tuple[int, str | None]]
    wrong: str


class Worth(NamedTuple):
    """A row of the table: an order, or all of them in one currency; `differences`: from the present choice."""

    title: str
    currency: str
    worth: Mapping[ValueBasis, Decimal]
    differences: Mapping[ValueBasis, Decimal]


def names(store: Store, meant: Choices, values: Mapping[str, str]) -> Names:
    """By these templates, whoever typed them."""
    number = meant.last[1] if meant.last else None
    templates = {name: values.get(name, "").strip() for name in settings_form.GROUPS["names"]}
    said = {LABELS[name]: settings_form.wrong(name, text) for name, text in templates.items()}
    troubles = [f"{label}: {wrong}" for label, wrong in said.items() if wrong]
    event_id, content_id = templates.values()
    if troubles:
        return Names(None, number, (), " ".join(troubles))
    called = None if meant.last is None else choices.event_id(event_id, meant.last, store)
    items = [(line.quantity, contents.called(line, content_id)) for line in meant.items]
    return Names(called, number, items, "")


def routes(values: Mapping[str, str]) -> Sequence[tuple[str, str, Sequence[Option]]]:
    """Each event, who tells it, and who may: no webhook tells of browsing."""
    chosen = dict(part.split("=", 1) for part in values["routing"].split(",") if "=" in part)
    return [
        (
            event_name,
            chosen.get(event_name, PRESET[event_name]),
            [(route, ROUTES[route]) for route in (_BY_PIXEL if event_name in _BROWSING else _BY_ALL)],
        )
        for event_name in PRESET
    ]


def together(meant: Choices, present: ValueBasis) -> Sequence[Worth]:
    """What the last orders would be worth, by currency."""
    return [
        _worth(_together(sum(one.currency == currency for one in meant.orders)), currency, sums, present)
        for currency, sums in meant.sums.items()
    ]


def each(meant: Choices, present: ValueBasis) -> Sequence[Worth]:
    """What each of the last orders would be worth."""
    return [_worth(one.number, one.currency, one.worth, present) for one in meant.orders]


def _worth(title: str, currency: str, worth: Mapping[ValueBasis, Decimal], present: ValueBasis) -> Worth:
    return Worth(title, currency, worth, {basis: amount - worth[present] for basis, amount in worth.items()})


def moments(meant: Choices, waiting: int | None) -> Sequence[str]:
    """When the last orders came to count, as sentences."""
    said, found = meant.moments, []
    if said.of:
        late, unpaid, cash = (count or "none" for count in (said.later, said.unpaid, said.cash))
        told = f"Of your last {_orders(said.of)}, {late} counted more than an hour after being placed"
        found.append(f"{told}, {unpaid} before being paid, and {cash} with cash on delivery.")
    if waiting:
        found.append(f"Of the last 30 days, {_orders(waiting)} do{'es' if waiting == 1 else ''} not count yet.")
    older = meant.read - meant.left_out - said.of
    if meant.read and older > 0 and said.of < meant.read:
        found.append("Older orders do not say when they were paid, and are left out here.")
    return found


def sources(meant: Choices) -> Sequence[tuple[str, str]]:
    """Each source from outside the website, with how many of the last orders came from there."""
    return [
        (source, _counted(words, meant.sources.get(Source(source), 0), meant.read)) for source, words in SOURCES.items()
    ]


def modes(meant: Choices) -> Sequence[Option]:
    """Each consent mode, what it means, and what it would hold back."""
    return [(mode, name, f"{means}{_withheld(meant, ConsentMode(mode))}") for mode, (name, means) in MODES.items()]


def _counted(words: str, count: int, whole: int) -> str:
    return f"{words}: {count} of the last {whole}" if whole else words


def _withheld(meant: Choices, mode: ConsentMode) -> str:
    if not meant.asked:
        return ""
    silent, refused = meant.modes[mode]
    return (
        f" Of your last {_orders(meant.asked)} it would hold back {silent} for want of a yes, and {refused} after a no."
    )


def _together(count: int) -> str:
    return f"{_orders(count)} together"


def _orders(count: int) -> str:
    return f"{count} order{'' if count == 1 else 's'}"
