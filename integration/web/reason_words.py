"""Why an event was not told to Meta (yet), and what mends it: a table from the ledger's words to a merchant's. Pure.

Longer than 200 lines because it is one table: whatever the code writes as a reason has its words here, or a test fails.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from connectors.event import Source
from integration.db.deliveries import State
from integration.meta import errors
from integration.pipeline import adopt, consent, dispatch, intent, outcome, qualify, scribe
from integration.web import consent_words

DATASET, SETTINGS, TEST, REPLAY, PRIVACY, HOME = "/dataset", "/settings", "/test", "/replay", "/privacy", ""


class Words(NamedTuple):
    """What happened, and what to do. `page`: where that is done, as a visit's path; None: nowhere of ours."""

    why: str
    mend: str
    page: str | None = None


_NOTHING = "Nothing is to be done."
_GOES_BY_ITSELF = "Nothing is to be done: it goes by itself."
_FAULT = "This is a fault of ours. Please report it with the event’s id."
_NEEDS_A_YES = "Nothing is to be done for this order. Check that your cookie banner is seen and hands its answer on."
_TOKEN = "Paste a new access token; what is held then goes by itself."  # noqa: S105 (a sentence)

BY_REASON: Mapping[str, Words] = {
    # What the shop says of it.
    qualify.CANCELLED: Words("The order was cancelled, voided or refunded before it was told.", _NOTHING),
    qualify.DELETED: Words("The order was deleted in your shop before it was told.", _NOTHING),
    qualify.TEST_ORDER: Words(
        "It is a test order. Those go to Meta only while the dataset has a test event code.",
        "To see it in Meta’s Test events, set a test event code and place another one.",
        TEST,
    ),
    qualify.NO_CUSTOMER_INFORMATION: Words(
        "The order says nothing that Meta could know the customer by: no e-mail, phone, address or browser.",
        "Ask for an e-mail address in your checkout, and check that the storefront pixel is heard of.",
        "/pixel",
    ),
    qualify.NO_AMOUNT: Words(
        "The order came without an amount or a currency, and Meta takes no purchase without.",
        "Look at the order in your shop. If it has an amount there, please report it: then it is a fault of ours.",
    ),
    qualify.SOURCE_REASONS[Source.POS]: Words(
        "It was sold at a till, not on your website.",
        "If Meta is to know of such sales, include the point of sale under Settings.",
        SETTINGS,
    ),
    qualify.SOURCE_REASONS[Source.DRAFT]: Words(
        "It was made by hand in your shop’s admin, not on your website.",
        "If such orders are sales of your website, include drafts under Settings.",
        SETTINGS,
    ),
    qualify.SOURCE_REASONS[Source.SUBSCRIPTION]: Words(
        "It is the renewal of a subscription: nobody bought anything anew.",
        "If each renewal is to count as a purchase, include renewals under Settings.",
        SETTINGS,
    ),
    qualify.SOURCE_REASONS[Source.OTHER]: Words(
        "It was made by another app, and no browser was seen in your checkout.",
        "If that app sells for your website, include other apps under Settings.",
        SETTINGS,
    ),
    "placed before the store was connected": Words(
        "It was placed before your store was connected, when other ids were told.",
        "Nothing is to be done: told again under another id it would be counted twice.",
    ),
    dispatch.OLDER_THAN_META_TAKES: Words(
        "It happened more than 7 days ago, and Meta takes nothing older.",
        "It cannot be told any more. If others wait, look at what holds them.",
        HOME,
    ),
    "refunds are switched off": Words(
        "You have switched refunds off.", "Switch them on under Settings, if Meta is to know.", SETTINGS
    ),
    qualify.TOLD_BY_PIXEL_ALONE: Words(
        "By your settings the Pixel alone tells such events.", "Change who tells them under Settings.", SETTINGS
    ),
    qualify.SWITCHED_OFF: Words(
        "You have switched such events off.", "Switch them on under Settings, if Meta is to know.", SETTINGS
    ),
    qualify.PURCHASE_NOT_TOLD: Words(
        "A refund is told only where its order’s purchase was told, and that was not.",
        "Look at the purchase of the same order.",
    ),
    qualify.AWAITS_PURCHASE: Words("It waits until its order’s purchase is told.", _GOES_BY_ITSELF),
    qualify.ERASED: Words("Its person asked to be forgotten, so nothing of it may be told.", _NOTHING, PRIVACY),
    qualify.STORE_DISCONNECTED: Words(
        "The store is disconnected.", "Connect it again; what is held then goes, if it is not too old.", HOME
    ),
    # What it waits for.
    scribe.NO_DATASET: Words(
        "There is no dataset yet to tell it to.", "Add your dataset and its token; what is held then goes.", DATASET
    ),
    scribe.AWAITS_UPDATES: Words(
        "It rests for two minutes, so that what the shopper types meanwhile is told with it.", _GOES_BY_ITSELF
    ),
    scribe.AWAITS_SIGNAL: Words("It waits up to half a minute for what the browser tells of itself.", _GOES_BY_ITSELF),
    scribe.WOULD_BE_SENT: Words(
        "Your store only observes: nothing is sent yet. Live, this would have been.",
        "Go live when you are ready; events of before are not sent.",
        "/setup",
    ),
    scribe.WOULD_WAIT: Words(
        "Your store only observes. Live, this would wait 10 minutes for a yes to marketing, and not go without.",
        _NEEDS_A_YES,
        "/setup",
    ),
    scribe.WOULD_BE_SKIPPED: Words(
        "It is a test order, and your store only observes. Live, it would go with a test event code only.",
        _NOTHING,
        TEST,
    ),
    intent.CRASHES: Words("Whoever was sending it was stopped in the middle.", "It is tried again by itself."),
    # What ended it.
    dispatch.PERHAPS_COUNTED: Words(
        "A try of ours ended without an answer and is more than 47 hours old. Meta may have counted it; sent again, it "
        "might count twice.",
        "Look for it in Events Manager. If it is not there, send it again.",
        REPLAY,
    ),
    dispatch.PERHAPS_TOLD_BY_PIXEL: Words(
        "It is more than 47 hours old, and the Pixel may have told it: sent now, it might count twice.",
        "Look for it in Events Manager. If it is not there, send it again.",
        REPLAY,
    ),
    outcome.UNREACHABLE: Words(
        "Meta could not be reached until the event was too old.", "It cannot be told any more.", "/delivery"
    ),
    intent.UNREADABLE: Words("We could not read what we had kept of it.", _FAULT),
    adopt.ID_OF_ANOTHER_SHOP: Words(
        "Another shop tells the same dataset, and its orders may have the same ids: Meta would take one for the other.",
        "Nothing is to be done for this one; newer orders carry your store’s own key.",
    ),
    # What Meta said of the dataset.
    errors.TOKEN: Words("Meta refused the access token.", _TOKEN, DATASET),
    errors.PERMISSION: Words(
        "Meta says that the access token may not send to this dataset.",
        "Give it access in Events Manager, or paste another token; what is held then goes by itself.",
        DATASET,
    ),
    errors.UNKNOWN_DATASET: Words(
        "Meta does not know this dataset, or the token is not assigned to it.",
        "Compare the dataset’s id with Events Manager, and paste a token that was made there.",
        DATASET,
    ),
    errors.OLD_VERSION: Words(
        "Meta has retired the version of its API that is called here.",
        "Tell whoever runs Tandem: META_GRAPH_VERSION has to be set anew.",
    ),
    # What Meta said of the event.
    errors.ADVICE[2804003]: Words(
        "Meta found it older than 7 days, and takes none that old.", "It cannot be told any more."
    ),
    errors.ADVICE[2804009]: Words("Meta found no value in the purchase.", _FAULT),
    errors.ADVICE[2804010]: Words("Meta found no currency in the purchase.", _FAULT),
    errors.ADVICE[2804016]: Words("Meta found customer information that was not hashed.", _FAULT),
    errors.ADVICE[2804050]: Words(
        "Meta found too little of the customer to know them by.",
        "Ask for more in your checkout, such as an e-mail address and a phone number.",
        "/quality",
    ),
    # What consent says.
    consent.NO_CONSENT: Words(
        "A yes to marketing is needed here, and nobody gave an answer in time.", _NEEDS_A_YES, PRIVACY
    ),
    consent.REFUSED: Words("The shopper said no to marketing.", "Nothing is to be done, and nothing may be.", PRIVACY),
    "waiting for consent": Words(
        "A yes to marketing is needed here. It waits 10 minutes for one.", "Nothing is to be done yet.", PRIVACY
    ),
    "the sale of data was refused": Words(
        "The shopper said no to the sale of their data, which here counts as a no.",
        "Nothing is to be done, and nothing may be.",
        PRIVACY,
    ),
    "the sale of data was refused, and limited data use is switched off": Words(
        "The shopper said no to the sale of their data, and Meta’s limited data use is switched off.",
        "Switch limited data use on under Settings, if such events may go under it.",
        SETTINGS,
    ),
    "limited data use cannot be asked for without an address or a state": Words(
        "It may only go under Meta’s limited data use, which needs the shopper’s IP address or state.",
        _NOTHING,
        PRIVACY,
    ),
}

# Reasons with something of the case in them.
_BY_FORM: tuple[tuple[re.Pattern[str], Words], ...] = (
    (
        re.compile(r"not yet: (?P<what>.*)", re.DOTALL),
        Words(
            "It does not count yet: your shop says “{what}”.",
            "It goes by itself once it is paid. If it is to count when it is placed, change that under Settings.",
            SETTINGS,
        ),
    ),
    (
        re.compile(r"Meta refuses all that is sent\. (?P<what>.*)", re.DOTALL),
        Words(
            "Meta refuses whatever is sent to this dataset. Its last words: {what}",
            "Look at the dataset in Events Manager, then paste a token anew; what is held then goes by itself.",
            DATASET,
        ),
    ),
    (
        re.compile(r"Meta calls the event invalid \(code (?P<code>.*), subcode (?P<subcode>.*)\)\."),
        Words("Meta calls the event invalid (code {code}, subcode {subcode}).", _FAULT),
    ),
    (
        re.compile(r"A sealed .*"),
        Words(
            "What is kept of it cannot be opened with the keys that Tandem runs with.",
            "Tell whoever runs Tandem: a key is missing from ENCRYPTION_KEYS.",
        ),
    ),
)

# Where a state says it alone.
BY_STATE: Mapping[State, Words] = {
    State.OBSERVED: BY_REASON[scribe.WOULD_BE_SENT],
    State.PENDING: Words("It is about to leave, or is tried again soon.", _GOES_BY_ITSELF),
    State.SENDING: Words("It is being sent.", _GOES_BY_ITSELF),
    State.DELIVERED: Words("Meta took it.", _NOTHING),
    State.WAITING: Words("It waits.", _GOES_BY_ITSELF),
    State.WITHHELD: BY_REASON[consent.NO_CONSENT],
    State.HELD: Words("Its dataset rests.", "Look at the dataset.", DATASET),
    State.DEAD: Words("Meta refused it for good.", "Look at the tries below."),
    State.EXPIRED: BY_REASON[dispatch.OLDER_THAN_META_TAKES],
    State.AMBIGUOUS: BY_REASON[dispatch.PERHAPS_COUNTED],
    State.SKIPPED: Words("It does not count.", _NOTHING),
}


def of(state: str, reason: str | None) -> Words:
    """Why it is in that state, and what to do. A reason nobody knows is told as it stands."""
    if not reason:
        return BY_STATE[State(state)]
    if known := known_words(reason):
        return known
    return BY_STATE[State(state)]._replace(why=consent_words.capital(reason))


def known_words(reason: str) -> Words | None:
    """The words for a reason; None where there are none."""
    if reason in BY_REASON:
        return BY_REASON[reason]
    for form, words in _BY_FORM:
        if found := form.fullmatch(reason):
            return words._replace(why=words.why.format(**found.groupdict()))
    return None
