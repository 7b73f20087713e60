"""The agency's link: it adds one dataset to one store, once, for a week, and nobody who guesses gets in."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from integration.db import reading, stores, transaction
from integration.db.invitations import invitations as table
from integration.errors import NotFound
from integration.stores import datasets_at_meta, invitations
from integration.stores.datasets_at_meta import Given, NotTaken, Unproven
from tests.rig.shop import DATASET, Bench, Shop
from tests.stores.at_meta import OWNER, TOKEN, attached, done, inspector, log, tokens


def use(bench: Bench, code: str, token: str = TOKEN) -> None:
    """What the page of the link does."""
    given, now = Given.of(DATASET, token), datetime.now(UTC)
    seen = datasets_at_meta.look(inspector(bench.sandbox), given, now)
    with transaction(bench.engine) as connection:
        invitations.redeem(connection, code, given, seen, sealer=bench.sealer, now=now)


def shown(bench: Bench, code: str) -> str:
    with reading(bench.engine) as connection:
        return invitations.shop_of(connection, code)


def store(bench: Bench, **more: str) -> Shop:
    return bench.shop("shopify", dataset=None, **more)


def test_a_link_adds_a_dataset_once_and_the_log_says_by_which_way(bench: Bench) -> None:
    shop = store(bench)
    code = done(shop, invitations.make, OWNER)
    assert shown(bench, code) == shop.row.domain

    use(bench, code)

    assert [one.token_tail for one in attached(shop)] == ["WxYz"]
    newest = log(shop)[0]
    assert (newest.what, newest.surface, newest.who) == ("dataset", "link", "whoever has the link made by the merchant")
    with pytest.raises(NotFound, match="over"):
        shown(bench, code)
    with pytest.raises(NotFound, match="over"):
        use(bench, code, "EAAB-of-somebody-else-entirely")
    assert [one.token_tail for one in attached(shop)] == ["WxYz"]


def test_a_token_that_meta_refuses_or_nobody_could_prove_does_not_use_it_up(bench: Bench) -> None:
    shop = store(bench)
    code = done(shop, invitations.make, OWNER)
    with tokens(bench.sandbox, {"dataset": DATASET, "deny": "200"}), pytest.raises(NotTaken):
        use(bench, code)
    bench.sandbox.fail(kind="reset", dataset=DATASET)
    with pytest.raises(Unproven):
        use(bench, code)
    assert attached(shop) == []
    use(bench, code)
    assert len(attached(shop)) == 1


def test_it_opens_its_own_store_and_none_by_a_guess(bench: Bench) -> None:
    mine, other = store(bench), store(bench, domain="second.myshopify.com")
    code = done(mine, invitations.make, OWNER)
    for guess in ("", "A" * 43, code[:-1], code.swapcase(), code + "A"):
        with pytest.raises(NotFound, match="over"):
            use(bench, guess)
    use(bench, code)
    assert (len(attached(mine)), len(attached(other))) == (1, 0)
    with reading(bench.engine) as connection:
        kept = connection.execute(sa.select(table)).all()
    assert code not in str(kept)


@pytest.mark.parametrize("how", ["expired", "revoked", "replaced", "disconnected"])
def test_a_link_that_is_over_opens_nothing(bench: Bench, how: str) -> None:
    shop = store(bench)
    code = done(shop, invitations.make, OWNER)
    assert done(shop, invitations.open_of) is not None
    END[how](bench, shop)
    for call in (shown, use):
        with pytest.raises(NotFound, match="over"):
            call(bench, code)
    assert attached(shop) == []


def _expire(bench: Bench, _shop: Shop) -> None:
    with transaction(bench.engine) as connection:
        found = connection.execute(sa.select(table)).one()
        assert found.expires_at - found.created_at == timedelta(days=7)
        connection.execute(sa.update(table).values(expires_at=found.created_at - timedelta(seconds=1)))


def _disconnect(bench: Bench, shop: Shop) -> None:
    with transaction(bench.engine) as connection:
        stores.mark_uninstalled(connection, shop.row, datetime.now(UTC))


END = {
    "expired": _expire,
    "revoked": lambda _bench, shop: done(shop, invitations.revoke, OWNER),
    "replaced": lambda _bench, shop: done(shop, invitations.make, OWNER),
    "disconnected": _disconnect,
}


def test_of_two_who_use_it_at_once_one_is_too_late(bench: Bench) -> None:
    shop, failed = store(bench), []
    code = done(shop, invitations.make, OWNER)
    ready = threading.Barrier(2)

    def one(token: str) -> None:
        given, now = Given.of(DATASET, token), datetime.now(UTC)
        seen = datasets_at_meta.look(inspector(bench.sandbox), given, now)
        ready.wait()
        try:
            with transaction(bench.engine) as connection:
                invitations.redeem(connection, code, given, seen, sealer=bench.sealer, now=now)
        except NotFound:
            failed.append(token)

    both = [threading.Thread(target=one, args=(token,)) for token in (f"{TOKEN}-one1", f"{TOKEN}-two2")]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()

    assert len(failed) == 1
    assert len(attached(shop)) == 1
    assert not failed[0].endswith(attached(shop)[0].token_tail)


def test_the_log_says_who_made_and_who_revoked_it_and_never_the_code(bench: Bench) -> None:
    shop = store(bench)
    code = done(shop, invitations.make, OWNER)
    done(shop, invitations.revoke, OWNER)
    done(shop, invitations.revoke, OWNER)
    told = log(shop)
    assert [(one.what, one.after["link"]) for one in told] == [
        ("agency link", "revoked"),
        ("agency link", "made, for 7 days"),
    ]
    assert code not in str(told)
