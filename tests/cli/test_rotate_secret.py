"""`tandem store rotate-secret`, run as an operator runs it, on an embedded database."""

import json
from pathlib import Path

import pytest

from tests.rig.service import Service


@pytest.fixture
def tandem(tmp_path: Path) -> Service:
    return Service(tmp_path / "data", {})


def test_without_keys_of_the_shop_the_new_secret_is_shown_once_with_what_to_do(tandem: Service) -> None:
    former = tandem.add_store("woocommerce", "127.0.0.1:8090")["webhook_secret"]

    told = json.loads(tandem.run("store", "rotate-secret", "127.0.0.1:8090", "--json"))

    assert len(told["webhook_secret"]) == 40
    assert told["webhook_secret"] != former
    assert "put this secret into each of its webhooks" in told["advice"]
    assert "The former one signs too for 7 days." in told["advice"]
    assert told["webhook_secret"] not in tandem.run("store", "list", "--json")


def test_twice_is_refused_in_one_sentence_unless_it_leaked(tandem: Service) -> None:
    tandem.add_store("woocommerce", "127.0.0.1:8090")
    tandem.run("store", "rotate-secret", "127.0.0.1:8090")

    said = tandem.run("store", "rotate-secret", "127.0.0.1:8090", fails=True)
    assert said.startswith("tandem: The secret of 127.0.0.1:8090 is being changed already")
    assert "The former one is refused from now on." in tandem.run(
        "store", "rotate-secret", "127.0.0.1:8090", "--at-once"
    )


def test_a_store_that_the_app_signs_for_is_refused_in_one_sentence(tmp_path: Path) -> None:
    app = Service(tmp_path / "data", {"SHOPIFY_API_SECRET": "the newest app secret"})
    app.add_store("shopify", "tea.myshopify.com")

    said = app.run("store", "rotate-secret", "tea.myshopify.com", fails=True)
    assert said.startswith("tandem: tea.myshopify.com has no secret of its own: Shopify signs with the app's.")
