"""What is never said, anywhere that people read: in pages, documents and the strings of the code."""

import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_FORBIDDEN = (
    *(r"recovered\s+revenue", r"lost\s+sales", r"ROAS\s*\+", r"100\s*%\s*coverage", r"bypasses"),
    r"\bEMQ\b(?!\s+estimate)",
)
_READ = [
    *(_ROOT / "integration").rglob("*.html"),
    *(_ROOT / "integration").rglob("*.py"),
    *(_ROOT / "docs").rglob("*.md"),
    _ROOT / "README.md",
]


@pytest.mark.parametrize("forbidden", _FORBIDDEN)
def test_nothing_that_people_read_says_it(forbidden: str) -> None:
    pattern = re.compile(forbidden, re.IGNORECASE)
    said = [str(path.relative_to(_ROOT)) for path in _READ if pattern.search(path.read_text(encoding="utf-8"))]
    assert said == []


def test_the_words_are_looked_for_where_they_would_be() -> None:
    assert any(path.name == "coverage.html" for path in _READ)
    assert len(_READ) > 100
