"""The data map: what each column of the database holds, of what kind, how it lies there and how long it is kept. Pure.

`docs/privacy.md` shows it, and a test holds it against the tables and against the retention. Longer than other modules,
because every column is named.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from integration.retention import Retention
from integration.store_settings import Field


class Kind(StrEnum):
    """Of whom a column tells, and what somebody could do with it."""

    PERSONAL = "personal"  # of a shopper, in words or in hashes that can be guessed back
    PSEUDONYM = "pseudonym"  # leads to a shopper for whoever has something else: the shop, a token, our keys
    SECRET = "secret"  # noqa: S105 (a kind of data) opens something
    BUSINESS = "business"  # of the merchant and the shop
    TECHNICAL = "technical"  # of Tandem itself: ids, times, states, counters


class How(StrEnum):
    """How it lies in the database."""

    SEALED = "sealed"
    HMAC = "HMAC"
    HASH = "SHA-256"
    READABLE = "readable"


class Column(NamedTuple):
    """One column. `kept`: for how long; a word in braces is a kind of `retention.Retention`."""

    holds: str
    kind: Kind
    how: How
    kept: str


class Key(NamedTuple):
    """One of Meta's keys in a sealed person. `field`: the word of `leave_out` that keeps it back."""

    holds: str
    field: Field
    hashed: bool = True


PERSON: Mapping[str, Key] = MappingProxyType(
    {
        "em": Key("e-mail", Field.EMAIL),
        "ph": Key("phone", Field.PHONE),
        "fn": Key("first name", Field.NAME),
        "ln": Key("last name", Field.NAME),
        "ct": Key("city", Field.CITY),
        "st": Key("state or province", Field.STATE),
        "zp": Key("postcode", Field.POSTCODE),
        "country": Key("country", Field.COUNTRY),
        "external_id": Key("the shop's id of the customer", Field.CUSTOMER_ID),
        "client_ip_address": Key("IP address", Field.IP, hashed=False),
        "client_user_agent": Key("user agent", Field.USER_AGENT, hashed=False),
        "fbc": Key("the click on an ad", Field.CLICK, hashed=False),
        "fbp": Key("the Pixel's id of the browser", Field.BROWSER_ID, hashed=False),
    }
)

_PERSONAL, _PSEUDONYM, _SECRET, _BUSINESS = Kind.PERSONAL, Kind.PSEUDONYM, Kind.SECRET, Kind.BUSINESS
_SEALED, _HMAC, _HASH, _READABLE = How.SEALED, How.HMAC, How.HASH, How.READABLE

_STORE, _PROOF = "with the store", "as the proof"
_UNTIL_ERASED = "with the store, or until the person is erased"
_LEFT = "while connected, and {left} after our app was removed"
_PERSON = "{told} where Meta was told, {untold} where not"
_RECEIPT, _QUARANTINE = "{receipts}", "{quarantine}"
_SIGHTING, _SIGNAL = "{sightings} after the first word", "{signals} after the last word"
_TRIED = "{sightings} after it was begun"
_ATTEMPT, _DONE = "{attempts}", "until it is done"
_SOON, _SIGNED_IN = "good for minutes, deleted by later ones", "good for 12 hours, deleted by later ones"
_AT_WORK, _FAILED = "good for 8 hours, deleted by later ones", "counts for 15 minutes, deleted by later ones"


def _own(kept: str) -> Column:
    return Column("ids, times, states and counters of Tandem's own", Kind.TECHNICAL, _READABLE, kept)


# By table, then by columns: several that are alike, separated by spaces.
_TABLES: Mapping[str, Mapping[str, Column]] = {
    "events": {
        "user_data": Column(
            "the person: Meta's keys (the second table), country and state, stated consent", _PERSONAL, _SEALED, _PERSON
        ),
        "email_hmac phone_hmac customer_hmac": Column("to find a person again", _PSEUDONYM, _HMAC, _PERSON),
        "subject event_id order_id": Column(
            "ids of orders, refunds and checkouts; of a checkout, its token", _PSEUDONYM, _READABLE, _STORE
        ),
        "checkout_key cart_key": Column(
            "of the tokens that join signals to an order", _PSEUDONYM, _HASH, _UNTIL_ERASED
        ),
        "stated": Column("what was said of consent, by whom and when", _PSEUDONYM, _READABLE, _UNTIL_ERASED),
        "region": Column("the part of the world that matters to consent", _PSEUDONYM, _READABLE, _STORE),
        "facts value currency later_value": Column(
            "order number, products, quantities, money, payment, status, the shop's address",
            *(_BUSINESS, _READABLE, _STORE),
        ),
        "id store_id event_name test ended key_mask connector placed_at event_time updated_at received_at granted_at": (
            _own(_STORE)
        ),
    },
    "deliveries": {
        "ruling": Column("what consent allowed when last asked, and why", _PSEUDONYM, _READABLE, _STORE),
        "id event_pk store_id dataset_pk state reason next_at attempts doubtful insisted share attempt_id": _own(
            _STORE
        ),
        "former_attempts first_attempt_at delivered_at fbtrace_id": _own(_STORE),
    },
    "attempts": {
        "id dataset_pk fence events started_at ended_at counted http_status code subcode fbtrace_id": _own(_ATTEMPT),
    },
    "signals": {
        "sealed": Column(
            "what a browser told of itself: `fbp`, `fbc`, IP address, user agent, the page without its query, consent, "
            "and what the shop's default says",
            *(_PERSONAL, _SEALED, _SIGNAL),
        ),
        "join_key": Column("of a token or an order's id", _PSEUDONYM, _HASH, _SIGNAL),
        "id store_id first_at last_at": _own(_SIGNAL),
    },
    "sightings": {
        "event_id": Column("what the Pixel called an event: an order's id, a token", _PSEUDONYM, _READABLE, _SIGHTING),
        "proof_key": Column("of a token or an order's id", _PSEUDONYM, _HASH, _SIGHTING),
        "id store_id dataset_id event_name called_at loaded_at sent_at first_at": _own(_SIGHTING),
    },
    "webhooks": {
        "body_sha256": Column("of a whole body", _PSEUDONYM, _HASH, _RECEIPT),
        "id store_id topic delivery_id outcome reason copies received_at": _own(_RECEIPT),
    },
    "quarantine": {
        "body": Column("a signed body nobody could read, whole", _PERSONAL, _SEALED, _QUARANTINE),
        "body_sha256": Column("of that body", _PSEUDONYM, _HASH, _QUARANTINE),
        "id store_id topic reason size received_at": _own(_QUARANTINE),
    },
    "tasks": {
        "payload": Column(
            "a request about personal data: customer id, e-mail, phone, order ids; of an uninstall, the shop",
            *(_PERSONAL, _SEALED, _DONE),
        ),
        "digest": Column("of the demand, so that it is open once", _PSEUDONYM, _HMAC, _DONE),
        "site": Column("the shop it is about", _BUSINESS, _READABLE, _DONE),
        "id store_id platform kind created_at": _own(_DONE),
    },
    "privacy_requests": {
        "demand": Column("what was asked: customer id, e-mail, phone, order ids", _PERSONAL, _SEALED, _DONE),
        "export": Column("what was found of a person, to be passed on", _PERSONAL, _SEALED, "{exports}"),
        "people": Column("whom it was about", _PSEUDONYM, _HMAC, _PROOF),
        "site_hmac": Column("which shop it was about", _BUSINESS, _HMAC, _PROOF),
        "proof": Column("how many rows of which table were found or erased", _BUSINESS, _READABLE, _PROOF),
        "id store_id platform kind asked_by asked_at due_at next_at begun_at done_at trouble": _own(_PROOF),
    },
    "tombstones": {
        "hmac": Column("whom, and which orders, not to bring back", _PSEUDONYM, _HMAC, _STORE),
        "id store_id erased_at": _own(_STORE),
    },
    "stores": {
        "platform domain platform_id public_key settings": Column(
            "the shop, and what its merchant chose", _BUSINESS, _READABLE, _LEFT
        ),
        "timezone": Column("the zone the shop counts its days in", _BUSINESS, _READABLE, _LEFT),
        "alert_emails": Column("whom to write to: addresses that the merchant named", _BUSINESS, _SEALED, _LEFT),
        "webhook_secret former_secret": Column("what its webhooks are signed with", _SECRET, _SEALED, _LEFT),
        "webhook_key": Column("the unguessable part of a webhook address", _SECRET, _READABLE, _LEFT),
        "id state since created_at uninstalled_at version connected_at opened_at storefront_at secret_at": _own(_LEFT),
    },
    "datasets": {
        "token": Column("Meta's access token", _SECRET, _SEALED, _STORE),
        "token_tail": Column(
            "that token's last four letters, for its merchant to know it again", _BUSINESS, _READABLE, _STORE
        ),
        "dataset_id test_event_code name": Column(
            "Meta's ids of the dataset and of its test, and what it is called there", _BUSINESS, _READABLE, _STORE
        ),
        "id store_id state reason lease_owner lease_until leased_at fence refusals refused_from": _own(_STORE),
        "rest_until failures crashes created_at checked_at test_event_code_until paused_at": _own(_STORE),
    },
    "invitations": {
        "code_sha256": Column("of a link by which an agency adds a token, once", _SECRET, _HASH, _STORE),
        "store_id made_by created_at expires_at used_at": _own(_STORE),
    },
    "grants": {
        "sealed": Column("the tokens a platform gave us for the shop", _SECRET, _SEALED, "until our app is removed"),
        "store_id scopes expires_at refresh_expires_at rejected generation granted_at locked_by locked_until": _own(
            _STORE
        ),
    },
    "installs": {
        "sealed_keys": Column("the keys a shop hands over", _SECRET, _SEALED, _SOON),
        "state_sha256 browser_sha256 door_sha256": Column("of random numbers that finish it", _SECRET, _HASH, _SOON),
        "platform domain address": Column("the shop that is being connected", _BUSINESS, _READABLE, _SOON),
        "expires_at": _own(_SOON),
    },
    "sessions": {
        "token_sha256": Column("of what a merchant's browser holds in a cookie", _SECRET, _HASH, _SIGNED_IN),
        "store_id begun_at expires_at": _own(_SIGNED_IN),
    },
    "sign_in_codes": {
        "code_sha256 nonce_sha256": Column("of a code that signs in once", _SECRET, _HASH, _SOON),
        "store_id used expires_at": _own(_SOON),
    },
    "operators": {
        "name": Column(
            "who runs Tandem, as they are called there", _BUSINESS, _READABLE, "for good, for the change log's sake"
        ),
        "key_sha256": Column("of the key that signs them in", _SECRET, _HASH, "until there is another"),
        "id created_at ended_at": _own("for good"),
    },
    "operator_sessions": {
        "token_sha256": Column("of what an operator's browser holds in a cookie", _SECRET, _HASH, _AT_WORK),
        "operator_id begun_at expires_at": _own(_AT_WORK),
    },
    "sign_in_tries": {
        "whose": Column(
            "who failed to sign in: of the name and of the network (IPv4, or IPv6 /64)", _PSEUDONYM, _HASH, _FAILED
        ),
        "id at": _own(_FAILED),
    },
    "changes": {
        "who": Column(
            "who changed something: a word for the way in, or an operator's name", _BUSINESS, _READABLE, _STORE
        ),
        "before after": Column(
            "the settings before and after, of secrets the last letters, nothing of a shopper",
            *(_BUSINESS, _READABLE, _STORE),
        ),
        "id store_id at surface what": _own(_STORE),
    },
    "golives": {
        "reason senders": Column(
            "who else told Meta when the shop went live, and why it did all the same", _BUSINESS, _READABLE, _STORE
        ),
        "id store_id at": _own(_STORE),
    },
    "alerts": {
        "sentence": Column("what a merchant should look at", _BUSINESS, _READABLE, _STORE),
        "id store_id kind times first_at last_at": _own(_STORE),
    },
    "pair_tests": {
        "browser": Column(
            "of the browser that tries out both riders, the merchant's own: `fbp`, IP address, user agent",
            *(_BUSINESS, _SEALED, "until the server told its half, which takes seconds"),
        ),
        "code_sha256": Column("of the code that opens the shop for it, once", _SECRET, _HASH, _TRIED),
        "id store_id dataset_id event_id created_at expires_at opened_at pixel_at pixel_state due_at": _own(_TRIED),
        "server_at fbtrace_id trouble": _own(_TRIED),
    },
    "proofs": {
        "told": Column("the first real order's id, and who told Meta of it when", _PSEUDONYM, _READABLE, _STORE),
        "store_id event_pk proven_at mailed_at trouble": _own(_STORE),
    },
    "scans": {
        "findings hosts": Column("who tells Meta on the shop's own public pages", _BUSINESS, _READABLE, _STORE),
        "store_id scanned_at": _own(_STORE),
    },
    "storefronts": {
        "report": Column("what our plugin says of itself and of its neighbours", _BUSINESS, _READABLE, _STORE),
        "store_id reported_at": _own(_STORE),
    },
    "surveys": {
        "counts": Column("the shop's last 30 days in numbers, nothing of who bought", _BUSINESS, _READABLE, _STORE),
        "store_id since cursor orders begun_at done_at": _own(_STORE),
    },
    "days": {
        "counts": Column(
            "what the shop's days came to in numbers, nothing of who bought", _BUSINESS, _READABLE, _STORE
        ),
        "store_id day part counted_at": _own(_STORE),
    },
    "sweeps": {
        "arrivals": Column("the last 20 orders' ids, and how late each was told", _PSEUDONYM, _READABLE, _STORE),
        "store_id seen_to cursor recovered recovered_at swept_at": _own(_STORE),
    },
    "chores": {
        "store_id kind due_at tries done_at trouble leased_by leased_until": _own(_STORE),
    },
}

HELD: Mapping[str, Column] = MappingProxyType(
    {
        f"{table_name}.{name}": one
        for table_name, columns in _TABLES.items()
        for names, one in columns.items()
        for name in names.split()
    }
)


def table() -> str:
    """The map as docs/privacy.md shows it, with the days of the default retention: every column that tells something,
    then the keys of a person.
    """
    days = {kind: f"`{kind}` ({number} days)" for kind, number in Retention().by_kind().items()}
    told = [
        (_names(table_name, names), one.holds, one.kind, one.how, one.kept.format_map(days))
        for table_name, columns in _TABLES.items()
        for names, one in columns.items()
        if one.kind is not Kind.TECHNICAL
    ]
    keys = [
        (", ".join(f"`{key}`" for key, _ in alike), *_in_words([one for _, one in alike]), f"`{word}`")
        for word, alike in ((word, _keys_of(word)) for word in Field)
    ]
    return "\n".join(
        [
            *_lines(("columns", "hold", "kind", "lies there", "kept"), told),
            "",
            *_lines(("key of Meta's", "is", "kept and told as", "kept back by `leave_out`"), keys),
        ]
    )


def _keys_of(word: Field) -> Sequence[tuple[str, Key]]:
    return [(key, one) for key, one in PERSON.items() if one.field is word]


def _in_words(alike: Sequence[Key]) -> tuple[str, str]:
    return ", ".join(one.holds for one in alike), _HASH if alike[0].hashed else _READABLE


def _names(table_name: str, names: str) -> str:
    first, *more = names.split()
    return ", ".join([f"`{table_name}.{first}`", *(f"`{name}`" for name in more)])


def _lines(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for cells in (head, ("-",) * len(head), *rows):
        yield f"|{'|'.join(cells)}|" if cells[0] == "-" else f"| {' | '.join(cells)} |"
