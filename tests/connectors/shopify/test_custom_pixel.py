"""The custom pixel that is pasted: a store's plan in it, small, and refused where it could not keep the promise."""

import dataclasses
import gzip
import hashlib
import json
import re

import pytest

from connectors import money, registry
from connectors.errors import Declined
from connectors.shopify import custom_pixel
from connectors.shopify.custom_pixel import _FILE
from integration.pipeline.consent import OPT_IN_COUNTRIES
from tests.rig.plans import PLAN

EXTENSIONS = _FILE.parents[1] / "extensions"
OURS = (EXTENSIONS / "tandem-pixel/src/index.js", EXTENSIONS / "tandem-embed/assets/tandem-embed.js")
BUDGET = 6 * 1024


def test_it_holds_the_plan_the_server_would_answer_with():
    baked = re.search(r"const baked = (\{.*?\});\n", custom_pixel.text(PLAN))
    assert json.loads(baked[1]) == json.loads(json.dumps({"version": 1, **dataclasses.asdict(PLAN)}))


def test_ids_that_are_never_named_stand_in_it_as_short_hashes_and_patterns_as_they_are():
    secret = dataclasses.replace(PLAN, never_named=("Tea-Secret", "MED-*"))
    short = hashlib.sha256(b"tea-secret").hexdigest()[:16]
    assert custom_pixel.public(secret).never_named == (short, "med-*")
    text = custom_pixel.text(secret)
    assert f'"never_named":["{short}","med-*"]' in text
    assert "tea-secret" not in text.lower()


def test_only_its_notes_are_left_out():
    text = custom_pixel.text(PLAN)
    assert text.endswith("})();\n")
    assert "checkout_completed" in text
    assert "/**" not in text
    assert "\n//" not in text.partition("(() =>")[2]


def test_its_first_three_lines_say_what_it_is_and_of_which_store():
    head = custom_pixel.text(PLAN).splitlines()[:3]
    assert all(line.startswith("// ") for line in head)
    assert PLAN.beacon.rpartition("/")[2] in head[0]


def test_a_template_cannot_end_the_script_it_stands_in():
    assert "</script" not in custom_pixel.text(dataclasses.replace(PLAN, content_id_template="</script>{sku}"))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"event_id_template": "{order_number}"}, "does not know an order’s number"),
        ({"value_basis": "without_shipping"}, "without shipping to the cent"),
    ],
)
def test_what_the_pixel_could_not_tell_as_the_server_does_is_refused(changed, sentence):
    with pytest.raises(Declined, match=sentence):
        custom_pixel.text(dataclasses.replace(PLAN, **changed))


def sizes():
    served = [custom_pixel.text(PLAN).encode(), *(path.read_bytes() for path in OURS)]
    return [len(gzip.compress(one, 9, mtime=0)) for one in served]


def test_each_of_ours_in_the_storefront_is_within_the_budget():
    assert max(sizes()) <= BUDGET


@pytest.mark.xfail(strict=True, reason="Not reached: the three together are about 8 KB.")
def test_all_of_ours_in_the_storefront_is_within_the_budget():
    assert sum(sizes()) <= BUDGET


def test_its_countries_and_decimals_are_the_servers():
    source = _FILE.read_text(encoding="utf-8")
    assert set(re.search(r'OPT_IN = "(.*?)"', source)[1].split()) == OPT_IN_COUNTRIES
    listed = {code: int(n) for n, codes in re.findall(r'    (\d): "(.*?)"', source) for code in codes.split()}
    assert listed == money._MINOR_UNITS


def test_woocommerce_has_nothing_to_paste():
    assert registry.get("woocommerce").pixel_snippet(PLAN) is None
    assert registry.get("shopify").pixel_snippet(PLAN) == custom_pixel.text(PLAN)
