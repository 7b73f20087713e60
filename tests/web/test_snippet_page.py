"""The page with the Pixel's text: for the signed-in store alone, and never a text that could not keep the promise."""

import html
import re
from urllib.parse import urlencode

import pytest

from connectors import registry
from integration.db import datasets, reading, stores, transact, transaction
from integration.stores import sessions, settings, wiring
from integration.web.sign_in import STORE
from integration.web.storefront_page import PATH
from tests.rig.own_page import OwnPage
from tests.rig.pages import Browser, Pages, Read, session


@pytest.fixture
def store(pages: Pages) -> stores.Store:
    """One whose Pixel is pasted."""
    domain = pages.connected()
    with reading(pages.engine) as connection:
        found = stores.by_domain(connection, "shopify", domain)
    assert found
    return found


def signed_in(pages: Pages, store: stores.Store) -> Browser:
    browser = pages.browser()
    browser.cookies["tandem-session"] = transact(pages.engine, lambda it: sessions.begin(it, store.id))
    return browser


def test_the_text_is_shown_to_the_letter_with_how_to_paste_it_and_what_is_not_proven(
    pages: Pages, store: stores.Store
) -> None:
    answer = signed_in(pages, store).get(f"{STORE}{PATH}")
    page = answer.data.decode()
    shown = html.unescape(re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)[1])
    with reading(pages.engine) as connection:
        attached = [one.dataset_id for one in datasets.of_store(connection, store.id)]
    connector = registry.get(store.platform)
    assert shown == connector.pixel_snippet(wiring.plan(store, attached, public_url=pages.url))
    assert f"{pages.url}/s/{store.public_key}" in shown
    text = Read(page).text
    assert connector.half.pasting
    assert all(step in text for step in (*connector.half.pasting, connector.half.unproven))
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_setting_the_pixel_could_not_follow_is_said_instead_of_a_text(pages: Pages, store: stores.Store) -> None:
    with transaction(pages.engine) as connection:
        settings.change(connection, store, {"value_basis": "without_shipping"}, now=store.since)
    page = Read(signed_in(pages, store).get(f"{STORE}{PATH}").data.decode())
    assert "cannot compute the value without shipping" in page.text
    assert not page.all("textarea")


def test_where_the_plugin_brings_the_pixel_there_is_the_plugin_and_nothing_to_paste(pages: Pages) -> None:
    page = Read(OwnPage.of(pages).browser().get(f"{STORE}{PATH}").data.decode())
    assert "There is nothing to paste: the plugin puts the Pixel into your shop’s pages itself." in page.text
    assert "/woocommerce/plugin.zip" in [link["href"] for link in page.all("a")]
    assert not page.all("textarea")


def test_the_store_page_leads_here(pages: Pages) -> None:
    assert f"{STORE}{PATH}" in [link["href"] for link in OwnPage.of(pages).page().all("a")]


def test_who_is_not_signed_in_is_led_to_where_that_is_done(pages: Pages) -> None:
    answer = pages.browser().get(f"{STORE}{PATH}")
    assert answer.status == 303
    assert b"textarea" not in answer.data


def test_inside_the_admin_the_text_is_the_same(pages: Pages, store: stores.Store) -> None:
    answer = pages.browser().get(
        f"/shopify/app{PATH}?{urlencode({'embedded': '1', 'id_token': session(store.domain)})}"
    )
    assert answer.status == 200
    assert f"{pages.url}/s/{store.public_key}" in html.unescape(answer.data.decode())
    assert len(Read(answer.data.decode()).all("textarea")) == 1


def test_what_the_plugin_says_of_itself_and_of_the_shop_s_system_is_shown(pages: Pages) -> None:
    store = OwnPage.of(pages)
    store.call("state", {"plugin": "1.2.3", "wordpress": "6.8", "woocommerce": "10.6.2"})
    page = Read(store.browser().get(f"{STORE}{PATH}").data.decode())
    assert "version 1.2.3, WordPress 6.8, WooCommerce 10.6.2" in page.text
