"""Pages that wait, for a platform or a silent database, leave threads to the webhooks: too many of them are turned away."""

import threading
from concurrent.futures import ThreadPoolExecutor

from flask import Blueprint, Flask

from integration.web.places import Places
from tests.rig.service import eventually


def application(places: Places, over: threading.Event) -> Flask:
    app = Flask("places")
    for name in ("one", "other"):
        views = Blueprint(name, __name__)
        views.add_url_rule(f"/{name}/wait", view_func=lambda: str(over.wait(20)), endpoint="wait")
        views.add_url_rule(f"/{name}/quick", view_func=lambda: "here", endpoint="quick")
        views.add_url_rule(f"/{name}/broken", view_func=lambda: 1 / 0, endpoint="broken")
        app.register_blueprint(places.among(views))
    app.add_url_rule("/webhooks", view_func=lambda: "taken", endpoint="webhooks")
    return app


def status(app: Flask, path: str) -> int:
    return app.test_client().get(path).status_code


def test_who_finds_all_places_taken_is_told_to_come_again_and_webhooks_are_taken() -> None:
    over = threading.Event()
    app = application(Places(most=2), over)
    with ThreadPoolExecutor(2) as visitors:
        waiting = [visitors.submit(status, app, f"/{name}/wait") for name in ("one", "other")]
        assert eventually(lambda: status(app, "/one/quick") == 503)
        busy = app.test_client().get("/other/quick")
        assert (busy.status_code, busy.headers["Retry-After"], busy.headers["Cache-Control"]) == (503, "5", "no-store")
        assert status(app, "/webhooks") == 200
        over.set()
        assert [one.result() for one in waiting] == [200, 200]
    assert status(app, "/one/quick") == 200


def test_a_place_is_free_again_whatever_becomes_of_the_request() -> None:
    app = application(Places(most=1), threading.Event())
    for _ in range(3):
        assert status(app, "/one/broken") == 500
        assert status(app, "/other/quick") == 200
