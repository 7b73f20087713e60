"""What is said of a storefront's life: by what browsers told, by what orders were known by, and by a test."""

import json

from integration.db import reading
from integration.meta.event import key_mask
from integration.monitor import storefront_life
from integration.monitor.storefront_life import Capture, Life
from tests.rig.shop import DATASET, Bench, Shop
from tests.storefront.trials import Trial


def life(shop: Shop) -> Life:
    with reading(shop.bench.engine) as connection:
        return storefront_life.of_store(connection, shop.row)


def test_it_lives_once_a_proven_word_came_and_says_which_and_whether_it_left(bench: Bench) -> None:
    shop = bench.shop("shopify", consent_mode="assumed")
    before = life(shop)
    assert (before.alive, before.sightings, before.orders, before.tried) == (False, [], 0, None)

    trial = Trial.of(shop)
    trial.says({"event_name": "TandemTest", "state": "held", "proof": trial.code})
    assert life(shop).sentence == storefront_life._TESTED
    seen = {"dataset_id": DATASET, "event_name": "Purchase", "event_id": "5001"}
    trial.says({**seen, "state": "called", "proof": "checkout-1"}, {**seen, "event_name": "PageView", "state": "sent"})
    (word,) = life(shop).sightings
    assert (life(shop).alive, word.event_name, word.sent_at) == (True, "Purchase", None)
    trial.says({**seen, "state": "sent", "proof": "checkout-1"})
    assert life(shop).sightings[0].sent_at


def test_the_orders_told_say_how_often_a_browser_was_known(bench: Bench) -> None:
    shop = bench.shop("shopify", consent_mode="assumed")
    embedded = json.loads(shop.sample("orders/paid", "embed_attributes", order_id="5001"))
    embedded["note_attributes"] = [one for one in embedded["note_attributes"] if one["name"] == "_fbp"]
    shop.tell("orders/paid", json.dumps(embedded).encode())
    shop.tell("orders/paid", shop.sample("orders/paid", "card", order_id="5002"))
    assert life(shop).orders == 0
    assert bench.deliver() == 2

    seen = life(shop)
    assert seen.orders == 2
    assert {one.key: one.known for one in seen.captures}["fbp"] == 1
    assert life(bench.shop("woocommerce", dataset=None)).orders == 0


def test_a_key_counts_where_it_is_known() -> None:
    masks = [key_mask({"fbp": "", "em": ""}), key_mask({"client_ip_address": ""}), 0]
    known = [Capture("fbp", 1), Capture("fbc", 0), Capture("client_ip_address", 1), Capture("client_user_agent", 0)]
    assert storefront_life.captured(masks) == known
