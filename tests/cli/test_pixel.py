"""`tandem pixel`: the text alone on standard output, so that it can go into a file as it is."""

from pathlib import Path

import pytest

from tests.rig.service import Service


@pytest.fixture
def tandem(tmp_path: Path) -> Service:
    return Service(tmp_path / "data", {})


def test_it_prints_the_text_with_the_stores_key_and_nothing_beside_it(tandem: Service) -> None:
    store = tandem.add_store("shopify", "tea.myshopify.com", "--dataset", "1001", "--token", "secret-token")
    printed = tandem.run("pixel", "tea.myshopify.com")
    assert printed.startswith("// Tandem ")
    assert printed.endswith("})();\n")
    assert f"{tandem.url}/s/{store['public_key']}" in printed
    assert '"1001"' in printed
    assert "secret-token" not in printed


def test_a_setting_the_pixel_could_not_follow_is_one_sentence(tandem: Service) -> None:
    tandem.add_store("shopify", "tea.myshopify.com")
    tandem.run("store", "set", "tea.myshopify.com", "value_basis=without_shipping")
    said = tandem.run("pixel", "tea.myshopify.com", fails=True)
    assert said.startswith("tandem: Shopify’s Pixel cannot compute the value without shipping")
    assert len(said.splitlines()) == 1


def test_where_the_plugin_brings_the_pixel_it_says_so(tandem: Service) -> None:
    tandem.add_store("woocommerce", "127.0.0.1:8090", "--webhook-secret", "a secret of the shop")
    said = tandem.run("pixel", "127.0.0.1:8090", fails=True)
    assert said == "tandem: There is nothing to paste: the plugin puts the Pixel into the shop’s pages.\n"
