"""A store is connected by the merchant: through the platform's consent page, or by opening our page in its admin."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from connectors import registry
from connectors.errors import RequestRefused
from integration import db
from integration.db import chores, tasks, transaction
from integration.db.installs import installs
from integration.db.stores import OBSERVING, stores
from integration.errors import Forbidden, NotConfigured, NotFound
from integration.stores import connect, disconnect, entering, install
from integration.stores import settings as store_settings
from integration.stores.grants import NEEDS_RECONNECT
from integration.stores.platforms import Platforms
from tests.rig.office import PLATFORM, Office, consented, now, value
from tests.rig.standin import SHOP

OTHER = "salt-and-slate.myshopify.com"


def finish(office: Office, query: str, browser: str | None = "one browser") -> None:
    install.finish(office.platforms, PLATFORM, query, browser=browser, now=now())


def asked_for_tokens(office: Office) -> int:
    return len(office.standin.requests("token"))


def test_a_store_connected_through_the_consent_page_observes_and_has_its_chores_planned(office: Office) -> None:
    store = office.installed()

    assert (store.domain, store.state, store.uninstalled_at) == (SHOP, OBSERVING, None)
    assert store.connected_at is not None
    assert set(office.chores()) == {"subscriptions", "pixel", "survey", "scan", "token"}
    assert office.token().startswith("shpat_")


def test_a_store_connected_by_opening_our_page_is_the_same(office: Office) -> None:
    store = office.arrived()

    assert (store.domain, store.state) == (SHOP, OBSERVING)
    assert set(office.chores()) == {"subscriptions", "pixel", "survey", "scan", "token"}


def test_opening_our_page_again_asks_for_no_other_token(office: Office) -> None:
    office.arrived()
    office.arrived()

    assert asked_for_tokens(office) == 1


def test_the_state_has_256_bits_and_neither_it_nor_a_token_is_stored_in_clear(office: Office) -> None:
    """T9, T26."""
    address = install.begin(office.platforms, PLATFORM, f"shop={SHOP}", browser="one browser", now=now())
    state = value(address.partition("?")[2], "state")
    assert len(state) == 43  # base64 of 32 bytes
    assert state not in office.everything()
    assert "one browser" not in office.everything()
    finish(office, consented(address))

    assert "shpat_" not in office.everything()
    assert "shprt_" not in office.everything()


def test_a_second_use_of_a_state_is_refused_and_asks_for_no_token(office: Office) -> None:
    """T9, T12."""
    query = office.begun()
    finish(office, query)
    before = asked_for_tokens(office)

    with pytest.raises(Forbidden):
        finish(office, query)
    assert asked_for_tokens(office) == before


@pytest.mark.parametrize("browser", [None, "", "another browser"])
def test_who_did_not_begin_an_installation_cannot_finish_it(office: Office, browser: str | None) -> None:
    """T9, T13: an attacker begins, a victim is to approve, or the other way round."""
    query = office.begun()

    with pytest.raises(Forbidden):
        finish(office, query, browser)
    assert asked_for_tokens(office) == 0
    with pytest.raises(Forbidden):  # and the attempt used it up
        finish(office, query)


def test_a_state_of_another_shop_is_refused(office: Office) -> None:
    """T9, T13: two installations begun in one browser must not be mixed up."""
    first = install.begin(office.platforms, PLATFORM, f"shop={SHOP}", browser="one browser", now=now())
    state = value(first.partition("?")[2], "state")
    other = install.begin(office.platforms, PLATFORM, f"shop={OTHER}", browser="one browser", now=now())
    mixed = other.replace(value(other.partition("?")[2], "state"), state)

    with pytest.raises(Forbidden):
        finish(office, consented(mixed))
    assert asked_for_tokens(office) == 0


def test_a_state_that_nobody_made_is_refused(office: Office) -> None:
    """T9."""
    address = install.begin(office.platforms, PLATFORM, f"shop={SHOP}", browser="one browser", now=now())
    guessed = address.replace(value(address.partition("?")[2], "state"), "A" * 43)

    with pytest.raises(Forbidden):
        finish(office, consented(guessed))
    assert asked_for_tokens(office) == 0


def test_an_installation_not_finished_within_ten_minutes_is_over(office: Office) -> None:
    """T9."""
    query = office.begun()
    lifetime = timedelta(minutes=10, seconds=1)
    with transaction(office.engine) as connection:
        connection.execute(sa.update(installs).values(expires_at=datetime.now(UTC) + install.LASTING - lifetime))

    with pytest.raises(Forbidden):
        finish(office, query)
    assert asked_for_tokens(office) == 0


def test_a_callback_six_minutes_old_is_refused(office: Office) -> None:
    """T12. Quirk: ShopifyAPI takes one of the same day."""
    query = office.begun()

    with pytest.raises(RequestRefused):
        install.finish(office.platforms, PLATFORM, query, browser="one browser", now=now() + timedelta(minutes=6))
    assert asked_for_tokens(office) == 0


def test_installations_that_came_to_nothing_are_forgotten(office: Office) -> None:
    office.begun()
    with transaction(office.engine) as connection:
        connection.execute(sa.update(installs).values(expires_at=datetime(2020, 1, 1, tzinfo=UTC)))
    office.begun(OTHER)

    with db.reading(office.engine) as connection:
        assert connection.execute(sa.select(installs.c.domain)).scalars().all() == [OTHER]


def test_a_code_the_platform_refuses_connects_nothing(office: Office) -> None:
    query = office.begun()
    office.standin.fail(kind="500", operation="token", times=1)

    with pytest.raises(Exception, match=r".") as trouble:
        finish(office, query)
    assert value(query, "code") not in str(trouble.value)
    with pytest.raises(AssertionError):
        office.store()


def test_an_opening_after_a_new_installation_nobody_told_us_of_ends_with_a_good_token(office: Office) -> None:
    """Removed and installed again before the first word of it came: we still hold a dead token then."""
    office.arrived()
    office.look_after()
    office.standin.uninstall(silent=True)
    first = office.store()

    office.arrived()  # nothing to be seen yet
    with transaction(office.engine) as connection:
        connection.execute(sa.update(stores).values(opened_at=None))  # a minute later
    office.arrived()
    office.look_after()
    assert list(office.alerts()) == [NEEDS_RECONNECT]
    office.arrived()  # the open page asks for its state
    office.look_after()

    assert office.alerts() == {}
    assert len(office.standin.shop()["subscriptions"]) == 8
    assert (office.store().id, office.store().uninstalled_at) == (first.id, None)


def test_opening_our_page_while_an_uninstall_is_in_doubt_brings_a_fresh_token(office: Office) -> None:
    office.arrived()
    asked = asked_for_tokens(office)
    with transaction(office.engine) as connection:
        chores.plan(connection, office.store().id, chores.FAREWELL)
    office.arrived()

    assert asked_for_tokens(office) == asked + 1
    assert "farewell" not in office.chores()


def test_opening_our_page_before_the_word_of_an_uninstall_was_looked_into_brings_a_fresh_token(office: Office) -> None:
    office.arrived()
    asked = asked_for_tokens(office)
    with transaction(office.engine) as connection:
        tasks.add_once(
            connection,
            store_id=office.store().id,
            platform=PLATFORM,
            site=SHOP,
            kind=tasks.STORE_UNINSTALLED,
            digest="uninstalled",
            sealed=None,
            at=now(),
        )
    office.arrived()

    assert asked_for_tokens(office) == asked + 1


def test_of_two_tokens_given_at_once_the_one_asked_for_last_is_kept_whatever_comes_last(office: Office) -> None:
    """Quirk: two tabs of one admin exchange their session tokens at the same time."""
    office.standin.install()
    early, late = now(), now() + timedelta(milliseconds=20)
    embedding = registry.get(PLATFORM).embedding
    assert embedding
    grants = []
    for moment in (early, late):
        token = office.standin.session()
        visitor = embedding.visitor(office.app, token, moment)
        grants.append(embedding.exchange(office.app, office.platforms.http, visitor, token, moment))
    entering.enter(office.platforms, entering.Proven(PLATFORM, SHOP, grants[1]), late)
    entering.enter(office.platforms, entering.Proven(PLATFORM, SHOP, grants[0]), early)

    assert office.token() == grants[1].token


def test_a_store_removed_and_connected_again_keeps_its_keys_settings_and_state_and_goes_on(office: Office) -> None:
    first = office.installed()
    with transaction(office.engine) as connection:
        store_settings.change(connection, first, {"state": "live", "consent_mode": "strict"}, now=now())
    office.standin.uninstall(silent=True)
    with transaction(office.engine) as connection:
        assert disconnect.let_go(connection, office.store())
    away = office.store()
    assert away.uninstalled_at is not None
    assert office.grant() is None

    again = office.arrived()

    assert (again.id, again.public_key, again.webhook_key) == (first.id, first.public_key, first.webhook_key)
    assert (again.state, again.settings.consent_mode, again.uninstalled_at) == ("live", "strict", None)
    assert again.since >= away.since
    assert set(office.chores()) == {"subscriptions", "pixel", "survey", "scan", "token"}


def test_a_store_that_is_only_connected_again_changes_in_nothing(office: Office) -> None:
    first = office.installed()
    again = office.installed()

    assert (again.id, again.since, again.state) == (first.id, first.since, first.state)


def test_a_store_an_operator_had_added_becomes_the_merchants_and_the_apps_secret_signs(office: Office) -> None:
    with transaction(office.engine) as connection:
        new = connect.NewStore(PLATFORM, SHOP, "a secret of its own, long enough", now())
        added = connect.add_store(
            connection, new, sealer=office.sealer, app_secrets={}, now=now(), production=False
        ).store
    assert added.sealed_secret is not None

    store = office.installed()

    assert (store.id, store.state, store.sealed_secret) == (added.id, "live", None)


def test_without_an_app_the_merchant_reads_which_variables_are_missing(office: Office) -> None:
    bare = Platforms(office.engine, office.sealer, office.platforms.http, {})

    with pytest.raises(NotConfigured, match="SHOPIFY_API_KEY and SHOPIFY_API_SECRET"):
        install.begin(bare, PLATFORM, f"shop={SHOP}", browser="one browser", now=now())


def test_a_platform_with_another_way_in_has_no_such_address(office: Office) -> None:
    with pytest.raises(NotFound):
        install.begin(office.platforms, "woocommerce", "shop=shop.example.com", browser="one browser", now=now())
