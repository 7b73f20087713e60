"""A store hands its keys over: each attack on that of facts/reliability.md 4.2 (T15), by name, and what may be done.

Long: one test an attack.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.errors import (
    AddressRefused,
    ConnectorError,
    CredentialsRejected,
    Declined,
    RequestMalformed,
    Throttled,
    Unreachable,
)
from integration import db
from integration.db import reading, signing, transaction
from integration.db.installs import installs
from integration.db.signing import Secrets
from integration.db.stores import OBSERVING, SEALED_SECRET, Store, by_domain, stores
from integration.errors import Conflict, Forbidden
from integration.stores import connect, handover, sessions
from integration.stores.connect import NewStore
from tests.rig.desk import now
from tests.rig.keyed_shop import KEY, SECRET, KeyedShop, open_keyed_shop
from tests.rig.wooffice import BROWSER, PLATFORM, Wooffice, foreign, posted

CURRENCY, COUNTRY = "wc/v3/data/currencies/current", "wc/v3/settings/general/woocommerce_default_country"


@pytest.fixture
def shop() -> Iterator[KeyedShop]:
    with open_keyed_shop() as found:
        yield found


@pytest.fixture
def office(engine: db.Engine, shop: KeyedShop) -> Wooffice:
    return Wooffice(engine, shop)


def known(office: Wooffice) -> list[str]:
    """The domains of all stores."""
    with reading(office.engine) as connection:
        return list(connection.execute(sa.select(stores.c.domain)).scalars())


def under_way(office: Wooffice) -> list[Any]:
    with reading(office.engine) as connection:
        return list(connection.execute(sa.select(installs)).all())


def secret_of(office: Wooffice, store: Store) -> str:
    assert store.sealed_secret
    return office.sealer.unseal(store.sealed_secret, store=store.id, column=SEALED_SECRET).decode()


def proofs(office: Wooffice) -> int:
    """How often the shop was shown keys."""
    return sum(CURRENCY in one for one in office.shop.did)


def by_command(office: Wooffice, secret: str | None = None) -> Store:
    with transaction(office.engine) as connection:
        new = NewStore(PLATFORM, office.shop.domain, secret, now())
        return connect.add_store(
            connection, new, sealer=office.sealer, app_secrets={}, now=now(), production=False
        ).store


# What is meant to happen.


def test_a_store_that_handed_its_keys_over_observes_with_a_secret_of_its_own_and_its_chores_planned(
    office: Wooffice,
) -> None:
    store = office.connected()

    assert (store.domain, store.state, store.uninstalled_at) == (office.shop.domain, OBSERVING, None)
    assert len(secret_of(office, store)) == 40
    assert secret_of(office, store).isalnum()
    assert store.sealed_former_secret is None
    assert set(office.chores()) == {"subscriptions", "survey", "pixel", "scan", "orders"}
    assert under_way(office) == []


def test_state_and_door_are_two_secrets_and_neither_is_stored(office: Wooffice) -> None:
    begun = office.begun()

    assert len(begun.state) == 43  # base64 of 32 bytes
    assert len(begun.door) == 32  # of 24
    assert begun.state not in begun.callback
    for secret in (begun.state, begun.door, BROWSER):
        assert secret not in office.everything()


def test_keys_and_secret_are_sealed_before_and_after(office: Wooffice) -> None:
    """T26."""
    begun = office.begun()
    office.takes(begun)
    before = office.everything()
    store = office.returns(begun)

    for secret in (KEY, SECRET, secret_of(office, store)):
        assert secret not in before + office.everything()


def test_keys_sealed_for_one_connection_do_not_open_in_another(office: Wooffice) -> None:
    """T26: a row's seal moved to another row stays shut."""
    mine, other = office.begun(), office.begun()
    office.takes(mine)
    with transaction(office.engine) as connection:
        sealed = connection.execute(
            sa.select(installs.c.sealed_keys).where(installs.c.sealed_keys.isnot(None))
        ).scalar()
        connection.execute(sa.update(installs).values(sealed_keys=sealed))

    with pytest.raises(Exception, match="belongs to another place"):
        office.returns(other)
    assert known(office) == []


def test_a_store_that_was_removed_comes_back_with_its_id_keys_and_settings_a_new_secret_and_observing(
    office: Wooffice,
) -> None:
    """A host may have changed hands meanwhile, and what is attached to it be the former merchant's."""
    first = office.connected()
    with transaction(office.engine) as connection:
        values = {"uninstalled_at": now(), "state": "live"}
        connection.execute(sa.update(stores).values(values))

    again = office.connected()

    same = ("id", "public_key", "webhook_key", "settings")
    assert [getattr(again, name) for name in same] == [getattr(first, name) for name in same]
    assert again.state == OBSERVING
    assert again.version > first.version
    assert secret_of(office, again) != secret_of(office, first)
    assert again.sealed_former_secret == first.sealed_secret


def test_a_store_added_by_command_keeps_its_state_and_both_secrets_sign(office: Wooffice) -> None:
    before = by_command(office, "the operator's own secret")

    store = office.connected()

    assert (store.id, store.state) == (before.id, "live")
    assert store.sealed_former_secret == before.sealed_secret
    assert secret_of(office, store) != "the operator's own secret"
    assert "secret" in office.chores()


def test_a_second_connection_changes_no_secret_while_webhooks_are_still_being_told_of_the_last(
    office: Wooffice,
) -> None:
    by_command(office, "the operator's own secret")
    first = office.connected()

    again = office.connected()

    assert (again.sealed_secret, again.sealed_former_secret) == (first.sealed_secret, first.sealed_former_secret)


def test_a_connection_waits_for_who_is_changing_the_secret_and_builds_on_what_came_of_it(office: Wooffice) -> None:
    """Else one of three secrets would be forgotten while the shop's webhooks sign with it."""
    store = office.connected()
    begun = office.begun()
    office.takes(begun)
    sealed = [office.sealer.seal(text, store=store.id, column=SEALED_SECRET) for text in (b"the new", b"the former")]
    with ThreadPoolExecutor(1) as pool:
        with transaction(office.engine) as connection:
            kept = by_domain(connection, PLATFORM, store.domain, kept=True)
            assert kept
            entering = pool.submit(office.returns, begun)
            with pytest.raises(TimeoutError):
                entering.result(timeout=0.7)
            signing.change(connection, store.id, Secrets(*sealed))
        again = entering.result(timeout=20)

    assert [again.sealed_secret, again.sealed_former_secret] == sealed


def test_who_does_not_approve_connects_nothing_and_is_told_so(office: Wooffice) -> None:
    begun = office.begun()

    with pytest.raises(Forbidden, match=r"You did not approve Tandem in .*so nothing was connected"):
        office.returns(begun, success="0")
    assert (known(office), under_way(office)) == ([], [])


def test_who_comes_back_before_the_shop_handed_its_keys_over_is_told_so(office: Wooffice) -> None:
    begun = office.begun()

    with pytest.raises(Forbidden, match="handed no keys to Tandem"):
        office.returns(begun)
    with pytest.raises(Forbidden):  # and that used it up
        office.takes(begun)
    assert known(office) == []


# Forged posts.


def test_a_post_to_a_guessed_door_is_refused(office: Wooffice) -> None:
    begun = office.begun()
    for door in ("A" * 32, "", "../x", "A" * 5000, "\x00", "é" * 32):
        with pytest.raises(Forbidden):
            handover.take_keys(office.platforms, PLATFORM, door, posted(begun.state), sent_by="")
    office.takes(begun)


def test_a_post_with_another_state_to_the_right_door_is_refused(office: Wooffice) -> None:
    begun = office.begun()

    with pytest.raises(Forbidden):
        office.takes(begun, state="A" * 43)
    office.takes(begun)


def test_a_post_to_the_door_of_another_connection_is_refused(office: Wooffice) -> None:
    """Both are of this moment, and of the same shop."""
    mine, other = office.begun(), office.begun()

    with pytest.raises(Forbidden):
        office.takes(mine, door=other.door)
    assert [row.sealed_keys for row in under_way(office)] == [None, None]


def test_keys_of_another_shop_do_not_open_this_one(office: Wooffice) -> None:
    """An attacker who learned both secrets posts keys of their own."""
    begun = office.begun()
    office.takes(begun, **foreign())

    with pytest.raises(CredentialsRejected, match="does not take the keys it gave us"):
        office.returns(begun)
    assert (known(office), under_way(office)) == ([], [])


def test_a_known_key_with_another_secret_does_not_open_the_shop(office: Wooffice) -> None:
    begun = office.begun()
    office.takes(begun, consumer_secret=foreign()["consumer_secret"])

    with pytest.raises(ConnectorError):
        office.returns(begun)
    assert known(office) == []


@pytest.mark.parametrize("permissions", ["read", "write"])
def test_a_key_with_too_few_rights_is_refused_with_what_to_do(office: Wooffice, permissions: str) -> None:
    begun = office.begun()
    office.takes(begun, key_permissions=permissions)

    with pytest.raises(CredentialsRejected, match=f"may only {permissions}.*approve read and write access"):
        office.returns(begun)
    assert (known(office), proofs(office)) == ([], 0)


def test_a_second_post_changes_nothing_and_is_refused(office: Wooffice) -> None:
    """So the shop deletes the second key again."""
    begun = office.begun()
    office.takes(begun)
    before = under_way(office)

    with pytest.raises(Forbidden):
        office.takes(begun, **foreign())
    with pytest.raises(Forbidden):
        office.takes(begun)
    assert under_way(office) == before
    assert office.returns(begun).state == OBSERVING


def test_of_ten_posts_at_once_one_is_taken(office: Wooffice) -> None:
    begun = office.begun()

    def one(_number: int) -> bool:
        try:
            office.takes(begun)
        except Forbidden:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(one, range(10))) == 1


def test_a_post_after_the_store_was_connected_is_refused(office: Wooffice) -> None:
    begun = office.begun()
    office.takes(begun)
    store = office.returns(begun)
    token = office.token()

    with pytest.raises(Forbidden):
        office.takes(begun, **foreign())
    assert (office.token(), office.store()) == (token, store)


def expire(office: Wooffice) -> None:
    with transaction(office.engine) as connection:
        connection.execute(sa.update(installs).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))


def test_a_post_after_fifteen_minutes_is_refused(office: Wooffice) -> None:
    begun = office.begun()
    (row,) = under_way(office)
    assert timedelta(minutes=14) < row.expires_at - now() <= timedelta(minutes=15)
    expire(office)

    with pytest.raises(Forbidden):
        office.takes(begun)


def test_a_return_after_fifteen_minutes_is_refused_and_shows_the_keys_to_nobody(office: Wooffice) -> None:
    begun = office.begun()
    office.takes(begun)
    expire(office)

    with pytest.raises(Forbidden, match="is over"):
        office.returns(begun)
    assert (known(office), proofs(office)) == ([], 0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"webhook_id=12",
        b'{"user_id": 1}',
        b"\xff\xfe{}",
        b"[" * 5000,
        posted("s", consumer_key="ck_short"),
        posted("s", consumer_secret={"$ne": ""}),
        posted("s", key_permissions="everything"),
        posted("a b"),
        posted("s", key_id=None),
        posted("s", consumer_key=KEY + "\n"),
    ],
    ids=lambda body: repr(body[:30]),
)
def test_what_no_shop_would_post_is_refused(office: Wooffice, body: bytes) -> None:
    begun = office.begun()
    with pytest.raises(RequestMalformed):
        handover.take_keys(office.platforms, PLATFORM, begun.door, body, sent_by="")
    office.takes(begun)


def test_taking_keys_asks_nobody(office: Wooffice) -> None:
    begun = office.begun()
    asked = len(office.shop.asked)

    office.takes(begun)

    assert len(office.shop.asked) == asked
    assert known(office) == []


# Who may finish.


@pytest.mark.parametrize("browser", [None, "", "another browser"])
def test_another_browser_than_the_one_that_began_cannot_finish(office: Wooffice, browser: str | None) -> None:
    begun = office.begun()
    office.takes(begun)

    with pytest.raises(Forbidden, match="begun in another browser"):
        office.returns(begun, browser=browser)
    assert (known(office), under_way(office), proofs(office)) == ([], [], 0)


def test_a_victim_who_approves_what_an_attacker_began_lets_nobody_in(office: Wooffice) -> None:
    """The victim's own return ends it: the attacker, whose browser began, comes too late."""
    begun = office.begun(browser="the attacker's")
    office.takes(begun)

    with pytest.raises(Forbidden):
        office.returns(begun, browser="the victim's")
    with pytest.raises(Forbidden):
        office.returns(begun, browser="the attacker's")
    assert known(office) == []


def test_an_attacker_who_is_quicker_back_than_the_victim_is_let_in_nowhere(office: Wooffice) -> None:
    """While the keys are proven the victim's browser comes back too: then the connection is nobody's."""
    begun = office.begun(browser="the attacker's")
    office.takes(begun)
    answer = office.shop.answer
    told: list[Any] = []

    def victim_comes_back(one: Any) -> Any:
        if one.path.endswith(COUNTRY) and not told:
            told.append(one)
            with pytest.raises(Forbidden):
                office.returns(begun, browser="the victim's")
        return answer(one)

    office.shop.answer = victim_comes_back  # type: ignore[method-assign]
    with pytest.raises(Forbidden):
        office.returns(begun, browser="the attacker's")
    assert told
    assert known(office) == []


def test_an_attacker_who_keeps_coming_back_before_the_victim_approved_ends_it(office: Wooffice) -> None:
    begun = office.begun(browser="the attacker's")
    with pytest.raises(Forbidden):
        office.returns(begun, browser="the attacker's")

    with pytest.raises(Forbidden):
        office.takes(begun)
    with pytest.raises(Forbidden):
        office.returns(begun, browser="the attacker's")


def test_a_connection_is_finished_once(office: Wooffice) -> None:
    begun = office.begun()
    office.takes(begun)
    office.returns(begun)
    shown = proofs(office)

    with pytest.raises(Forbidden):
        office.returns(begun)
    assert proofs(office) == shown


def test_who_is_asked_to_come_later_may_come_back_once_more(office: Wooffice) -> None:
    begun = office.begun()
    office.takes(begun)
    office.shop.says("GET", CURRENCY, b"", 429, Retry_After="1")
    with pytest.raises(Throttled):
        office.returns(begun)

    assert office.returns(begun).domain == office.shop.domain
    with pytest.raises(Forbidden):
        office.returns(begun)


def test_another_browser_ends_a_connection_that_was_to_come_later(office: Wooffice) -> None:
    begun = office.begun(browser="the attacker's")
    office.takes(begun)
    office.shop.says("GET", CURRENCY, b"", 429, Retry_After="1")
    with pytest.raises(Throttled):
        office.returns(begun, browser="the attacker's")

    with pytest.raises(Forbidden, match="begun in another browser"):
        office.returns(begun, browser="the victim's")
    with pytest.raises(Forbidden, match="is over"):
        office.returns(begun, browser="the attacker's")


def test_of_several_returns_at_once_one_connects(office: Wooffice) -> None:
    begun = office.begun()
    office.takes(begun)

    def one(_number: int) -> bool:
        try:
            office.returns(begun)
        except Forbidden:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(one, range(4))) == 1
    assert known(office) == [office.shop.domain]


def test_a_state_that_nobody_made_is_refused(office: Wooffice) -> None:
    office.begun()
    with pytest.raises(Forbidden):
        handover.finish(office.platforms, PLATFORM, f"success=1&user_id={'A' * 43}", browser=BROWSER, now=now())


def test_an_installation_of_another_platform_is_not_finished_here(office: Wooffice) -> None:
    begun = office.begun()
    office.takes(begun)
    with transaction(office.engine) as connection:
        connection.execute(sa.update(installs).values(platform="shopify"))

    with pytest.raises(Forbidden):
        office.returns(begun)


# The shop that is asked.


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_shop_that_redirects_the_proof_is_refused(office: Wooffice, status: int) -> None:
    with open_keyed_shop() as elsewhere:
        begun = office.begun()
        office.takes(begun)
        office.shop.says("GET", CURRENCY, {}, status, Location=f"{elsewhere.url}/wp-json/{CURRENCY}")

        with pytest.raises(AddressRefused, match="sends us elsewhere"):
            office.returns(begun)
        assert elsewhere.asked == []
    assert known(office) == []


def test_a_shop_that_calls_itself_another_is_refused_before_anything_is_approved(office: Wooffice) -> None:
    office.shop.home = "https://another.example.com"

    with pytest.raises(AddressRefused, match=r"calls itself another\.example\.com"):
        office.begun()
    assert under_way(office) == []


def test_a_shop_that_calls_itself_another_only_after_the_approval_is_refused(office: Wooffice) -> None:
    begun = office.begun()
    office.takes(begun)
    office.shop.home = "https://another.example.com"

    with pytest.raises(Declined, match=r"calls itself another\.example\.com"):
        office.returns(begun)
    assert known(office) == []


@pytest.mark.parametrize("home", ["www.shop.localhost", "shop.localhost"])
@pytest.mark.parametrize("typed", ["www.shop.localhost", "shop.localhost"])
def test_with_www_or_without_it_is_the_shop_by_the_name_it_has_itself(engine: db.Engine, typed: str, home: str) -> None:
    with open_keyed_shop(host=home) as shop:
        office = Wooffice(engine, shop)
        port = shop.url.rpartition(":")[2]

        store = office.connected(f"http://{typed}:{port}")

    assert store.domain == f"{home}:{port}"


def test_another_port_is_another_shop(office: Wooffice) -> None:
    first = office.connected()
    with open_keyed_shop() as neighbour:
        second = Wooffice(office.engine, neighbour, sealer=office.sealer).connected()

    assert first.id != second.id
    assert first.domain.partition(":")[0] == second.domain.partition(":")[0]


def test_a_neighbour_in_another_folder_of_the_same_host_does_not_get_into_a_store(office: Wooffice) -> None:
    """Whoever may approve there is not who may approve here."""
    store, token = office.connected(), office.token()
    office.shop.folder = "/neighbour"

    with pytest.raises(Forbidden, match="of each host it can serve one"):
        office.connected()
    assert (office.store(), office.token()) == (store, token)


def test_a_neighbour_who_calls_itself_the_store_in_another_folder_does_not_get_into_it(office: Wooffice) -> None:
    """Whoever has one folder of a host says what they like in their own answers."""
    store, token = office.connected(), office.token()
    victim, office.shop.folder = office.shop.base, "/neighbour"
    links = {"self": [{"href": f"{victim}/wp-json/wc/v3/data/currencies/current"}]}
    for _ in range(4):
        office.shop.says("GET", CURRENCY, {"code": "EUR", "_links": links})

    with pytest.raises((Declined, Forbidden)):
        office.connected(office.shop.base)
    assert (office.store(), office.token()) == (store, token)


def test_a_store_added_by_command_is_the_one_that_has_its_host_for_itself(office: Wooffice) -> None:
    by_command(office, "the operator's own secret")
    office.shop.folder = "/somebody"

    with pytest.raises(Forbidden, match="of each host it can serve one"):
        office.connected()
    office.shop.folder = ""
    assert office.connected().state == "live"


def test_keys_that_another_shop_says_it_posts_are_not_taken_and_shown_to_nobody(office: Wooffice) -> None:
    """A merchant was led from an attacker's shop to the page of approval of their own."""
    begun = office.begun()
    with pytest.raises(Forbidden):
        office.takes(begun, sent_by="WordPress/6.8.1; https://victim.example.com")
    assert [row.sealed_keys for row in under_way(office)] == [None]
    office.takes(begun)


@pytest.mark.parametrize("sent_by", ["", "Mozilla/5.0", "WordPress/7.1", "WordPress/7.1; not an address"])
def test_a_shop_that_does_not_say_who_it_is_is_judged_by_its_keys(office: Wooffice, sent_by: str) -> None:
    begun = office.begun()
    office.takes(begun, sent_by=sent_by)
    assert office.returns(begun).domain == office.shop.domain


def test_who_was_signed_in_before_a_store_was_connected_again_is_so_no_more(office: Wooffice) -> None:
    begun = office.begun()
    office.takes(begun)
    first = handover.finish(office.platforms, PLATFORM, begun.query(), browser=BROWSER, now=now())

    office.connected()

    with reading(office.engine) as connection:
        assert sessions.of(connection, first.session) is None


def test_keys_that_were_revoked_meanwhile_connect_nothing(office: Wooffice) -> None:
    begun = office.begun()
    office.takes(begun)
    gone = {"code": "woocommerce_rest_cannot_view", "message": "Sorry, you cannot list resources."}
    for _ in range(3):
        office.shop.says("GET", CURRENCY, gone, 401)

    with pytest.raises(CredentialsRejected):
        office.returns(begun)
    assert known(office) == []


def test_a_shop_that_is_gone_meanwhile_connects_nothing(engine: db.Engine) -> None:
    with open_keyed_shop() as shop:
        office = Wooffice(engine, shop)
        begun = office.begun()
        office.takes(begun)

    with pytest.raises(Unreachable):
        office.returns(begun)
    assert (known(office), under_way(office)) == ([], [])


def test_a_store_that_was_connected_stays_as_it_is_when_another_attempt_fails(office: Wooffice) -> None:
    store, token = office.connected(), office.token()
    begun = office.begun()
    office.takes(begun, **foreign())

    with pytest.raises(CredentialsRejected):
        office.returns(begun)
    assert (office.store(), office.token()) == (store, token)


@pytest.mark.parametrize(
    "typed", ["127.0.0.1", "http://127.0.0.1:9", "localhost", "shop.localhost", "[::1]", "10.0.0.1"]
)
def test_in_production_nobody_connects_what_is_on_this_machine(engine: db.Engine, shop: KeyedShop, typed: str) -> None:
    office = Wooffice(engine, shop, production=True, public_url="https://tandem.example")

    with pytest.raises(AddressRefused):
        office.begun(typed)
    assert shop.asked == []


def test_t55_nobody_learns_by_beginning_whether_a_store_is_known(office: Wooffice) -> None:
    """Neither by the answer nor by what is asked of the shop."""
    strangers = office.begun()
    asked = list(office.shop.did)
    office.takes(strangers)
    office.returns(strangers)
    office.shop.asked.clear()

    again = office.begun()

    assert office.shop.did == asked
    shape = [len(part) for part in again.address.split("&")]
    assert shape == [len(part) for part in strangers.address.split("&")]


def test_a_platform_that_hands_no_keys_over_is_not_begun_with(office: Wooffice) -> None:
    with pytest.raises(Exception, match="Shopify stores hand no keys over"):
        handover.begin(office.platforms, "shopify", office.shop.base, browser=BROWSER)


def test_conflict_is_not_raised_for_a_store_connected_twice(office: Wooffice) -> None:
    """By command it would be: there nobody proved anything."""
    first = office.connected()
    with pytest.raises(Conflict):
        by_command(office)
    assert office.connected().id == first.id


def test_t25_no_error_repeats_a_key_or_a_secret_of_ours(office: Wooffice) -> None:
    keys, begun = foreign(), [office.begun() for _ in range(3)]
    wrong_door, wrong_browser, wrong_keys = begun
    said = []
    with pytest.raises(Forbidden) as trouble:
        office.takes(wrong_door, door="A" * 32, **keys)
    said.append(repr(trouble.value))
    office.takes(wrong_browser, **keys)
    with pytest.raises(Forbidden) as trouble:
        office.returns(wrong_browser, browser="another")
    said.append(repr(trouble.value))
    office.takes(wrong_keys, **keys)
    with pytest.raises(CredentialsRejected) as refused:
        office.returns(wrong_keys)
    said.append(repr(refused.value))

    for secret in (*keys.values(), *(one.state for one in begun), *(one.door for one in begun), BROWSER):
        assert secret not in " ".join(said)


def test_who_connects_a_store_is_signed_in_to_it_in_the_same_step(office: Wooffice) -> None:
    begun = office.begun()
    office.takes(begun)

    connected = handover.finish(office.platforms, PLATFORM, begun.query(), browser=BROWSER, now=now())

    with reading(office.engine) as connection:
        assert sessions.of(connection, connected.session) == connected.store.id
    assert connected.session not in office.everything()
