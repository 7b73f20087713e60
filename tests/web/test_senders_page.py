"""`/store/senders`: what it says of a look, to whom it is shut, and the button by which a store goes live."""

from datetime import UTC, datetime, timedelta

import msgspec
import sqlalchemy as sa

from integration.db import chores, golives, reading, scans, stores, transaction
from integration.monitor.senders import Finding, Findings, Kind
from tests.rig.own_page import OwnPage
from tests.rig.pages import Pages, Read

DATASET = "300000000000003"
SENDERS, AGAIN, LIVE = "/store/senders", "/store/senders/again", "/store/live"


def looked(store: OwnPage, *found: Finding, pages: int = 3, trouble: str = "") -> None:
    with transaction(store.pages.engine) as connection:
        kept = msgspec.json.encode(Findings(found, pages, trouble)).decode()
        scans.keep(connection, store.id, findings=kept, hosts=())


def shown(store: OwnPage) -> str:
    return Read(store.browser().get(SENDERS).data.decode()).text


def test_strangers_are_led_to_sign_in_and_other_sites_can_press_no_button(pages: Pages) -> None:
    store = OwnPage.of(pages)
    assert pages.browser().get(SENDERS).status == 303
    for path in (LIVE, AGAIN):
        assert store.browser().ask("POST", path, Origin="https://evil.example").status == 403
        assert pages.browser().ask("POST", path, Origin=pages.url).status == 303
    assert not store.row.live


def test_what_a_shop_calls_its_scripts_is_text(pages: Pages) -> None:
    store = OwnPage.of(pages)
    looked(store, Finding(Kind.TAG_MANAGER, "<svg/onload=1>"), trouble="<script>x</script>")
    page = store.browser().get(SENDERS).data.decode()
    assert "<svg/onload" not in page
    assert "<script>x" not in page


def test_pages_that_could_not_be_read_are_not_said_to_hold_nobody(pages: Pages) -> None:
    store = OwnPage.of(pages)
    looked(store, pages=0, trouble="The shop is behind a password.")
    assert "Nobody else that can be seen" not in shown(store)
    looked(store)
    assert "Nobody else that can be seen tells your dataset." in shown(store)


def test_a_store_with_a_rival_is_told_what_to_do_and_does_not_go_live(pages: Pages) -> None:
    store = OwnPage.of(pages)
    store.attach(DATASET)
    with transaction(pages.engine) as connection:
        stores.observe(connection, store.id)
    looked(store, Finding(Kind.PIXEL, "A Pixel in the theme", (DATASET,)))
    browser = store.browser()
    answer = browser.ask("POST", LIVE, Origin=pages.url)
    assert answer.status == 409
    assert "A Pixel in the theme tells dataset" in Read(answer.data.decode()).text
    assert not store.row.live


def test_with_nobody_else_it_goes_live_once_and_says_so(pages: Pages) -> None:
    store = OwnPage.of(pages)
    store.attach("300000000000004")
    with transaction(pages.engine) as connection:
        stores.observe(connection, store.id)
    looked(store)
    browser = store.browser()
    for _ in range(2):
        assert browser.ask("POST", LIVE, Origin=pages.url).status == 303
    assert store.row.live
    assert "This store is live" in shown(store)
    with reading(pages.engine) as connection:
        mine = sa.select(sa.func.count()).where(golives.golives.c.store_id == store.id)
        assert connection.execute(mine).scalar_one() == 1


def test_a_look_is_planned_unless_one_is_only_minutes_old(pages: Pages) -> None:
    store = OwnPage.of(pages)
    browser = store.browser()

    def planned() -> bool:
        with reading(pages.engine) as connection:
            return any(one.kind == chores.SCAN for one in chores.of_store(connection, store.id))

    looked(store)
    browser.ask("POST", AGAIN, Origin=pages.url)
    assert not planned()
    with transaction(pages.engine) as connection:
        old = sa.update(scans.scans).where(scans.scans.c.store_id == store.id)
        connection.execute(old.values(scanned_at=datetime.now(UTC) - timedelta(minutes=10)))
    browser.ask("POST", AGAIN, Origin=pages.url)
    assert planned()
