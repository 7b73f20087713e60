"""Datasets and settings of a store: what is refused before it could count twice, and what happens to held events."""

import pytest
import sqlalchemy as sa

from integration.db import reading
from integration.db.datasets import datasets
from integration.errors import Conflict, InvalidSetting, NotFound
from integration.stores import connect
from tests.rig.shop import DATASET, Bench


def test_a_second_woocommerce_store_on_one_dataset_is_refused_until_its_ids_differ(bench: Bench) -> None:
    """Order numbers are small counters of each shop: one's 1042 would swallow the other's."""
    bench.shop("woocommerce")
    second = bench.shop("woocommerce", "second.example.com", dataset=None)

    with pytest.raises(Conflict, match="store_key"):
        second.attach(DATASET)

    second.set(event_id_template="{store_key}-{order_id}")
    second.attach(DATASET)
    with pytest.raises(Conflict):
        second.set(event_id_template="{order_id}")


def test_shopify_order_ids_are_global_and_may_share_a_dataset(bench: Bench) -> None:
    bench.shop("shopify")
    bench.shop("shopify", "second.myshopify.com")
    bench.shop("woocommerce")

    with reading(bench.engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(datasets)).scalar_one() == 3


def test_refunds_of_a_sharing_store_carry_its_key_too(bench: Bench) -> None:
    shop = bench.shop("woocommerce", event_id_template="{store_key}-{order_id}", consent_mode="assumed")
    shop.tell("order.updated", shop.sample("order.updated", "partial_refund"))

    ids = {row["event_name"]: row["event_id"] for row in bench.rows()}
    key = shop.row.short_key
    assert ids["Purchase"] == f"{key}-5001"
    assert ids["Refund"].startswith(f"refund_{key}_")


def test_tokens_are_sealed_for_their_store(bench: Bench) -> None:
    shop = bench.shop("shopify")
    with reading(bench.engine) as connection:
        sealed = connection.execute(sa.select(datasets.c.token)).scalar_one()
    assert "good-token" not in sealed
    assert bench.sealer.unseal(sealed, store=shop.id, column="datasets.token") == b"good-token"


@pytest.mark.parametrize(("dataset", "token"), [("abc", "t"), ("", "t"), ("1", " "), ("1", "t\n"), ("1" * 40, "t")])
def test_what_cannot_be_a_dataset_or_a_token_is_refused(bench: Bench, dataset: str, token: str) -> None:
    shop = bench.shop("shopify", dataset=None)
    with pytest.raises(InvalidSetting):
        shop.attach(dataset, token=token)


def test_settings_change_together_or_not_at_all(bench: Bench) -> None:
    shop = bench.shop("shopify")
    with pytest.raises(InvalidSetting):
        shop.set(purchase_when="placed", cod_when="never")

    assert shop.row.settings.purchase_when == "paid"


@pytest.mark.parametrize(
    "domain",
    [
        "https://shop.example.com",
        "shop.example.com/path",
        "a b.com",
        "user@shop.com",
        "",
        "-",
        "shop..com:x",
        "ü.example",
    ],
)
def test_a_domain_is_a_host_with_an_optional_port(bench: Bench, domain: str) -> None:
    with pytest.raises(InvalidSetting):
        bench.shop("woocommerce", domain)


def test_default_ports_and_capitals_are_the_same_store(bench: Bench) -> None:
    shop = bench.shop("woocommerce", "Shop.Example.COM:443")
    assert shop.row.domain == "shop.example.com"
    with pytest.raises(Conflict):
        bench.shop("woocommerce", "shop.example.com")


def test_stores_are_found_by_id_and_by_domain(bench: Bench) -> None:
    shop = bench.shop("shopify", "twin.example.com")
    bench.shop("woocommerce", "twin.example.com", dataset=None)
    with reading(bench.engine) as connection:
        assert connect.find(connection, shop.id).id == shop.id
        assert connect.find(connection, "TWIN.example.com", platform="shopify").id == shop.id
        with pytest.raises(Conflict):
            connect.find(connection, "twin.example.com")
        with pytest.raises(NotFound):
            connect.find(connection, "nobody.example.com")
