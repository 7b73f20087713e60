"""The plugin's zip as a merchant downloads it."""

import hashlib
import io
import json
import zipfile

from connectors import packaging, registry
from tests.rig.pages import Pages

PATH = "/woocommerce/plugin.zip"


def test_it_is_the_plugin_with_our_address_in_it(pages: Pages) -> None:
    answer = pages.browser().get(PATH)

    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/zip")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="tandem-for-woocommerce.zip"'
    assert answer.data == packaging.packed(registry.get("woocommerce").plugin, service=pages.url)
    told = zipfile.ZipFile(io.BytesIO(answer.data)).read("tandem-for-woocommerce/service.json")
    assert json.loads(told) == {"service": pages.url}


def test_who_has_it_already_is_told_so(pages: Pages) -> None:
    first = pages.browser().get(PATH)
    assert first.headers["ETag"] == f'"{hashlib.sha256(first.data).hexdigest()}"'
    assert first.headers["Cache-Control"] == "public, no-cache"

    again = pages.browser().get(PATH, If_None_Match=first.headers["ETag"])

    assert (again.status, again.data) == (304, b"")
    assert pages.browser().get(PATH, If_None_Match='"another"').status == 200


def test_a_platform_without_a_plugin_has_none_to_offer(pages: Pages) -> None:
    assert pages.browser().get("/shopify/plugin.zip").status == 404
