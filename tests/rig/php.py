"""PHP in the versions that the WordPress plugin promises, as WebAssembly under Node: reads files, and runs programs."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import missing
from tests.rig.node import PEERS, Node

HOME = PEERS / "wordpress"
VERSIONS = ("7.4", "8.0", "8.1", "8.2", "8.3", "8.4")


def have_or_skip() -> None:
    """The versions of PHP that `make test` installs may be missing: a visible skip."""
    if not (HOME / "node_modules" / ".package-lock.json").exists():
        missing("what tests/peers/wordpress/package-lock.json names (make test installs it)")


@dataclass(frozen=True)
class Printed:
    """What a program left: its exit code, and what it printed on both outputs, PHP's own complaints among it."""

    code: int
    text: str


@dataclass
class Php:
    """All versions, ready to read and to run."""

    node: Node

    def lint(self, files: Iterable[Path], version: str) -> dict[str, str]:
        """`php -l` for each: what this version says of a file, by its path; deprecations too, and nothing of good ones."""
        return self.node.ask("lint", version=version, files={str(file): str(file) for file in files})

    def run(self, program: Path, version: str, *words: str, folders: Mapping[str, Path] | None = None) -> Printed:
        """A plain PHP program that gets `words`, its own folder at /program, and `folders` by the path it sees them at."""
        laid_out = {"/program": program.parent, **(folders or {})}
        files = {
            f"{at}/{file.relative_to(folder)}": str(file) for at, folder in laid_out.items() for file in _all(folder)
        }
        told = self.node.ask("run", version=version, files=files, words=[f"/program/{program.name}", *words])
        return Printed(told["code"], "\n".join(told["lines"]))


@contextmanager
def running() -> Iterator[Php]:
    """One process for all versions, until the block ends. Loading a version takes a tenth of a second each time."""
    have_or_skip()
    with Node.running("wordpress/php.mjs") as node:
        yield Php(node)


def _all(folder: Path) -> list[Path]:
    return [file for file in sorted(folder.rglob("*")) if file.is_file() and "node_modules" not in file.parts]
