"""`tandem operator`: as whoever runs Tandem uses it, on an embedded database."""

import json
from pathlib import Path

import pytest

from tests.rig.service import Service


@pytest.fixture
def tandem(tmp_path: Path) -> Service:
    return Service(tmp_path / "data", {})


def test_operators_are_added_renewed_listed_and_removed_and_a_key_is_shown_once(tandem: Service) -> None:
    first = json.loads(tandem.run("operator", "add", "ada", "--json"))
    assert list(first) == ["name", "key"]
    assert "There is an operator called ada already" in tandem.run("operator", "add", "ada", fails=True)
    second = tandem.run("operator", "renew", "ada").split()[3]
    assert len(second) == len(first["key"]) == 39
    assert second != first["key"]

    tandem.run("operator", "add", "bob")
    tandem.run("operator", "remove", "ada")
    assert "No operator is called 'ada'" in tandem.run("operator", "renew", "ada", fails=True)

    ada, bob = map(json.loads, tandem.run("operator", "list", "--json").splitlines())
    assert list(ada) == ["name", "added_at", "removed_at", "signed_in_at"]
    assert (ada["name"], ada["removed_at"] is None, bob["removed_at"]) == ("ada", False, None)
    held = b"".join(path.read_bytes() for path in tandem.data_dir.glob("tandem.db*"))
    assert b"bob" in held
    assert not [key for key in (first["key"], second) if key.encode() in held or key.replace("-", "").encode() in held]
