"""`tandem preview` and `tandem normalize`: pure, without database, queue or settings of the process."""

import json
import sys
from datetime import UTC, datetime
from typing import IO, Any

import click

from connectors import registry
from connectors.errors import AccessLost, MalformedPayload, NotUsed
from connectors.event import Event, Message
from integration.cli import opening
from integration.meta import hashing, mapping
from integration.pipeline import consent
from integration.pipeline.prepare import Prepared, StoreView, prepare
from integration.pipeline.qualify import TEST_ORDER, Horizon, Never, NotYet, routed_away
from integration.store_settings import StoreSettings

_STORE_KEY = "00000000"  # a preview knows no store; its {store_key} reads so


@click.command()
@click.argument("platform")
@click.argument("topic")
@click.argument("file", type=click.File("rb"))
@click.option("--domain", help="The store's host.")
@click.option("--set", "changes", multiple=True, metavar="KEY=VALUE", help="A setting of the store.")
def preview(platform: str, topic: str, file: IO[bytes], domain: str | None, changes: tuple[str, ...]) -> None:
    """Print what Meta would be told of the webhook body in FILE (- is standard input), or why nothing."""
    chosen = opening.pairs(changes)
    settings = StoreSettings().changed({name: text for name, text in chosen.items() if name != "state"})
    connector = registry.get(platform)
    try:
        messages = connector.parse(topic, file.read())
    except (NotUsed, AccessLost) as reason:
        told: list[Any] = [{"skipped": str(reason)}]
    except MalformedPayload as reason:
        told = [{"skipped": f"quarantined: {reason}"}]
    else:
        view = StoreView(domain or f"{platform}.example", _STORE_KEY, settings)
        told = [_previewed(one, view, asks_consent="consent_mode" in chosen) for one in messages]
    click.echo(json.dumps(told, indent=2, ensure_ascii=False))


def _previewed(message: Message, view: StoreView, *, asks_consent: bool) -> dict[str, Any]:
    if not isinstance(message, Event):
        return {"skipped": "not an event for Meta"}
    prepared = prepare(message, view, Horizon(datetime.now(UTC), since=None))
    match prepared.verdict:
        case NotYet(status):
            return {"skipped": f"not yet: {status}"}
        case Never(reason):
            return {"skipped": reason}
        case counts:
            elsewhere = routed_away(view.settings, prepared.event_name)
            if elsewhere or counts.test:
                return {"skipped": elsewhere or TEST_ORDER}
            return _told(prepared, counts.event_time, view.settings, asks_consent=asks_consent)


def _told(prepared: Prepared, event_time: datetime, settings: StoreSettings, *, asks_consent: bool) -> dict[str, Any]:
    limited = None
    if asks_consent:
        shopper = prepared.person.shopper
        decision = consent.decide(shopper, settings.consent_mode, settings.limited_data_use, patience_over=False)
        if isinstance(decision, consent.Wait | consent.Withhold):
            return {"skipped": decision.reason}
        limited = decision.options if isinstance(decision, consent.Limited) else None
    return mapping.server_event(
        event_name=prepared.event_name,
        event_id=prepared.event_id,
        event_time=event_time,
        kept=prepared.facts,
        person=prepared.person.user_data,
        settings=settings,
        limited=limited,
    ).payload()


@click.command()
def normalize() -> None:
    """Normalise and hash customer information: JSON lines {"field", "input", "context"} in, one line out for each."""
    for line in sys.stdin:
        if line.strip():
            click.echo(json.dumps(_normalized(line), ensure_ascii=False))


def _normalized(line: str) -> dict[str, Any]:
    """One answer. A line that cannot be read gets an answer too, so that lines keep their places."""
    nothing = {"normalized": None, "sha256": None}
    try:
        asked = json.loads(line)
        context = asked.get("context") or {}
        result = hashing.normalize(asked["field"], asked.get("input"), context)
    except KeyError:
        return {**nothing, "error": 'a line needs "field"'}
    except (ValueError, AttributeError, TypeError) as error:
        known = isinstance(error, ValueError) and not isinstance(error, json.JSONDecodeError)
        return {**nothing, "error": str(error) if known else "not a JSON object"}
    return {"normalized": result.normalized, "sha256": result.sha256}
