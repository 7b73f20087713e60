"""Operators' keys and sessions: what signs in, for how long, how often one may fail, and what a stranger can do with that."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from integration.db import Engine, changes, metadata, reading, transact, transaction
from integration.db import operators as table
from integration.db.changes import By
from integration.errors import Conflict, InvalidSetting, NotFound
from integration.stores import operators, sign_in_tries
from integration.stores.operators import Answer

NOW = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)
BY = By("root", changes.COMMAND_LINE)
HERE, ELSEWHERE = "198.51.100.7", "203.0.113.9"
WRONG = "aaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaa"
MINUTE = timedelta(minutes=1)


def added(engine: Engine, name: str = "ada") -> str:
    return transact(engine, lambda it: operators.add(it, name, BY, NOW))


def tried(
    engine: Engine,
    key: str,
    name: str = "ada",
    *,
    network: str | None = HERE,
    at: datetime = NOW,
    held: str | None = None,
) -> Answer:
    return transact(engine, lambda it: operators.enter(it, name, key, network=network, instead_of=held, now=at))


def inside(engine: Engine, token: str | None, at: datetime = NOW) -> str | None:
    with reading(engine) as connection:
        found = operators.of(connection, token, at)
    return found.name if found else None


def everything(engine: Engine) -> str:
    with reading(engine) as connection:
        return str([row for one in metadata.sorted_tables for row in connection.execute(sa.select(one))])


def test_a_key_signs_in_however_it_is_typed_and_neither_it_nor_a_token_lies_in_the_database(engine: Engine) -> None:
    key = added(engine)
    assert len(key.replace("-", "")) * 5 >= 128

    token = tried(engine, key, " Ada ").token
    assert inside(engine, token) == "ada"
    assert inside(engine, tried(engine, key.replace("-", " ").upper()).token) == "ada"
    assert token
    assert not {key, key.replace("-", ""), token} & set(everything(engine).replace("'", " ").split())
    assert key not in everything(engine)
    assert added(engine, "bob") != key


def test_each_sign_in_is_a_new_token_and_ends_the_one_this_browser_had(engine: Engine) -> None:
    key = added(engine)
    first = tried(engine, key).token
    second = tried(engine, key, held=first).token
    assert first != second
    assert (inside(engine, first), inside(engine, second)) == (None, "ada")


def test_a_session_is_over_after_eight_hours(engine: Engine) -> None:
    token = tried(engine, added(engine)).token
    assert inside(engine, token, NOW + timedelta(hours=8) - MINUTE) == "ada"
    assert inside(engine, token, NOW + timedelta(hours=8)) is None


@pytest.mark.parametrize("deed", ["remove", "renew", "only its row says so"])
def test_who_is_removed_or_given_another_key_is_out_at_once(engine: Engine, deed: str) -> None:
    key, others = added(engine), added(engine, "bob")
    token, other = tried(engine, key).token, tried(engine, others, "bob").token
    with transaction(engine) as connection:
        if deed == "remove":
            operators.remove(connection, "ada", BY, NOW)
        elif deed == "renew":
            operators.renew(connection, "ada", BY)
        else:
            connection.execute(sa.update(table.operators).where(table.operators.c.name == "ada").values(ended_at=NOW))
    assert (inside(engine, token), inside(engine, other)) == (None, "bob")
    assert tried(engine, key) == Answer()


def test_a_name_that_was_removed_may_come_back_with_another_key(engine: Engine) -> None:
    former = added(engine)
    with pytest.raises(Conflict):
        added(engine)
    with transaction(engine) as connection:
        operators.remove(connection, "ada", BY, NOW)
        with pytest.raises(NotFound):
            operators.renew(connection, "ada", BY)
    key = added(engine)
    assert tried(engine, former).token is None
    assert inside(engine, tried(engine, key).token) == "ada"


@pytest.mark.parametrize("name", ["", "Ada", "a b", "-a", "a" * 65, "a\x00", "ä", "a@b"])
def test_a_name_is_of_few_letters(engine: Engine, name: str) -> None:
    with pytest.raises(InvalidSetting):
        added(engine, name)
    assert tried(engine, WRONG, name) == Answer()


def test_after_five_failures_nobody_is_listened_to_from_there_and_a_while_later_again(engine: Engine) -> None:
    key = added(engine)
    for minute in range(5):
        assert tried(engine, WRONG, at=NOW + minute * MINUTE) == Answer()

    late = NOW + 5 * MINUTE
    assert tried(engine, key, at=late) == Answer(until=NOW + sign_in_tries.WINDOW), "the right key, too, is not tried"
    assert inside(engine, tried(engine, key, network=ELSEWHERE, at=late).token) == "ada", "a stranger locks nobody out"
    assert tried(engine, key, at=NOW + sign_in_tries.WINDOW).token, "and not for ever"


def test_a_name_that_nobody_has_is_answered_the_same(engine: Engine) -> None:
    added(engine)
    known = [tried(engine, WRONG, network=HERE) for _ in range(7)]
    unknown = [tried(engine, WRONG, "nobody", network=ELSEWHERE) for _ in range(7)]
    assert known == unknown == [Answer()] * 5 + [Answer(until=NOW + sign_in_tries.WINDOW)] * 2


def test_who_guesses_names_is_stopped_after_twenty_and_no_refusal_is_counted(engine: Engine) -> None:
    answers = [tried(engine, WRONG, f"name{n}", at=NOW + n * timedelta(seconds=1)) for n in range(40)]
    assert [one.until is None for one in answers] == [True] * 20 + [False] * 20
    assert tried(engine, WRONG, "another", at=NOW + sign_in_tries.WINDOW).until is None


def test_from_many_networks_at_once_each_has_one_guess_and_the_operator_comes_in_all_the_same(engine: Engine) -> None:
    key = added(engine)
    guessed = [tried(engine, WRONG, network=f"192.0.2.{n % 60}").until is None for n in range(180)]
    assert sum(guessed) <= sign_in_tries.SLOW_FROM + 60
    fresh = [tried(engine, WRONG, network="198.51.100.99").until is None for _ in range(3)]
    assert fresh == [True, False, False]
    assert inside(engine, tried(engine, key, network=HERE).token) == "ada"


def test_tries_at_the_same_moment_are_all_counted(engine: Engine) -> None:
    added(engine)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: tried(engine, WRONG), range(16)))
    assert sum(one.until is None for one in answers) == 5


def test_tries_that_count_no_more_are_deleted(engine: Engine) -> None:
    for n in range(6):
        tried(engine, WRONG, f"name{n}")
    tried(engine, WRONG, at=NOW + timedelta(days=1))
    with reading(engine) as connection:
        assert set(connection.execute(sa.select(table.sign_in_tries.c.at)).scalars()) == {NOW + timedelta(days=1)}


def test_what_is_done_about_operators_is_in_the_change_log_without_a_key(engine: Engine) -> None:
    key = added(engine)
    tried(engine, WRONG)
    tried(engine, key)
    with transaction(engine) as connection:
        operators.renew(connection, "ada", BY)
        operators.remove(connection, "ada", BY, NOW)
        found = changes.of_store(connection, None, before=None, most=10)
    assert [(one.who, one.surface, one.what) for one in found] == [
        ("root", "command line", "operator removed"),
        ("root", "command line", "operator's key renewed"),
        ("ada", "operator", "operator signed in"),
        ("root", "command line", "operator added"),
    ]
