"""`/operator`: all stores and how each stands: late, failing, paused, silent. Each leads to the store's own pages."""

from collections.abc import Iterator, Sequence

from flask import Response, request

from connectors import registry
from integration.db import Connection, standings
from integration.db.standings import Only, Standing, Wanted
from integration.web.csv_lines import Cell
from integration.web.operator_desk import ROWS_A_PAGE, Desk
from integration.web.operator_pages import Room

KINDS = {
    None: "All",
    Only.LIVE: "Live",
    Only.OBSERVING: "Observing",
    Only.ALERTED: "With alerts",
    Only.PAUSED: "Dataset paused",
    Only.FAILED: "With dead letters",
    Only.GONE: "Disconnected",
}
_MOST_WORDS = 255
_HEADS = (
    *(
        "Store",
        "Domain",
        "Platform",
        "State",
        "Dataset",
        "Why it is paused",
        "Oldest due since",
        "Delivered in 24 hours",
    ),
    *("Held", "Dead", "Ambiguous", "Expired", "Last webhook", "Storefront script at work since", "Alerts"),
)


def rooms() -> Sequence[Room]:
    """The page, and the same as a file."""
    return [Room("", show, ""), Room("/stores.csv", download, "")]


def show(desk: Desk) -> Response:
    """A page of them."""
    wanted, behind = _wanted(), _behind()
    with desk.reading() as connection:
        found = standings.page(connection, wanted, after_=behind, most=ROWS_A_PAGE + 1)
        numbers = standings.numbers(connection)
    shown = found[:ROWS_A_PAGE]
    last = shown[-1] if len(found) > len(shown) else None
    kept = {"q": wanted.words, "only": wanted.only}
    return desk.page(
        "operator/stores.html",
        stores=shown,
        numbers=numbers,
        wanted=wanted,
        kinds=[(words, desk.at("", q=wanted.words, only=kind), wanted.only is kind) for kind, words in KINDS.items()],
        platforms={one.name: one.label for one in registry.connectors()},
        most=standings.MOST_COUNTED,
        onward=desk.at("", **kept, domain=last.domain, id=last.id) if last else "",
        first=desk.at("", **kept) if behind else "",
        csv_at=desk.at("/stores.csv", **kept),
    )


def download(desk: Desk) -> Response:
    """All of those."""
    wanted = _wanted()

    def page(connection: Connection, last: Standing | None, most: int) -> Sequence[Standing]:
        behind = (last.domain, last.id) if last else None
        return standings.page(connection, wanted, after_=behind, most=most)

    return desk.csv("stores", _HEADS, _cells(desk.all_of(page)))


def state_of(store: Standing) -> str:
    """In one word."""
    return "disconnected" if store.uninstalled_at else store.state


def _cells(stores: Iterator[Standing]) -> Iterator[Sequence[Cell]]:
    for one in stores:
        dataset = "none" if not one.datasets else "paused" if one.paused else "active"
        yield (
            *(one.id, one.domain, one.platform, state_of(one), dataset, one.pause, one.oldest_due, one.delivered),
            *(one.held, one.dead, one.ambiguous, one.expired, one.last_webhook, one.storefront_at, one.alerts),
        )


def _wanted() -> Wanted:
    only = request.args.get("only", "")
    words = request.args.get("q", "").strip().replace("\x00", "")[:_MOST_WORDS]
    return Wanted(words, Only(only) if only in set(Only) else None)


def _behind() -> tuple[str, str] | None:
    domain, store_id = (request.args.get(name, "").replace("\x00", "") for name in ("domain", "id"))
    return (domain, store_id) if domain and store_id else None
