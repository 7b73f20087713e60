"""The way to a fresh token and back, as pure functions: what is kept, what is dropped, what is ours."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors import registry
from integration.web import returning

EMBEDDING = registry.get("shopify").embedding
assert EMBEDDING
WORDS = EMBEDDING.words
PAGE = "https://tandem.example.com/shopify/app"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def bounced(raw_query: str) -> tuple[dict[str, list[str]], str]:
    """What the bounce page is told, and the address it leads to."""
    told = parse_qs(urlsplit(returning.bounce("/shopify/bounce", PAGE, raw_query, WORDS, NOW)).query)
    (target,) = told.pop(WORDS.reload)
    return told, target


def test_both_addresses_say_what_the_admin_said_but_for_the_token() -> None:
    told, target = bounced("shop=tea.myshopify.com&host=YWI%3D&id_token=secret&embedded=1")

    kept = {"shop": ["tea.myshopify.com"], "host": ["YWI="], "embedded": ["1"]}
    assert told == kept
    assert parse_qs(urlsplit(target).query) == {**kept, returning.RENEWED: [str(int(NOW.timestamp()))]}
    assert returning.is_ours(target, PAGE)


def test_neither_grows_by_going_round_again() -> None:
    _, target = bounced("shop=tea.myshopify.com&embedded=1")
    _, again = bounced(f"{urlsplit(target).query}&{WORDS.reload}=https://evil.com")
    assert again == target


@pytest.mark.parametrize(
    ("seconds", "just"), [(0, True), (29, True), (-29, True), (31, False), (3_600, False), (-3_600, False)]
)
def test_who_has_just_come_from_the_bounce_page_is_known_for_half_a_minute(seconds: int, *, just: bool) -> None:
    _, target = bounced("shop=tea.myshopify.com")
    assert returning.was_just_renewed(urlsplit(target).query, NOW + timedelta(seconds=seconds)) is just


@pytest.mark.parametrize("told", ["", "renewed=", "renewed=x", "renewed=-1", "renewed=1e9", f"renewed={'9' * 40}"])
def test_a_time_that_is_none_is_no_time(told: str) -> None:
    assert not returning.was_just_renewed(told, NOW)


@pytest.mark.parametrize("target", [PAGE, f"{PAGE}?a=b", f"{PAGE}/events/42?a=b", f"{PAGE}/privacy"])
def test_each_of_our_pages_may_be_come_back_to(target: str) -> None:
    assert returning.is_ours(target, PAGE)


@pytest.mark.parametrize(
    "target",
    [
        f"{PAGE}x",
        f"{PAGE}/",
        f"{PAGE}//x",
        f"{PAGE}/../x",
        f"{PAGE}/a.b",
        f"{PAGE}/x@y",
        f"{PAGE}#a",
        f"{PAGE}?a\n",
        f"{PAGE}?\u00e9",
        f" {PAGE}",
        PAGE[8:],
        PAGE[6:],
        "",
    ],
)
def test_t14_what_only_looks_like_our_page_is_not(target: str) -> None:
    assert not returning.is_ours(target, PAGE)
