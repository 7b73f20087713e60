"""The manners of PHP and WordPress that can be seen from outside: what counts as empty, how JSON and addresses look. Pure."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote_plus, urlsplit

_OCTET = re.compile(r"%[a-f0-9]{2}", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_NO_EQUALS = re.compile(r"=(&|$)")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9.+-]*")
# First the spellings with any number of zeros are made one, then the known ones are exchanged, all in one pass.
_SPELLINGS = (
    (re.compile(r"&#0*39;"), "&#039;"),
    (re.compile(r"&#x0*27;", re.IGNORECASE), "&#039;"),
    (re.compile(r"&#0*34;"), "&#034;"),
    (re.compile(r"&#x0*22;", re.IGNORECASE), "&#034;"),
    (re.compile(r"&#0*60;"), "&#060;"),
    (re.compile(r"&#0*62;"), "&#062;"),
    (re.compile(r"&#0*38;"), "&#038;"),
    (re.compile(r"&#x0*26;", re.IGNORECASE), "&#038;"),
)
_MEANT = {
    "&#039;": "'",
    "&quot;": '"',
    "&#034;": '"',
    "&lt;": "<",
    "&#060;": "<",
    "&gt;": ">",
    "&#062;": ">",
    "&amp;": "&",
    "&#038;": "&",
}
_KNOWN = re.compile("|".join(map(re.escape, _MEANT)))


def empty(value: Any) -> bool:
    """What PHP calls empty: "0" is, "00" and " " are not."""
    return value in ("", "0", None, 0, False) or value == []


def to_json(content: Any) -> bytes:
    """wp_json_encode: nothing but ASCII, every slash escaped, a whole float without its point."""
    text = json.dumps(_whole(content), separators=(",", ":"))
    return text.replace("/", "\\/").encode()


def _whole(content: Any) -> Any:
    if isinstance(content, float):
        return int(content) if content.is_integer() else content
    if isinstance(content, Mapping):
        return {key: _whole(value) for key, value in content.items()}
    return [_whole(value) for value in content] if isinstance(content, list | tuple) else content


def query_of(text: str) -> dict[str, str]:
    """A query as $_GET has it: the last of each name, `+` a space, and no blank before a name."""
    return {name.lstrip(" "): value for name, value in parse_qsl(text, keep_blank_values=True)}


def sanitized(text: str) -> str:
    """sanitize_text_field, which wc_clean is: no tags, no line ends, no %xx, no blanks around it."""
    if "<" in text:
        text = _TAG.sub("", text)
    text = re.sub(r"[\r\n\t ]+", " ", text).strip()
    found = False
    while _OCTET.search(text):
        text, found = _OCTET.sub("", text), True
    return re.sub(r" +", " ", text).strip() if found else text


def add_query_arg(told: Mapping[str, str], url: str) -> str:
    """WordPress's: what the address had is encoded anew, what is added is not encoded at all, so an & in it cuts."""
    url, _, fragment = url.partition("#")
    base, _, query = url.partition("?")
    had = {name: quote_plus(value) for name, value in query_of(query).items()}
    joined = "&".join(f"{name}={value}" for name, value in {**had, **told}.items())
    query = _NO_EQUALS.sub(r"\1", joined)
    return base + (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")


def raw_url(url: str) -> str:
    """esc_url_raw and wp_redirect together: blanks and what is not ASCII are encoded, an encoded sign stays."""
    return quote(url, safe="~-_.?#=&;,/:%!*@()[]|+$'")


def formatted_url(url: str) -> str:
    """wc-auth's: decoded once more, and with https:// where it has no scheme."""
    url = unquote_plus(url)
    return url if "://" in url else f"https://{url}"


def is_url(url: str) -> bool:
    """FILTER_VALIDATE_URL, about: ASCII, a scheme, a host."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 (raises for a port that is none)
    except ValueError:
        return False
    plain = url.isascii() and not re.search(r"[\s<>\"]", url)
    return plain and bool(_SCHEME.fullmatch(parts.scheme)) and bool(parts.hostname)


def decoded_specialchars(text: str) -> str:
    """wp_specialchars_decode(…, ENT_QUOTES): five signs, in one pass."""
    for spelling, one in _SPELLINGS:
        text = spelling.sub(one, text)
    return _KNOWN.sub(lambda match: _MEANT[match[0]], text)


def escaped(text: str) -> str:
    """esc_html."""
    signs = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#039;"))
    for sign, name in signs:
        text = text.replace(sign, name)
    return text
