"""How often one address may ask (T35)."""

from dataclasses import dataclass

import pytest

from integration.web.pace import Pace


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_let_through_and_then_one_at_a_time() -> None:
    clock = Clock()
    pace = Pace(3, 6.0, clock)

    assert [pace.wait("203.0.113.5") for _ in range(5)] == [0.0, 0.0, 0.0, 6.0, 6.0]
    clock.now += 6.0
    assert [pace.wait("203.0.113.5") for _ in range(2)] == [0.0, 6.0]
    clock.now += 1_000.0
    assert [pace.wait("203.0.113.5") for _ in range(4)] == [0.0, 0.0, 0.0, 6.0]


def test_one_address_does_not_slow_another_down() -> None:
    pace = Pace(1, 6.0, Clock())
    assert [pace.wait("203.0.113.5"), pace.wait("203.0.113.5"), pace.wait("203.0.113.6")] == [0.0, 6.0, 0.0]


def test_a_network_of_version_six_is_one_asker() -> None:
    pace = Pace(1, 6.0, Clock())
    assert [pace.wait("2001:db8::1"), pace.wait("2001:db8::2"), pace.wait("2001:db8:0:1::1")] == [0.0, 6.0, 0.0]


def test_addresses_of_version_four_that_are_written_as_six_are_not_one_network() -> None:
    pace = Pace(1, 6.0, Clock())
    asked = ["::ffff:203.0.113.5", "::ffff:203.0.113.6", "203.0.113.5"]
    assert [pace.wait(address) for address in asked] == [0.0, 0.0, 6.0]


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_a_proxy_on_this_machine_stands_for_everybody(address: str) -> None:
    pace = Pace(1, 6.0, Clock())
    assert [pace.wait(address) for _ in range(3)] == [0.0] * 3


@pytest.mark.parametrize("address", [None, "", "unix:"])
def test_who_has_no_address_shares_one_pace(address: str | None) -> None:
    pace = Pace(1, 6.0, Clock())
    assert [pace.wait(address), pace.wait(None)] == [0.0, 6.0]


def test_what_is_remembered_has_an_end() -> None:
    pace = Pace(1, 6.0, Clock())
    for number in range(10_050):
        pace.wait(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(pace._free_at) == 10_000
