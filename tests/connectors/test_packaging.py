"""The plugin's zip: the same bytes each time, and nothing in it that a shop has no use for."""

import io
import json
import os
import zipfile
from pathlib import Path

import pytest

from connectors import packaging, registry

PLUGINS = [one for one in registry.connectors() if one.plugin is not None]
plugins = pytest.mark.parametrize("connector", PLUGINS, ids=lambda one: one.name)


def opened(packed: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(packed))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small plugin with what lies about where one is written."""
    plugin = tmp_path / "a-plugin"
    for name in (
        *("a-plugin.php", "readme.txt", "assets/admin.js", "assets/admin.css", "languages/a.pot", "block.json"),
        *(".git/config.php", ".hidden.php", "tests/test.php", "node_modules/x/index.js", "vendor/x.php"),
        *("notes.md", "composer.lock", "a.php~", "a.php.orig", "run.sh", "archive.zip"),
    ):
        path = plugin / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (plugin / "linked.php").symlink_to("/etc/passwd")
    return plugin


def test_only_what_the_plugin_runs_on_is_in_it_below_its_own_name(folder: Path) -> None:
    assert opened(packaging.packed(folder)).namelist() == [
        "a-plugin/a-plugin.php",
        "a-plugin/assets/admin.css",
        "a-plugin/assets/admin.js",
        "a-plugin/block.json",
        "a-plugin/languages/a.pot",
        "a-plugin/readme.txt",
    ]


def test_times_modes_and_places_of_the_files_change_no_byte(folder: Path, tmp_path: Path) -> None:
    first = packaging.packed(folder)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            os.utime(path, (1, 2_000_000_000))
            path.chmod(0o700)
    moved = folder.rename(tmp_path / "elsewhere").rename(tmp_path / "a-plugin")
    assert packaging.packed(moved) == first


def test_a_changed_file_changes_the_zip(folder: Path) -> None:
    first = packaging.packed(folder)
    (folder / "readme.txt").write_text("readme.tXt")
    assert packaging.packed(folder) != first


def test_every_entry_is_a_plain_file_of_the_same_day(folder: Path) -> None:
    for entry in opened(packaging.packed(folder)).infolist():
        assert (entry.date_time, entry.compress_type) == ((1980, 1, 1, 0, 0, 0), zipfile.ZIP_STORED)
        assert (entry.create_system, entry.external_attr >> 16, entry.extra) == (3, 0o100644, b"")


def test_the_address_of_whoever_hands_it_out_is_put_in(folder: Path) -> None:
    packed = packaging.packed(folder, service="https://tandem.example.com")
    told = json.loads(opened(packed).read("a-plugin/service.json"))
    assert told == {"service": "https://tandem.example.com"}
    assert packed == packaging.packed(folder, service="https://tandem.example.com")


def test_where_there_is_nothing_nothing_is_packed(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        packaging.packed(tmp_path / "nowhere")


@plugins
def test_our_plugins_are_whole(connector: registry.Connector) -> None:
    """WordPress wants one folder, and in it a PHP file with a header that names the plugin."""
    name = connector.plugin.name
    archive = opened(packaging.packed(connector.plugin))
    assert archive.testzip() is None
    assert {entry.partition("/")[0] for entry in archive.namelist()} == {name}
    assert "Plugin Name:" in archive.read(f"{name}/{name}.php").decode()
    assert f"{name}/uninstall.php" in archive.namelist()


@plugins
def test_nothing_of_our_plugins_stays_behind(connector: registry.Connector) -> None:
    packed = {one.partition("/")[2] for one in opened(packaging.packed(connector.plugin)).namelist()}
    there = {str(one.relative_to(connector.plugin)) for one in connector.plugin.rglob("*") if one.is_file()}
    assert packed == there


@plugins
def test_an_address_is_never_among_the_sources(connector: registry.Connector) -> None:
    assert not (connector.plugin / "service.json").exists()
