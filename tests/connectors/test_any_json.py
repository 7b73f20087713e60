"""Any JSON of the right shape, and much of the wrong one: parsing never breaks, and what it tells is fit to be kept."""

import traceback
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import registry
from connectors.errors import ConnectorError
from connectors.event import Event, PrivacyRequest, StoreUninstalled
from tests.rig import any_json

each_platform = pytest.mark.parametrize("platform", any_json.PLATFORMS)
HORIZON = datetime(1990, 1, 1, tzinfo=UTC), datetime(2201, 1, 1, tzinfo=UTC)


def told(platform, topic, body):
    """The messages, none where a ConnectorError came; nothing else may come, and its text repeats nothing."""
    try:
        return registry.get(platform).parse(topic, body)
    except ConnectorError as error:
        said = "".join(traceback.TracebackException.from_exception(error).format_exception_only())
        assert len(said) < 400
        return []


def fits(text, limit):
    """Whether a column of `limit` characters takes it on both databases: no NUL, no half of a surrogate pair."""
    return isinstance(text, str) and 0 < len(text) <= limit and "\x00" not in text and bool(text.encode())


def check(message):
    assert isinstance(message, (Event, PrivacyRequest, StoreUninstalled))
    assert message.site is None or fits(message.site, 255)
    if not isinstance(message, Event):
        return
    assert fits(message.subject, 255)
    assert message.order_id is None or fits(message.order_id, 64)
    for moment in (message.placed_at, message.paid_at, message.updated_at):
        assert moment is None or (moment.utcoffset() is not None and HORIZON[0] <= moment < HORIZON[1])
    check_order(message.order)
    check_amounts(message.amounts)
    for line in message.lines:
        assert 0 < line.quantity <= 1_000_000
        assert line.price.is_finite()
        assert line.price >= 0


def check_order(order):
    if order is not None:
        assert order.status == "" or fits(order.status, 1_000)
        assert order.number is None or fits(order.number, 1_000)


def check_amounts(amounts):
    if amounts is None:
        return
    assert fits(amounts.total.currency, 3)
    for part in (amounts.total.amount, amounts.subtotal, amounts.shipping, amounts.tax):
        assert part.is_finite()
    assert amounts.total.amount >= 0


@each_platform
@any_json.body_settings(6)
@given(data=st.data())
def test_a_known_body_with_anything_in_it(platform, data):
    for message in told(platform, *data.draw(any_json.mutated(platform))):
        check(message)


@each_platform
@any_json.body_settings(12)
@given(data=st.data())
def test_a_body_made_of_the_platforms_words(platform, data):
    for message in told(platform, *data.draw(any_json.invented(platform))):
        check(message)


@each_platform
def test_many_of_these_bodies_tell_something(platform):
    """Else the properties above would be about nothing."""
    taken = []

    @settings(any_json.body_settings(1), max_examples=100, derandomize=True, database=None)
    @given(any_json.mutated(platform), any_json.invented(platform))
    def count(known, new):
        taken.append((bool(told(platform, *known)), bool(told(platform, *new))))

    count()
    assert [sum(column) > len(taken) / 5 for column in zip(*taken, strict=True)] == [True, True], taken
