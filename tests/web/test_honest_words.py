"""What is never claimed, on any screen, in any sentence of ours, or in what we publish about it (CONTRIBUTING, house rules).

Templates, the sentences that stand in code, the storefront's texts, README, CHANGELOG and the documents are read as text.
"""

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("integration", "connectors", "docs")
PUBLISHED = ("README.md", "CHANGELOG.md")
# As a merchant would read it; a claim that is denied, such as "this is not extra sales", is none.
FORBIDDEN = {
    "recovered revenue": r"recover(ed|s|ing)?\s+(revenue|sales|purchases|conversions)",
    "lost sales": r"lost\s+(sales|revenue)",
    "ROAS +": r"\broas\b",
    "100 % coverage": r"(?<![\d.])100\s*(%|percent)\s+(coverage|of)\b|complete coverage|every conversion",
    "bypasses": r"\bbypass(es|ing|ed)?\b|\bcircumvent",
    "extra sales": r"(?<!nor )(?<!neither )(?<!not )\b(extra|additional) (sales|revenue)",
    "deduplicated, without Meta's own word": r"\bdeduplicated\b",
}
QUALITY = re.compile(r"\bEMQ\b|match quality", re.IGNORECASE)


def sentences(path: Path) -> Iterator[str]:
    """The texts of one file that somebody may come to read. Of code: its strings, and not what explains it."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield re.sub(r"\{#.*?#\}", " ", text, flags=re.DOTALL)
        return
    tree = ast.parse(text)
    explained = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in explained:
            yield node.value


def files() -> list[Path]:
    kinds = {".html", ".py", ".md", ".js", ".php", ".txt", ".svg", ".liquid"}
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in kinds]
    kept = [path for path in found if not {"vendor", "standin", "sandbox", "decisions", "fixtures"} & set(path.parts)]
    return sorted([*kept, *(ROOT / name for name in PUBLISHED)])


FILES = files()


def claims(text: str) -> list[str]:
    """Which of the claims a text makes."""
    read = " ".join(text.split())
    return [claim for claim, pattern in FORBIDDEN.items() if re.search(pattern, read, re.IGNORECASE)]


def test_there_is_something_to_read() -> None:
    assert {path.suffix for path in FILES} >= {".html", ".py", ".md", ".php"}
    assert len([path for path in FILES if path.suffix == ".html"]) > 20


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_claimed_that_cannot_be_known(path: Path) -> None:
    assert [(claim, text[:100]) for text in sentences(path) for claim in claims(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "Recovered revenue: EUR 3,120",
        "Tandem recovers purchases",
        "No more lost sales",
        "ROAS +23 %",
        "100% coverage",
        "bypasses ad blockers",
        "41 extra sales",
        "Both were deduplicated",
    ],
)
def test_each_of_the_claims_would_be_noticed(text: str) -> None:
    assert claims(text)


@pytest.mark.parametrize(
    "text",
    [
        "This is not extra sales and not attributed sales.",
        "What only the server told is neither extra nor attributed sales.",
        "Whether Meta counted two copies as one is only said where Meta says so.",
    ],
)
def test_what_is_denied_is_not_claimed(text: str) -> None:
    assert claims(text) == []


TEMPLATES = [path for path in FILES if path.suffix == ".html" and QUALITY.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_figure_of_match_quality_is_called_an_estimate(path: Path) -> None:
    """A page that only leads to it, by its name in the menu, shows no figure."""
    text = path.read_text(encoding="utf-8")
    figures = [line for line in io.StringIO(text) if QUALITY.search(line) and "{{" in line]
    assert not figures or "estimate" in text.lower(), figures
