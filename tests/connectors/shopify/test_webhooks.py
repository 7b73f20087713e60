import hashlib
import hmac
from base64 import b64encode

import pytest

from connectors.contract import WebhookRequest
from connectors.errors import InvalidSignature, Unidentified
from connectors.shopify import webhooks

SECRET = "shpss_constructed"
BODY = '{"id": 1, "name": "Léa"}'.encode()
DOMAIN = "demo.myshopify.com"


def digest(secret=SECRET, body=BODY):
    return hmac.new(secret.encode(), body, hashlib.sha256)


def signed(body=BODY, *, secrets=(SECRET,), **headers):
    """A request with a right signature and shop; keyword arguments replace headers (None leaves one out)."""
    given = {
        "hmac_sha256": b64encode(digest().digest()).decode(),
        "shop_domain": DOMAIN,
        "topic": "orders/create",
    } | headers
    named = {f"x-shopify-{name.replace('_', '-')}": value for name, value in given.items() if value is not None}
    webhooks.verify(WebhookRequest(body, named), secrets)


def identified(**headers):
    return webhooks.identify(WebhookRequest(BODY, {name.replace("_", "-"): value for name, value in headers.items()}))


def test_a_right_signature_is_accepted():
    signed()


def test_w1_no_signature_header():
    with pytest.raises(InvalidSignature):
        signed(hmac_sha256=None)


def test_w2_an_empty_signature_header():
    with pytest.raises(InvalidSignature):
        signed(hmac_sha256="")


def test_w3_the_signature_of_another_body():
    with pytest.raises(InvalidSignature):
        signed(hmac_sha256=b64encode(digest(body=b"{}").digest()).decode())


def test_w4_the_right_digest_in_hex():
    with pytest.raises(InvalidSignature):
        signed(hmac_sha256=digest().hexdigest())


@pytest.mark.parametrize("spoil", ["{}x", "{}\n", "{}=", "{}==", "\n{}", "{} {}"])
def test_w5_base64_with_something_about_it(spoil):
    right = b64encode(digest().digest()).decode()
    with pytest.raises(InvalidSignature):
        signed(hmac_sha256=spoil.format(right, right))


def test_w5_base64_without_its_padding():
    with pytest.raises(InvalidSignature):
        signed(hmac_sha256=b64encode(digest().digest()).decode().rstrip("="))


@pytest.mark.parametrize("secrets", [("",), (), ("", SECRET + "x")])
def test_w6_a_signature_keyed_with_nothing(secrets):
    with pytest.raises(InvalidSignature):
        signed(hmac_sha256=b64encode(digest(secret="").digest()).decode(), secrets=secrets)


def test_w7_a_revoked_old_secret():
    with pytest.raises(InvalidSignature):
        signed(hmac_sha256=b64encode(digest(secret="shpss_old").digest()).decode(), secrets=("shpss_new",))


def test_w8_an_old_secret_not_yet_revoked():
    signed(hmac_sha256=b64encode(digest(secret="shpss_old").digest()).decode(), secrets=("shpss_new", "shpss_old"))


@pytest.mark.parametrize("header", ["é", "\xe9" * 44, "🔑", "\udce9"])
def test_w9_a_header_that_is_not_ascii(header):
    with pytest.raises(InvalidSignature):
        signed(hmac_sha256=header)


@pytest.mark.parametrize("size", [8_192, 20_480])
def test_w10_an_enormous_header(size):
    with pytest.raises(InvalidSignature):
        signed(hmac_sha256="A" * size)


def test_w11_two_signatures_joined_by_a_comma():
    right = b64encode(digest().digest()).decode()
    with pytest.raises(InvalidSignature):
        signed(hmac_sha256=f"{right},{right}")


def test_w12_the_header_with_underscores_is_another_header():
    right = b64encode(digest().digest()).decode()
    with pytest.raises(InvalidSignature):
        webhooks.verify(WebhookRequest(BODY, {"x_shopify_hmac_sha256": right}), [SECRET])


def test_w13_one_byte_more():
    with pytest.raises(InvalidSignature):
        signed(BODY + b" ")


def test_w14_a_proxy_that_wrote_the_json_anew():
    with pytest.raises(InvalidSignature):
        signed(BODY.replace("é".encode(), rb"\u00e9"))


def test_the_newer_spelling_without_x_is_read_too():
    right = b64encode(digest().digest()).decode()
    webhooks.verify(WebhookRequest(BODY, {"shopify-hmac-sha256": right}), [SECRET])
    told = identified(shopify_shop_domain=DOMAIN, shopify_topic="orders/paid", shopify_webhook_id="d1")
    assert (told.domain, told.topic, told.delivery_id) == (DOMAIN, "orders/paid", "d1")


def test_where_both_spellings_came_the_one_with_x_counts_though_it_is_wrong():
    right = b64encode(digest().digest()).decode()
    for wrong in ("", "AAAA"):
        with pytest.raises(InvalidSignature):
            webhooks.verify(
                WebhookRequest(BODY, {"x-shopify-hmac-sha256": wrong, "shopify-hmac-sha256": right}), [SECRET]
            )
    assert identified(x_shopify_shop_domain=DOMAIN, shopify_shop_domain="evil.myshopify.com").domain == DOMAIN
    with pytest.raises(Unidentified):
        identified(x_shopify_shop_domain="", shopify_shop_domain=DOMAIN)


def test_w15_no_shop_header():
    with pytest.raises(Unidentified):
        identified(x_shopify_topic="orders/create")


@pytest.mark.parametrize("foreign", ["evil.com", "demo.myshopify.com.evil.com", "127.0.0.1:9000", "demo.localtest"])
def test_w16_w21_a_foreign_host_is_read_but_can_be_no_store_outside_development(foreign):
    assert identified(x_shopify_shop_domain=foreign).domain == foreign
    assert not webhooks.is_domain(foreign)


@pytest.mark.parametrize(
    "joined", ["a.myshopify.com,b.myshopify.com", "a.myshopify.com, b.myshopify.com", f"{DOMAIN},{DOMAIN}"]
)
def test_w18_a_shop_header_sent_twice(joined):
    with pytest.raises(Unidentified):
        identified(x_shopify_shop_domain=joined)


def test_w20_a_shop_in_capitals_is_the_same_shop():
    assert identified(x_shopify_shop_domain="Demo.MyShopify.com").domain == DOMAIN
    assert webhooks.is_domain("Demo.MyShopify.com")


@pytest.mark.parametrize(
    "nonsense",
    [
        *(
            "",
            " ",
            "https://demo.myshopify.com",
            "demo.myshopify.com/",
            "demo.myshopify.com/admin",
            "demo.myshopify.com.",
        ),
        *("u@demo.myshopify.com", "u:p@demo.myshopify.com", "demo.myshopify.com:", "demo.myshopify.com:x", "demo:1:2"),
        *("-demo.myshopify.com", ".myshopify.com", "demo..com", "demo myshopify.com", "demo.myshopify.com\n.evil.com"),
        *(
            "dem\u00f6.myshopify.com",
            "\u212aiosk.myshopify.com",
            "demo.myshopify.com%00",
            "a" * 300,
            "demo?x",
            "demo#x",
        ),
    ],
)
def test_what_is_no_single_host_identifies_nobody(nonsense):
    with pytest.raises(Unidentified):
        identified(x_shopify_shop_domain=nonsense)


@pytest.mark.parametrize(
    ("domain", "fits"),
    [
        *(("demo.myshopify.com", True), ("d.myshopify.com", True), ("9-to-5.myshopify.com", True)),
        *(("-demo.myshopify.com", False), ("de_mo.myshopify.com", False), ("a.b.myshopify.com", False)),
        *(("demo.myshopify.com.evil.com", False), ("demo.myshopify.com/", False), ("demo.myshopify.com:443", False)),
        *(("demo.myshopify.com\n", False), ("demomyshopify.com", False), ("myshopify.com", False), ("", False)),
        ("\u212aiosk.myshopify.com", False),
    ],
)
def test_a_store_outside_development_is_one_label_under_myshopify_com(domain, fits):
    assert webhooks.is_domain(domain) is fits


def test_w22_a_missing_topic_still_says_which_shop():
    assert identified(x_shopify_shop_domain=DOMAIN).topic == ""


def test_w76_a_strange_delivery_id_is_cut_and_never_refused():
    assert identified(x_shopify_shop_domain=DOMAIN).delivery_id is None
    assert identified(x_shopify_shop_domain=DOMAIN, x_shopify_webhook_id="").delivery_id is None
    assert len(identified(x_shopify_shop_domain=DOMAIN, x_shopify_webhook_id="x" * 10_240).delivery_id) == 100


def test_identity_names_the_store_by_its_domain_alone():
    told = identified(x_shopify_shop_domain=DOMAIN, x_shopify_topic="Orders/Create")
    assert (told.key, told.site, told.topic) == (None, None, "orders/create")


def test_what_we_sign_we_identify_and_verify():
    headers = webhooks.sign("orders/paid", BODY, SECRET, DOMAIN)
    request = WebhookRequest(BODY, {name.lower(): value for name, value in headers.items()})
    webhooks.verify(request, [SECRET])
    told = webhooks.identify(request)
    assert (told.domain, told.topic, told.delivery_id) == (DOMAIN, "orders/paid", headers["X-Shopify-Webhook-Id"])


def test_what_we_sign_has_the_headers_of_a_classic_webhook():
    headers = webhooks.sign("orders/paid", BODY, SECRET, DOMAIN)
    assert headers["X-Shopify-API-Version"] == "2026-10"
    assert set(headers) == {
        "Content-Type",
        *(f"X-Shopify-{name}" for name in ("Topic", "Hmac-Sha256", "Shop-Domain", "API-Version")),
        *(f"X-Shopify-{name}" for name in ("Webhook-Id", "Event-Id", "Triggered-At")),
    }


def test_a_retry_keeps_its_delivery_id_and_another_topic_of_the_same_deed_its_event_id():
    first, retry = (webhooks.sign("orders/create", BODY, SECRET, DOMAIN) for _ in range(2))
    other = webhooks.sign("orders/paid", BODY, SECRET, DOMAIN)
    assert first["X-Shopify-Webhook-Id"] == retry["X-Shopify-Webhook-Id"] != other["X-Shopify-Webhook-Id"]
    assert first["X-Shopify-Event-Id"] == other["X-Shopify-Event-Id"]
    assert first["X-Shopify-Event-Id"] != webhooks.sign("orders/create", b"{}", SECRET, DOMAIN)["X-Shopify-Event-Id"]


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        ("2026-11-24T09:30:15Z", "2026-11-24T09:30:15+00:00"),
        ("2026-11-24T10:30:15.123456789+01:00", "2026-11-24T09:30:15.123456+00:00"),
        ("yesterday", None),
        ("2026-11-24", None),
        ("", None),
    ],
)
def test_t8_when_it_was_triggered_is_read_to_the_nanosecond_and_nonsense_is_none(told, moment):
    found = identified(x_shopify_shop_domain=DOMAIN, x_shopify_triggered_at=told).triggered_at
    assert (found and found.isoformat()) == moment
    assert identified(x_shopify_shop_domain=DOMAIN).triggered_at is None
