"""Phone numbers, from however they were typed to digits that begin with a calling code. Pure."""

import re

import phonenumbers

# Numbers that phonenumbers would leave as they are: of full length, and without a trunk prefix it would take out.
# What is missing is missing on purpose: "+4407911..." (a trunk 0), +44 180020..., +54 9..., +55 and +81 are rewritten.
_FINISHED = re.compile(
    r"\+(?:1[2-9][0-9]{9}|44[2-9][0-9]{9}|49[1-9][0-9]{9,10}|(?:52|91)[1-9][0-9]{9}|61[2-9][0-9]{8}"
    r"|(?:3[134]|4[168]|351|353|420)[1-9][0-9]{8}|(?:4[57]|65)[1-9][0-9]{7})"
)
_NO_DIGIT = re.compile(r"[^0-9]+")


def digits(given: str, region: str | None) -> str:
    """The digits to hash; empty if there are none. `region` is the buyer's country, ISO alpha-2 in lower case.

    With a region: calling code and number, without trunk prefix and extension. Without one, or where the number cannot
    be one, what Meta's library makes of it: all digits, less the zeros at the front.
    """
    if _FINISHED.fullmatch(given):
        return given[1:]
    complete = _international(given, region) if region else None
    return complete or _NO_DIGIT.sub("", given).lstrip("0")


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
