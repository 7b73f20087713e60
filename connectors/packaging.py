"""Our plugin for a shop's own server as a zip that is the same to the byte wherever and whenever it is made.

Nothing is compressed: another zlib would make other bytes of the same files, and a plugin is small. Times, owners and
the order in which a file system lists its files are left out.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

WANTED = frozenset({".php", ".js", ".css", ".txt", ".pot", ".po", ".mo", ".svg", ".json"})
_NOT_WANTED = frozenset({"tests", "test", "node_modules", "vendor"})
# Read by the plugin.
_ADDRESS_FILE = "service.json"
# The earliest a zip can say.
_ALWAYS = (1980, 1, 1, 0, 0, 0)
_UNIX, _MODE = 3, 0o100644


def packed(folder: Path, *, service: str | None = None) -> bytes:
    """The zip of `folder`: its files below its own name, as WordPress wants it. `service`: the address of the Tandem
    that hands it out, to be put in, so that no merchant has to type it.

    Hidden files, tests, and what a browser or PHP has no use for stay behind. Raises FileNotFoundError where there is
    nothing to pack.
    """
    files = {name: path.read_bytes() for name, path in _wanted(folder)}
    if not files:
        raise FileNotFoundError(f"There is nothing to pack in {folder.name}.")
    if service is not None:
        files[_ADDRESS_FILE] = json.dumps({"service": service}).encode()
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(_entry(f"{folder.name}/{name}"), content)
    return written.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _ALWAYS)
    entry.create_system, entry.external_attr = _UNIX, _MODE << 16
    return entry


def _wanted(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        plain = not any(part.startswith(".") or part in _NOT_WANTED for part in parts)
        if plain and path.suffix in WANTED and path.is_file() and not path.is_symlink():
            yield "/".join(parts), path
