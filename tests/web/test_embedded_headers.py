"""Who may frame which page, and which scripts run on it: every page times every shop (T19)."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from integration.web import embedded
from tests.rig.pages import Pages, Read, directives, serving, session, signed
from tests.rig.standin import KEY, SECRET, StandIn

PUBLIC = "https://tandem.example.com"
BRIDGE = "https://cdn.shopify.com/shopifycloud/app-bridge.js"
ADMIN = "https://admin.shopify.com"
KNOWN, OTHER = "known.myshopify.com", "other.myshopify.com"
NOBODY = "'none'"
STATIC = Path(embedded.__file__).parent


@pytest.fixture(scope="module")
def real(database: str, shopify: StandIn, pages: Pages, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """As in production, with Shopify's own addresses; the shop is connected already, so that none is asked."""
    directory = tmp_path_factory.mktemp("real")
    pages.office.arrived(KNOWN)
    with serving(
        database, directory, shopify, PUBLIC_URL=PUBLIC, SHOPIFY_ADMIN_URL="", SHOPIFY_APP_BRIDGE_URL=""
    ) as found:
        yield found


def reload(path: str = "/shopify/app") -> str:
    return f"shopify-reload={PUBLIC}{path}"


MATRIX = [
    ("the page, by a token", f"/shopify/app?shop={KNOWN}&id_token=TOKEN", 200, KNOWN),
    ("the page, by a token and another's name", f"/shopify/app?shop={OTHER}&id_token=TOKEN", 200, KNOWN),
    ("the page, without", f"/shopify/app?shop={KNOWN}&embedded=1", 302, None),
    ("the page, of nobody", "/shopify/app?embedded=1", 401, None),
    ("the page, of no shop", "/shopify/app?embedded=1&shop=evil.com", 401, None),
    ("the page, at the top", f"/shopify/app?shop={KNOWN}", 302, None),
    ("the bounce page", f"/shopify/bounce?shop={KNOWN}&{reload()}", 200, KNOWN),
    ("the bounce page, of another", f"/shopify/bounce?shop={OTHER}&{reload()}", 200, OTHER),
    ("the bounce page, of nobody", f"/shopify/bounce?{reload()}", 200, None),
    ("the bounce page, of no shop", f"/shopify/bounce?shop=evil.com&{reload()}", 200, None),
    ("the bounce page, elsewhere", f"/shopify/bounce?{reload('.evil.com')}", 400, None),
    ("the state, without a bearer", f"/shopify/app/state?shop={KNOWN}", 401, None),
    ("an installation", f"/shopify/install?shop={OTHER}", 302, None),
    ("an installation in the frame", f"/shopify/install?shop={OTHER}&embedded=1", 200, OTHER),
    ("an installation of no shop", "/shopify/install?shop=evil.com&embedded=1", 400, None),
    ("a return", f"/shopify/callback?shop={KNOWN}", 403, None),
    ("another page", "/healthz", 200, None),
]


@pytest.mark.parametrize(("path", "status", "shop"), [row[1:] for row in MATRIX], ids=[row[0] for row in MATRIX])
def test_t19_only_its_own_admin_frames_a_page(real: Pages, path: str, status: int, shop: str | None) -> None:
    answer = real.browser().get(path.replace("TOKEN", session(KNOWN)))

    assert answer.status == status
    assert directives(answer)["frame-ancestors"] == (f"https://{shop} {ADMIN}" if shop else NOBODY)
    assert "X-Frame-Options" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    if path.startswith("/shopify"):
        assert answer.headers["Cache-Control"] == "no-store"


def test_t19_a_bearer_s_fragment_is_framed_by_nobody(real: Pages) -> None:
    answer = real.browser().get("/shopify/app/state", Authorization=f"Bearer {session(KNOWN)}")
    assert (answer.status, directives(answer)["frame-ancestors"]) == (200, NOBODY)
    assert "script-src" not in directives(answer)


FRAMED = [row for row in MATRIX if row[2] == 200 and row[3]]


@pytest.mark.parametrize("path", [row[1] for row in FRAMED], ids=[row[0] for row in FRAMED])
def test_t19_the_admin_s_script_comes_first_and_nothing_runs_in_line(real: Pages, path: str) -> None:
    answer = real.browser().get(path.replace("TOKEN", session(KNOWN)))
    page, policy = Read(answer.data.decode()), directives(answer)

    names = [name for name, _ in page.elements]
    scripts = page.all("script")
    assert page.all("meta")[:2] == [{"charset": "utf-8"}, {"name": "shopify-api-key", "content": KEY}]
    assert scripts[0] == {"src": BRIDGE}
    assert names.index("script") < names.index("link")
    assert all(urlsplit(script["src"]).path.startswith("/static/") for script in scripts[1:])
    assert policy["script-src"] == "'self' https://cdn.shopify.com/shopifycloud/"
    assert policy["default-src"] == NOBODY
    assert policy["style-src"] == policy["connect-src"] == policy["form-action"] == "'self'"
    assert policy["base-uri"] == NOBODY
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "*" not in answer.headers["Content-Security-Policy"]
    assert "style" not in names
    assert not [name for _, told in page.elements for name in told if name == "style" or name.startswith("on")]
    assert SECRET not in answer.data.decode()


def test_t22_no_template_switches_escaping_off() -> None:
    templates = sorted((STATIC / "templates").glob("*.html"))
    assert len(templates) > 8
    for path in templates:
        assert not re.search(r"\|\s*safe|Markup|autoescape", path.read_text()), path.name
    assert "eval" not in "".join(path.read_text() for path in (STATIC / "static").glob("*.js"))


def test_a_page_that_shopify_signed_for_one_shop_is_framed_for_that_one(real: Pages) -> None:
    answer = real.browser().get(f"/shopify/install?{signed({'shop': OTHER, 'embedded': '1'})}")
    assert directives(answer)["frame-ancestors"] == f"https://{OTHER} {ADMIN}"
