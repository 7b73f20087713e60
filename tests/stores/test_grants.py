"""Tokens that expire: renewed early and by one at a time; both of the pair or none; and what is said when that fails."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from connectors import registry
from connectors.access import Grant
from connectors.errors import CredentialsRejected, Declined, Unreachable
from integration.db import grants as rows
from integration.db import transaction
from integration.db.stores import Store
from integration.stores import grants
from integration.stores.grants import NEEDS_RECONNECT
from tests.rig.office import PLATFORM, Office, now
from tests.rig.standin import SHOP


def asked_shop(office: Office, store: Store, moment: datetime) -> str:
    """The store's number, asked of its API with the grant it has at that moment."""
    kept = grants.current(office.platforms, store, moment)
    return grants.opened(office.platforms, store, kept).shop().id


def token_requests(office: Office) -> int:
    return len(office.standin.requests("token"))


def test_a_token_that_is_good_for_some_minutes_is_used_as_it_is(office: Office) -> None:
    store = office.installed()
    asked = token_requests(office)

    assert asked_shop(office, store, now() + timedelta(minutes=54))
    assert token_requests(office) == asked


def test_a_token_is_renewed_five_minutes_before_it_expires(office: Office) -> None:
    store, first = office.installed(), office.token()
    late = now() + timedelta(minutes=56)

    grants.current(office.platforms, store, late)

    assert office.token() != first
    kept = office.grant()
    assert kept
    assert kept.generation == 2
    assert kept.expires_at is not None
    assert kept.expires_at > late + timedelta(minutes=50)


def test_twenty_who_need_the_token_at_once_cause_one_renewal(office: Office) -> None:
    """Quirk: a refresh token is replaced by its use; two who use it at once would each keep another's."""
    store = office.installed()
    asked, late = token_requests(office), now() + timedelta(minutes=59)
    together = threading.Barrier(20)

    def need(_number: int) -> int:
        together.wait()
        return grants.current(office.platforms, store, late).generation

    with ThreadPoolExecutor(20) as many:
        generations = list(many.map(need, range(20)))

    assert token_requests(office) == asked + 1
    assert set(generations) == {2}


def test_who_dies_after_the_platform_answered_and_before_the_pair_was_kept_has_lost_nothing(office: Office) -> None:
    """Quirk: since 2026-08-28 the former refresh token stays good until its replacement is used."""
    store, kept = office.installed(), office.grant()
    assert kept
    pair, oauth = grants.open_pair(office.platforms, kept), registry.get(PLATFORM).oauth
    assert oauth
    old = Grant(pair.token, kept.scopes, kept.expires_at, pair.refresh_token, kept.refresh_expires_at)
    oauth.renew(office.app, office.platforms.http, SHOP, old, now())  # and nobody writes down what came

    grants.current(office.platforms, store, now() + timedelta(minutes=59))

    kept = office.grant()
    assert kept
    assert (kept.generation, kept.rejected) == (2, False)
    assert asked_shop(office, store, now())


def test_a_lock_whose_holder_died_runs_out(office: Office) -> None:
    store = office.installed()
    office.change_grant(locked_by="a dead process", locked_until=datetime(2020, 1, 1, tzinfo=UTC))

    assert grants.current(office.platforms, store, now() + timedelta(minutes=59)).generation == 2


def test_a_platform_that_is_away_costs_nothing_while_the_token_holds(office: Office) -> None:
    store = office.installed()
    office.standin.fail(kind="500", operation="token", times=5)

    assert grants.current(office.platforms, store, now() + timedelta(minutes=57)).generation == 1


def test_a_platform_that_is_away_is_said_to_be_when_the_token_has_run_out(office: Office) -> None:
    store = office.installed()
    office.standin.fail(kind="500", operation="token", times=5)

    with pytest.raises(Unreachable):
        grants.current(office.platforms, store, now() + timedelta(minutes=61))
    kept = office.grant()
    assert kept
    assert not kept.rejected
    assert office.alerts() == {}


def test_a_wrong_app_secret_is_the_operators_mistake_and_disconnects_no_shop(office: Office) -> None:
    store = office.installed()
    rightly = office.standin.secret
    office.standin.secret = "not the secret of this app at all"

    with pytest.raises(Declined):
        grants.current(office.platforms, store, now() + timedelta(minutes=61))
    assert office.alerts() == {}
    office.standin.secret = rightly
    assert grants.current(office.platforms, store, now() + timedelta(minutes=61)).generation == 2


def test_a_refresh_token_that_is_refused_makes_the_merchant_be_told_once_and_nobody_ask_again(office: Office) -> None:
    store = office.installed()
    office.standin.revoke()
    late = now() + timedelta(minutes=59)

    for _ in range(3):
        with pytest.raises(CredentialsRejected, match="connect it again"):
            grants.current(office.platforms, store, late)

    assert list(office.alerts()) == [NEEDS_RECONNECT]
    assert len([one for one in office.standin.requests("token") if one["status"] == 400]) == 1


def test_connecting_again_ends_the_alert(office: Office) -> None:
    store = office.installed()
    office.standin.revoke()
    with pytest.raises(CredentialsRejected):
        grants.current(office.platforms, store, now() + timedelta(minutes=59))

    office.arrived()

    assert office.alerts() == {}
    assert asked_shop(office, store, now())


def test_a_renewal_that_comes_back_after_the_merchant_connected_anew_changes_nothing(office: Office) -> None:
    office.installed()
    old = office.grant()
    assert old
    office.arrived()
    office.installed()
    fresh = office.token()

    with transaction(office.engine) as connection:
        assert not rows.replace_pair(connection, old)
        assert not rows.reject(connection, old.store_id, old.generation)
    assert office.token() == fresh
    kept = office.grant()
    assert kept
    assert not kept.rejected


def test_a_sealed_pair_opens_for_no_other_store(office: Office) -> None:
    """T26."""
    office.installed()
    other = "salt-and-slate.myshopify.com"
    office.installed(other)
    kept = office.grant()
    assert kept
    with transaction(office.engine) as connection:
        theirs = rows.of_store(connection, office.store(other).id)
        assert theirs
        connection.execute(
            rows.grants.update().where(rows.grants.c.store_id == theirs.store_id).values(sealed=kept.sealed)
        )

    with pytest.raises(Exception, match="altered, or belongs to another place"):
        office.token(other)
