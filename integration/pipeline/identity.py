"""The person behind an event: which keys we hold, what they stated, and keyed HMACs to find them again. Pure."""

from collections.abc import Callable, Mapping

import msgspec

from connectors.event import Consent, Event, Stated
from integration.meta import hashing, mapping
from integration.meta.event import BROWSER_KEYS
from integration.pipeline import statements
from integration.pipeline.browsing import Heard
from integration.pipeline.consent import Shopper
from integration.pipeline.statements import Statements
from integration.store_settings import Field, StoreSettings


class Person(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the sealed column holds: Meta's keys (hashed where Meta wants hashes), region and stated consent."""

    user_data: dict[str, str]
    marketing: Stated = Stated.UNSTATED
    sale_of_data: Stated = Stated.UNSTATED
    country: str | None = None
    state: str | None = None

    def encoded(self) -> bytes:
        """JSON, to be sealed."""
        return msgspec.json.encode(self)

    @property
    def shopper(self) -> Shopper:
        """What the consent decision rests on."""
        has_ip = "client_ip_address" in self.user_data
        return Shopper(self.marketing, self.sale_of_data, self.country, self.state, has_ip)

    def enriched(self, older: "Person") -> "Person":
        """This newer account of a person, with what only the `older` one knew; a statement outweighs silence."""
        return msgspec.structs.replace(
            self,
            user_data={**older.user_data, **self.user_data},
            marketing=older.marketing if self.marketing is Stated.UNSTATED else self.marketing,
            sale_of_data=older.sale_of_data if self.sale_of_data is Stated.UNSTATED else self.sale_of_data,
            country=self.country or older.country,
            state=self.state if self.country else older.state,
        )

    def joined(
        self, heard: Heard, stated: Statements, *, website: bool, leave_out: frozenset[Field] = frozenset()
    ) -> "Person":
        """The same person, with what their browser told of itself: the order's own values stay, what is missing is filled.

        IP and agent are only taken for an order of the website, as the order's own are; `stated`: what counts of all that
        was said, the browser's words included; `leave_out`: what the merchant keeps of nobody.
        """
        theirs = {"fbp": heard.fbp, "fbc": heard.fbc}
        if website:
            theirs["client_ip_address"] = hashing.client_ip(heard.ip)
            theirs["client_user_agent"] = hashing.user_agent(heard.user_agent)
        found = mapping.without({key: value for key, value in theirs.items() if value}, leave_out)
        return msgspec.structs.replace(self.saying(stated), user_data={**found, **self.user_data})

    def saying(self, stated: Statements) -> "Person":
        """The same person, with these answers."""
        return msgspec.structs.replace(
            self, marketing=statements.word(stated.marketing), sale_of_data=statements.word(stated.sale_of_data)
        )

    @property
    def stated(self) -> Statements:
        """Their answers, as rows have them that were written before it was kept who said so and when."""
        return statements.of_order(Consent(self.marketing, self.sale_of_data), None)

    def without_browser(self) -> "Person":
        """The same person, without the address and agent of the browser they used."""
        kept = {key: value for key, value in self.user_data.items() if key not in BROWSER_KEYS}
        return msgspec.structs.replace(self, user_data=kept)


def decode(opened: bytes) -> Person:
    """The person in an opened seal."""
    return msgspec.json.decode(opened, type=Person)


def person(event: Event, user_data: dict[str, str], settings: StoreSettings) -> Person:
    """The person of an event. Region: billing country, else shipping (the connector's choice), else the store's own."""
    country, state = event.region
    consent: Consent = event.consent
    country = hashing.country(country) or hashing.country(settings.phone_country)
    state = hashing.state(state, country)
    return Person(user_data, consent.marketing, consent.sale_of_data, _upper(country), _upper(state))


def _upper(code: str | None) -> str | None:
    return code.upper() if code else None


def fingerprints(event: Event, settings: StoreSettings, keyed: Callable[[str, str], str]) -> dict[str, str | None]:
    """Keyed HMACs of the normalised e-mail, phone and customer id, as the ledger's columns.

    `keyed(kind, value)` makes one. They are of what a privacy request names, so they must not depend on Meta's hashes.
    """
    return fingerprints_of(mapping.normalised(event.customer, settings.phone_country), event.customer.id, keyed)


def fingerprints_of(
    person: Mapping[str, str | None], customer_id: str | None, keyed: Callable[[str, str], str]
) -> dict[str, str | None]:
    """The same, of a person that is normalised already."""
    email, phone = person["em"], person["ph"]
    return {
        "email_hmac": keyed("email", email) if email else None,
        "phone_hmac": keyed("phone", phone) if phone else None,
        "customer_hmac": keyed("customer", customer_id) if customer_id else None,
    }
