"""Sessions and one-time codes: what signs in, how often, for how long, and to which store."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from integration.db import Engine, metadata, reading, stores, transaction
from integration.db import sessions as table
from integration.errors import Conflict
from integration.stores import disconnect, sessions
from tests.rig.shop import Bench, Shop

NONCE = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return bench.shop("woocommerce")


@pytest.fixture
def other(bench: Bench) -> Shop:
    return bench.shop("woocommerce", "other.example.com", dataset=None)


def begun(shop: Shop) -> str:
    with transaction(shop.bench.engine) as connection:
        return sessions.begin(connection, shop.id)


def code_for(shop: Shop, nonce: str = NONCE) -> str:
    with transaction(shop.bench.engine) as connection:
        return sessions.code_for(connection, shop.id, nonce)


def redeemed(engine: Engine, code: str, instead_of: str | None = None) -> str | None:
    with transaction(engine) as connection:
        return sessions.redeem(connection, code, instead_of=instead_of)


def of(engine: Engine, token: str | None) -> str | None:
    with reading(engine) as connection:
        return sessions.of(connection, token)


def later(engine: Engine, rows: sa.Table, by: timedelta) -> None:
    """As if so much time had gone by since."""
    with transaction(engine) as connection:
        for key, expires_at in connection.execute(sa.select(rows.primary_key.columns[0], rows.c.expires_at)).all():
            mine = rows.primary_key.columns[0] == key
            connection.execute(sa.update(rows).where(mine).values(expires_at=expires_at - by))


def everything(engine: Engine) -> str:
    with reading(engine) as connection:
        found: list[Any] = [row for one in metadata.sorted_tables for row in connection.execute(sa.select(one))]
    return str(found)


def test_a_session_shows_its_own_store_and_no_other(engine: Engine, shop: Shop, other: Shop) -> None:
    mine, theirs = begun(shop), begun(other)

    assert (of(engine, mine), of(engine, theirs)) == (shop.id, other.id)
    assert [of(engine, token) for token in (None, "", mine[:-1], mine + "a", mine.swapcase(), shop.id)] == [None] * 6


def test_what_is_stored_signs_nobody_in(engine: Engine, shop: Shop) -> None:
    token, code = begun(shop), code_for(shop)
    stored = everything(engine)
    for secret in (token, code, NONCE):
        assert secret not in stored
    with reading(engine) as connection:
        (digest,) = connection.execute(sa.select(table.sessions.c.token_sha256)).scalars()
    assert of(engine, digest) is None


def test_a_session_is_over_after_twelve_hours_however_it_was_used(engine: Engine, shop: Shop) -> None:
    token = begun(shop)
    later(engine, table.sessions, timedelta(hours=11, minutes=59))
    assert of(engine, token) == shop.id
    later(engine, table.sessions, timedelta(minutes=2))
    assert of(engine, token) is None


def test_signing_out_ends_this_session_and_leaves_another_browser_s(engine: Engine, shop: Shop) -> None:
    one, another = begun(shop), begun(shop)
    with transaction(engine) as connection:
        sessions.end(connection, one)
        sessions.end(connection, None)
    assert (of(engine, one), of(engine, another)) == (None, shop.id)


def test_a_code_signs_in_once(engine: Engine, shop: Shop) -> None:
    code = code_for(shop)
    token = redeemed(engine, code)
    assert of(engine, token) == shop.id
    assert redeemed(engine, code) is None
    assert of(engine, token) == shop.id, "who comes second with a code must not sign out who came first"


def test_of_many_who_come_with_one_code_at_the_same_time_one_is_signed_in(engine: Engine, shop: Shop) -> None:
    code = code_for(shop)
    with ThreadPoolExecutor(8) as many:
        tokens = [one for one in many.map(lambda _number: redeemed(engine, code), range(16)) if one]
    assert [of(engine, token) for token in tokens] == [shop.id]


def test_of_many_requests_with_one_nonce_at_the_same_time_one_gets_a_code(engine: Engine, shop: Shop) -> None:
    def asked(_number: int) -> bool:
        try:
            return bool(code_for(shop))
        except Conflict:
            return False

    with ThreadPoolExecutor(8) as many:
        assert sum(many.map(asked, range(16))) == 1


def test_a_code_signs_in_to_the_store_that_asked_for_it(engine: Engine, shop: Shop, other: Shop) -> None:
    """The same nonce too: nonces are each store's own."""
    first, second = code_for(shop), code_for(other)
    assert of(engine, redeemed(engine, second)) == other.id
    assert of(engine, redeemed(engine, first)) == shop.id


def test_a_code_is_over_after_a_minute(engine: Engine, shop: Shop) -> None:
    code, young = code_for(shop), code_for(shop, "1" * 32)
    later(engine, table.sign_in_codes, timedelta(seconds=55))
    assert redeemed(engine, young)
    later(engine, table.sign_in_codes, timedelta(seconds=6))
    assert redeemed(engine, code) is None


def test_a_request_that_is_sent_again_gets_no_second_code(engine: Engine, shop: Shop) -> None:
    code = code_for(shop)
    with pytest.raises(Conflict):
        code_for(shop)
    assert redeemed(engine, code)
    later(
        engine, table.sign_in_codes, timedelta(minutes=10)
    )  # ours may be 5 behind when it was signed, and 5 before now
    with pytest.raises(Conflict):
        code_for(shop)


def test_a_new_sign_in_takes_the_place_of_the_one_this_browser_had(engine: Engine, shop: Shop, other: Shop) -> None:
    former = begun(other)
    token = redeemed(engine, code_for(shop), instead_of=former)
    assert token != former
    assert (of(engine, token), of(engine, former)) == (shop.id, None)


def test_a_code_that_is_none_ends_no_session(engine: Engine, shop: Shop) -> None:
    former = begun(shop)
    assert redeemed(engine, "x" * 43, instead_of=former) is None
    assert of(engine, former) == shop.id


def test_when_a_store_is_let_go_nobody_is_signed_in_to_it_any_more(engine: Engine, shop: Shop, other: Shop) -> None:
    mine, theirs, code = begun(shop), begun(other), code_for(shop)
    with transaction(engine) as connection:
        assert disconnect.let_go(connection, shop.row)

    assert (of(engine, mine), of(engine, theirs), redeemed(engine, code)) == (None, other.id, None)

    assert shop.bench.shop("woocommerce", dataset=None).id == shop.id
    assert (of(engine, mine), redeemed(engine, code)) == (None, None), "not when it is connected again either"


def test_a_store_marked_as_removed_by_whatever_way_shows_nothing(engine: Engine, shop: Shop) -> None:
    token, code = begun(shop), code_for(shop)
    with transaction(engine) as connection:
        stores.mark_uninstalled(connection, shop.row, datetime.now(UTC))
    assert (of(engine, token), redeemed(engine, code)) == (None, None)


def test_what_is_over_is_forgotten_a_hundred_at_a_time(engine: Engine, shop: Shop) -> None:
    for number in range(130):
        code_for(shop, f"{number:032x}")
        begun(shop)
    later(engine, table.sessions, timedelta(hours=13))
    later(engine, table.sign_in_codes, timedelta(minutes=17))

    begun(shop)
    code_for(shop)

    with reading(engine) as connection:
        left = [
            connection.execute(sa.select(sa.func.count()).select_from(rows)).scalar_one()
            for rows in (table.sessions, table.sign_in_codes)
        ]
    assert left == [31, 31]
