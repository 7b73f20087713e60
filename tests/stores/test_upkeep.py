"""What keeps a connected store connected: looked after each hour, put off where the platform is away, and said."""

from datetime import timedelta

import pytest

from integration.db import chores, stores, transaction
from integration.db.stores import stores as db_stores
from integration.stores.grants import NEEDS_RECONNECT
from integration.stores.upkeep import OTHER_SHOP, WEBHOOKS_RESTORED
from integration.stores.zone import zone_of
from tests.rig.office import PUBLIC_URL, Office, now
from tests.rig.standin import SHOP

OTHER = "salt-and-slate.myshopify.com"


def topics(office: Office, shop: str = SHOP) -> set[str]:
    return {one["topic"] for one in office.standin.shop(shop)["subscriptions"]}


def test_a_new_store_is_subscribed_to_every_topic_once_and_its_id_is_learned(office: Office) -> None:
    office.installed()
    office.look_after()

    found = office.standin.shop()["subscriptions"]
    assert len(found) == len(topics(office)) == 8
    assert {one["uri"] for one in found} == {f"{PUBLIC_URL}/webhooks/shopify"}
    assert office.store().platform_id == str(office.standin.shop()["id"])
    assert office.alerts() == {}


def test_a_store_counts_its_days_by_the_clock_its_platform_names_and_every_reader_is_told(office: Office) -> None:
    office.installed()
    assert zone_of(office.store()).key == "UTC"
    before = office.store().version
    office.look_after()
    store = office.store()
    assert (zone_of(store).key, store.version > before) == ("Europe/Berlin", True)

    office.make_due("subscriptions")
    office.look_after()
    assert office.store() == store


@pytest.mark.parametrize("name", ["Mars/Phobos", "localtime", "../Berlin", "America/Indiana"])
def test_a_zone_that_nobody_knows_counts_as_utc(office: Office, name: str) -> None:
    office.installed()
    with transaction(office.engine) as connection:
        stores.learn_timezone(connection, office.store().id, name)
    assert zone_of(office.store()).key == "UTC"


def test_what_the_platform_dropped_is_back_after_the_hourly_audit_and_the_merchant_is_told(office: Office) -> None:
    """Quirk: Shopify deletes a subscription made by API after eight failures in a row, without a word."""
    office.installed()
    office.look_after()
    before = topics(office)
    office.standin.drop(topic="orders/paid")
    office.standin.drop(topic="refunds/create")
    assert topics(office) != before

    office.make_due("subscriptions")
    office.look_after()

    assert topics(office) == before
    assert "orders/paid" in office.alerts()[WEBHOOKS_RESTORED]


def test_a_domain_that_answers_as_another_shop_is_told_and_never_taken_for_the_first(office: Office) -> None:
    office.installed()
    office.look_after()
    with transaction(office.engine) as connection:
        connection.execute(db_stores.update().values(platform_id="1"))
    office.make_due("subscriptions")
    office.look_after()

    assert "its number was 1 and" in office.alerts()[OTHER_SHOP]
    assert office.store().platform_id == "1"


def test_an_audit_that_finds_all_well_changes_nothing(office: Office) -> None:
    office.installed()
    office.look_after()
    asked = len(office.standin.requests("webhookSubscriptionCreate"))

    office.make_due("subscriptions")
    office.look_after()

    assert len(office.standin.requests("webhookSubscriptionCreate")) == asked
    due_in = office.chores()["subscriptions"].due_at - now()
    assert timedelta(minutes=55) < due_in < timedelta(minutes=65)


def test_the_web_pixel_is_made_with_the_stores_public_key(office: Office) -> None:
    office.standin.app(extension=True)
    store = office.installed()
    office.look_after()

    assert store.public_key in str(office.standin.shop()["pixel"])
    assert office.chores()["pixel"].trouble is None


def test_an_app_whose_extension_is_not_deployed_yet_says_so_and_tries_again(office: Office) -> None:
    office.standin.app(extension=False)
    office.installed()
    office.look_after()

    assert "not deployed" in (office.chores()["pixel"].trouble or "")
    assert office.alerts() == {}
    office.standin.app(extension=True)
    office.make_due("pixel")
    office.look_after()
    assert office.chores()["pixel"].trouble is None


def test_a_throttled_shop_is_asked_later_and_another_shop_at_once(office: Office) -> None:
    office.installed()
    office.installed(OTHER)
    office.standin.fail(kind="429", shop=SHOP, operation="webhookSubscriptions", times=1, seconds=120)

    office.look_after()

    assert topics(office, OTHER)
    assert not topics(office)
    waits = office.chores()["subscriptions"]
    assert waits.tries == 1
    assert waits.due_at - now() > timedelta(seconds=100)
    office.make_due("subscriptions")
    office.look_after()
    assert topics(office)


@pytest.mark.parametrize(
    ("kind", "operation"),
    [
        ("500", "webhookSubscriptions"),
        ("html", "webhookSubscriptions"),
        ("reset", "webhookSubscriptions"),
        ("user_error", "webhookSubscriptionCreate"),
    ],
)
def test_a_platform_that_answers_nonsense_puts_the_chore_off_and_ends_nothing(
    office: Office, kind: str, operation: str
) -> None:
    office.installed()
    office.standin.fail(kind=kind, operation=operation, times=3)
    office.look_after()

    chore = office.chores()["subscriptions"]
    assert chore.tries >= 1
    assert chore.trouble
    office.standin.mend()
    office.make_due()
    office.look_after()
    assert topics(office)


def test_a_token_dead_before_its_time_is_renewed_and_the_chore_done(office: Office) -> None:
    """As after a clock that is wrong by an hour."""
    office.installed()
    office.standin.ahead(3_601)
    office.look_after()

    assert topics(office)
    kept = office.grant()
    assert kept
    assert kept.generation == 2
    assert office.alerts() == {}


def test_where_nothing_opens_the_shop_any_more_the_merchant_is_told_and_webhooks_are_not_in_doubt(
    office: Office,
) -> None:
    office.installed()
    office.standin.revoke()
    office.look_after()

    assert list(office.alerts()) == [NEEDS_RECONNECT]
    assert office.store().uninstalled_at is None
    assert "connect it again" in (office.chores()["subscriptions"].trouble or "")


def test_an_idle_shop_gets_a_fresh_pair_each_day_long_before_its_refresh_token_would_end(office: Office) -> None:
    """Quirk: a refresh token is good for 90 days; a shop idle for longer would be lost."""
    office.installed()
    office.look_after()
    first = office.grant()
    assert first
    office.standin.ahead(25 * 3_600)
    office.make_due("token")
    office.look_after(now() + timedelta(hours=25))

    kept = office.grant()
    assert kept
    assert kept.generation > first.generation


def test_the_survey_is_read_and_not_repeated(office: Office) -> None:
    office.standin.create()
    office.standin.order(count=3, silent=True)
    office.installed()
    office.look_after()

    survey = office.survey()
    assert (survey.orders, survey.done_at is not None) == (3, True)
    assert "survey" not in office.chores()


def test_two_stewards_do_each_chore_once(office: Office) -> None:
    office.installed()
    with transaction(office.engine) as connection:
        first = chores.claim(connection, "first", timedelta(seconds=60))
        second = chores.claim(connection, "second", timedelta(seconds=60))
        assert first
        assert second
        assert first.kind != second.kind
        chores.done(connection, first, "second", again=None)  # who has no lease has no say
    assert first.kind in office.chores()


def test_a_chore_whose_steward_died_is_done_by_another(office: Office) -> None:
    office.installed()
    with transaction(office.engine) as connection:
        assert chores.claim(connection, "dead", timedelta(seconds=-1))
    office.look_after()
    assert topics(office)


def test_a_store_that_was_removed_has_no_chores(office: Office) -> None:
    store = office.installed()
    with transaction(office.engine) as connection:
        connection.execute(db_stores.update().where(db_stores.c.id == store.id).values(uninstalled_at=now()))
    office.look_after()
    assert office.chores() == {}
    assert office.standin.requests("webhookSubscriptions") == []
