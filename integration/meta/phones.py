"""Phone numbers, from however they were typed to digits that begin with a calling code. Pure."""

import re

import phonenumbers

# Calling codes, and the lengths of the numbers behind them that phonenumbers leaves as they are: it takes nothing out
# but a trunk prefix, and the numbers of these countries have none, or one that begins as _TRUNKS says. Codes that are
# missing are missing on purpose: +54 9... is rewritten, and of others we know too little.
_LENGTHS = {
    code: frozenset(map(int, lengths.split(",")))
    for code, lengths in (
        pair.split(":")
        for pair in """
        1:10 20:10 27:9 30:10 31:9 32:8,9 33:9 34:9 36:8,9 39:9,10 40:9 41:9 43:10,11,12 44:10 45:8 46:9 47:8 48:9
        49:10,11 51:9 52:10 55:10,11 56:9 57:10 60:9,10 61:9 62:9,10,11,12 63:10 64:8,9,10 65:8 66:9 81:9,10 82:9,10
        84:9 86:11 90:10 91:10 92:10 234:10 254:9 351:9 353:9 358:9,10 359:9 370:8 371:8 372:8 380:9 385:8,9 386:8
        420:9 421:9 852:8 886:9 965:8 966:9 971:9 972:9 974:8 977:10
        """.split()
    )
}
_TRUNKS = {"1": ("0", "1"), "36": ("0", "6"), "44": ("0", "1"), "55": ("0", "90"), "61": ("0", "1")}
# As people write the numbers of North America at home.
_NORTH_AMERICA = frozenset({"us", "ca"})
_NORTH_AMERICAN = re.compile(r"1?([2-9][0-9]{9})")
_BETWEEN_DIGITS = str.maketrans("", "", " ()-.")
_NO_DIGIT = re.compile(r"[^0-9]+")


def digits(given: str, region: str | None) -> str:
    """The digits to hash; empty if there are none. `region` is the buyer's country, ISO alpha-2 in lower case.

    With a region: calling code and number, without trunk prefix and extension. Without one, or where the number cannot
    be one, what Meta's library makes of it: all digits, less the zeros at the front.
    """
    finished = _finished(given.translate(_BETWEEN_DIGITS), region)
    if finished:
        return finished
    complete = _international(given, region) if region else None
    return complete or _NO_DIGIT.sub("", given).lstrip("0")


def _finished(bare: str, region: str | None) -> str | None:
    """What phonenumbers would make of a number, where that can be seen without asking it; else None."""
    if bare[:1] == "+":
        return _finished_abroad(bare[1:])
    national = _NORTH_AMERICAN.fullmatch(bare) if region in _NORTH_AMERICA else None
    return f"1{national[1]}" if national else None


def _finished_abroad(number: str) -> str | None:
    if not (number.isascii() and number.isdigit()):
        return None
    for width in (1, 2, 3):
        code = number[:width]
        if code in _LENGTHS:
            whole = len(number) - width in _LENGTHS[code] and not number.startswith(_TRUNKS.get(code, "0"), width)
            return number if whole else None
    return None


def _international(given: str, region: str) -> str | None:
    """E.164 without the plus; None for what is too short, too long, or no number at all.

    The length is judged, not whether the number is in use: new ranges are opened faster than tables are updated.
    """
    try:
        number = phonenumbers.parse(given, region.upper())
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:]
