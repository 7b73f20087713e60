"""Which items are never named: whole ids, and patterns with `*`."""

import time

import pytest

from integration.meta.naming import unnamed


@pytest.mark.parametrize(
    ("pattern", "ids", "fits"),
    [
        ("101", ("101", "100", "TEA-1"), True),
        ("101", ("1010", "2101", None), False),
        ("tea-1", ("101", "100", "TEA-1"), True),
        ("MED-*", ("101", None, "med-7"), True),
        ("MED-*", ("101", None, "MED-"), True),
        ("MED-*", ("101", None, "XMED-7"), False),
        ("*-XXX", ("a-xxx",), True),
        ("a*b*c", ("a-b-c",), True),
        ("a*b*c", ("a-c-b",), False),
        ("a*a", ("a",), False),
        ("aa*aa", ("aaa",), False),
        ("a*bc*bc", ("abc",), False),
        ("a**b", ("ab",), True),
        ("*", ("7",), True),
        ("*", (None, "", None), False),
        ("[a-z]?.", ("[A-Z]?.",), True),
        ("[a-z]?.", ("bx1",), False),
        ("ÄPFEL-*", ("äpfel-1",), True),
    ],
)
def test_a_star_is_any_text_and_every_other_sign_itself(pattern, ids, fits):
    assert unnamed((pattern, "never-met")).has(ids) is fits


def test_no_pattern_takes_long():
    evil = unnamed(tuple("*".join(["a"] * 50) + f"{n}" for n in range(100)))
    began = time.process_time()
    assert not evil.has(("a" * 100,) * 4)
    assert time.process_time() - began < 0.5
