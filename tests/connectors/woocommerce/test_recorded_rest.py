"""What a real WooCommerce 10.0.2 answered and posted, read by the modules that ask it; skipped where the recordings are absent."""

import base64
import json
from pathlib import Path

import pytest

from connectors.access import Endpoint, HttpAnswer
from connectors.errors import CredentialsRejected, Declined
from connectors.woocommerce import answers, credentials, subscriptions
from connectors.woocommerce.connector import CONNECTOR
from connectors.woocommerce.proof import Currency
from connectors.woocommerce.subscriptions import Deed, Listed

RECORDED = Path(__file__).parents[3] / "../shared/corpus/woocommerce"
pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason="the recordings (../shared/corpus) are not here")


def recorded(name):
    told = json.loads((RECORDED / "rest" / f"{name}.json").read_text())
    headers = {header.lower(): text for header, text in told["headers"].items()}
    return HttpAnswer(told["status"], headers, json.dumps(told["body"]).encode())


def test_the_currency_names_the_shop_by_its_host():
    told = answers.read(answers.understood(recorded("data_currencies_current")), Currency)
    assert (told.code, told.shop) == ("USD", "127.0.0.1:8444")


def test_webhooks_of_others_are_read_and_left_alone():
    listed = answers.read_list(answers.understood(recorded("webhooks")), Listed)
    endpoint = Endpoint("https://tandem.example/webhooks/woocommerce/a-key", "0123456789abcdefghij")
    assert len(listed) == 10
    assert {step.deed for step in subscriptions.plan(listed, endpoint, "ck_1")} == {Deed.MAKE}


@pytest.mark.parametrize(
    ("name", "error"),
    [("bad_key", CredentialsRejected), ("order_404", answers.NotThere), ("orders_per_page_101", Declined)],
)
def test_refusals_are_told_as_what_they_are(name, error):
    with pytest.raises(error) as raised:
        answers.understood(recorded(name))
    assert type(raised.value) is error


def test_keys_as_they_were_posted_are_taken():
    """But for the state: the recording's own holds signs that ours never does."""
    flow = json.loads((RECORDED / "auth" / "auth_flow.json").read_text())
    posts = [one for step in flow for one in step.get("recorded", []) if isinstance(one, dict)]
    bodies = [json.loads(base64.b64decode(one["body_base64"])) for one in posts if one.get("body_base64")]
    assert bodies
    for body in bodies:
        found = CONNECTOR.handover.posted(json.dumps(body | {"user_id": "a-state"}).encode())
        assert credentials.read(found.keys).permissions == "read_write"
