"""A store's settings: CONTRACT's names, defaults and values, and refusals that say what would do."""

from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.event import Source
from integration.errors import InvalidSetting
from integration.store_settings import (
    ConsentMode,
    LimitedDataUse,
    PixelOwner,
    Route,
    StoreSettings,
    ValueBasis,
    When,
    parse,
)

DEFAULTS = {
    "purchase_when": "paid",
    "cod_when": "placed",
    "event_id_template": "{order_id}",
    "value_basis": "total",
    "content_id_template": "{variant_id}",
    "refunds": "on",
    "registrations": "off",
    "include_sources": "",
    "phone_country": "",
    "pixel": "ours",
    "consent_mode": "regional",
    "limited_data_use": "auto",
    "routing": (
        "PageView=pixel,ViewContent=pixel,Search=pixel,AddToCart=pixel,AddPaymentInfo=pixel,"
        "InitiateCheckout=both,Purchase=both,Lead=both"
    ),
    "pixel_carrier": "fbq",
    "leave_out": "",
    "never_named": "",
}
CHOICES = {
    "purchase_when": ["paid", "placed"],
    "cod_when": ["paid", "placed"],
    "value_basis": ["total", "without_shipping", "without_tax", "subtotal"],
    "refunds": ["on", "off"],
    "registrations": ["on", "off"],
    "pixel": ["ours", "other", "none"],
    "consent_mode": ["regional", "strict", "assumed"],
    "limited_data_use": ["auto", "always", "never"],
    "pixel_carrier": ["fbq", "image"],
}
SOURCES = ["pos", "draft", "subscription", "other"]
TEMPLATES = {
    "event_id_template": ["{order_id}", "{order_number}", "{store_key}"],
    "content_id_template": ["{variant_id}", "{product_id}", "{sku}"],
}
each_template = pytest.mark.parametrize("name", TEMPLATES)


def refusal(name, text):
    with pytest.raises(InvalidSetting) as raised:
        StoreSettings().changed({name: text})
    return str(raised.value)


def test_the_defaults_are_those_of_the_contract():
    assert StoreSettings().as_text() == DEFAULTS
    assert [one.name for one in fields(StoreSettings)] == list(DEFAULTS)


def test_the_defaults_have_their_types():
    told = StoreSettings()
    assert (told.purchase_when, told.cod_when) == (When.PAID, When.PLACED)
    assert (told.refunds, told.registrations) == (True, False)
    assert (told.include_sources, told.phone_country) == (frozenset(), None)
    assert (told.value_basis, told.pixel) == (ValueBasis.TOTAL, PixelOwner.OURS)
    assert (told.consent_mode, told.limited_data_use) == (ConsentMode.REGIONAL, LimitedDataUse.AUTO)


ACCEPTED = [(name, value) for name, values in CHOICES.items() for value in values]


@pytest.mark.parametrize(("name", "value"), ACCEPTED)
def test_each_value_of_the_contract_is_accepted(name, value):
    changed = StoreSettings().changed({name: f" {value}\n"})
    assert changed.as_text() == {**DEFAULTS, name: value}


@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.parametrize("value", ["", "nonsense", "true", "1", "ON", "Paid", "paid,placed", "on off"])
def test_every_other_value_is_refused_with_the_choices(name, value):
    said = refusal(name, value)
    assert said.startswith(f"{name} cannot be {value!r}")
    assert said.endswith(".")
    assert not [choice for choice in CHOICES[name] if choice not in said]


@pytest.mark.parametrize("name", ["", "purchase-when", "Purchase_When", "__class__", "as_text", "changed"])
def test_an_unknown_setting_is_told_which_there_are(name):
    said = refusal(name, "paid")
    assert not [known for known in (*DEFAULTS, "state") if known not in said]


def test_the_state_of_a_store_is_not_among_these_but_named():
    """It is set by the same command, and kept elsewhere."""
    assert "state" in refusal("state", "live")


def test_several_settings_change_together_or_not_at_all():
    before = StoreSettings()
    after = before.changed({"refunds": "off", "pixel": "none"})
    assert (after.refunds, after.pixel) == (False, PixelOwner.NONE)
    with pytest.raises(InvalidSetting):
        after.changed({"refunds": "on", "pixel": "nobody's"})
    assert (after.refunds, before.refunds) == (False, True)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        *(
            ("", ""),
            (",", ""),
            (" , ,", ""),
            ("pos", "pos"),
            ("pos,pos", "pos"),
            (" subscription , pos,", "pos,subscription"),
        ),
        ("other,subscription,draft,pos", "draft,other,pos,subscription"),
    ],
)
def test_sources_are_a_comma_list(text, kept):
    assert StoreSettings().changed({"include_sources": text}).as_text()["include_sources"] == kept


@pytest.mark.parametrize("text", ["website", "pos draft", "POS", "pos,web", "pos;draft", "all", "none"])
def test_other_sources_are_refused_with_those_there_are(text):
    said = refusal("include_sources", text)
    assert not [source for source in SOURCES if source not in said]
    assert "website" not in said.replace(repr(text), "")


@pytest.mark.parametrize(("text", "kept"), [("DE", "DE"), ("de", "DE"), (" gB ", "GB"), ("", None)])
def test_a_country_is_two_letters_or_nothing(text, kept):
    assert StoreSettings().changed({"phone_country": text}).phone_country == kept


@pytest.mark.parametrize("text", ["D", "DEU", "Germany", "49", "D1", "ÄÖ", "d e", "🇩🇪"])
def test_any_other_country_is_refused_with_an_example(text):
    assert "two-letter country code like DE" in refusal("phone_country", text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("event_id_template", "{order_id}"),
        ("event_id_template", "{store_key}_{order_id}"),
        ("event_id_template", "order.{order_number}-{order_id}-{order_id}"),
        ("event_id_template", "x" * 90 + "{order_id}"),
        ("content_id_template", "{product_id}"),
        ("content_id_template", "{sku}"),
        ("content_id_template", "shopify_US_{product_id}_{variant_id}"),
        ("content_id_template", "wc_post_id_{product_id}"),
    ],
)
def test_a_template_is_kept_as_written(name, text):
    assert StoreSettings().changed({name: f" {text} "}).as_text()[name] == text


@each_template
@pytest.mark.parametrize("spoil", ["{}", "{ }", "{0}", "{nonsense}", "{Order_Id}", "{ORDER_ID}", "{VARIANT_ID}"])
def test_unknown_names_in_a_template_are_refused_with_the_known_ones(name, spoil):
    said = refusal(name, TEMPLATES[name][0] + spoil)
    assert not [known for known in TEMPLATES[name] if known not in said]


@each_template
@pytest.mark.parametrize(
    "spoil",
    [
        *("{{{}.__class__}}", "{{{}.__class__.__init__.__globals__}}", "{{{}[0]}}", "{{{}!r}}", "{{{}:>1000000000}}"),
        *("{{{}:{{}}}}", "{{ {} }}", "{{{{{}}}}}", "{{{}}}}}", "{{{{{}}}", "{{{}", "{}}}", "{{}}{{{}}}", "}}{{{}"),
    ],
)
def test_a_template_can_smuggle_nothing_past_its_names(name, spoil):
    """Attribute access, conversions, widths and braces without their pair, for each name it knows and beside it."""
    for field in TEMPLATES[name]:
        smuggled = spoil.format(field.strip("{}"))
        refusal(name, smuggled)
        refusal(name, TEMPLATES[name][0] + smuggled)
        refusal(name, smuggled + TEMPLATES[name][0])


@each_template
@pytest.mark.parametrize("text", ["", " ", "order_id", "constant", "(order_id)", "$order_id", "%(order_id)s"])
def test_a_template_without_a_name_would_be_the_same_for_every_order(name, text):
    refusal(name, text)


@pytest.mark.parametrize(
    "text", ["{order_number}", "{store_key}", "{store_key}-{order_number}", "order_id {order_number}"]
)
def test_an_event_id_without_the_order_id_is_refused(text):
    """Order numbers are not unique, and the Pixel must be able to give the very same text."""
    assert "it must hold {order_id}" in refusal("event_id_template", text)


@each_template
def test_a_template_has_100_characters_at_most(name):
    field = TEMPLATES[name][0]
    parse(name, "x" * (100 - len(field)) + field)
    assert "1 to 100 characters" in refusal(name, "x" * (101 - len(field)) + field)


@each_template
@pytest.mark.parametrize("odd", ["\x00", "\n", "\ud800"])
def test_a_template_holds_nothing_a_database_or_a_page_would_choke_on(name, odd):
    refusal(name, f"a{odd}{TEMPLATES[name][0]}")


@pytest.mark.parametrize(
    ("text", "event_name", "by_pixel", "by_server"),
    [
        ("", "PageView", True, False),
        ("", "InitiateCheckout", True, True),
        ("", "Purchase", True, True),
        ("", "Refund", False, True),
        (" Purchase = server , PageView=off", "Purchase", False, True),
        ("Purchase=server,PageView=off", "PageView", False, False),
        ("Purchase=server", "InitiateCheckout", True, True),
        ("Purchase=server,Purchase=pixel", "Purchase", True, False),
    ],
)
def test_each_event_has_its_way_and_what_is_not_named_keeps_the_usual_one(text, event_name, by_pixel, by_server):
    route = StoreSettings().changed({"routing": text}).route(event_name)
    assert (route.by_pixel, route.by_server) == (by_pixel, by_server)


@pytest.mark.parametrize(
    "text", ["Purchase", "Purchase=", "Purchase=maybe", "purchase=both", "Refund=off", "=both", "a=b=c"]
)
def test_other_ways_are_refused(text):
    assert refusal("routing", text).endswith(".")


@pytest.mark.parametrize("event_name", ["PageView", "ViewContent", "Search", "AddToCart", "AddPaymentInfo"])
@pytest.mark.parametrize("route", ["server", "both"])
def test_browsing_cannot_be_told_by_a_server_that_hears_nothing_of_it(event_name, route):
    assert "no webhook tells" in refusal("routing", f"{event_name}={route}")


LITERALS = st.text("abcXYZ019_-.:/ #", max_size=6)


@st.composite
def templates(draw, name):
    required = TEMPLATES[name][0]
    parts = draw(st.lists(st.sampled_from(TEMPLATES[name]) | LITERALS, max_size=3))
    parts.insert(draw(st.integers(0, len(parts))), required)
    return "".join(parts).strip()


ANY_SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.sampled_from(values) for name, values in CHOICES.items()},
        **{name: templates(name) for name in TEMPLATES},
        "include_sources": st.lists(st.sampled_from(SOURCES)).map(",".join),
        "phone_country": st.text("abcdeXYZ", min_size=2, max_size=2) | st.just(""),
        "routing": st.lists(
            st.sampled_from(["Purchase", "InitiateCheckout", "Lead"]).flatmap(
                lambda name: st.sampled_from(Route).map(lambda route: f"{name}={route}")
            )
        ).map(",".join),
    },
)


@settings(deadline=None)
@given(ANY_SETTINGS, ANY_SETTINGS)
def test_settings_survive_being_written_and_read(values, others):
    changed = StoreSettings().changed(others).changed(values)
    assert StoreSettings().changed(changed.as_text()) == changed
    assert changed.changed({}) == changed
    assert changed.changed(values) == changed
    assert set(changed.as_text()) == set(DEFAULTS)


@settings(deadline=None)
@given(st.sampled_from(sorted(DEFAULTS)), st.text() | st.text("{}[].:!_order_idvarntproductsku", max_size=30))
def test_no_text_raises_anything_but_a_refusal_and_what_is_taken_can_be_written(name, text):
    try:
        changed = StoreSettings().changed({name: text})
    except InvalidSetting:
        return
    assert StoreSettings().changed(changed.as_text()) == changed


@settings(deadline=None)
@given(st.text("{}order_idstkyumb", max_size=40))
def test_whatever_template_is_taken_can_be_filled_with_its_names_and_no_brace_is_left(text):
    try:
        template = parse("event_id_template", text)
    except InvalidSetting:
        return
    filled = template.format(order_id="1", order_number="2", store_key="k")
    assert not set("{}") & set(filled)


def test_the_words_of_the_sources_are_those_of_the_events():
    assert set(SOURCES) == set(Source) - {Source.WEBSITE}
