"""Data & privacy: what the page says of a store, what can be asked of it, and that nothing of another store is handed out."""

import itertools
import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
import urllib3

from connectors import registry
from connectors.event import PrivacyKind
from integration.db import chores, consents, deliveries, events, privacy_requests, reading, transaction
from integration.db.privacy_requests import MERCHANT, SEALED_EXPORT, Request
from integration.pipeline.statements import Said, Statements, Voice
from integration.retention import Retention
from integration.store_settings import ConsentMode, Field, LimitedDataUse, StoreSettings
from integration.web import consent_words, privacy_words
from integration.web.privacy import MOST_OPEN
from tests.rig.own_page import OwnPage
from tests.rig.pages import Pages, Read

PRIVACY = "/store/privacy"
ASK, KEEP_BACK, EVERYTHING = f"{PRIVACY}/ask", f"{PRIVACY}/keep-back", f"{PRIVACY}/everything"
EMAIL, PHONE = "erika.mustermann@example.com", "+49 30 1234567"
_numbers = itertools.count(81_000)


def shown(store: OwnPage) -> str:
    answer = store.browser().get(PRIVACY)
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return Read(answer.data.decode()).text


def sent(store: OwnPage, path: str, form: Any, **headers: str) -> urllib3.BaseHTTPResponse:
    told = {"Origin": store.pages.url, "Content_Type": "application/x-www-form-urlencoded", **headers}
    return store.browser().ask("POST", path, urlencode(form, doseq=True), **told)


def asked(store: OwnPage) -> list[Request]:
    with reading(store.pages.engine) as connection:
        return list(privacy_requests.of_store(connection, store.id))


def seeded(store: OwnPage, said: Statements, delivery: dict[str, Any] | None = None, **values: Any) -> None:
    """One more order, of which this was stated."""
    store.order(str(next(_numbers)))
    with transaction(store.pages.engine) as connection:
        mine = sa.select(sa.func.max(events.events.c.id)).where(events.events.c.store_id == store.id)
        pk = connection.execute(mine).scalar_one()
        told = {"stated": said.encoded(), "region": "EEA", **values}
        connection.execute(events.events.update().where(events.events.c.id == pk).values(told))
        if delivery:
            its = deliveries.deliveries.c.event_pk == pk
            connection.execute(deliveries.deliveries.update().where(its).values(delivery))


def test_strangers_are_led_to_sign_in_and_other_sites_can_ask_for_nothing(pages: Pages) -> None:
    store = OwnPage.of(pages)
    for path in (PRIVACY, EVERYTHING, f"{PRIVACY}/export/1"):
        assert pages.browser().get(path).status == 303
        assert store.browser().ask("HEAD", path).status == 405
    form = {"demand": "customer_erasure", "email": EMAIL}
    for path in (ASK, KEEP_BACK):
        assert sent(store, path, form, Origin="https://evil.example").status == 403
        assert pages.browser().ask("POST", path, Origin=pages.url).status == 303
    assert asked(store) == []


def test_every_kind_of_data_is_named_with_the_days_of_this_service(pages: Pages) -> None:
    text = shown(OwnPage.of(pages))
    assert "A notification of your shop that nobody could read, whole and encrypted 3 days after it came" in text
    assert "That Meta was called, and what it answered; not of whom 90 days after the call" in text
    assert set(privacy_words.KEPT) == set(Retention().by_kind())
    assert privacy_words.kept(Retention(quarantine=1))[3].how_long == "1 day after it came"
    assert set(privacy_words.FIELDS) == set(Field)


@pytest.mark.parametrize(
    ("mode", "ldu", "europe", "states", "elsewhere"),
    [
        ("regional", "auto", "only if the shopper said yes", "limited data use", "unless the shopper said no"),
        ("regional", "never", "only if the shopper said yes", "it is withheld", "unless the shopper said no"),
        ("strict", "auto", "only if the shopper said yes", "only if the shopper said yes", "only if"),
        ("assumed", "always", "unless the shopper said no", "It always goes under", "unless the shopper said no"),
    ],
)
def test_the_consent_mode_is_said_for_each_part_of_the_world(
    mode: str, ldu: str, europe: str, states: str, elsewhere: str
) -> None:
    settings = StoreSettings(consent_mode=ConsentMode(mode), limited_data_use=LimitedDataUse(ldu))
    places = dict(consent_words.mode(settings).by_place)
    assert europe in places["EEA, United Kingdom, Switzerland"]
    assert states in places["United States"]
    assert elsewhere in places["Elsewhere"]


def test_it_counts_who_said_what_and_what_was_withheld_for_it(pages: Pages) -> None:
    store = OwnPage.of(pages)
    assert "No events in the last 30 days." in shown(store)
    yes, no = Said("granted", Voice.ORDER, 1), Said("refused", Voice.SCRIPT, 1)
    withheld = {"state": "withheld", "reason": "consent was refused"}
    for said, delivery in (
        (Statements(yes), None),
        (Statements(yes, Said("refused", Voice.GPC)), None),
        (Statements(no), withheld),
        (Statements(default_marketing=True), {"state": "withheld", "reason": "no consent was stated"}),
    ):
        seeded(store, said, delivery)
    seeded(store, Statements(no), withheld, placed_at=datetime.now(UTC) - timedelta(days=31))

    text = shown(store)

    assert "Said by Marketing: yes Marketing: no Sale of data: no The order itself, when it was placed 2 0 0" in text
    assert "Our script in your shop, which asks the WP Consent API or your banner 0 1 0" in text
    assert "Global Privacy Control of the browser 0 0 1" in text
    assert "Of 4 events; about marketing nothing was stated for 1." in text
    assert "Why Events The shopper said no to marketing 1 A yes is needed, and nobody said anything 1" in text
    with reading(pages.engine) as connection:
        since = datetime.now(UTC) - timedelta(days=60)
        assert sum(one.events for one in consents.stated_since(connection, store.id, since, without="Refund")) == 5
        assert not consents.stated_since(connection, store.id, since, without="Purchase")


def test_before_going_live_it_says_how_many_orders_consent_would_hold_back(pages: Pages) -> None:
    store = OwnPage.of(pages)
    for _ in range(10):
        seeded(store, Statements())
    sentence = (
        "10 of your last 10 orders are from the EEA and would be withheld: no consent reaches us. Install the plugin"
    )
    assert sentence in shown(store)
    assert sentence in Read(store.browser().get("/store/senders").data.decode()).text


@pytest.mark.parametrize("kind", ["customer_data", "customer_erasure"])
def test_a_merchant_asks_for_a_person_and_what_was_typed_is_sealed(
    pages: Pages, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    store = OwnPage.of(pages)
    form = {"demand": kind, "email": EMAIL, "phone": PHONE, "customer_id": "77", "order_ids": "#1001, 1002"}
    answer = sent(store, ASK, form)
    assert answer.status == 303
    assert answer.headers["Location"] == f"{PRIVACY}#requests"
    [request] = asked(store)
    assert (request.kind, request.asked_by, request.done_at) == (kind, MERCHANT, None)
    opened = pages.office.sealer.unseal(request.demand, store=store.id, column="privacy_requests.demand")
    assert json.loads(opened) | {"site": ""} == {
        "kind": kind,
        "site": "",
        "customer_id": "77",
        "email": EMAIL,
        "phone": PHONE,
        "order_ids": ["1001", "1002"],
        "shop_id": None,
    }
    text = shown(store)
    assert f"{privacy_words.KINDS[kind]} You" in text
    assert "To do" in text
    for secret in (EMAIL, PHONE, "1234567"):
        assert secret not in text
        assert secret not in caplog.text
        assert secret not in str(request)


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"demand": "customer_erasure"}, "Name the person: by e-mail"),
        ({"demand": "store_erasure", "email": EMAIL}, "Choose what is to be done"),
        ({"email": EMAIL}, "Choose what is to be done"),
        ({"demand": "customer_data", "email": "typed-secret"}, "The e-mail address is not one."),
        ({"demand": "customer_data", "phone": "typed-secret"}, "Type the phone number with its country’s code"),
        ({"demand": "customer_data", "phone": "0202 55501"}, "Type the phone number with its country’s code"),
        ({"demand": "customer_data", "phone": "00 000"}, "Nobody can be found by this."),
        ({"demand": "customer_data", "customer_id": "typed secret"}, "Ids are letters and digits without spaces"),
        ({"demand": "customer_data", "order_ids": "typed-secret" * 6}, "Ids are letters and digits without spaces"),
        ({"demand": "customer_data", "order_ids": "7 " * 101}, "up to 100 orders at once"),
    ],
)
def test_what_cannot_be_asked_is_said_without_repeating_what_was_typed(
    pages: Pages, form: dict[str, str], sentence: str
) -> None:
    store = OwnPage.of(pages)
    answer = sent(store, ASK, form)
    assert answer.status == 400
    assert sentence in Read(answer.data.decode()).text
    assert "typed" not in answer.data.decode().replace("was typed", "")
    assert asked(store) == []


def done(store: OwnPage, export: bytes | None = None, sealed_for: str | None = None, **values: Any) -> int:
    """A request that was carried out."""
    now = datetime.now(UTC)
    new = privacy_requests.Asked(
        *(store.id, "woocommerce", "x", PrivacyKind.CUSTOMER_DATA, privacy_requests.PLATFORM, now),
        *(now + timedelta(days=30), None, ()),
    )
    if export is not None:
        sealed = store.pages.office.sealer.seal(export, store=sealed_for or store.id, column=SEALED_EXPORT)
        values["export"] = sealed
    with transaction(store.pages.engine) as connection:
        pk = privacy_requests.add(connection, new)
        privacy_requests.change(connection, pk, **{"done_at": now, "next_at": None, **values})
    return pk


def test_requests_are_told_with_their_state_and_a_proof_in_a_sentence(pages: Pages) -> None:
    store = OwnPage.of(pages)
    assert "None so far." in shown(store)
    proof = {"events": 4, "signals": 1, "quarantine": 1, "deliveries": 0}
    done(store, kind=PrivacyKind.CUSTOMER_ERASURE, proof=json.dumps(proof))
    done(store, proof="{}")
    done(store, done_at=None, trouble="<b>It does not open.</b>")
    done(store, done_at=None, begun_at=datetime.now(UTC))
    assert "Overdue" not in shown(store)
    done(store, done_at=None, due_at=datetime.now(UTC) - timedelta(minutes=1))
    done(store, due_at=datetime.now(UTC) - timedelta(minutes=1))
    text = shown(store)
    assert "A person’s erasure WooCommerce" in text
    assert "4 events, 1 signal of a browser and 1 notification that nobody could read erased." in text
    assert "Nothing was there to be found." in text
    assert "Trouble <b>It does not open.</b>" in text
    assert "Under way" in text
    assert text.count("Overdue") == 1


def test_an_export_is_downloaded_by_its_own_store_alone(pages: Pages) -> None:
    mine, other = OwnPage.of(pages), OwnPage.of(pages)
    pk, without = done(mine, b'{"events": []}'), done(mine)
    answer = mine.browser().get(f"{PRIVACY}/export/{pk}")
    assert answer.data == b'{"events": []}'
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="request-{pk}.json"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert f"{PRIVACY}/export/{pk}" in mine.browser().get(PRIVACY).data.decode()
    assert f"{PRIVACY}/export/{without}" not in mine.browser().get(PRIVACY).data.decode()
    for browser, number in ((other, pk), (mine, without), (mine, 999_999_999), (mine, 2**63)):
        refused = browser.browser().get(f"{PRIVACY}/export/{number}")
        assert refused.status == 404
        assert b"events" not in refused.data


def test_everything_of_a_store_is_downloaded_and_nothing_of_another(pages: Pages) -> None:
    mine, other = OwnPage.of(pages), OwnPage.of(pages)
    mine.order("88001")
    other.order("88002")
    for _ in range(6):  # more than there are places: each is given back
        answer = mine.browser().get(EVERYTHING)
        assert answer.status == 200
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{mine.id}.jsonl"'
    assert answer.headers["Cache-Control"] == "no-store"
    lines = [json.loads(line) for line in answer.data.splitlines()]
    assert "88001" in {line.get("order_id") for line in lines if line["table"] == "events"}
    assert "88002" not in answer.data.decode()
    assert mine.secret not in answer.data.decode()


def test_what_is_kept_back_is_saved_and_the_storefront_is_told(pages: Pages) -> None:
    store = OwnPage.of(pages)
    store.chore(chores.PIXEL, done=True)
    before = store.row
    form = {"leave_out": ["phone", "ip"], "never_named": "SKU-1*\r\n\r\n 77 \n"}
    assert sent(store, KEEP_BACK, form).status == 303
    after = store.row
    assert after.settings.leave_out == {Field.PHONE, Field.IP}
    assert after.settings.never_named == ("SKU-1*", "77")
    assert after.version > before.version
    with reading(pages.engine) as connection:
        [pixel] = [one for one in chores.of_store(connection, store.id) if one.kind == chores.PIXEL]
    assert pixel.due_at <= datetime.now(UTC) + timedelta(minutes=1)
    page = Read(store.browser().get(PRIVACY).data.decode())
    assert {one["value"] for one in page.all("input") if "checked" in one} == {"phone", "ip"}
    assert "SKU-1* 77" in page.text
    assert sent(store, KEEP_BACK, {}).status == 303
    assert store.row.settings.leave_out == frozenset()


def test_what_cannot_be_kept_back_changes_nothing_and_stays_text(pages: Pages) -> None:
    store = OwnPage.of(pages)
    answer = sent(store, KEEP_BACK, {"leave_out": "<svg/onload=1>", "never_named": "1"})
    assert answer.status == 400
    assert b"<svg/onload" not in answer.data
    assert b"leave_out cannot be" in answer.data
    assert store.row.settings.never_named == ()
    sent(store, KEEP_BACK, {"never_named": "</textarea><svg/onload=1>"})
    assert "<svg/onload" not in store.browser().get(PRIVACY).data.decode()


def test_each_platform_says_which_of_the_shop_s_tools_our_script_asks() -> None:
    asks = {connector.name: connector.half.asks for connector in registry.connectors()}
    assert asks == {"shopify": "Shopify’s customer privacy API", "woocommerce": "the WP Consent API or your banner"}


def test_one_store_cannot_keep_all_others_requests_waiting(pages: Pages) -> None:
    store = OwnPage.of(pages)
    form = {"demand": PrivacyKind.CUSTOMER_DATA, "email": EMAIL}
    assert sent(store, ASK, form).status == 303
    (one,) = asked(store)
    row = one._asdict() | {"kind": "customer_erasure"}
    del row["id"]
    with transaction(store.pages.engine) as connection:
        connection.execute(privacy_requests.privacy_requests.insert(), [row] * (MOST_OPEN - 1))

    refused = sent(store, ASK, form)

    assert refused.status == 400
    assert "So many requests are still to be done" in refused.data.decode()
    assert len(asked(store)) == MOST_OPEN
