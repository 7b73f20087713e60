"""Session tokens: what each of Shopify's libraries takes, and what ours does. Real time, for theirs cannot be told one."""

import time
from datetime import UTC, datetime

import pytest

from connectors.errors import SessionRefused
from connectors.shopify.sessions import EMBEDDING
from tests.rig.peers import Elder, Foreigner, Younger
from tests.rig.token_shop import APP, KEY, OLD_SECRET, SHOP, packed, token

HEAD = {"alg": "HS256", "typ": "JWT"}
DAY, YEAR = 86_400, 31_536_000
ELDER, YOUNGER, NODE = "ShopifyAPI", "shopifyapp", "Node"
ALL = {ELDER, YOUNGER, NODE}


def fresh(begins=-5, ends=55, **changed):
    """A token around this very moment; `begins` and `ends` in seconds from it."""
    now = int(time.time())
    return token(**{"iat": now + begins, "nbf": now + begins, "exp": now + ends, **changed})


def swapped():
    head, _, signature = fresh().split(".")
    return f"{head}.{fresh(sub='1').split('.')[1]}.{signature}"


TAKEN_BY_ALL = {
    "as App Bridge makes it": fresh,
    "begins in five seconds": lambda: fresh(begins=5),
    "ended five seconds ago": lambda: fresh(begins=-65, ends=-5),
    "with a claim that nobody knows": lambda: fresh(note="something new"),
    "with a key's name in the header": lambda: fresh(header=HEAD | {"kid": "one"}),
}
REFUSED_BY_ALL = {
    "nothing": lambda: "",
    "no token": lambda: "abc",
    "two parts": lambda: fresh().rpartition(".")[0],
    "alg none": lambda: f"{packed(HEAD | {'alg': 'none'})}.{fresh().split('.')[1]}.",
    "alg none with a good signature": lambda: fresh(header=HEAD | {"alg": "none"}),
    "alg RS256": lambda: fresh(header=HEAD | {"alg": "RS256"}),
    "alg HS512": lambda: fresh(header=HEAD | {"alg": "HS512"}),
    "no alg": lambda: fresh(header={"typ": "JWT"}),
    "crit that nobody knows": lambda: fresh(header=HEAD | {"crit": ["exp2"], "exp2": 1}),
    "signed by another app": lambda: fresh(secret="shpss_another-apps-secret-0123456789"),
    "changed after signing": swapped,
    "for another app": lambda: fresh(aud="another-app"),
    "without an audience": lambda: fresh(aud=...),
    "ended": lambda: fresh(begins=-80, ends=-20),
    "ended a day ago": lambda: fresh(begins=-DAY - 60, ends=-DAY),
    "not begun": lambda: fresh(begins=30),
    "no claims": lambda: token(payload=b"{}"),
    "a list": lambda: token(payload=b"[]"),
    "no JSON": lambda: token(payload=b"exp"),
}
# What we refuse on purpose and somebody takes: who, by name.
WE_ALONE_REFUSE = {
    "without an end, so good for ever": (lambda: fresh(exp=...), ALL),
    "without a beginning": (lambda: fresh(nbf=...), ALL),
    "without the time it was made": (lambda: fresh(iat=...), ALL),
    "good for ten years": (lambda: fresh(ends=10 * YEAR), ALL),
    "good for six minutes": (lambda: fresh(ends=355), ALL),
    "without a user": (lambda: fresh(sub=...), {YOUNGER, NODE}),
    "without an id": (lambda: fresh(jti=...), {YOUNGER, NODE}),
    "without an issuer": (lambda: fresh(iss=...), {YOUNGER, NODE}),
    "without a destination": (lambda: fresh(dest=...), {YOUNGER, NODE}),
    "issued by one shop for another": (lambda: fresh(iss="https://evil.myshopify.com/admin"), {YOUNGER, NODE}),
    "of no shop at all": (lambda: fresh(iss="https://evil.com/admin", dest="https://evil.com"), {YOUNGER, NODE}),
    "by plain http": (lambda: fresh(iss=f"http://{SHOP}/admin", dest=f"http://{SHOP}"), ALL),
    "for an audience of several": (lambda: fresh(aud=[KEY, "another-app"]), {ELDER}),
    "made in an hour": (lambda: fresh(iat=int(time.time()) + 3_600), {NODE}),
    "with its end as a text": (lambda: fresh(exp=str(int(time.time()) + 55)), {ELDER, YOUNGER}),
}


@pytest.fixture(scope="module")
def node():
    with Foreigner.running() as found:
        yield found


def takers(node, text):
    said = {ELDER: Elder().token(text), YOUNGER: Younger().token(text), NODE: node.each("tokens", tokens=[text])[0]}
    return {name for name, taken in said.items() if taken}


def ours(text, app=APP):
    try:
        return EMBEDDING.visitor(app, text, datetime.now(UTC)).domain == SHOP
    except SessionRefused:
        return False


@pytest.mark.parametrize("make", TAKEN_BY_ALL.values(), ids=TAKEN_BY_ALL.keys())
def test_what_all_three_take_we_take(node, make):
    text = make()
    assert takers(node, text) == ALL
    assert ours(text)


@pytest.mark.parametrize("make", REFUSED_BY_ALL.values(), ids=REFUSED_BY_ALL.keys())
def test_t21_what_all_three_refuse_we_refuse(node, make):
    text = make()
    assert takers(node, text) == set()
    assert not ours(text)


@pytest.mark.parametrize(("make", "who"), WE_ALONE_REFUSE.values(), ids=WE_ALONE_REFUSE.keys())
def test_t21_difference_we_refuse_what_a_library_takes(node, make, who):
    text = make()
    assert takers(node, text) == who
    assert not ours(text)


def test_difference_shopifyapi_demands_a_session_id_and_we_do_not(node):
    text = fresh(sid=...)
    assert takers(node, text) == {YOUNGER, NODE}
    assert ours(text)


def test_difference_the_older_secret_is_taken_by_shopifyapp_and_us_alone(node):
    text = fresh(secret=OLD_SECRET)
    assert takers(node, text) == set()
    assert Younger(old_secret=OLD_SECRET).token(text)
    assert ours(text)
