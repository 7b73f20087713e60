"""What an operator does by command stands in the store's change log, and none of its secrets."""

import json
from pathlib import Path

from tests.rig.service import Service

TOKEN, NEWER = "EAAB-first-token-of-Meta-1111", "EAAB-newer-token-of-Meta-2222"
EMAIL = "mira.vogel@example.com"


def test_every_command_that_changes_a_store_writes_a_line_and_tells_no_secret_and_no_shopper(tmp_path: Path) -> None:
    tandem = Service(tmp_path / "data", {})
    added = tandem.add_store("woocommerce", "127.0.0.1:8090", "--dataset", "1001", "--token", TOKEN)
    name = "127.0.0.1:8090"
    tandem.run("store", "set", name, "purchase_when=placed", "refunds=on", "state=observing")
    tandem.run("dataset", "add", name, "--dataset", "1001", "--token", NEWER)
    tandem.run("store", "rotate-secret", name)
    tandem.run("erase", name, "--email", EMAIL)

    exported = [json.loads(line) for line in tandem.run("export", name).splitlines()]
    lines = [one for one in exported if one["table"] == "changes"]
    told = [(one["what"], one["before"], one["after"]) for one in lines]
    attached = {"token of 1001": "…1111", "confirmed by Meta": "no", "state": "active"}
    assert {(one["who"], one["surface"]) for one in lines} == {("an operator", "command line")}
    assert told == [
        ("store added", {"platform": None, "domain": None}, {"platform": "woocommerce", "domain": name}),
        ("dataset", dict.fromkeys(attached), attached),
        ("settings", {"purchase_when": "paid"}, {"purchase_when": "placed"}),
        ("stopped telling Meta", {"state": "live"}, {"state": "observing"}),
        ("token", {"token of 1001": "…1111"}, {"token of 1001": "…2222"}),
        ("webhook secret renewed", {"former secret": None}, {"former secret": "signs for a while"}),
        ("a person's erasure was asked for", None, None),
        ("all that is kept of the store was exported", None, None),
    ]
    secrets = (TOKEN, NEWER, EMAIL, added["webhook_secret"])
    assert not [one for one in secrets if one in json.dumps(lines)]
