"""`/<platform>/plugin.zip`: our plugin for a shop's own server, with our address in it so that nobody has to type it.

Anyone may have it: it is the same for all, and holds no secret.
"""

import hashlib

from flask import Blueprint, Response, request

from connectors import packaging, registry
from connectors.contract import Connector


def blueprint(*, public_url: str) -> Blueprint:
    """The zip of each platform that has a plugin."""
    views = Blueprint("download", __name__)

    def download(connector: Connector) -> Response:
        assert connector.plugin is not None  # noqa: S101 (others have no such address)
        packed = packaging.packed(connector.plugin, service=public_url)
        response = Response(packed, mimetype="application/zip")
        response.headers["Content-Disposition"] = f'attachment; filename="{connector.plugin.name}.zip"'
        # Kept, but asked about each time: who downloads it after an update gets the update.
        response.headers["Cache-Control"] = "public, no-cache"
        response.set_etag(hashlib.sha256(packed).hexdigest())
        response.make_conditional(request)
        return response

    for connector in registry.connectors():
        if connector.plugin is not None:
            views.add_url_rule(
                f"/{connector.name}/plugin.zip",
                endpoint=connector.name,
                view_func=download,
                methods=["GET"],
                defaults={"connector": connector},
                provide_automatic_options=False,
            )
    return views
