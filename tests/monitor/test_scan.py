"""A look at shops that are there, away, odd or hostile: real servers on this machine, through the real guard."""

import dataclasses
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.access import App
from connectors.outbound import Outbound
from integration.db import alerts, chores, reading, scans, transaction
from integration.db.stores import stores
from integration.errors import Conflict
from integration.monitor import golive, scan, watch
from integration.monitor.scan import Look
from integration.stores.platforms import Platforms
from integration.stores.upkeep import Errand
from tests.rig.shop import DATASET, Bench, Shop
from tests.stores.test_wiring import STORE

HTML = {"Content-Type": "text/html; charset=utf-8"}
RIVAL = f"<script>fbq('init','{DATASET}')</script>".encode()
Pages = dict[str, tuple[int, dict[str, str], bytes]]


class Site(ThreadingHTTPServer):
    """A shop's pages; they may be changed, and what was asked for is kept."""

    def __init__(self, pages: Pages) -> None:
        self.pages, self.asked = pages, list[str]()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def domain(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        status, headers, body = self.server.pages.get(self.path, (404, HTML, b"nothing here"))
        self.send_response(status)
        for name, text in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        pass


@contextmanager
def site(pages: Pages) -> Iterator[Site]:
    with Site(pages) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield made
        finally:
            made.shutdown()
            thread.join()


def look(made: Site) -> Look:
    return scan.look(Outbound(loopback=True, seconds=5), made.domain)


def moved(to: str) -> tuple[int, dict[str, str], bytes]:
    return 302, {"Location": to}, b""


def test_the_front_page_a_product_and_the_cart_are_read() -> None:
    front = b'<a href="/products/tea">tea</a>'
    with site({"/": (200, HTML, front), "/products/tea": (200, HTML, b""), "/cart": (200, HTML, RIVAL)}) as made:
        seen = look(made)
        assert (made.asked, seen.findings.pages, seen.findings.trouble) == (["/", "/products/tea", "/cart"], 3, "")
        assert [one.datasets for one in seen.findings.found] == [(DATASET,)]
        assert seen.hosts == (made.domain,)


@pytest.mark.parametrize("cart", [(404, HTML, b""), moved("/login")])
def test_a_product_or_a_cart_that_is_not_there_is_no_trouble(cart: Any) -> None:
    with site({"/": (200, HTML, RIVAL + b'<a href="/products/tea">x</a>'), "/cart": cart}) as made:
        seen = look(made)
    assert (seen.findings.pages, seen.findings.trouble) == (1, "")


def test_a_cart_is_read_where_wordpress_keeps_it() -> None:
    """Seen in WooCommerce 10.6.2: /cart answers 301 and names the whole address of /cart/."""
    pages: Pages = {"/": (200, HTML, b""), "/cart/": (200, HTML, RIVAL)}
    with site(pages) as made:
        pages["/cart"] = 301, {"Location": f"http://{made.domain}/cart/"}, b""
        seen = look(made)
        assert (made.asked, seen.findings.pages, seen.hosts) == (["/", "/cart", "/cart/"], 2, (made.domain,))
        assert [one.datasets for one in seen.findings.found] == [(DATASET,)]


def test_a_page_that_leads_round_in_circles_is_left() -> None:
    with site({"/": (200, HTML, RIVAL), "/cart": moved("/cart")}) as made:
        assert (look(made).findings.pages, len(made.asked)) == (1, 5)


def test_where_the_front_page_leads_is_the_shops_own_host_too() -> None:
    """Shopify's permanent domain leads to the one shoppers see."""
    with site({"/": (200, HTML, b"shop")}) as primary, site({"/": moved(f"http://{primary.domain}/")}) as made:
        assert look(made).hosts == (primary.domain,)


def test_where_a_product_leads_is_not() -> None:
    """WooCommerce's external products lead to other people's shops."""
    with site({"/buy": (200, HTML, RIVAL)}) as foreign:
        to = moved(f"http://{foreign.domain}/buy")
        with site({"/": (200, HTML, b'<a href="/product/tea">x</a>'), "/product/tea": to}) as made:
            seen = look(made)
            assert (seen.hosts, seen.findings.found, foreign.asked) == ((made.domain,), (), [])


@pytest.mark.parametrize(
    "to", ["http://169.254.169.254/", "https://10.0.0.1/", "https://127.0.0.1./", "file:///etc/passwd", "//[", "\x7f"]
)
def test_a_redirect_to_where_we_may_not_go_is_refused_with_a_sentence(to: str) -> None:
    with site({"/": moved(to)}) as made:
        seen = look(made)
    assert seen.findings.trouble.endswith(".")
    assert seen.hosts == ()


def test_a_password_a_loop_and_what_is_no_page_are_said() -> None:
    said = []
    for front in (moved("/password"), moved("/"), (200, {"Content-Type": "image/png"}, b"x"), (503, HTML, b"")):
        with site({"/": front}) as made:
            said.append(look(made).findings.trouble)
            assert len(made.asked) <= 4
    assert "password" in said[0]
    assert said[1:] == [
        "The shop’s page could not be read: it answered 302.",
        "The shop answered with something that is no page.",
        "The shop’s page could not be read: it answered 503.",
    ]


@pytest.fixture
def shop(bench: Bench) -> Iterator[tuple[Shop, Site]]:
    """A WooCommerce store on this machine, connected through the pages, with a rival in its front page."""
    with site({"/": (200, HTML, RIVAL)}) as made:
        store = bench.shop("woocommerce", made.domain, state="observing")
        with transaction(bench.engine) as connection:
            connected = sa.update(stores).where(stores.c.id == store.id)
            connection.execute(connected.values(connected_at=datetime.now(UTC)))
        yield store, made


def do_chore(store: Shop) -> None:
    bench = store.bench
    app = {"woocommerce": _app()}
    platforms = Platforms(bench.engine, bench.sealer, Outbound(loopback=True, seconds=5), app)
    chore = chores.Chore(store.id, chores.SCAN, datetime.now(UTC), 0, None, None)
    assert watch.look(Errand(platforms, store.row, chore, datetime.now(UTC))) == watch.DAILY


def _app() -> App:
    return App("", (), "http://127.0.0.1:8000", keyless=True, loopback=True)


def said(store: Shop) -> list[str]:
    with reading(store.bench.engine) as connection:
        return [one.kind for one in alerts.of_store(connection, store.id)]


def test_a_look_that_could_read_nothing_takes_back_nothing(shop: tuple[Shop, Site]) -> None:
    store, made = shop
    do_chore(store)
    made.pages["/"] = (503, HTML, b"busy")
    do_chore(store)

    assert watch.OTHER_SENDER in said(store)
    with reading(store.bench.engine) as connection:
        kept = scans.of_store(connection, store.id)
    assert kept is not None
    assert kept.hosts == (made.domain,)
    with pytest.raises(Conflict, match=DATASET), transaction(store.bench.engine) as connection:
        golive.go_live(connection, store.row, reason=None, now=datetime.now(UTC))


def test_once_the_rival_is_gone_so_is_the_alert_and_the_store_goes_live(shop: tuple[Shop, Site]) -> None:
    store, made = shop
    do_chore(store)
    made.pages["/"] = (200, HTML, b"<p>tea</p>")
    do_chore(store)

    assert said(store) == []
    with transaction(store.bench.engine) as connection:
        golive.go_live(connection, store.row, reason=None, now=datetime.now(UTC))
    assert store.row.live


def test_a_shop_that_was_never_read_goes_live_with_a_reason_only(shop: tuple[Shop, Site]) -> None:
    store, made = shop
    made.pages["/"] = moved("/password")
    do_chore(store)
    with pytest.raises(Conflict, match="behind a password"), transaction(store.bench.engine) as connection:
        golive.go_live(connection, store.row, reason=None, now=datetime.now(UTC))


def test_a_shop_that_a_stand_in_plays_is_not_looked_for_in_the_world() -> None:
    played = App("key", ("secret",), "http://127.0.0.1:8000", {"ADDRESS": "http://127.0.0.1:1"})
    store = dataclasses.replace(STORE, domain="tea.myshopify.com")
    assert watch.is_played(played, store)
    assert not watch.is_played(App("key", ("secret",), "https://tandem.example"), store)
