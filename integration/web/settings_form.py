"""What a merchant chose on the settings page, a group at a time, read from the form. Pure.

What a group's form does not have is refused: a form of another version would save half of what somebody saw.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Protocol

from connectors.errors import RequestMalformed
from integration.errors import InvalidSetting
from integration.store_settings import PRESET, ConsentMode, StoreSettings, parse
from integration.web import consent_words

ROUTE = "routing."  # what the name of an event's choice begins with
VOUCH, REASON, PREVIEW = "vouch", "reason", "preview"
VOUCHED, LEAST_REASON = "assumed", 10
_LONGEST = 2_000

# By group: the settings that it holds, in the order in which they are shown.
GROUPS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "purchases": ("purchase_when", "cod_when", "include_sources", "refunds", "registrations"),
        "events": ("routing", "pixel", "pixel_carrier"),
        "value": ("value_basis",),
        "names": ("event_id_template", "content_id_template"),
        "consent": ("consent_mode", "limited_data_use"),
        "people": ("phone_country",),
    }
)
_SWITCHES = frozenset({"refunds", "registrations"})
_TICKS = frozenset({"include_sources"})
_BESIDE: Mapping[str, Sequence[str]] = MappingProxyType({"consent": (VOUCH, REASON), "names": (PREVIEW,)})


class Form(Protocol):
    """What a request brings."""

    def getlist(self, key: str) -> list[str]:
        """All values of one name."""

    def keys(self) -> Iterable[str]:
        """The names."""


class Typed(NamedTuple):
    """A form as it came. `values`: by setting, as text; `errors`: by field, what to change; `reason`: why, where somebody
    vouches; `preview`: nothing is to be saved yet.
    """

    values: Mapping[str, str]
    errors: Mapping[str, str]
    reason: str | None = None
    preview: bool = False


def read(group: str, form: Form, present: StoreSettings) -> Typed:
    """What was typed, with what is wrong with it. Raises RequestMalformed for what no form of ours holds."""
    names = GROUPS[group]
    refuse_unknown(form, {*_fields(names), *_BESIDE.get(group, ())})
    values = {name: _text(name, form) for name in names}
    errors = {name: said for name, text in values.items() if (said := wrong(name, text)) is not None}
    vouched = _vouched(form, values, present)
    preview = bool(form.getlist(PREVIEW)) and group == "names"
    return Typed(values, {**errors, **vouched.errors}, vouched.reason, preview)


def _fields(names: Sequence[str]) -> set[str]:
    routes = {f"{ROUTE}{event_name}" for event_name in PRESET} if "routing" in names else set()
    return {*routes, *(name for name in names if name != "routing")}


def refuse_unknown(form: Form, known: set[str]) -> None:
    """Raises RequestMalformed for a form with other fields, with one twice, or with far more than anybody types."""
    given = list(form.keys())
    twice = [name for name in given if name not in _TICKS and len(form.getlist(name)) > 1]
    if set(given) - known or twice or any(len(text) > _LONGEST for name in given for text in form.getlist(name)):
        raise RequestMalformed(
            "This form is not the one that the page shows now. Open Settings again, and save it anew."
        )


def _text(name: str, form: Form) -> str:
    """As `store_settings` reads it. A box that is not ticked is not in the form at all."""
    if name == "routing":
        return ",".join(f"{event_name}={_one(f'{ROUTE}{event_name}', form)}" for event_name in PRESET)
    if name in _SWITCHES:
        return _one(name, form) or "off"
    return ",".join(form.getlist(name)) if name in _TICKS else _one(name, form)


def _one(name: str, form: Form) -> str:
    return next(iter(form.getlist(name)), "").strip()


def wrong(name: str, text: str) -> str | None:
    """What to change, without the setting's own name in front: it stands beside its field."""
    try:
        parse(name, text)
    except InvalidSetting as error:
        return consent_words.capital(str(error).removeprefix(f"{name} cannot be {text!r}: "))
    return None


class _Vouched(NamedTuple):
    errors: Mapping[str, str]
    reason: str | None


def _vouched(form: Form, values: Mapping[str, str], present: StoreSettings) -> _Vouched:
    """Whoever lets silence count as yes says so in a word of their own, and why."""
    chosen = values.get("consent_mode")
    if chosen != ConsentMode.ASSUMED or present.consent_mode is ConsentMode.ASSUMED:
        return _Vouched({}, None)
    errors: dict[str, str] = {}
    if _one(VOUCH, form).lower() != VOUCHED:
        errors[VOUCH] = f"To vouch for your shoppers, type the word {VOUCHED} here."
    if len(_one(REASON, form)) < LEAST_REASON:
        errors[REASON] = (
            f"Say in at least {LEAST_REASON} characters how your shoppers consent. It is kept in the change log."
        )
    return _Vouched(errors, _one(REASON, form))
