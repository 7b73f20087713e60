"""Whether an event may leave, by what the shopper stated, where they are, and the store's mode. Pure."""

import msgspec

from connectors.event import Stated
from integration.meta.event import LimitedData
from integration.store_settings import ConsentMode, LimitedDataUse

NO_CONSENT = "no consent was stated"
REFUSED = "consent was refused"

# EEA, the United Kingdom and Switzerland: marketing needs a yes. Codes of parts of France count with it.
OPT_IN_COUNTRIES = frozenset(
    "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE "
    "IS LI NO GB CH AX GF GP MQ RE YT MF".split()
)

# https://developers.facebook.com/docs/marketing-apis/data-processing-options
_LIMITED_STATES = {
    state: 1000 + place for place, state in enumerate("CA CO CT FL OR TX MT DE NE NH NJ MN MD RI".split())
}
EEA, UK, SWITZERLAND, USA, ELSEWHERE, UNKNOWN = "EEA", "UK", "CH", "US", "other", "unknown"
_REGIONS = {"GB": UK, "CH": SWITZERLAND, "US": USA}
_USA = 1
_PERHAPS_US = ("US", None)


class Shopper(msgspec.Struct, frozen=True):
    """What the decision rests on. `country` and `state`: billing, else shipping, else the store's own."""

    marketing: Stated
    sale_of_data: Stated
    country: str | None
    state: str | None
    has_ip: bool


class Whole(msgspec.Struct, frozen=True):
    """It may leave as it is."""

    reason: str


class Limited(msgspec.Struct, frozen=True):
    """It may leave, under Meta's limited data use."""

    options: LimitedData
    reason: str


class Wait(msgspec.Struct, frozen=True):
    """A yes is needed and nothing was stated: a later signal may bring it."""

    reason: str


class Withhold(msgspec.Struct, frozen=True):
    """It may not leave."""

    reason: str


Decision = Whole | Limited | Wait | Withhold
_RULINGS = {Whole: "whole", Limited: "limited", Wait: "waits", Withhold: "withheld"}


def ruling(decision: Decision) -> str:
    """The decision and its reason in a few words, as the ledger keeps them beside each delivery."""
    return f"{_RULINGS[type(decision)]}: {decision.reason}"


def region(country: str | None) -> str:
    """The part of the world that matters to consent, of an ISO code in upper case."""
    if country is None:
        return UNKNOWN
    return _REGIONS.get(country) or (EEA if country in OPT_IN_COUNTRIES else ELSEWHERE)


def decide(shopper: Shopper, mode: ConsentMode, limited: LimitedDataUse, *, patience_over: bool) -> Decision:
    """A stated refusal wins in every mode; `patience_over`: the time to wait for a statement has passed."""
    refusal = _refusal(shopper, limited)
    if refusal:
        return Withhold(refusal)
    if _needs_a_yes(shopper, mode) and shopper.marketing is not Stated.GRANTED:
        return Withhold(NO_CONSENT) if patience_over else Wait("waiting for consent")
    if not _is_limited(shopper, limited):
        return Whole(_why_whole(shopper, mode))
    options = _options(shopper)
    if options is None:
        return Withhold("limited data use cannot be asked for without an address or a state")
    return Limited(options, _why_limited(shopper))


def _why_whole(shopper: Shopper, mode: ConsentMode) -> str:
    if shopper.marketing is Stated.GRANTED:
        return "consent was given"
    if mode is ConsentMode.ASSUMED:
        return "nothing was stated, and the merchant vouches"
    return "nothing was stated, and nothing has to be here"


def _why_limited(shopper: Shopper) -> str:
    refused = shopper.sale_of_data is Stated.REFUSED
    return "the sale of data was refused" if refused else "the merchant always asks for it"


def _needs_a_yes(shopper: Shopper, mode: ConsentMode) -> bool:
    return mode is ConsentMode.STRICT or (mode is ConsentMode.REGIONAL and shopper.country in OPT_IN_COUNTRIES)


def _refusal(shopper: Shopper, limited: LimitedDataUse) -> str | None:
    if shopper.marketing is Stated.REFUSED:
        return REFUSED
    if shopper.sale_of_data is not Stated.REFUSED:
        return None
    if shopper.country in OPT_IN_COUNTRIES:
        return "the sale of data was refused"
    if shopper.country in _PERHAPS_US and limited is LimitedDataUse.NEVER:
        return "the sale of data was refused, and limited data use is switched off"
    return None


def _is_limited(shopper: Shopper, limited: LimitedDataUse) -> bool:
    """An opt-out of sale is answered with limited data use, which Meta knows for the US alone; `always` asks for it
    wherever Meta will find it applies.
    """
    if limited is LimitedDataUse.ALWAYS:
        return shopper.has_ip or shopper.country in _PERHAPS_US
    return limited is LimitedDataUse.AUTO and shopper.sale_of_data is Stated.REFUSED and shopper.country in _PERHAPS_US


def _options(shopper: Shopper) -> LimitedData | None:
    """0/0 lets Meta locate by the IP; without one Meta demands the state's code, and most states have none."""
    if shopper.has_ip:
        return LimitedData()
    code = _LIMITED_STATES.get((shopper.state or "").upper())
    return LimitedData(_USA, code) if code and shopper.country == "US" else None
