"""What is written can be read, and what is drawn can be seen: WCAG 2.2 ratios of the stylesheet's colours, by day and by night."""

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).parents[2] / "integration/web/static/tandem.css").read_text()
GROUNDS = ("paper", "raised")
# Written on either ground; and on a ground of their own.
WRITTEN = [(name, ground) for name in ("ink", "muted", "server", "danger", "warning", "good") for ground in GROUNDS]
WRITTEN += [(name, f"{name}-tint") for name in ("server", "danger", "warning", "good")]
WRITTEN += [("paper", "ink"), ("paper", "server")]
# Drawn: dots, bars, rings, and the edges of what can be filled in.
DRAWN = [
    (name, ground) for name in ("ink", "muted", "pixel", "server", "danger", "warning", "good") for ground in GROUNDS
]


def palettes() -> dict[str, dict[str, str]]:
    by_day, by_night = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)[:2]
    return {scheme: dict(re.findall(r"--([\w-]+): (#\w{6})", text)) for scheme, text in (("light", by_day), ("dark", by_night))}  # fmt: skip


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (it / 12.92 if it <= 0.04045 else ((it + 0.055) / 1.055) ** 2.4 for it in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_stands_out_from_its_ground(scheme: str) -> None:
    palette = palettes()[scheme]
    ratios = {pair: round(ratio(palette[pair[0]], palette[pair[1]]), 2) for pair in WRITTEN}
    assert not {pair: it for pair, it in ratios.items() if it < 4.5}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_mark_stands_out_from_its_ground(scheme: str) -> None:
    palette = palettes()[scheme]
    assert not [pair for pair in DRAWN if ratio(palette[pair[0]], palette[pair[1]]) < 3]


def test_both_schemes_have_the_same_colours_and_every_colour_is_one_of_them() -> None:
    found = palettes()
    assert found["light"].keys() == found["dark"].keys()
    rules = re.sub(r":root \{.*?\}", "", CSS, flags=re.DOTALL)
    assert not re.findall(r"#[0-9a-f]{3,8}\b(?![^{}]*\{)", rules)
    assert set(re.findall(r"(?<![-\w])color: var\(--([\w-]+)\)", rules)) <= {name for name, _ in WRITTEN}


def test_the_measure_is_the_one_of_the_standard() -> None:
    assert ratio("#000000", "#ffffff") == pytest.approx(21)
    assert ratio("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
