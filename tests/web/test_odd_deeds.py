"""Rows of facts/reliability.md section 5 about refunds, consent, and orders that are not told.

Where that section differs from DESIGN.md, DESIGN stands: a refund is told as the platform says it, not capped (W78).
"""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.rig.shop import Shop
from tests.web.bad_input.paper import encoded, sample, with_meta
from tests.web.bad_input.scene import (
    ACCEPTED,
    QUARANTINED,
    Post,
    Scene,
    both_platforms,
    status,
)


def refund(shop: Shop, order_id: str, *, amount: Any, currency: Any = "EUR") -> Post:
    back = {"kind": "refund", "status": "success", "amount": amount, "currency": currency}
    return {
        "topic": "refunds/create",
        "body": sample(shop, "refunds/create", "partial", order_id=int(order_id), transactions=[back]),
    }


def test_w77_a_refund_of_an_order_we_never_saw_waits_for_it(scene: Scene) -> None:
    shop = scene.shop("shopify")

    assert status(scene.send(scene.post(shop, **refund(shop, "5", amount="1.00")))) == ACCEPTED
    assert scene.states(shop) == [("Refund", "waiting", "waiting for its Purchase")]


REFUNDS = {
    "more than the order": ("9999.00", "EUR", 9_999),
    "another currency": ("10.00", "USD", 10),
    "a float": (0.1, "EUR", 0.1),
}
NO_REFUNDS = {"negative": ("-5.00", "EUR"), "no amount": ("abc", "EUR"), "no currency": ("5.00", "US$")}


@pytest.mark.parametrize("what", REFUNDS)
def test_w78_an_odd_refund_is_told_as_the_platform_says_it(scene: Scene, what: str) -> None:
    amount, currency, value = REFUNDS[what]
    shop = scene.shop("shopify")
    document = scene.document(shop)
    scene.send(scene.post(shop, encoded(document)))

    scene.send(scene.post(shop, **refund(shop, str(document["id"]), amount=amount, currency=currency)))

    scene.bench.sandbox.reset()
    scene.bench.deliver()
    assert {state for _, state, _ in scene.states(shop)} == {"delivered"}
    (told,) = scene.bench.sandbox.told("Refund")
    assert (told["custom_data"]["value"], told["custom_data"]["currency"]) == (value, currency)


@pytest.mark.parametrize("what", NO_REFUNDS)
def test_w78_a_refund_without_a_readable_amount_is_set_aside(scene: Scene, what: str) -> None:
    shop = scene.shop("shopify")
    amount, currency = NO_REFUNDS[what]

    assert status(scene.send(scene.post(shop, **refund(shop, "5", amount=amount, currency=currency)))) == QUARANTINED


@pytest.mark.parametrize(
    ("total", "value"),
    [("-9999.00", 9_999), ("5.00", 5), (-5.5, 5.5), ("0.00", None), ("abc", None), (None, None), ("-1e3", None)],
)
def test_w78_an_odd_refund_in_a_woocommerce_order_never_costs_the_order(scene: Scene, total: Any, value: Any) -> None:
    shop = scene.shop("woocommerce")
    odd = [{"id": 7, "reason": "", "total": total}, None, {"id": None, "total": "-1.00"}, {"total": []}]
    document = {**scene.document(shop), "refunds": odd}

    assert status(scene.send(scene.post(shop, encoded(document)))) == ACCEPTED
    scene.bench.sandbox.reset()
    scene.bench.deliver()
    told = [one["custom_data"]["value"] for one in scene.bench.sandbox.told("Refund")]
    assert told == ([] if value is None else [value])
    assert len(scene.bench.sandbox.told()) == 1


def _nobody(platform: str, document: dict[str, Any]) -> dict[str, Any]:
    nobody: Mapping[str, Any] = {
        "shopify": dict.fromkeys(
            (
                *("email", "contact_email", "phone", "customer", "billing_address", "shipping_address"),
                *("browser_ip", "client_details", "note_attributes", "landing_site"),
            )
        ),
        "woocommerce": {
            "billing": [],
            "shipping": [],
            "customer_ip_address": "",
            "customer_user_agent": "",
            "meta_data": [],
        },
    }[platform]
    return {**document, **nobody}


NOT_TOLD: Mapping[str, tuple[str, Callable[[str, dict[str, Any]], dict[str, Any]]]] = {
    "a test": (
        "test order",
        lambda platform, one: {**one, "test": True} if platform == "shopify" else with_meta(one, "_wcpay_mode", "test"),
    ),
    "a draft": (
        "made by hand, not on the website",
        lambda _, one: {**one, "source_name": "shopify_draft_order", "cart_token": None, "created_via": "admin"},
    ),
    "nobody": ("no customer information", _nobody),
}


@both_platforms
@pytest.mark.parametrize("what", NOT_TOLD)
def test_w79_some_orders_are_shown_and_not_told(scene: Scene, platform: str, what: str) -> None:
    reason, change = NOT_TOLD[what]
    shop = scene.shop(platform)

    assert status(scene.send(scene.post(shop, encoded(change(platform, scene.document(shop)))))) == ACCEPTED
    assert scene.states(shop) == [("Purchase", "skipped", reason)]


def _german(platform: str, document: dict[str, Any], answers: list[Any]) -> bytes:
    """An order from Germany, in whose data these answers stand."""
    if platform == "shopify":
        told = [{"name": "_tandem_consent", "value": one} for one in answers]
        return encoded(
            {
                **document,
                "billing_address": {**document["billing_address"], "country_code": "DE"},
                "note_attributes": told,
            }
        )
    told = [{"id": n, "key": "_tandem_consent", "value": one} for n, one in enumerate(answers)]
    return encoded({**document, "billing": {**document["billing"], "country": "DE"}, "meta_data": told})


YES, NO = '{"marketing": true}', '{"marketing": false}'
OPTED_OUT = '{"marketing": true, "sale_of_data": false}'
CONSENTS: Mapping[str, tuple[list[Any], str]] = {
    "granted": ([YES], "pending"),
    "refused": ([NO], "withheld"),
    "opted out of a sale": ([OPTED_OUT], "withheld"),
    "nothing": ([], "waiting"),
    "no JSON": (["yes"], "waiting"),
    "other words": (['{"marketing": "granted", "sale_of_data": 1}'], "waiting"),
    "a number": ([1], "waiting"),
}


@both_platforms
@pytest.mark.parametrize("what", CONSENTS)
def test_w80_only_a_clear_yes_is_one(scene: Scene, platform: str, what: str) -> None:
    answers, state = CONSENTS[what]
    shop = scene.shop(platform, consent_mode="regional")

    scene.send(scene.post(shop, _german(platform, scene.document(shop), answers)))

    assert [found for _, found, _ in scene.states(shop)] == [state]


@both_platforms
@pytest.mark.parametrize("answers", [[YES, NO], [NO, YES], [YES, OPTED_OUT], [OPTED_OUT, YES]])
def test_w80_of_contradictory_answers_the_refusal_counts(scene: Scene, platform: str, answers: list[str]) -> None:
    shop = scene.shop(platform, consent_mode="regional")

    scene.send(scene.post(shop, _german(platform, scene.document(shop), answers)))

    assert [found for _, found, _ in scene.states(shop)] == ["withheld"]
