"""The settings page: each group saved by itself, what is wrong said beside it, and every change written down."""

import re
from datetime import UTC, datetime
from html import unescape
from urllib.parse import urlencode, urlsplit

import pytest

from integration.db import changes, reading, stores, transaction
from integration.db.changes import By, Change
from integration.store_settings import PRESET, StoreSettings
from integration.stores import operators
from integration.web import settings_form
from integration.web.settings_page import PATH
from tests.rig.own_page import OwnPage
from tests.rig.pages import Browser, Pages, Read, path_of, session

AT = f"/store{PATH}"
DATASET = "300000000000009"


@pytest.fixture
def store(pages: Pages) -> OwnPage:
    return OwnPage.of(pages)


def posted(browser: Browser, path: str, told: object):
    headers = {"Content_Type": "application/x-www-form-urlencoded", "Sec_Fetch_Site": "same-origin"}
    return browser.ask("POST", path, urlencode(told, doseq=True), **headers)


def read(answer) -> Read:
    return Read(unescape(answer.data.decode()))


def log(store: OwnPage) -> list[Change]:
    """The newest first."""
    with reading(store.pages.engine) as connection:
        return list(changes.of_store(connection, store.id, before=None, most=50))


def form_of(page: str, group: str) -> list[tuple[str, str]]:
    """What a browser would send, were the group's button pressed at once."""
    inside = re.search(rf'<form[^>]*action="[^"]*/settings/{group}"[^>]*>(.*?)</form>', page, re.DOTALL)[1]
    found = []
    for tag in re.findall(r"<input[^>]*>", inside):
        told = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if told["type"] not in ("radio", "checkbox") or " checked" in tag:
            found.append((told["name"], unescape(told["value"])))
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', inside, re.DOTALL):
        found.append((name, re.search(r'value="([^"]*)" selected', options)[1]))
    return found


def test_every_group_saved_as_it_is_shown_changes_nothing_and_says_so(store: OwnPage) -> None:
    """So no group forgets a setting, or shows another than the one that is kept."""
    browser = store.browser()
    before, lines = store.row.settings, len(log(store))
    page = browser.get(AT).data.decode()
    for group, names in settings_form.GROUPS.items():
        form = form_of(page, group)
        assert {name.partition(".")[0] for name, _ in form} >= set(names) - {"include_sources", "registrations"}
        answer = posted(browser, f"{AT}/{group}", form)
        assert (answer.status, path_of(answer.headers["Location"])) == (303, f"{AT}?saved=0"), group
        assert "#" not in answer.headers["Location"]  # what was saved is said at the top
    assert "Nothing was changed: it was set so already." in read(browser.get(f"{AT}?saved=0")).text
    assert (store.row.settings, len(log(store))) == (before, lines)


def test_what_is_saved_is_said_in_words_and_written_down_with_who_did_it(store: OwnPage) -> None:
    browser = store.browser()
    form = {"purchase_when": "placed", "cod_when": "paid", "include_sources": ["pos", "draft"]}
    answer = posted(browser, f"{AT}/purchases", form)

    kept = store.row.settings
    assert (kept.purchase_when, kept.cod_when, kept.include_sources) == ("placed", "paid", {"pos", "draft"})
    assert (kept.refunds, kept.registrations) == (False, False)
    text = read(browser.get(path_of(answer.headers["Location"]))).text
    assert "Saved." in text
    assert "An order counts as a purchase: When it is paid → When it is placed" in text
    assert "too: nothing → Made by hand by your staff, Sold in a shop (point of sale)" in text
    line = log(store)[0]
    assert (line.who, line.what, line.after["refunds"]) == ("the merchant, signed in", "settings", "off")


def test_what_cannot_be_is_said_beside_its_field_and_what_was_typed_is_kept(store: OwnPage) -> None:
    lines = len(log(store))
    typed = {"event_id_template": '<b>"fixed', "content_id_template": "{sku}"}
    answer = posted(store.browser(), f"{AT}/names", typed)

    page = read(answer)
    fields = {told["name"]: told for told in Read(answer.data.decode()).all("input") if "name" in told}
    assert answer.status == 400
    assert "It must hold {order_id}." in page.text
    assert [fields[name]["value"] for name in typed] == list(typed.values())
    assert fields["event_id_template"]["aria-describedby"].endswith("event_id_template-error")
    assert "<b>" not in answer.data.decode()
    assert (store.row.settings, len(log(store))) == (StoreSettings(), lines)


@pytest.mark.parametrize(
    ("group", "told"),
    [
        ("value", {"value_basis": "total", "state": "live"}),
        ("value", {"value_basis": ["total", "subtotal"]}),
        ("events", {"routing.Purchase": "both", "routing.Nonsense": "off"}),
        ("people", {"phone_country": "DE", "consent_mode": "assumed"}),
        ("alerts", {"emails": "a@b.example", "more": "x"}),
        ("stop", {"reason": "x"}),
        ("value", {"value_basis": "x" * 3_000}),
    ],
)
def test_a_form_with_anything_else_in_it_is_refused_whole(store: OwnPage, group: str, told: dict[str, object]) -> None:
    lines = log(store)
    answer = posted(store.browser(), f"{AT}/{group}", told)
    assert answer.status == 400
    assert (store.row.settings, log(store)) == (StoreSettings(), lines)


def test_the_routing_is_chosen_event_by_event_and_browsing_never_by_the_server(store: OwnPage) -> None:
    browser = store.browser()
    routes = {f"routing.{name}": route for name, route in PRESET.items()}
    rest = {"pixel": "ours", "pixel_carrier": "fbq"}
    assert posted(browser, f"{AT}/events", {**routes, **rest, "routing.Lead": "off"}).status == 303
    assert store.row.settings.route("Lead") == "off"
    assert posted(browser, f"{AT}/events", {**routes, **rest, "routing.PageView": "server"}).status == 400
    text = read(browser.get("/store/changes")).text
    assert "Lead: Pixel and server → Nobody" in text
    assert "Purchase: " not in text


def test_silence_counts_as_yes_only_for_whoever_vouches_and_says_why(store: OwnPage) -> None:
    browser, chosen = store.browser(), {"consent_mode": "assumed", "limited_data_use": "auto"}
    reason = "our banner asks everybody"
    for beside in ({}, {"vouch": "yes", "reason": reason}, {"vouch": "assumed", "reason": "short"}):
        answer = posted(browser, f"{AT}/consent", {**chosen, **beside})
        assert (answer.status, store.row.settings.consent_mode) == (400, "regional")
    assert 'value="short"' in answer.data.decode()

    assert posted(browser, f"{AT}/consent", {**chosen, "vouch": "Assumed", "reason": reason}).status == 303
    assert store.row.settings.consent_mode == "assumed"
    assert log(store)[0].after == {"consent_mode": "assumed", "reason": reason}
    assert posted(browser, f"{AT}/consent", {**chosen, "limited_data_use": "never"}).status == 303


def test_each_choice_is_shown_on_the_last_orders_and_names_while_they_are_typed(store: OwnPage) -> None:
    browser = store.browser()
    assert "With the first orders, a table appears here" in read(browser.get(AT)).text
    store.order("7001")
    page = read(browser.get(AT))
    assert "Your last order, each way" in page.text
    assert "Made by hand by your staff: 0 of the last 1" in page.text
    assert "Of your last 1 order it would hold back" in page.text
    assert (
        "Of your last 1 order, none counted more than an hour after being placed, none before being paid" in page.text
    )
    assert "would be called 7001" in page.text

    typed = {"event_id_template": "{store_key}-{order_id}", "content_id_template": "x-{product_id}"}
    piece = browser.get(f"{AT}/names?{urlencode(typed)}")
    assert f"{store.public_key[:8]}-7001" in read(piece).text
    assert "<html" not in piece.data.decode()
    preview = posted(browser, f"{AT}/names", {**typed, "preview": "yes"})
    assert preview.status == 200
    assert f"{store.public_key[:8]}-7001" in read(preview).text
    assert store.row.settings.event_id_template == "{order_id}"
    assert "The id of a purchase: It must hold {order_id}." in read(browser.get(f"{AT}/names?event_id_template=x")).text


def test_a_shop_whose_ids_would_collide_at_its_dataset_is_refused_beside_the_template(pages: Pages) -> None:
    one, other = OwnPage.of(pages), OwnPage.of(pages)
    keyed = {"event_id_template": "{store_key}-{order_id}", "content_id_template": "{sku}"}
    for each in (one, other):
        assert posted(each.browser(), f"{AT}/names", keyed).status == 303
        each.attach(DATASET)
    answer = posted(one.browser(), f"{AT}/names", {**keyed, "event_id_template": "{order_id}"})
    assert answer.status == 400
    assert "Another shop that counts its orders from 1 tells this dataset too" in read(answer).text
    assert other.domain not in answer.data.decode()


def test_the_store_observes_again_after_a_page_that_says_what_that_means(store: OwnPage) -> None:
    store.attach("300000000000010")
    browser = store.browser()
    assert "is not sent, and not later either" in read(browser.get(f"{AT}/stop")).text
    assert store.row.live
    answer = posted(browser, f"{AT}/stop", {})
    assert not store.row.live
    assert "Tandem: tells Meta → observes" in read(browser.get(path_of(answer.headers["Location"]))).text


def test_addresses_are_kept_and_shown_to_their_merchant_and_what_is_none_stays_in_its_field(store: OwnPage) -> None:
    browser = store.browser()
    answer = posted(browser, f"{AT}/alerts", {"emails": "anna@tea.example\r\nnobody"})
    assert answer.status == 400
    assert "Address 2 is none" in read(answer).text
    assert "anna@tea.example\nnobody" in answer.data.decode().replace("\r", "")
    answer = posted(browser, f"{AT}/alerts", {"emails": "anna@tea.example"})
    page = browser.get(path_of(answer.headers["Location"]))
    assert ">\nanna@tea.example</textarea>" in page.data.decode()
    assert "Addresses: nothing → a…@tea.example" in read(page).text


def test_an_operator_sees_the_settings_but_no_address_and_can_press_nothing(store: OwnPage) -> None:
    posted(store.browser(), f"{AT}/alerts", {"emails": "anna@tea.example"})
    me, now = By("a test", changes.COMMAND_LINE), datetime.now(UTC)
    with transaction(store.pages.engine) as connection:
        key = operators.add(connection, f"looker-{store.id}", me, now)
        entered = operators.enter(connection, f"looker-{store.id}", key, network=None, instead_of=None, now=now)
    browser = store.pages.browser()
    browser.cookies["tandem-operator"] = entered.token
    page = browser.get(f"/operator/stores/{store.id}{PATH}").data.decode()
    assert "a…@tea.example" in page
    assert "anna" not in page
    assert "<form" not in page.partition("<main")[2]


def test_inside_the_platform_s_admin_it_is_the_same_page_and_the_log_says_which_way_somebody_came(pages: Pages) -> None:
    shop = pages.connected()
    bearer = {"Authorization": f"Bearer {session(shop)}", "Content_Type": "application/x-www-form-urlencoded"}
    answer = pages.browser().ask("POST", f"/shopify/app{PATH}/value", "value_basis=subtotal", **bearer)
    assert answer.status == 303
    with reading(pages.engine) as connection:
        store = stores.by_domain(connection, "shopify", shop)
        [line, *_] = changes.of_store(connection, store.id, before=None, most=1)
    assert (store.settings.value_basis, line.surface) == ("subtotal", "admin")
    saved = pages.browser().get(path_of(answer.headers["Location"]), Authorization=bearer["Authorization"])
    assert "The value of an order: The total → The items alone" in read(saved).text


def test_a_line_of_another_store_is_told_to_nobody(pages: Pages, store: OwnPage) -> None:
    other = OwnPage.of(pages)
    posted(other.browser(), f"{AT}/value", {"value_basis": "subtotal"})
    [line, *_] = log(other)
    for saved in (str(line.id), "9" * 30, "-1", "x"):
        assert "Saved." not in read(store.browser().get(f"{AT}?saved={saved}")).text


def test_the_log_is_paged_without_a_gap_and_whole_as_csv(store: OwnPage) -> None:
    with store.pages.engine.begin() as connection:
        for number in range(120):
            changes.record(connection, store.id, changes.BY_ITSELF, f"deed {number}", None, {"x": "=1+1"})
    browser, seen, path = store.browser(), [], "/store/changes"
    while path:
        page = read(browser.get(path))
        seen += re.findall(r"Deed (\d+)", page.text)
        ways = [told["href"] for told in page.all("a") if told.get("rel") == "next"]
        path = ways[0] if ways else ""
    assert seen == [str(number) for number in reversed(range(120))]
    back = [told["href"] for told in page.all("a") if told.get("rel") == "prev"]
    assert "Deed 69" in read(browser.get(back[0])).text

    answer = browser.get("/store/changes.csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    text = answer.data.decode("utf-8-sig")
    assert len(re.findall("Deed ", text)) == 120
    assert "'=1+1" in text
    assert urlsplit(back[0]).path == "/store/changes"
