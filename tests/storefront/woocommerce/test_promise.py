"""The promise that both riders make one purchase: of real stores' recorded orders the plugin's Pixel and the service tell
Meta one id, one value and the same contents, and think alike of whether it counts. The PHP classes themselves run.
"""

import base64
import dataclasses
import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors import registry
from connectors.event import Event, Source
from connectors.woocommerce import mapping as woocommerce
from integration.meta import mapping
from integration.pipeline.qualify import SOURCE_REASONS, Counts, Horizon, Never, Verdict, qualify
from integration.store_settings import Field, StoreSettings, ValueBasis, When
from tests.rig import php
from tests.rig.php import Php
from tests.rig.plans import PLAN

HERE = Path(__file__).parent
RECORDED = HERE.parents[2] / "../shared/corpus/woocommerce"
FIXTURES = HERE.parents[2] / "connectors/woocommerce/fixtures"
PLUGIN = registry.get("woocommerce").plugin or HERE
NOW = datetime(2027, 1, 1, tzinfo=UTC)
STORE_KEY = PLAN.store_key
# As much of a buyer as the plugin knows.
BUYER = dict.fromkeys(("external_id", "em", "ph", "fn", "ln", "ct", "zp", "country"), "x")
DISCREET = StoreSettings().changed({"never_named": "*1*,WOO-*,shop_*s*", "leave_out": "name,phone,customer_id"})
# Every choice of when, every basis of value, and each kind of template once; and what a merchant keeps to themselves.
SETTINGS = [
    DISCREET,
    dataclasses.replace(DISCREET, content_id_template="shop_{sku}", leave_out=frozenset(Field)),
    *(
        StoreSettings(purchase_when=when, cod_when=cod, value_basis=basis, **templates)
        for (when, cod), basis, templates in itertools.product(
            itertools.product(When, When),
            ValueBasis,
            [{}, {"event_id_template": "{store_key}_{order_number}_{order_id}", "content_id_template": "shop_{sku}"}],
        )
    ),
]


@pytest.fixture(scope="module")
def all_versions() -> Iterator[Php]:
    with php.running() as found:
        yield found


def recorded() -> list[bytes]:
    """Orders as real stores told them, each body once."""
    if not RECORDED.is_dir():
        pytest.skip("the recorded deliveries (../shared/corpus) are not here")
    index = json.loads((RECORDED / "index.json").read_text())["deliveries"]
    records = [
        json.loads((RECORDED / entry["file"]).read_text()) for entry in index if "-order." in f"-{entry['file']}"
    ]
    return list(dict.fromkeys(body for one in records if is_order(body := base64.b64decode(one["body_base64"]))))


def constructed() -> list[bytes]:
    """Our own fixtures: currencies, doors and methods of payment that nobody recorded."""
    files = sorted(path for path in FIXTURES.glob("order_*__*.json") if not path.name.endswith(".event.json"))
    return [body for path in files if is_order(body := path.read_bytes())]


def is_order(body: bytes) -> bool:
    try:
        told = json.loads(body)
    except ValueError:
        return False
    return isinstance(told, dict) and isinstance(told.get("line_items"), list)


def order_of(body: bytes) -> Event:
    event = woocommerce.parse("order.updated", body)[0]
    assert isinstance(event, Event)
    return event


def plan_of(settings: StoreSettings) -> dict[str, Any]:
    words = ("purchase_when", "cod_when", "event_id_template", "content_id_template", "value_basis")
    chosen = {name: str(getattr(settings, name)) for name in words}
    kept_back = {"leave_out": sorted(settings.leave_out), "never_named": settings.never_named}
    return {"version": 1, **dataclasses.asdict(PLAN), **chosen, **kept_back}


def counts(event: Event, verdict: Verdict) -> bool:
    """Whether the service tells it. A door that the service does not know counts once a shopper's browser is heard of it,
    and whoever sees a thank-you page is one.
    """
    unknown_door = Never(SOURCE_REASONS[Source.OTHER])
    return isinstance(verdict, Counts) or verdict == unknown_door


def told_by_service(body: bytes, settings: StoreSettings) -> dict[str, Any]:
    event = order_of(body)
    kept = mapping.facts(event, domain="shop.example")
    event_id = mapping.event_id(event, settings, store_key=STORE_KEY)
    verdict = qualify(event, settings, Horizon(NOW, None))
    leaves = mapping.server_event(
        event_name="Purchase", event_id=event_id, event_time=NOW, kept=kept, person=BUYER, settings=settings
    )
    return {
        "counts": counts(event, verdict),
        "event_id": leaves.event_id,
        "custom_data": json.loads(msgspec.json.encode(leaves.custom_data)),
        "buyer": list(leaves.user_data),
    }


@pytest.mark.parametrize("bodies", [recorded, constructed])
@pytest.mark.parametrize("version", [php.VERSIONS[0], php.VERSIONS[-1]])
def test_both_riders_tell_one_purchase(all_versions: Php, tmp_path: Path, bodies: Any, version: str) -> None:
    found = bodies()
    assert len(found) > 15
    cases = {
        "bodies": [json.loads(body) for body in found],
        "plans": [plan_of(one) for one in SETTINGS],
        "buyer": BUYER,
    }
    (tmp_path / "cases.json").write_text(json.dumps(cases))
    printed = all_versions.run(HERE / "promise.php", version, folders={"/plugin": PLUGIN, "/cases": tmp_path})
    before, _, said = printed.text.partition("TOLD ")
    assert before == ""
    by_pixel = json.loads(said)
    by_service = [told_by_service(body, settings) for settings in SETTINGS for body in found]
    assert len(by_pixel) == len(by_service)
    different = [pair for pair in zip(by_pixel, by_service, strict=True) if pair[0] != pair[1]]
    assert different[:1] == []
    assert {one["counts"] for one in by_pixel} == {True, False}
    # Of some orders items are left out, of others none are: two riders who left out nothing would agree, too.
    plain = [told_by_service(body, StoreSettings())["custom_data"] for body in found]
    assert {one["custom_data"] == whole for one, whole in zip(by_pixel, plain, strict=False)} == {True, False}
