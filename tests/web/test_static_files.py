"""Style and scripts on the wire: small, and not asked for twice."""

import gzip
import re
from pathlib import Path

import pytest
import urllib3

from integration.web import static_files
from tests.rig.pages import Pages

FOLDER = Path(static_files.__file__).parent / "static"
MOST = 40 * 1024  # of what a page needs beside itself: with a page of 60 KB that is 100 KB


def addresses(pages: Pages) -> list[str]:
    """What a page of ours loads."""
    page = pages.browser().get("/").data.decode()
    return sorted(set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page)))


def ask(pages: Pages, path: str, **headers: str) -> urllib3.BaseHTTPResponse:
    told = {"Accept-Encoding": "gzip", **headers}
    return pages.browser().pool.request("GET", f"{pages.url}{path}", headers=told, decode_content=False)


def test_all_that_a_page_loads_is_compressed_and_the_same_as_the_file(pages: Pages) -> None:
    found = addresses(pages)
    assert [one for one in found if one.startswith("/static/tandem.css?v=")]
    for path in found:
        answer = ask(pages, path)
        assert answer.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(answer.data) == (FOLDER / path.partition("?")[0].removeprefix("/static/")).read_bytes()


def test_what_pages_load_together_is_little(pages: Pages) -> None:
    kinds = [path for path in FOLDER.rglob("*") if path.suffix in (".js", ".css", ".svg")]
    assert sum(len(ask(pages, f"/static/{path.relative_to(FOLDER)}").data) for path in kinds) < MOST


def test_who_cannot_read_that_gets_the_file_as_it_is(pages: Pages) -> None:
    answer = ask(pages, "/static/tandem.css", **{"Accept-Encoding": "identity"})
    assert answer.data == (FOLDER / "tandem.css").read_bytes()
    assert (answer.headers.get("Content-Encoding"), answer.headers["Vary"]) == (None, "Accept-Encoding")


def test_a_version_is_kept_and_any_other_asked_for_again(pages: Pages) -> None:
    (css,) = [one for one in addresses(pages) if "tandem.css" in one]
    assert "immutable" in ask(pages, css).headers["Cache-Control"]
    for path in ("/static/tandem.css", "/static/tandem.css?v=00000000"):
        assert "immutable" not in ask(pages, path).headers["Cache-Control"]


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_what_a_browser_has_already_is_not_sent_again(pages: Pages, encoding: str) -> None:
    first = ask(pages, "/static/tandem.css", **{"Accept-Encoding": encoding})
    again = ask(pages, "/static/tandem.css", **{"Accept-Encoding": encoding, "If-None-Match": first.headers["ETag"]})
    assert (again.status, again.data) == (304, b"")


def test_what_is_no_file_is_not_there(pages: Pages) -> None:
    assert [ask(pages, f"/static/{path}").status for path in ("none.css", "../app.py", "vendor")] == [404, 404, 404]
