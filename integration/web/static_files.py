"""Our style and scripts: sent compressed to whoever can read that, and kept by browsers until they change.

Only what is the same for everybody is compressed: of a page that holds a secret, its length would tell.
"""

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, make_response, request

_A_YEAR = "public, max-age=31536000, immutable"
_LETTERS = 8


def serve(app: Flask) -> None:
    """Let the application's static files be served so. An address made by `url_for` says which version it means."""
    folder, plain = Path(app.static_folder or ""), app.view_functions["static"]

    @app.url_defaults
    def version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "v" not in values:
            path = folder / values["filename"]
            if path.is_file():
                values["v"] = _version(path, path.stat().st_mtime_ns)

    def view(filename: str) -> Response:
        response = make_response(plain(filename=filename))
        path = folder / filename
        if response.status_code == 200 and request.args.get("v") == _version(path, path.stat().st_mtime_ns):
            response.headers["Cache-Control"] = _A_YEAR
        return _compressed(response, path)

    app.view_functions["static"] = view


def _compressed(response: Response, path: Path) -> Response:
    response.vary.add("Accept-Encoding")
    packed = request.accept_encodings.quality("gzip") > 0
    etag, _ = response.get_etag()
    if packed and etag:
        response.set_etag(etag, weak=True)  # of both forms, which differ in their bytes
    if packed and response.status_code == 200:
        response.close()  # the file
        response.direct_passthrough = False
        response.set_data(_packed(path, path.stat().st_mtime_ns))
        response.headers["Content-Encoding"] = "gzip"
    return response


@lru_cache(maxsize=64)
def _packed(path: Path, _changed: int) -> bytes:
    return gzip.compress(path.read_bytes(), mtime=0)


@lru_cache(maxsize=64)
def _version(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:_LETTERS]
