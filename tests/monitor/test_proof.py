"""The proof of the first real order: both endings, what is never claimed, and one mail, on both databases."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from connectors.access import App
from integration import config, jobs, queues
from integration.db import chores, clock, proofs, reading, signals, transaction
from integration.db import sightings as room
from integration.db.sightings import Stage
from integration.db.stores import SEALED_EMAILS, stores
from integration.mail import Post
from integration.monitor import proof, proof_mail
from integration.monitor.proof import Shown
from integration.pipeline import joining
from integration.pipeline.joining import By
from integration.queues import Bell
from integration.stores import upkeep
from integration.stores.platforms import Platforms
from tests.monitor.test_coverage_report import HOUR, order, see
from tests.pipeline.test_signals import hearing
from tests.rig import mailbox
from tests.rig.mailbox import Mailbox
from tests.rig.shop import Bench, Shop

SOON = timedelta(minutes=2)
TO = "anna@shop.example"


@pytest.fixture
def shop(bench: Bench) -> Shop:
    """Live, in Berlin, with somebody to write to."""
    made = hearing(bench)
    sealed = bench.sealer.seal(TO.encode(), store=made.id, column=SEALED_EMAILS)
    with transaction(bench.engine) as connection:
        mine = sa.update(stores).where(stores.c.id == made.id)
        connection.execute(mine.values(timezone="Europe/Berlin", alert_emails=sealed))
    return made


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox.opened() as box:
        yield box


def shown(shop: Shop, after: timedelta = SOON) -> Shown | None:
    with reading(shop.bench.engine) as connection:
        return proof.of_store(connection, shop.row, datetime.now(UTC) + after)


def said(shop: Shop, after: timedelta = SOON) -> str:
    found = shown(shop, after)
    assert found
    return found.sentence


def trace(shop: Shop) -> str:
    return str(shop.bench.rows()[0]["fbtrace_id"])


def ran(shop: Shop, order_id: str) -> None:
    """A browser spoke to us of that checkout."""
    with transaction(shop.bench.engine) as connection:
        signals.keep(connection, shop.id, joining.key(By.CHECKOUT, f"token{order_id}"), "sealed")


def test_both_told_and_the_proof_says_when_in_the_clock_of_the_shop_with_the_trace_of_meta(shop: Shop) -> None:
    order(shop, "1042")
    assert shown(shop) is None
    see(shop, "1042", Stage.SENT)
    found = shown(shop)
    assert found
    assert found.proof.pixel_at
    pixel, server = (at.astimezone(ZoneInfo("Europe/Berlin")) for at in (found.proof.pixel_at, found.proof.server_at))
    assert found.sentence == (
        f"Told by Pixel {pixel:%H:%M:%S}, by server {server:%H:%M:%S}, same id 1042, Meta accepted, trace {trace(shop)}."
    )
    assert "counts it once" not in found.sentence


def test_after_an_hour_without_the_pixel_the_server_alone_told_where_there_is_evidence(shop: Shop) -> None:
    order(shop, "1042")
    ran(shop, "1042")
    assert shown(shop, HOUR - SOON) is None
    words = said(shop, HOUR + SOON)
    assert words.startswith("Only the server told Meta of order 2042: ")
    assert words.endswith("the page after it never spoke: closed early, or left to pay.")
    assert f"trace {trace(shop)}" in words


def test_without_evidence_nothing_is_claimed_of_the_pixel(shop: Shop) -> None:
    order(shop, "1042")
    words = said(shop, HOUR + SOON)
    assert "Only the server" not in words
    assert "Of the Pixel nothing is claimed." in words


@pytest.mark.parametrize("stage", [Stage.CALLED, Stage.LOADED])
def test_a_pixel_whose_request_did_not_leave_is_no_rider(shop: Shop, stage: Stage) -> None:
    order(shop, "1042")
    see(shop, "1042", stage)
    assert shown(shop) is None
    assert "Told by Pixel" not in said(shop, 2 * HOUR)


def test_a_pixel_under_another_id_or_without_a_proof_is_no_pair(shop: Shop) -> None:
    order(shop, "1042")
    see(shop, "1042", Stage.SENT, event_id="9")
    see(shop, "1042", Stage.SENT, proof="")
    words = said(shop, 2 * HOUR)
    assert "same id" not in words
    assert "under another id: Meta may have counted it twice." in words


def test_a_test_order_or_one_placed_before_going_live_proves_nothing(shop: Shop) -> None:
    order(shop, "1042")
    see(shop, "1042", Stage.SENT)
    with transaction(shop.bench.engine) as connection:
        connection.execute(sa.text("UPDATE events SET test = true"))
    assert shown(shop) is None
    with transaction(shop.bench.engine) as connection:
        connection.execute(sa.text("UPDATE events SET test = false"))
        connection.execute(sa.update(stores).values(since=datetime.now(UTC) + SOON))
    assert shown(shop) is None


def test_what_was_proven_stays_as_it_was_known_when_browsers_are_forgotten(shop: Shop) -> None:
    order(shop, "1042")
    see(shop, "1042", Stage.SENT)
    before = said(shop)
    with transaction(shop.bench.engine) as connection:
        assert proof.prove(connection, shop.row, datetime.now(UTC))
        connection.execute(sa.delete(room.sightings))
    order(shop, "1043")
    assert said(shop, timedelta(days=60)) == before


def test_of_an_old_order_nobody_can_say_any_more_what_its_browser_told(shop: Shop) -> None:
    order(shop, "1042")
    ran(shop, "1042")
    words = said(shop, timedelta(days=15))
    assert "Only the server" not in words
    assert words.endswith("What browsers told then is not kept any more.")


def platforms(shop: Shop) -> Platforms:
    """Nobody is asked, so there is no client."""
    app = App("key", ("s" * 32,), "https://tandem.test", {})
    return Platforms(shop.bench.engine, shop.bench.sealer, None, {"shopify": app})  # type: ignore[arg-type]


def run(shop: Shop, box: Mailbox | None, after: timedelta = SOON) -> int:
    """The steward looks."""
    post = Post("127.0.0.1", box.port, "tandem@example.com", encrypted=False) if box else None
    now = datetime.now(UTC) + after
    return upkeep.run_due(platforms(shop), "w", seconds=5, now=lambda: now, beside=proof_mail.chore(post))


def due(shop: Shop) -> None:
    with transaction(shop.bench.engine) as connection:
        connection.execute(sa.update(chores.chores).values(due_at=clock()))


def begun(shop: Shop) -> None:
    with transaction(shop.bench.engine) as connection:
        proof_mail.begin(connection, shop.row)


def left(shop: Shop) -> list[chores.Chore]:
    with reading(shop.bench.engine) as connection:
        return list(chores.of_store(connection, shop.id))


def test_the_proof_is_mailed_once_and_holds_the_order_and_nothing_of_who_bought(shop: Shop, box: Mailbox) -> None:
    begun(shop)
    assert run(shop, box) == 1
    assert not box.letters  # nothing was sold yet
    order(shop, "1042")
    see(shop, "1042", Stage.SENT)
    for _ in range(3):
        due(shop)
        run(shop, box)
        with transaction(shop.bench.engine) as connection:
            chores.plan(connection, shop.id, chores.PROOF)
    (letter,) = box.letters
    assert letter.addresses == (TO,)
    assert letter.message["Subject"] == "The first order of tea.myshopify.com reached Meta"
    flat = " ".join(letter.text.split())
    assert said(shop) in flat
    assert "Order 2042, placed on " in flat
    assert "times are those of Europe/Berlin" in flat
    buyer = json.loads(shop.sample("orders/paid", "card"))["billing_address"]
    assert "@" not in letter.text
    assert buyer["last_name"]
    assert not any(
        str(buyer[one]) in letter.text for one in ("first_name", "last_name", "zip", "address1") if buyer[one]
    )
    found = shown(shop)
    assert found
    assert found.mailed_at


def test_while_the_mail_server_is_down_it_is_tried_again_and_given_up_after_a_day(shop: Shop, box: Mailbox) -> None:
    order(shop, "1042")
    see(shop, "1042", Stage.SENT)
    begun(shop)
    box.refuses["DATA"] = "451 anna@shop.example later"
    run(shop, box)
    (chore,) = left(shop)
    assert (chore.tries, chore.trouble) == (1, "The mail server did not take the mail (451).")
    found = shown(shop)
    assert found
    assert found.mailed_at is None
    with transaction(shop.bench.engine) as connection:
        connection.execute(sa.update(chores.chores).values(due_at=clock(), tries=30))
    run(shop, box)
    assert not left(shop)
    assert not box.letters
    given_up = shown(shop)
    assert given_up
    assert given_up.trouble == "The mail server did not take the mail (451)."


def test_it_goes_out_once_the_mail_server_is_back(shop: Shop, box: Mailbox) -> None:
    order(shop, "1042")
    see(shop, "1042", Stage.SENT)
    begun(shop)
    box.refuses["MAIL"] = "421 down"
    run(shop, box)
    box.refuses.clear()
    due(shop)
    run(shop, box)
    assert len(box.letters) == 1
    assert not left(shop)


def test_the_steward_writes_through_the_mail_server_of_its_settings(shop: Shop, box: Mailbox, tmp_path: Path) -> None:
    order(shop, "1042")
    see(shop, "1042", Stage.SENT)
    begun(shop)
    settings = config.load({"SMTP_URL": box.url, "MAIL_FROM": "tandem@example.com"}, data_dir=tmp_path)
    bell = Bell(queues.connect(f"unix://{tmp_path}/nobody.sock", hurry=True))
    jobs.open_house(jobs.House(platforms(shop), bell, settings.post))
    jobs.do_chores()
    assert [letter.addresses for letter in box.letters] == [(TO,)]


def test_without_a_mail_server_the_proof_is_kept_all_the_same(shop: Shop) -> None:
    order(shop, "1042")
    see(shop, "1042", Stage.SENT)
    begun(shop)
    run(shop, None)
    assert not left(shop)
    with reading(shop.bench.engine) as connection:
        kept = proofs.of_store(connection, shop.id)
    assert kept
    assert kept.mailed_at is None


def test_going_live_anew_waits_for_another_first_order(shop: Shop) -> None:
    order(shop, "1042")
    see(shop, "1042", Stage.SENT)
    begun(shop)
    run(shop, None)
    shop.set(state="observing")
    shop.set(state="live")
    begun(shop)
    with reading(shop.bench.engine) as connection:
        assert proofs.of_store(connection, shop.id) is None
    assert [one.kind for one in left(shop)] == [chores.PROOF]
