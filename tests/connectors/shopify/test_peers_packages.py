"""The packages of others that the tests compare with: exact, hashed, of no particular registry, and not skipped in silence."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rig.node import PEERS

ROOT = PEERS.parents[1]
LOCK = json.loads((PEERS / "package-lock.json").read_text())
PACKAGE = json.loads((PEERS / "package.json").read_text())


def test_the_lock_names_hashes_and_no_registry():
    locked = {name: package for name, package in LOCK["packages"].items() if name}
    assert len(locked) > len(PACKAGE["dependencies"])
    assert [name for name, package in locked.items() if "resolved" in package] == []
    assert [name for name, package in locked.items() if not package.get("integrity", "").startswith("sha512-")] == []


def test_what_we_name_ourselves_is_named_exactly_and_locked_as_named():
    for name, version in PACKAGE["dependencies"].items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
        assert LOCK["packages"][f"node_modules/{name}"]["version"] == version


def test_installing_runs_no_script_of_a_package():
    assert "ignore-scripts=true" in (PEERS / ".npmrc").read_text().splitlines()


@pytest.mark.parametrize(("ci", "outcome"), [("", "1 skipped"), ("true", "1 failed")])
@pytest.mark.parametrize("tool", ["node", "browser"])
def test_where_node_or_the_browser_is_missing_a_test_is_skipped_visibly_and_fails_in_ci(
    tmp_path: Path, tool, ci, outcome
):
    """The path holds nothing but Node, for the browser's case, and nothing at all for Node's."""
    test = tmp_path / "test_needs_it.py"
    test.write_text(f"from tests.rig import {tool}\n\n\ndef test_it():\n    {tool}.have_or_skip()\n")
    path = tmp_path / "bin"
    path.mkdir()
    if tool == "browser" and (found := shutil.which("node")):
        (path / "node").symlink_to(found)
    command = [sys.executable, "-m", "pytest", "-q", "-ra", "-p", "no:cacheprovider", "--rootdir", str(ROOT), str(test)]
    environ = {**os.environ, "PATH": str(path), "CI": ci, "PYTHONPATH": str(ROOT)}
    told = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert outcome in told.stdout
    assert "cannot be had here" in told.stdout
