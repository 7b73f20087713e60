"""What others made and we serve: each file is, to the bit, the one that the README beside it names."""

import base64
import hashlib
import re
from pathlib import Path

import integration.web

VENDOR = Path(integration.web.__file__).parent / "static" / "vendor"
_ROW = re.compile(r"^\| (?P<file>\S+) \|.*\| (?P<hash>[A-Za-z0-9+/]{64}) \|$", re.MULTILINE)


def test_each_script_of_others_has_the_hash_that_is_written_down_for_it() -> None:
    told = {row["file"]: row["hash"] for row in _ROW.finditer((VENDOR / "README.md").read_text())}
    served = {
        path.name: base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()
        for path in VENDOR.rglob("*.js")
    }
    assert served
    assert served == told


def test_nothing_lies_there_but_scripts_their_licences_and_the_list() -> None:
    odd = [path.name for path in VENDOR.iterdir() if not re.fullmatch(r".+\.js|.+-LICENSE\.txt|README\.md", path.name)]
    assert odd == []
