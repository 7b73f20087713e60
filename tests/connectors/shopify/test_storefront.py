"""shopify.app.toml against the code it speaks for, and against the keys Shopify's reference lists."""

import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

from connectors.shopify import addresses, mapping, tokens, webhooks
from connectors.shopify.connector import CONNECTOR

ROOT = Path(__file__).parents[3] / "connectors" / "shopify" / "storefront"
PLACEHOLDER = "https://tandem.example.com"
COMPLIANCE = {"customers/data_request", "customers/redact", "shop/redact"}
# shopify.dev, "App configuration", as of November 2026: required keys, and all of which we make use.
REQUIRED = {"name", "client_id", "application_url", "embedded", "access_scopes", "auth", "webhooks"}
KNOWN = {
    "": REQUIRED | {"pos", "build"},
    "access_scopes": {"scopes", "optional_scopes", "use_legacy_install_flow"},
    "auth": {"redirect_urls"},
    "webhooks": {"api_version", "subscriptions"},
    "pos": {"embedded"},
    "build": {"automatically_update_urls_on_dev", "dev_store_url"},
}
SUBSCRIPTION = {"topics", "compliance_topics", "uri", "filter", "include_fields"}


@pytest.fixture(scope="module")
def declared():
    return tomllib.loads((ROOT / "shopify.app.toml").read_text())


def test_it_has_every_key_the_cli_requires_and_none_it_does_not_know(declared):
    assert declared.keys() >= REQUIRED
    for table, known in KNOWN.items():
        assert set(declared[table] if table else declared) <= known
    for subscription in declared["webhooks"]["subscriptions"]:
        assert set(subscription) <= SUBSCRIPTION


def test_a_merchant_is_asked_for_the_scopes_we_ask_for_ourselves_and_no_others(declared):
    asked = declared["access_scopes"]["scopes"].split(",")
    assert sorted(asked) == sorted(tokens.SCOPES)
    assert len(set(asked)) == len(asked)
    assert declared["access_scopes"]["use_legacy_install_flow"] is False


def test_every_topic_we_follow_is_declared_once_and_no_other(declared):
    subscriptions = declared["webhooks"]["subscriptions"]
    topics = [topic for one in subscriptions for topic in one.get("topics", [])]
    compliance = [topic for one in subscriptions for topic in one.get("compliance_topics", [])]
    assert set(compliance) == COMPLIANCE
    assert sorted([*topics, *compliance]) == sorted(mapping.TOPICS)


def test_bodies_come_in_the_version_we_read(declared):
    assert declared["webhooks"]["api_version"] == addresses.API_VERSION


def test_every_address_is_of_one_https_host_and_of_a_route_of_ours(declared):
    assert declared["application_url"] == f"{PLACEHOLDER}/shopify/app"
    assert declared["auth"]["redirect_urls"] == [f"{PLACEHOLDER}/shopify/callback"]
    uris = {one["uri"] for one in declared["webhooks"]["subscriptions"]}
    assert uris == {PLACEHOLDER + webhooks.PATH} == {PLACEHOLDER + CONNECTOR.webhook_path("any")}
    assert declared["embedded"] is True
    assert declared["pos"] == {"embedded": False}


def test_what_is_to_be_filled_in_is_marked_and_no_real_app_is_named():
    text = (ROOT / "shopify.app.toml").read_text()
    marked = [line for line in text.splitlines() if "FILL IN" in line]
    assert [line.partition(" ")[0] for line in marked] == ["client_id", "application_url"]
    assert 'client_id = "YOUR_CLIENT_ID"' in text
    assert text.count(PLACEHOLDER) == 3
    assert "stands\n   there three times" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("name", ["shopify.app.mine.toml", ".env", ".shopify/"])
def test_what_is_somebodys_own_stays_out_of_git(name):
    ignored = [line for line in (ROOT / ".gitignore").read_text().splitlines() if line and not line.startswith("#")]
    assert any(fnmatch(name, pattern) for pattern in ignored)
    assert not any(fnmatch("shopify.app.toml", pattern) for pattern in ignored)
