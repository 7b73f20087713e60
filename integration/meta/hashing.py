"""Meta's customer information parameters: normalised as Meta's own libraries do it, then SHA-256. Pure.

A hash matches only if both sides wrote the same text before it, so the rules are those of Meta's parameter builder even
where others would be tidier. Where that one guesses (phones without a calling code, states outside the US, countries
by their first letters) we use what the order tells, or send nothing.

The functions take raw values, as the platforms give them; only `normalize` knows values that are hashed already. Each
takes any JSON value, gives the text to send (or to hash first), or None for "send nothing", and never raises.

Most texts are plain: a name of ASCII letters needs no rule but lower case. Such short ways are taken only where the
whole rule gives the same, and the tests hold each against it.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from integration.meta import addresses, clickid, phones, places

MAX_USER_AGENT = 1_000
MAX_DATE = 1_000
FIRST_BIRTH_YEAR = 1800

# JavaScript's white space, which is Meta's: Python's \s and str.strip() take other characters.
_SPACE = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
_SPACES = re.compile(f"[{_SPACE}]+")
_SPACES_AND_PUNCTUATION = re.compile(rf"""[{_SPACE}!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{{|}}~]+""")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_NO_DIGIT = re.compile(r"[^0-9]+")
_NO_ASCII_LETTER_OR_DIGIT = re.compile(r"[^a-zA-Z0-9]+")
_FIVE_DIGITS = re.compile(r"[0-9]{5}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_SHA256 = re.compile(r"[0-9a-f]{64}")

# ASCII only, as Meta's own pattern is; the colon before a dot is in theirs, too.
_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_EMAIL = re.compile(rf"{_ATOM}(?::?\.{_ATOM})*@(?:{_LABEL}\.)+{_LABEL}", re.ASCII)

_MALE = """
    m he him his himself male man boy lad guy chap bloke dude fellow gentleman sir mister mr lord king prince duke
    count emperor god father dad daddy papa son brother uncle nephew husband boyfriend groom widower
    """
_FEMALE = """
    f she her hers herself female woman girl lass gal chick dame belle maiden lady madam ma'am miss ms mrs queen
    princess duchess countess empress goddess mother mom mommy mama daughter sister aunt niece wife girlfriend bride
    widow
    """
_GENDERS = dict.fromkeys(_MALE.split(), "m") | dict.fromkeys(_FEMALE.split(), "f")


@dataclass(frozen=True, slots=True)
class Normalized:
    """One parameter, ready to send: `sha256` where Meta wants a hash, else `normalized`. Both None: send nothing.

    A value that came hashed already has no `normalized`.
    """

    normalized: str | None
    sha256: str | None


def sha256(text: str) -> str:
    """The hash Meta compares: SHA-256 of the UTF-8 bytes, in lower-case hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def hashed(normalised: Mapping[str, str | None]) -> dict[str, str]:
    """The hashes of several parameters; what has no text is left out."""
    digest = hashlib.sha256
    return {key: digest(text.encode()).hexdigest() for key, text in normalised.items() if text}


def email(value: object) -> str | None:
    """`em`: trimmed, lower-case; None for what Meta's library takes for no address, "zoë@example.com" included."""
    address = _trimmed(_text(value).lower())
    return address if _EMAIL.fullmatch(address) else None


def phone(value: object, country: str | None) -> str | None:
    """`ph`: digits with the calling code; `country` is the buyer's, as code or name, for numbers typed without one."""
    return phones.digits(_text(value), places.country_code(country)) or None


def name(value: object) -> str | None:
    """`fn` and `ln`: lower-case, without white space and ASCII punctuation; accents and other scripts stay."""
    if isinstance(value, str) and value.isalpha():
        return value.lower()
    return _SPACES_AND_PUNCTUATION.sub("", _text(value)).lower() or None


def birthday(value: object) -> str | None:
    """`db`: YYYYMMDD from a date in numbers with any separators, month first where both orders are possible.

    Eight digits alone are passed on unread, as Meta's library does. A month in words is not understood.
    """
    text = _text(value)
    numbers = _NO_DIGIT.sub(" ", text).split() if len(text) <= MAX_DATE else []
    if len(numbers) >= 3:
        return _date(*map(int, numbers[:3]))
    return numbers[0] if len(numbers) == 1 and len(numbers[0]) == 8 else None


def _date(first: int, second: int, third: int) -> str | None:
    """The day these numbers mean. Above 31 is the year, else the last one is; the 31st of February passes, as at Meta.

    The year runs from 1800 to the next one, so two digits are none.
    """
    year, month, day = third, first, second
    if first > 31:
        year, month, day = first, second, third
    elif second > 31:
        year, month, day = second, third, first
    if month > 12:
        month, day = day, month
    possible = FIRST_BIRTH_YEAR <= year <= datetime.now(UTC).year + 1 and 1 <= month <= 12 and 1 <= day <= 31
    return f"{year:04}{month:02}{day:02}" if possible else None


def gender(value: object) -> str | None:
    """`ge`: "m" or "f", from the English words Meta's library knows; None for any other."""
    return _GENDERS.get(_trimmed(_text(value).lower()))


def city(value: object) -> str | None:
    """`ct`: ASCII letters and digits only, lower-case, a letter first.

    Accented letters are left out ("Århus" is "rhus") and other scripts give None: Meta's documentation can be read
    otherwise, but this is what its own browser code sends.
    """
    if isinstance(value, str) and value.isascii() and value.isalpha():
        return value.lower()
    letters = _NO_ASCII_LETTER_OR_DIGIT.sub("", _text(value)).lower()
    return letters if letters[:1].isalpha() else None


def state(value: object, country: str | None) -> str | None:
    """`st`: two letters in the US and Canada, elsewhere the whole text without accents, spaces and punctuation."""
    return places.state_code(_text(value), places.country_code(country))


def postcode(value: object, country: str | None) -> str | None:
    """`zp`: lower-case, without white space, up to the first hyphen; five digits in the US; at least two characters."""
    text = _text(value).lower()
    code = text if text.isalnum() else _SPACES.sub("", text.partition("-")[0])
    if places.country_code(country) == "us" and _FIVE_DIGITS.match(code):
        return code[:5]
    return code if len(code) > 1 else None


def country(value: object) -> str | None:
    """`country`: ISO 3166-1 alpha-2, lower-case; "UK" is "gb"; None for what is neither code nor full English name."""
    return places.country_code(value if isinstance(value, str) and value.isascii() else _text(value))


def external_id(value: object) -> str | None:
    """`external_id`: lower-case, without white space. The Pixel must be given the same id."""
    if isinstance(value, str) and value.isalnum():
        return value.lower()
    return _SPACES.sub("", _text(value)).lower() or None


def client_ip(value: object) -> str | None:
    """`client_ip_address`: as written (IPv6 is not shortened), if it is one public address; never hashed."""
    address = _text(value).strip()
    return address if addresses.is_public(address) else None


def user_agent(value: object) -> str | None:
    """`client_user_agent`: trimmed, without control characters, at most 1,000 characters; never hashed."""
    text = _text(value)
    if len(text) <= MAX_USER_AGENT and text.isprintable():
        return text.strip() or None
    return _CONTROLS.sub("", text).strip()[:MAX_USER_AGENT].strip() or None


def currency(value: object) -> str | None:
    """`currency` of custom_data: three letters, upper-case as in ISO 4217, though Meta takes either; never hashed."""
    code = _trimmed(_text(value)).upper()
    return code if _CURRENCY.fullmatch(code) else None


def _text(value: object) -> str:
    """A JSON text, or the digits of a whole number; empty for anything else. Half an emoji becomes U+FFFD."""
    if isinstance(value, str):
        return value if value.isascii() else _SURROGATES.sub("\ufffd", value)
    number = _count(value)
    return "" if number is None else str(number)


def _count(value: object) -> int | None:
    """A whole number from 0 up to the longest ids; True is none, though Python counts it as 1."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**40 else None


def _trimmed(text: str) -> str:
    return text.strip(_SPACE)


def _fbc(value: object) -> str | None:
    """`fbc` from the pieces a storefront kept, or from a finished cookie."""
    if not isinstance(value, Mapping):
        return clickid.fbc(_untouched(value), None, None)
    index = _count(value.get("subdomain_index"))
    return clickid.fbc(
        cookie=_untouched(value.get("existing_fbc")),
        fbclid=_untouched(value.get("fbclid")),
        first_seen_ms=_count(value.get("first_seen_ms")),
        subdomain_index=1 if index is None else index,
        landing_url=_untouched(value.get("landing_url")),
    )


def _fbp(value: object) -> str | None:
    return clickid.fbp(_untouched(value))


def _untouched(value: object) -> str | None:
    return value if isinstance(value, str) else None


_HASHED: dict[str, Callable[[object], str | None]] = {
    "em": email,
    "fn": name,
    "ln": name,
    "db": birthday,
    "ge": gender,
    "ct": city,
    "country": country,
    "external_id": external_id,
}
_HASHED_BY_COUNTRY: dict[str, Callable[[object, str | None], str | None]] = {
    "ph": phone,
    "st": state,
    "zp": postcode,
}
_READABLE: dict[str, Callable[[object], str | None]] = {
    "fbc": _fbc,
    "fbp": _fbp,
    "client_ip_address": client_ip,
    "client_user_agent": user_agent,
    "currency": currency,
}
FIELDS: tuple[str, ...] = (*_HASHED, *_HASHED_BY_COUNTRY, *_READABLE)


def normalize(field: str, value: object, context: object) -> Normalized:
    """One field as `tandem normalize` tells it; `context` is a mapping that may have "country", a code or a name.

    `value` is any JSON value, for `fbc` an object with "fbclid" or "landing_url", "first_seen_ms", "subdomain_index"
    and "existing_fbc". A hashed field that is 64 hex already is that hash. Raises ValueError for a field not in FIELDS.
    """
    if field not in FIELDS:
        raise ValueError(f"unknown field: {field}")
    if field in _READABLE:
        return Normalized(_READABLE[field](value), None)
    given = _trimmed(_text(value)).lower()
    if _SHA256.fullmatch(given):
        return Normalized(None, given)
    where = _text(context.get("country")) if isinstance(context, Mapping) else None
    normalized = _HASHED[field](value) if field in _HASHED else _HASHED_BY_COUNTRY[field](value, where)
    return Normalized(normalized, sha256(normalized) if normalized else None)
