"""Consent: DESIGN's table as a table, every combination of it, and the sentences of which it is made."""

from itertools import product

import pytest

from connectors.event import Stated
from integration.meta.event import LimitedData
from integration.pipeline.consent import (
    Decision,
    Limited,
    Shopper,
    Wait,
    Whole,
    Withhold,
    decide,
    region,
    ruling,
)
from integration.store_settings import ConsentMode, LimitedDataUse

EU = "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE"
OPT_IN = (*EU.split(), "IS", "LI", "NO", "GB", "CH")
# Parts of EEA members that have a country code of their own.
OPT_IN_PARTS = ("AX", "GF", "GP", "MQ", "RE", "YT", "MF")
OTHER = ("CA", "BR", "AU", "JP", "IN", "TR", "RS", "MX", "UA")
PLACES = {
    **dict.fromkeys((*OPT_IN, *OPT_IN_PARTS), "opt-in"),
    "US": "US",
    **dict.fromkeys(OTHER, "other"),
    None: "unknown",
}

# What the shopper stated (yes, no, -: nothing), and what becomes of it by mode and place.
# go: as it is. LDU: under limited data use. ask: waits for a statement, then withheld. no: withheld.
TABLE = """
    stated          : regional                  : strict                    : assumed
    marketing sale  : opt-in US   other unknown : opt-in US   other unknown : opt-in US   other unknown
    yes       yes   : go     go   go    go      : go     go   go    go      : go     go   go    go
    yes       -     : go     go   go    go      : go     go   go    go      : go     go   go    go
    yes       no    : no     LDU  go    LDU     : no     LDU  go    LDU     : no     LDU  go    LDU
    -         yes   : ask    go   go    go      : ask    ask  ask   ask     : go     go   go    go
    -         -     : ask    go   go    go      : ask    ask  ask   ask     : go     go   go    go
    -         no    : no     LDU  go    LDU     : no     ask  ask   ask     : no     LDU  go    LDU
    no        yes   : no     no   no    no      : no     no   no    no      : no     no   no    no
    no        -     : no     no   no    no      : no     no   no    no      : no     no   no    no
    no        no    : no     no   no    no      : no     no   no    no      : no     no   no    no
"""
GIVEN, VOUCHED = Whole("consent was given"), Whole("nothing was stated, and the merchant vouches")
NOTHING_NEEDED = Whole("nothing was stated, and nothing has to be here")
OPTED_OUT, ALWAYS = "the sale of data was refused", "the merchant always asks for it"
WORDS = {"yes": Stated.GRANTED, "no": Stated.REFUSED, "-": Stated.UNSTATED}

# https://developers.facebook.com/docs/marketing-apis/data-processing-options
LISTED = """
    1000 CA, 1001 CO, 1002 CT, 1003 FL, 1004 OR, 1005 TX, 1006 MT,
    1007 DE, 1008 NE, 1009 NH, 1010 NJ, 1011 MN, 1012 MD, 1013 RI
"""
STATE_CODES = {pair.split()[1]: int(pair.split()[0]) for pair in LISTED.split(",")}


def cells() -> dict[tuple[str, str, Stated, Stated], str]:
    """By mode, place, marketing and sale of data."""
    modes, places, *rows = ([part.split() for part in line.split(":")] for line in TABLE.strip().splitlines())
    return {
        (mode[0], place, WORDS[marketing], WORDS[sale]): word
        for (marketing, sale), *columns in rows
        for mode, names, words in zip(modes[1:], places[1:], columns, strict=True)
        for place, word in zip(names, words, strict=True)
    }


CELLS = cells()


def shopper(
    country: str | None = "DE",
    *,
    marketing: Stated = Stated.UNSTATED,
    sale: Stated = Stated.UNSTATED,
    state: str | None = None,
    has_ip: bool = True,
) -> Shopper:
    return Shopper(marketing, sale, country, state, has_ip)


def decided(
    one: Shopper, mode: str = "regional", limited: str = "auto", *, patience_over: bool = False
) -> Whole | Limited | Wait | Withhold:
    return decide(one, ConsentMode(mode), LimitedDataUse(limited), patience_over=patience_over)


def word(decision: Decision) -> str:
    return {Whole: "go", Limited: "LDU", Wait: "ask", Withhold: "no"}[type(decision)]


def expected(cell: str, place: str, sale: Stated, limited: str, *, has_ip: bool, patience_over: bool) -> str:
    """What the switch of limited data use, the browser's address and the clock make of a cell."""
    perhaps_us = place in ("US", "unknown")
    if limited == "never" and perhaps_us and sale is Stated.REFUSED:
        return "no"  # an opt-out that cannot be answered with limited use is a refusal
    if cell == "ask":
        return "no" if patience_over else "ask"
    if limited == "always" and cell == "go" and (has_ip or perhaps_us):
        cell = "LDU"
    if cell == "LDU" and place == "unknown" and not has_ip:
        return "no"  # neither address nor state: there is no way to say it
    return cell


@pytest.mark.parametrize("country", PLACES, ids=str)
@pytest.mark.parametrize("mode", ConsentMode)
def test_every_combination_of_the_table(mode: ConsentMode, country: str | None) -> None:
    place, wrong = PLACES[country], []
    for marketing, sale, limited, has_ip, over in product(Stated, Stated, LimitedDataUse, (True, False), (True, False)):
        cell = CELLS[mode, place, marketing, sale]
        state = "CA" if place == "US" else None
        one = shopper(country, marketing=marketing, sale=sale, state=state, has_ip=has_ip)
        got = word(decided(one, mode, limited, patience_over=over))
        if got != expected(cell, place, sale, limited, has_ip=has_ip, patience_over=over):
            wrong.append((marketing, sale, limited, has_ip, over, got))

    assert wrong == []


def test_the_table_has_a_cell_for_everything_that_can_be_stated() -> None:
    assert len(CELLS) == len(ConsentMode) * 4 * len(Stated) ** 2
    assert len(set(OPT_IN)) == 27 + 3 + 2


@pytest.mark.parametrize("mode", ConsentMode)
@pytest.mark.parametrize("limited", LimitedDataUse)
@pytest.mark.parametrize("country", ["DE", "GB", "CH", "US", "BR", None], ids=str)
def test_a_stated_refusal_wins_in_every_mode(mode: str, limited: str, country: str | None) -> None:
    for sale, has_ip, over in product(Stated, (True, False), (True, False)):
        refused = shopper(country, marketing=Stated.REFUSED, sale=sale, has_ip=has_ip)
        assert decided(refused, mode, limited, patience_over=over) == Withhold("consent was refused")


@pytest.mark.parametrize("country", OPT_IN)
def test_the_eea_the_united_kingdom_and_switzerland_need_a_yes(country: str) -> None:
    assert decided(shopper(country)) == Wait("waiting for consent")
    assert decided(shopper(country, marketing=Stated.GRANTED)) == GIVEN


@pytest.mark.parametrize("country", ["US", *OTHER])
def test_elsewhere_silence_is_enough(country: str) -> None:
    assert decided(shopper(country)) == NOTHING_NEEDED


@pytest.mark.parametrize("mode", ConsentMode)
@pytest.mark.parametrize("country", OPT_IN)
def test_an_opt_out_of_sale_counts_as_a_refusal_where_a_yes_is_needed(mode: str, country: str) -> None:
    opted_out = shopper(country, marketing=Stated.GRANTED, sale=Stated.REFUSED)

    assert decided(opted_out, mode) == Withhold("the sale of data was refused")


@pytest.mark.parametrize("country", ["US", "BR", "DE", None], ids=str)
def test_strict_means_granted_or_nothing(country: str | None) -> None:
    assert decided(shopper(country, marketing=Stated.GRANTED), "strict") == GIVEN
    assert decided(shopper(country), "strict") == Wait("waiting for consent")
    assert decided(shopper(country), "strict", patience_over=True) == Withhold("no consent was stated")


@pytest.mark.parametrize("country", ["US", "BR", "DE", None], ids=str)
def test_assumed_means_that_silence_is_a_yes(country: str | None) -> None:
    assert decided(shopper(country), "assumed") == VOUCHED


def test_patience_ends_the_waiting_and_nothing_else() -> None:
    for mode, country, marketing, sale in product(ConsentMode, ("DE", "US", "BR", None), Stated, Stated):
        one = shopper(country, marketing=marketing, sale=sale)
        early, late = decided(one, mode), decided(one, mode, patience_over=True)
        assert late == (Withhold("no consent was stated") if isinstance(early, Wait) else early)


def test_no_decision_but_a_grant_lets_an_unstated_european_go() -> None:
    for limited, has_ip, sale in product(LimitedDataUse, (True, False), Stated):
        one = shopper("DE", sale=sale, has_ip=has_ip)
        assert word(decided(one, "regional", limited)) in ("ask", "no")


# Limited data use


@pytest.mark.parametrize(("state", "code"), list(STATE_CODES.items()))
def test_without_an_address_limited_use_names_the_country_and_the_states_code(state: str, code: int) -> None:
    opted_out = shopper("US", sale=Stated.REFUSED, state=state, has_ip=False)

    assert decided(opted_out) == Limited(LimitedData(1, code), OPTED_OUT)
    assert decided(shopper("US", sale=Stated.REFUSED, state=state.lower(), has_ip=False)) == Limited(
        LimitedData(1, code), OPTED_OUT
    )


@pytest.mark.parametrize("state", [*STATE_CODES, "NY", None], ids=str)
def test_with_an_address_meta_locates_the_shopper(state: str | None) -> None:
    for country, limited in (("US", "auto"), ("US", "always"), (None, "auto")):
        opted_out = shopper(country, sale=Stated.REFUSED, state=state, has_ip=True)
        assert decided(opted_out, limited=limited) == Limited(LimitedData(0, 0), OPTED_OUT)


@pytest.mark.parametrize(("country", "state"), [("US", "NY"), ("US", None), (None, None), (None, "CA")], ids=str)
def test_limited_use_that_cannot_be_said_is_withheld_and_never_said_wrongly(
    country: str | None, state: str | None
) -> None:
    """Meta wants a state's code where no IP is sent (0 asks it to look one up); the stand-in refuses 1/0."""
    opted_out = shopper(country, sale=Stated.REFUSED, state=state, has_ip=False)

    for limited in LimitedDataUse:
        assert isinstance(decided(opted_out, limited=limited), Withhold)


def test_there_is_no_code_for_europe_so_always_asks_for_none_there() -> None:
    granted = shopper("DE", marketing=Stated.GRANTED, state="BY", has_ip=False)

    assert decided(granted, limited="always") == GIVEN


def test_a_code_that_means_a_german_or_american_place_is_read_in_its_country_only() -> None:
    """DE is Delaware and Germany, CA is California and Canada."""
    canadian = shopper("CA", sale=Stated.REFUSED, state="CO", has_ip=False)

    assert decided(canadian) == NOTHING_NEEDED
    assert decided(shopper("US", sale=Stated.REFUSED, state="DE", has_ip=False)) == Limited(
        LimitedData(1, 1007), OPTED_OUT
    )


def test_always_limits_what_may_go_and_lets_nothing_more_go() -> None:
    for mode, country, marketing in product(ConsentMode, ("DE", "US", "BR", None), Stated):
        one = shopper(country, marketing=marketing, state="CA")
        plainly, limited = decided(one, mode, "never"), decided(one, mode, "always")
        expected = Limited(LimitedData(0, 0), ALWAYS) if isinstance(plainly, Whole) else plainly
        assert limited == expected


@pytest.mark.parametrize("mode", ["regional", "assumed"])
@pytest.mark.parametrize("country", ["US", None], ids=str)
def test_an_opt_out_of_sale_is_never_overheard_where_limited_use_is_switched_off(mode: str, country: str | None):
    """Of an unknown place it may be the US, as `auto` takes it to be."""
    opted_out = shopper(country, marketing=Stated.GRANTED, sale=Stated.REFUSED, state=None)

    assert isinstance(decided(opted_out, mode, "auto"), Limited)
    assert isinstance(decided(opted_out, mode, "never"), Withhold)


def test_a_ruling_says_what_was_decided_and_why() -> None:
    assert ruling(decided(shopper("DE", marketing=Stated.GRANTED))) == "whole: consent was given"
    assert ruling(decided(shopper("US", sale=Stated.REFUSED))) == "limited: the sale of data was refused"
    assert ruling(decided(shopper("DE"))) == "waits: waiting for consent"
    assert ruling(decided(shopper("DE"), patience_over=True)) == "withheld: no consent was stated"
    assert ruling(decided(shopper("US", marketing=Stated.REFUSED))) == "withheld: consent was refused"


def test_every_country_is_in_one_part_of_the_world() -> None:
    assert {country: region(country) for country in ("DE", "GP", "GB", "CH", "US", "BR", None)} == {
        **dict.fromkeys(("DE", "GP"), "EEA"),
        "GB": "UK",
        "CH": "CH",
        "US": "US",
        "BR": "other",
        None: "unknown",
    }
