"""What befalls the canary, path by path: sold to, broken into, withheld, refused by Meta, crashed upon, asked about, looked at."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import sqlalchemy as sa

from integration import db
from integration.db import stores
from tests.rig import canary
from tests.rig.canary import BROWSER, PERSON
from tests.rig.canary_bodies import sampled
from tests.rig.canary_life import APP_SECRET, DATASETS, META_TOKEN, PATIENCE, RENEWED_TOKEN, SHOP, Life
from tests.rig.office import consented
from tests.rig.service import eventually

OTHER = "somebody.else@example.com"
ODD = (PERSON["email"], PERSON["phone"], PERSON["email"].replace("@", "%40"))

# What a merchant reads of a store, tables to download included; "" is Home.
_PAGES = (
    *(
        "",
        "/state",
        "/setup",
        "/setup/state",
        "/events",
        "/events.csv",
        "/coverage",
        "/coverage.csv",
        "/quality",
        "/delivery",
    ),
    *(
        "/delivery.csv",
        "/pixel",
        "/senders",
        "/dataset",
        "/test",
        "/replay",
        "/settings",
        "/privacy",
        "/changes",
        "/changes.csv",
    ),
)


def lived(life: Life) -> None:
    """All of it, from the first connection on."""
    connects(life)
    sells_on_shopify(life)
    is_broken_into(life)
    browses(life)
    sells_on_woocommerce(life)
    has_trouble_with_meta(life)
    breaks_down(life)
    asks_and_commands(life)
    looks(life)
    life.keep_secrets()


def connects(life: Life) -> None:
    """Both shops as their merchants do it, and a third one that nobody of this story buys in."""
    life.shopify.order(SHOP, count=2, silent=True)
    life.woo.plugin()
    life.buy(silent=True)
    begun = life.get(f"/shopify/install?shop={SHOP}")
    back = consented(begun.headers["Location"])
    life.get(f"/shopify/callback?{back}", Cookie=_cookie(begun))
    _connects_woocommerce(life)
    for domain, name in ((SHOP, "shopify"), (life.domain, "woocommerce")):
        life.run("dataset", "add", domain, "--dataset", DATASETS[name], "--token", META_TOKEN)
        mode = "assumed" if domain == SHOP else "regional"
        why = ("--because", "a canary lives here")
        life.run("store", "set", domain, "state=live", "pixel=none", f"consent_mode={mode}", *why)
    long_ago = {"since": db.from_ms(0), "version": stores.stores.c.version + 1}
    with db.transaction(life.engine) as connection:  # what is bought here was bought a moment ago
        connection.execute(sa.update(stores.stores).values(long_ago))
    another = life.service.add_store(
        *(
            "woocommerce",
            "another.example.com",
            "--dataset",
            DATASETS["another"],
            "--token",
            "another-token-of-meta",
        ),
        *("--since", "2026-01-01T00:00:00Z"),
    )
    body = sampled("woocommerce", "order.created", "german_with_consent", "7001", "another.example.com")
    assert life.service.post(another, "order.created", body)[0] == 200
    life.secrets |= {
        "the app's secret": APP_SECRET,
        "Meta's token": META_TOKEN,
        "Meta's newer token": RENEWED_TOKEN,
    }


def _connects_woocommerce(life: Life) -> None:
    url = life.taps["woocommerce"].url
    begun = life.get(f"/woocommerce/connect?store={url}", Referer=f"{url}/")
    asked = parse_qs(urlsplit(begun.headers["Location"]).query)
    key = life.woo.key()
    keys = {"key_id": 1, "user_id": asked["user_id"][0], "key_permissions": "read_write"}
    keys |= {name: key[name] for name in ("consumer_key", "consumer_secret")}
    life.secrets["the shop's consumer secret"] = key["consumer_secret"]
    life.secrets["the shop's consumer key"] = key["consumer_key"]
    life.keep(life.service.pool.request("POST", asked["callback_url"][0], body=json.dumps(keys)))
    back = urlencode({"success": "1", "user_id": asked["user_id"][0]})
    life.cookie = _cookie(life.get(f"/woocommerce/return?{back}", Cookie=_cookie(begun)))
    life.secrets["the session"] = life.cookie.partition("=")[2]
    assert eventually(lambda: len(life.woo.webhooks()) >= 4 and life.woo.connection(), PATIENCE)


def _cookie(answer: Any) -> str:
    return str(answer.headers["Set-Cookie"]).partition(";")[0]


def sells_on_shopify(life: Life) -> None:
    assert life.tell("checkouts/create", "with_email", "8001") == 200
    assert life.tell("orders/create", "pending_bank_transfer", "8001") == 200
    assert life.tell("orders/paid", "card", "8001") == 200
    life.comes_to(8001, "delivered")
    assert life.tell("orders/updated", "partially_refunded", "8001") == 200
    assert life.tell("refunds/create", "partial", "8001") == 200
    assert life.tell("orders/create", "test_order", "8002") == 200
    link, agent = f"/?fbclid={PERSON['email']}", f"{BROWSER['user_agent']} ({PERSON['email']})"
    assert life.tell("orders/paid", "card", "8007", landing_site=link, client_details={"user_agent": agent}) == 200
    life.comes_to(8007, "delivered")
    assert life.tell("customers/data_request", "example", "8001") == 200


def is_broken_into(life: Life) -> None:
    """Bodies nobody can read, one that breaks the mapping, a signature that is none."""
    told = " ".join(PERSON.values())
    assert life.tell("orders/paid", "card", "8003", wrong=f'{{"email": "{told}", nonsense') == 200
    assert life.tell("orders/paid", "card", "8004", total_price=f"twelve for {told}", currency=told) == 200
    assert life.tell("orders/paid", "card", "8005", line_items=told, customer=told, billing_address=[told]) == 200
    assert life.tell("orders/paid", "card", "8006", secret="another secret than the app's") == 401
    post = life.service.pool.request
    unsigned = post("POST", f"{life.service.url}/webhooks/woocommerce/{META_TOKEN}", body=told.encode())
    assert unsigned.status in (401, 404)
    named = f"{PERSON['first_name']}+{PERSON['email']}"
    for words in (
        f"GET /s/x/signal?email={named} HTTP/9.9\r\n\r\n",
        f"GET /s/x/signal?email={named}\r\nHost: x\r\n\r\n",
        f"{PERSON['last_name']}: {PERSON['phone']} / HTTP/1.1\r\n\r\n",
        f"POST /webhooks/shopify HTTP/1.1\r\nHost: x\r\n{named} {PERSON['street']}: 1\r\n\r\n",
        f"POST /webhooks/shopify HTTP/1.1\r\nHost: x\r\nX-Email: a\0{named}\r\nContent-Length: {named}\r\n\r\n",
        f"POST /webhooks/shopify HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: {named}\r\n\r\n",
    ):
        life.say(words.encode())


def browses(life: Life) -> None:
    """Signals and sightings, with addresses where tokens, ids and cookies belong."""
    for platform in ("shopify", "woocommerce"):
        for odd in ODD:
            page = f"https://{life.store(platform).domain}/thanks/{odd}?email={odd}"
            told = dict.fromkeys(("checkout_token", "cart_token", "order_id", "proof", "fbp", "fbc", "fbclid"), odd)
            life.beacon(platform, "signal", told | {"url": page, "user_agent": f"Mozilla ({odd})", odd: odd})
            life.beacon(platform, "signal", {"checkout_token": f"canary-{platform}", "url": page, "consent": odd})
            seen = {"dataset_id": DATASETS[platform], "event_name": "Purchase", "event_id": odd, "state": "sent"}
            life.beacon(platform, "sighting", seen | {"proof": odd})
            life.beacon(platform, "sighting", seen | {"event_id": "8001", "event_name": odd, "state": odd})
    now = int(datetime.now(UTC).timestamp() * 1000)
    known = {"fbp": f"fb.1.{now}.{BROWSER['browser_id']}", "fbc": f"fb.1.{now}.{BROWSER['click']}"}
    assert life.beacon("shopify", "signal", {"checkout_token": "canary-shopify", **known}) == 204


def sells_on_woocommerce(life: Life) -> None:
    """One that agrees, one that refuses, one of which nobody says anything and that is withheld until a browser agrees; and
    one that only the shop's list of orders tells of.
    """
    agrees, refuses = life.buy(), life.buy(consent={"marketing": False})
    silent = life.buy(consent=None)
    unheard = life.buy(silent=True)
    life.woo.act(agrees, "refund", amount="5.00")
    life.comes_to(agrees, "delivered")
    life.comes_to(refuses, "withheld", "skipped")
    assert eventually(lambda: life.states(silent), 20)
    life.an_hour_passes()
    life.comes_to(silent, "withheld")
    token = next(one["value"] for one in life.woo.told(silent)["meta_data"] if one["key"] == "_tandem_checkout_token")
    said = {"checkout_token": token, "consent": {"marketing": True, "sale_of_data": True}}
    assert life.beacon("woocommerce", "signal", said) == 204
    life.due_now("orders", "reread", "survey")
    life.comes_to(silent, "delivered")
    life.comes_to(unheard, "delivered")


def has_trouble_with_meta(life: Life) -> None:
    """Errors and pages that repeat what was sent, an event that is refused, a token that is."""
    told = " ".join([*PERSON.values(), *(mark.text for mark in canary.hashed({"email": PERSON["email"]})), META_TOKEN])
    dataset = DATASETS["shopify"]
    headers = {"x-fb-trace-id": "canary", "x-canary": PERSON["email"]}
    for fault in (
        {"kind": "error", "code": 1, "message": told, "headers": headers},
        {"kind": "html", "body": f"<p>{told}</p>"},
        {"kind": "malformed_json", "body": f'{{"events_received": "{told}"', "accept": False},
        {"kind": "error", "code": 100, "subcode": 2804050, "message": told},
    ):
        life.meta.fail(dataset=dataset, times=1, **fault)
    assert life.tell("orders/paid", "card", "8010") == 200
    life.comes_to(8010, "dead", "delivered", "ambiguous")
    life.meta.mend()
    life.meta.expire(META_TOKEN)
    assert life.tell("orders/paid", "card", "8011") == 200
    life.comes_to(8011, "held")
    life.run("dataset", "add", SHOP, "--dataset", dataset, "--token", RENEWED_TOKEN)
    life.comes_to(8011, "delivered")
    life.run("replay", "--insist", "--yes")
    life.comes_to(8010, "delivered")


def breaks_down(life: Life) -> None:
    """Killed and failing at lines on the way; what comes of it is told all the same."""
    for number, line in enumerate(("ingest.before_commit", "ingest.after_commit"), start=8020):
        struck = life.strikes(line)
        assert life.tell("orders/paid", "card", str(number)) in (0, 503)
        assert not struck.exists()
        assert eventually(lambda number=number: life.tell("orders/paid", "card", str(number)) == 200, 20)
    for place, line in enumerate(
        ("deliver.after_claim", "deliver.before_post", "deliver.before_outcome", "worker.before_job")
    ):
        struck = life.strikes(line)
        # One job may take what another was rung for, and then nobody comes to the line.
        orders = range(8030 + 10 * place, 8040 + 10 * place)
        assert any(life.tell("orders/paid", "card", str(one)) == 200 and life.has_struck(struck, 5) for one in orders)
    struck = life.strikes("sweep.before_progress")
    life.due_now("orders")
    assert life.has_struck(struck)
    for number in (8020, 8021, 8030, 8040, 8050, 8060):
        life.comes_to(number, "delivered")


def asks_and_commands(life: Life) -> None:
    body = life.body("orders/paid", "card", "8001")
    for previewed in (body, body.replace('"id"', f'"id {PERSON["email"]}": 1, "id"', 1), body[:-20]):
        life.run("preview", "shopify", "orders/paid", "-", given=previewed)
    asked = [("events", "list", "--json"), ("store", "list", "--json"), ("coverage", life.domain, "--json")]
    asked += [("export", shop) for shop in (SHOP, life.domain, "another.example.com")]
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda words: life.run(*words), asked))
    life.run("erase", SHOP, "--email", OTHER)
    life.rotate()


def looks(life: Life) -> None:
    life.look_at("/dev", "/healthz", "/readyz", "/metrics", *(f"/store{path}" for path in _PAGES))
    life.look_at("/store/privacy/everything", *(f"/store/events/{pk}" for pk in range(1, 12)))
    for platform in ("shopify", "woocommerce"):
        life.look_at(f"/s/{life.store(platform).public_key}/plan")
