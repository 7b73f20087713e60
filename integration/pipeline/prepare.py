"""One event judged and put into Meta's words: what the ledger keeps of it, or the reason for nothing. Pure.

Both the webhook's road (`receive`) and the operator's `preview` come through here, so a preview cannot differ.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal

import msgspec

from connectors.event import Event, Source
from integration.meta import mapping
from integration.meta.event import REFUND, is_sufficient
from integration.pipeline import identity, statements
from integration.pipeline.browsing import Heard
from integration.pipeline.qualify import (
    ERASED,
    NO_AMOUNT,
    NO_CUSTOMER_INFORMATION,
    Counts,
    Horizon,
    Never,
    Verdict,
    lacks_a_browser,
    qualify,
)
from integration.pipeline.statements import SILENCE, Statements
from integration.store_settings import StoreSettings

# A refund's body names nobody: its person is the Purchase's, joined when it leaves.
_BORROWS_PERSON = frozenset({REFUND})


class StoreView(msgspec.Struct, frozen=True):
    """What mapping needs to know of a store."""

    domain: str
    short_key: str
    settings: StoreSettings


class Prepared(msgspec.Struct, frozen=True):
    """An event in the ledger's terms. `worth` is its value by the store's basis. `person` holds hashes only;
    `fingerprints` are the ledger's columns, of an event that counts; `stated` is what was said of their data.
    """

    event_name: str
    event_id: str
    verdict: Verdict
    facts: mapping.Facts
    worth: Decimal | None
    person: identity.Person
    fingerprints: Mapping[str, str | None]
    stated: Statements = SILENCE

    @property
    def borrows_person(self) -> bool:
        """Whether it is told of the person of its order's Purchase."""
        return self.event_name in _BORROWS_PERSON

    @property
    def forgotten(self) -> "Prepared":
        """The same, of a person who asked to be forgotten after it was done: it happened, and is nobody's."""
        return msgspec.structs.replace(
            self, verdict=Never(ERASED), person=identity.Person({}), fingerprints={}, stated=SILENCE
        )

    @property
    def erased(self) -> bool:
        """Whether it is nobody's because of that."""
        return self.verdict == Never(ERASED)

    @property
    def lacks_a_browser(self) -> bool:
        """Whether it counts only if a browser told of it. One that tells later is heard at the next payload: a
        checkout is told again at each of its steps, and an order whenever something of it changes.
        """
        return not self.borrows_person and lacks_a_browser(self.verdict)


def prepare(
    event: Event,
    store: StoreView,
    horizon: Horizon,
    keyed: Callable[[str, str], str] | None = None,
    heard: Heard | None = None,
) -> Prepared:
    """Judge and map one event of a store. `keyed(kind, value)` makes a fingerprint, where some are wanted.

    `heard`: what a browser told of it, where it would not count without.
    """
    event = event if heard is None else _on_the_website(event)
    event_name = mapping.EVENT_NAMES[event.kind]
    plain = mapping.normalised(event.customer, store.settings.phone_country)
    leave_out = store.settings.leave_out
    user_data = mapping.without(mapping.user_data_of(event, plain), leave_out)
    person = identity.person(event, user_data, store.settings)
    stated = statements.of_order(event.consent, event.placed_at)
    if heard is not None:
        stated = stated.heard(heard)
        website = event.order is None or event.order.source is Source.WEBSITE
        person = person.joined(heard, stated, website=website, leave_out=leave_out)
    verdict = qualify(event, store.settings, horizon, seen=heard is not None)
    facts = mapping.facts(event, domain=store.domain)
    if isinstance(verdict, Counts) and event_name not in _BORROWS_PERSON and not is_sufficient(person.user_data):
        verdict = Never(NO_CUSTOMER_INFORMATION)
    worth = mapping.value(event_name, facts, store.settings.value_basis)
    if isinstance(verdict, Counts) and worth is None:
        # Meta refuses a whole batch for one purchase without a value or a currency.
        verdict = Never(NO_AMOUNT)
    wanted = isinstance(verdict, Counts) and event_name not in _BORROWS_PERSON
    return Prepared(
        event_name=event_name,
        event_id=mapping.event_id(event, store.settings, store_key=store.short_key),
        verdict=verdict,
        facts=facts,
        worth=worth,
        person=person,
        fingerprints=identity.fingerprints_of(plain, event.customer.id, keyed) if wanted and keyed else {},
        stated=stated,
    )


def _on_the_website(event: Event) -> Event:
    """An order of an unknown app whose checkout a browser of the storefront was in. The address and agent it came with may
    be that app's own.
    """
    if event.order is None or event.order.source is not Source.OTHER:
        return event
    return msgspec.structs.replace(
        event,
        order=msgspec.structs.replace(event.order, source=Source.WEBSITE),
        browser=msgspec.structs.replace(event.browser, ip=None, user_agent=None),
    )
