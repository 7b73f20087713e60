"""Every command that the documents name is there and takes what they give it; and none is unnamed."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from integration.cli import tandem

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_QUOTED = re.compile(r"`tandem ([^`]+)`")
_IN_A_BLOCK = re.compile(r"^(?:\.venv/bin/)?tandem ([^#\n|]+)", re.MULTILINE)


def lines(document: Path) -> list[str]:
    """What it has after the word `tandem`, where it is a command."""
    text = re.sub(r"\\\n\s*", " ", document.read_text(encoding="utf-8"))
    text = re.sub(r"(`[^`\n]*)\n([^`\n]*`)", r"\1 \2", text)
    return _QUOTED.findall(text) + _IN_A_BLOCK.findall(text)


def named(line: str) -> tuple[list[str], click.Command, list[str]]:
    """The path of its command, the command, and the options given. Raises KeyError for one that is not there."""
    words = shlex.split(line.replace("…", ""))
    path: list[str] = []
    command: click.Command = tandem
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        path.append(words.pop(0))
        command = command.commands[path[-1]]
    return path, command, [word.partition("=")[0] for word in words if word.startswith("--")]


def leaves(group: click.Group) -> Iterator[str]:
    for name, command in group.commands.items():
        yield from [f"{name} {one}" for one in leaves(command)] if isinstance(command, click.Group) else [name]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_command_in_a_document_is_there_and_takes_its_options(document: Path) -> None:
    for line in lines(document):
        _, command, options = named(line)
        known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {"--help"}
        assert set(options) <= known, line


def test_no_command_is_without_a_document() -> None:
    told = {" ".join(named(line)[0]) for document in DOCUMENTS for line in lines(document)}
    assert set(leaves(tandem)) - told == set()
