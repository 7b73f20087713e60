"""Pages that wait, for a platform or a silent database, leave threads to the webhooks: too many of them are turned away."""

import threading
from concurrent.futures import ThreadPoolExecutor

from flask import Blueprint, Flask, Response

from connectors.errors import Throttled
from integration.web import refusals
from integration.web.places import Places, file
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
    return app.test_client().get(path, buffered=True).status_code


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


def application_with_a_file(most: int) -> Flask:
    app = Flask("integration.web")
    views = Blueprint("files", __name__)
    views.add_url_rule("/file", view_func=lambda: file(["one", "two"], "two.txt", "text/plain"), endpoint="file")
    views.add_url_rule("/page", view_func=lambda: "here", endpoint="page")
    views.register_error_handler(Throttled, lambda error: refusals.put_off(error, Response(str(error), 503)))
    app.register_blueprint(Places(most=most).among(views))
    return app


def test_a_file_has_its_place_until_its_reader_is_done() -> None:
    """Whoever reads slowly, or not at all, would else take the threads that webhooks come by, one after the other."""
    app = application_with_a_file(most=1)
    file = app.test_client().get("/file", buffered=False)
    assert status(app, "/page") == 503
    file.close()
    file.close()
    assert [status(app, "/page"), status(app, "/file"), status(app, "/page")] == [200] * 3


def test_files_leave_half_of_the_places_to_pages() -> None:
    app = application_with_a_file(most=4)
    reading = [app.test_client().get("/file", buffered=False) for _ in range(2)]
    refused = app.test_client().get("/file")
    assert (refused.status_code, refused.headers.get("Retry-After")) == (503, "5")
    assert [status(app, "/page") for _ in range(5)] == [200] * 5
    for one in reading:
        one.close()
    assert [status(app, "/file") for _ in range(5)] == [200] * 5
