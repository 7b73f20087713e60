"""Session tokens over HTTP (T21), and that nothing but them opens anything (T18, T20)."""

import time
from collections.abc import Mapping
from typing import Any

import pytest

from tests.rig.pages import Pages, session

SHOP, VICTIM = "attacker.myshopify.com", "victim.myshopify.com"
RETRY = "X-Shopify-Retry-Invalid-Session-Request"
DOORS = (("GET", "/shopify/app/state"), ("POST", "/shopify/app/again"))


def head(**told: Any) -> Mapping[str, Any]:
    return {"alg": "HS256", "typ": "JWT", **told}


def of(**told: Any) -> str:
    return session(VICTIM, **told)


def unsigned(**header: Any) -> str:
    return f"{of(header=header).rpartition('.')[0]}."


NOW = int(time.time())
OURS, THEIRS = f"https://{VICTIM}", f"https://{SHOP}"
FORGED = {
    "none": unsigned(alg="none"),
    "None": unsigned(alg="None", typ="JWT"),
    "none, with a signature": of(header=head(alg="none")),
    "RS256 by our secret": of(header=head(alg="RS256")),
    "HS512": of(header=head(alg="HS512")),
    "no algorithm": of(header={"typ": "JWT"}),
    "a key of its own": of(header=head(jwk={"kty": "oct", "k": "bWluZQ"}), secret="mine"),
    "a key's address": of(header=head(jku="https://evil.com/keys"), secret="mine"),
    "kid, a file": of(header=head(kid="../../../../dev/null"), secret=""),
    "kid, SQL": of(header=head(kid="x' UNION SELECT 'mine"), secret="mine"),
    "empty secret": of(secret=""),
    "another app's secret": of(secret="another-app-s-secret-0123456789"),
    "another app's audience": of(aud="another-app"),
    "audiences": of(aud=["another-app", "tandem-test-app"]),
    "no audience": of(aud=None),
    "no end": of(exp=None),
    "an end far away": of(exp=NOW + 86_400 * 365),
    "ended": of(exp=NOW - 60, nbf=NOW - 120, iat=NOW - 120),
    "not begun": of(nbf=NOW + 3_000, iat=NOW + 3_000, exp=NOW + 3_060),
    "no beginning": of(nbf=None, iat=None),
    "no id": of(jti=None),
    "no user": of(sub=None),
    "issued by another shop": of(iss=f"{THEIRS}/admin"),
    "for another shop": of(dest=THEIRS),
    "no issuer": of(iss=None),
    "no destination": of(dest=None),
    "http": of(iss=f"http://{VICTIM}/admin", dest=f"http://{VICTIM}"),
    "a host of evil's": of(iss=f"{OURS}.evil.com/admin", dest=f"{OURS}.evil.com"),
    "user at evil": of(iss=f"{OURS}@evil.com/admin", dest=f"{OURS}@evil.com"),
    "rubbish": "rubbish",
    "dots": "....",
    "latin-1": "é.é.é",
    "long": "a" * 5_000,
}


@pytest.fixture(scope="module", autouse=True)
def victim(pages: Pages) -> None:
    """A store there is something to steal from."""
    pages.office.arrived(VICTIM)
    assert pages.browser().get("/shopify/app/state", Authorization=f"Bearer {of()}").status == 200


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED)
@pytest.mark.parametrize(("method", "path"), DOORS)
def test_t21_a_forged_bearer_gets_401_and_the_word_to_try_again(
    pages: Pages, method: str, path: str, token: str
) -> None:
    before = pages.office.everything()

    answer = pages.browser().ask(method, path, Authorization=f"Bearer {token}".encode().decode("latin-1"))

    assert (answer.status, answer.data, answer.headers[RETRY]) == (401, b"", "1")
    assert pages.office.everything() == before


@pytest.mark.parametrize("token", [token for token in FORGED.values() if token.isascii() and len(token) < 4_000])
def test_t21_a_forged_token_in_the_address_shows_nothing_and_asks_for_no_token(pages: Pages, token: str) -> None:
    asked = pages.tokens_asked()

    answer = pages.browser().get(f"/shopify/app?shop={VICTIM}&embedded=1&id_token={token}")

    assert (answer.status, answer.headers["Location"].partition("?")[0], answer.data) == (302, "/shopify/bounce", b"")
    assert pages.tokens_asked() == asked


@pytest.mark.parametrize(
    "told",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic dTpw",
        "bearer",
        "Token {good}",
        "{good}",
        "Bearer {good} {good}",
        "Bearer,{good}",
    ],
)
@pytest.mark.parametrize(("method", "path"), DOORS)
def test_t18_without_a_bearer_nothing_is_shown_or_done(pages: Pages, method: str, path: str, told: str) -> None:
    before = pages.office.everything()

    answer = pages.browser().ask(method, path, Authorization=told.format(good=of()))

    assert (answer.status, answer.data, answer.headers[RETRY]) == (401, b"", "1")
    assert pages.office.everything() == before


@pytest.mark.parametrize(("method", "path"), DOORS)
def test_t18_no_cookie_and_no_address_stands_for_a_bearer(pages: Pages, method: str, path: str) -> None:
    browser = pages.browser()
    browser.cookies = {name: of() for name in ("session", "id_token", "Authorization", "tandem-install")}
    assert browser.ask(method, f"{path}?id_token={of()}&shop={VICTIM}").status == 401


def test_t20_no_page_of_the_frame_ever_sets_a_cookie(pages: Pages) -> None:
    good, shop = of(), pages.shop()
    for method, path in (
        ("GET", f"/shopify/app?shop={VICTIM}&embedded=1&id_token={good}"),
        ("GET", f"/shopify/app?shop={shop}&embedded=1&id_token={pages.shopify.session(shop)}"),
        ("GET", f"/shopify/app?shop={VICTIM}&embedded=1"),
        ("GET", f"/shopify/app?shop={VICTIM}"),
        ("GET", "/shopify/app"),
        ("GET", f"/shopify/bounce?shop={VICTIM}&shopify-reload={pages.url}/shopify/app"),
        ("GET", f"/shopify/install?shop={VICTIM}&embedded=1"),
        *DOORS,
    ):
        for authorization in ("", f"Bearer {good}"):
            browser = pages.browser()
            browser.cookies = {"session": "ours-or-not"}
            answer = browser.ask(method, path, Authorization=authorization)
            assert answer.status < 500
            assert "Set-Cookie" not in answer.headers, path
