"""`tandem store sign-in`: a link to hand on, good once, and written down without its code."""

import json
from pathlib import Path

from integration import config
from integration.app import create_app
from tests.rig.service import Service


def test_the_link_signs_in_once_to_that_store_and_that_it_was_made_is_written_down(tmp_path: Path) -> None:
    tandem = Service(tmp_path / "data", {})
    tandem.add_store("woocommerce", "127.0.0.1:8090")
    told = json.loads(tandem.run("store", "sign-in", "127.0.0.1:8090", "--json"))

    app = create_app(config.load({}, data_dir=tmp_path / "data"))
    address, _, code = told["url"].partition("code=")
    path = f"/sign-in?code={code}"
    assert address.endswith("/sign-in?")
    merchant, latecomer = app.test_client(), app.test_client()
    came_in = merchant.get(path)
    assert (came_in.status_code, came_in.headers["Location"]) == (302, "/store")
    assert b"127.0.0.1:8090" in merchant.get("/store").data
    assert latecomer.get(path).status_code == 403
    app.extensions["engine"].dispose()

    lines = [json.loads(line) for line in tandem.run("export", "127.0.0.1:8090").splitlines()]
    log = [one for one in lines if one["table"] == "changes"]
    assert ("sign-in link made", "command line") in [(one["what"], one["surface"]) for one in log]
    assert code not in json.dumps(lines)


def test_a_store_that_nobody_knows_has_no_link(tmp_path: Path) -> None:
    tandem = Service(tmp_path / "data", {})
    tandem.add_store("woocommerce", "127.0.0.1:8090")
    assert "nobody.example.com" in tandem.run("store", "sign-in", "nobody.example.com", fails=True)
