"""The commands of CONTRACT, run as an operator runs them, on an embedded database."""

import hashlib
import json
from pathlib import Path

import pytest

from connectors import registry
from tests.rig.service import Service


@pytest.fixture
def tandem(tmp_path: Path) -> Service:
    return Service(tmp_path / "data", {})


def test_store_add_prints_what_the_platform_must_be_told(tandem: Service) -> None:
    told = tandem.add_store("woocommerce", "127.0.0.1:8090", "--webhook-secret", "a secret of the shop")

    assert list(told) == ["store_id", "platform", "domain", "webhook_url", "public_key", "webhook_secret"]
    assert told["webhook_url"].startswith(f"{tandem.url}/webhooks/woocommerce/")
    assert (told["domain"], told["webhook_secret"]) == ("127.0.0.1:8090", "a secret of the shop")


def test_a_shopify_store_signs_with_the_apps_secret_where_there_is_one(tmp_path: Path) -> None:
    app = Service(tmp_path / "data", {"SHOPIFY_API_SECRET": "the newest app secret,the older app secret"})

    assert app.add_store("shopify", "tea.myshopify.com")["webhook_secret"] == "the newest app secret"


def test_the_same_store_twice_is_refused_in_one_sentence(tandem: Service) -> None:
    tandem.add_store("shopify", "tea.myshopify.com")
    said = tandem.run("store", "add", "shopify", "--domain", "tea.myshopify.com", fails=True)

    assert said.startswith("tandem: tea.myshopify.com is connected already.")
    assert "Traceback" not in said


def test_settings_are_set_and_listed(tandem: Service) -> None:
    tandem.add_store(
        "shopify", "tea.myshopify.com", "--dataset", "1001", "--token", "secret-token", "--test-event-code", "TEST1"
    )
    tandem.run(
        "store", "set", "tea.myshopify.com", "purchase_when=placed", "include_sources=pos,draft", "state=observing"
    )

    listed = tandem.run("store", "list", "--json")
    (store,) = map(json.loads, listed.splitlines())
    assert store["settings"]["purchase_when"] == "placed"
    assert store["settings"]["include_sources"] == "draft,pos"
    assert store["state"] == "observing"
    assert store["datasets"] == [{"dataset_id": "1001", "state": "active", "reason": None, "test_event_code": "TEST1"}]
    assert "secret-token" not in listed


@pytest.mark.parametrize(
    "change", ["purchase_when=never", "nonsense=1", "event_id_template=fixed", "purchase_when", "state=away"]
)
def test_a_wrong_setting_is_refused_in_one_sentence(tandem: Service, change: str) -> None:
    tandem.add_store("shopify", "tea.myshopify.com")
    said = tandem.run("store", "set", "tea.myshopify.com", change, fails=True)

    assert said.startswith("tandem: ")
    assert len(said.splitlines()) == 1


def test_unknown_names_are_said(tandem: Service) -> None:
    assert "no platform 'magento'" in tandem.run("store", "add", "magento", "--domain", "a.com", fails=True)
    assert "No store" in tandem.run("store", "set", "nobody", "refunds=on", fails=True)


def preview(tandem: Service, platform: str, topic: str, case: str, *words: str) -> list[dict]:
    body = registry.sample(platform, topic, case)
    path = tandem.data_dir.parent / "body.json"
    path.write_bytes(body)
    return json.loads(tandem.run("preview", platform, topic, str(path), *words))


def test_preview_prints_each_event_exactly_as_it_would_be_sent(tandem: Service) -> None:
    (told,) = preview(tandem, "shopify", "orders/paid", "card")

    assert told["event_name"] == "Purchase"
    assert told["event_id"] == "6310000000101" == told["custom_data"]["order_id"]
    assert told["action_source"] == "website"
    assert isinstance(told["event_time"], int)
    assert len(told["user_data"]["em"]) == 64


def test_preview_needs_no_database_and_leaves_nothing(tandem: Service) -> None:
    preview(tandem, "shopify", "orders/paid", "card")

    assert not tandem.data_dir.exists()


@pytest.mark.parametrize(
    ("platform", "topic", "case", "words", "reason"),
    [
        ("shopify", "orders/create", "pending_bank_transfer", (), "not yet: pending"),
        ("shopify", "orders/create", "test_order", (), "test order"),
        ("shopify", "orders/create", "pos", (), "sold in a shop, not on the website"),
        ("shopify", "orders/cancelled", "card", (), "cancelled"),
        ("woocommerce", "order.updated", "checkout_draft", (), "not yet: checkout-draft"),
        (
            "woocommerce",
            "order.created",
            "rest_without_customer",
            ("--set", "include_sources=other"),
            "no customer information",
        ),
        (
            "woocommerce",
            "order.created",
            "german_without_consent",
            ("--set", "consent_mode=regional"),
            "waiting for consent",
        ),
        (
            "woocommerce",
            "order.created",
            "german_consent_refused",
            ("--set", "consent_mode=assumed"),
            "consent was refused",
        ),
        (
            "shopify",
            "orders/paid",
            "card",
            ("--set", "routing=Purchase=pixel"),
            "told by the Pixel alone, by your settings",
        ),
        ("shopify", "orders/paid", "card", ("--set", "routing=Purchase=off"), "switched off in your settings"),
        ("woocommerce", "product.updated", None, (), None),
    ],
)
def test_preview_says_why_nothing_is_told(tandem: Service, platform, topic, case, words, reason) -> None:
    if case is None:
        (told,) = json.loads(tandem.run("preview", platform, topic, "-", given='{"id": 5}'))
        assert list(told) == ["skipped"]
        return
    assert preview(tandem, platform, topic, case, *words) == [{"skipped": reason}]


def test_preview_takes_settings(tandem: Service) -> None:
    (told,) = preview(tandem, "shopify", "orders/create", "pending_bank_transfer", "--set", "purchase_when=placed")
    assert told["event_name"] == "Purchase"
    (told,) = preview(tandem, "woocommerce", "order.created", "german_without_consent")
    assert told["event_name"] == "Purchase", "consent is judged only where it is asked for"
    (told,) = preview(tandem, "woocommerce", "order.created", "california_opt_out", "--set", "consent_mode=regional")
    assert told["data_processing_options"] == ["LDU"]


def test_normalize_answers_line_by_line(tandem: Service) -> None:
    lines = [
        {"field": "em", "input": " John_Smith@gmail.com "},
        {"field": "ph", "input": "(650)555-1212", "context": {"country": "US"}},
        {"field": "em", "input": "A" * 64},
        {"field": "country", "input": "nowhere"},
        {
            "field": "fbc",
            "input": {"fbclid": "AbC", "first_seen_ms": 1554763741205, "subdomain_index": 1, "existing_fbc": None},
        },
        {"field": "client_ip_address", "input": "203.0.113.9"},
    ]
    told = [json.loads(line) for line in tandem.run("normalize", given="\n".join(map(json.dumps, lines))).splitlines()]

    digest = hashlib.sha256(b"john_smith@gmail.com").hexdigest()
    assert told[0] == {"normalized": "john_smith@gmail.com", "sha256": digest}
    assert told[1]["normalized"] == "16505551212"
    assert told[2] == {"normalized": None, "sha256": "a" * 64}
    assert told[3] == {"normalized": None, "sha256": None}
    assert told[4] == {"normalized": "fb.1.1554763741205.AbC", "sha256": None}
    assert told[5] == {"normalized": "203.0.113.9", "sha256": None}


def test_normalize_answers_unreadable_lines_in_their_place(tandem: Service) -> None:
    given = '{"field": "em", "input": "a@b.co"}\nnonsense\n[]\n{"input": 1}\n{"field": "shoe_size", "input": 1}\n'
    done = tandem.ask("normalize", given=given)

    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, "each line has had its answer"
    assert [line.get("error") for line in told] == [
        None,
        "not a JSON object",
        "not a JSON object",
        'a line needs "field"',
        "unknown field: shoe_size",
    ]


def test_migrate_and_the_empty_list(tandem: Service) -> None:
    assert "up to date" in tandem.run("migrate")
    assert tandem.run("events", "list", "--json") == ""
    assert "Events" in tandem.run("events", "list")


def test_events_list_has_exactly_the_contracts_fields(tandem: Service) -> None:
    tandem.run("migrate")
    with tandem.running():
        store = tandem.add_store("shopify", "tea.myshopify.com", "--since", "2026-01-01T00:00:00Z")
        tandem.run("store", "set", "tea.myshopify.com", "consent_mode=assumed")
        tandem.run("simulate", "shopify", "orders/paid", "--store", store["store_id"])
        (row,) = tandem.events("--status", "held", "--store", "tea.myshopify.com")
    assert list(row) == [
        *("store_id", "dataset_id", "event_name", "event_id", "order_id", "status", "reason", "value", "currency"),
        *("attempts", "received_at", "delivered_at", "fbtrace_id"),
    ]
    assert (row["dataset_id"], row["status"], row["reason"]) == (None, "held", "no dataset yet")
    assert isinstance(row["value"], int | float)


def test_the_plugin_is_packed_the_same_each_time_and_its_sum_printed(tandem: Service, tmp_path: Path) -> None:
    first, second = tmp_path / "new" / "a.zip", tmp_path / "b.zip"

    printed = tandem.run("plugin", "--output", str(first))
    tandem.run("plugin", "woocommerce", "--output", str(second))

    assert printed == f"{hashlib.sha256(first.read_bytes()).hexdigest()}  {first}\n"
    assert first.read_bytes() == second.read_bytes()
    tandem.run("plugin", "--output", str(second), "--service", "https://tandem.example.com/")
    assert b'{"service": "https://tandem.example.com"}' in second.read_bytes()


def test_a_platform_without_a_plugin_is_one_sentence(tandem: Service) -> None:
    said = tandem.run("plugin", "shopify", fails=True)
    assert said == "tandem: Shopify has no plugin. Those that have: woocommerce.\n"
