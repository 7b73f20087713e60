"""The one list of platforms, and the samples that go with it."""

import json
from pathlib import Path

import pytest

from connectors import registry
from connectors.errors import NotUsed, UnknownPlatform

CONNECTORS = registry.connectors()
ROOMS = Path(registry.__file__).parent
each_platform = pytest.mark.parametrize("connector", CONNECTORS, ids=lambda connector: connector.name)


def test_two_platforms_are_known_and_their_names_differ():
    assert {"shopify", "woocommerce"} <= {connector.name for connector in CONNECTORS}
    assert len({connector.name for connector in CONNECTORS}) == len(CONNECTORS)
    assert len({connector.label for connector in CONNECTORS}) == len(CONNECTORS)


@each_platform
def test_a_platform_is_found_by_its_name_and_by_no_other_spelling(connector):
    assert registry.get(connector.name) is connector
    for other in (connector.name.upper(), connector.label, f" {connector.name}", connector.name[:-1]):
        with pytest.raises(UnknownPlatform):
            registry.get(other)


@pytest.mark.parametrize("name", ["", "magento", "../shopify", "shopify/fixtures", "registry", "__init__"])
def test_an_unknown_platform_is_told_which_there_are(name):
    with pytest.raises(UnknownPlatform, match=r"shopify, woocommerce"):
        registry.get(name)
    with pytest.raises(UnknownPlatform):
        registry.sample(name, "orders/paid")


def test_every_folder_of_a_platform_has_its_line():
    folders = {path.parent.name for path in ROOMS.glob("*/connector.py")}
    assert folders == {connector.name for connector in CONNECTORS}


@each_platform
def test_a_platform_listens_under_its_own_name(connector):
    path = connector.webhook_path("aKey-1")
    assert path.startswith(f"/webhooks/{connector.name}")
    assert connector.webhook_path("<key>").replace("<key>", "aKey-1") == path


def test_no_two_platforms_listen_at_one_address():
    assert len({connector.webhook_path("key") for connector in CONNECTORS}) == len(CONNECTORS)


@each_platform
def test_names_fit_into_addresses_folders_and_variables(connector):
    assert connector.name.isidentifier()
    assert connector.name.islower()
    assert connector.label
    assert connector.secret_variable is None or connector.secret_variable.isupper()
    assert isinstance(connector.order_ids_are_global, bool)
    assert len(set(connector.topics)) == len(connector.topics) > 0


@each_platform
@pytest.mark.parametrize("domain", ["", " ", "shop.example.com/path", "https://shop.example.com", "a b", "x@y.example"])
def test_no_platform_takes_everything_for_a_domain(connector, domain):
    assert connector.is_domain(domain) is False


@each_platform
def test_every_topic_has_a_sample_and_it_can_be_read(connector):
    for topic in connector.topics:
        assert connector.parse(topic, registry.sample(connector.name, topic))


def test_a_sample_is_the_first_of_its_topic_unless_a_case_is_named():
    folder = ROOMS / "shopify" / "fixtures"
    first = min(path for path in folder.glob("orders_paid__*.json") if not path.name.endswith(".event.json"))
    assert registry.sample("shopify", "orders/paid") == first.read_bytes()
    assert registry.sample("shopify", "orders/paid", "card") == (folder / "orders_paid__card.json").read_bytes()


@each_platform
def test_a_sample_is_never_a_golden_file(connector):
    for topic in connector.topics:
        assert isinstance(json.loads(registry.sample(connector.name, topic)), dict)
        with pytest.raises(NotUsed):
            registry.sample(connector.name, topic, "*.event")


@pytest.mark.parametrize(
    ("topic", "case"),
    [("orders/paid", "no such case"), ("carts/create", "*"), ("", "*"), ("../registry", "*"), ("orders/paid", "")],
)
def test_where_there_is_no_sample_a_file_is_asked_for(topic, case):
    with pytest.raises(NotUsed, match="name a file"):
        registry.sample("shopify", topic, case)
