"""One working webhook a topic, signed with our secret and run as today's user, and nobody else's touched. Pure."""

from itertools import permutations

import pytest

from connectors.access import Endpoint
from connectors.woocommerce import subscriptions
from connectors.woocommerce.subscriptions import FOLLOWED, Deed, Listed, Step, name, plan, told

KEY, FORMER_KEY = "ck_" + "1" * 40, "ck_" + "2" * 40
PATH = "/webhooks/woocommerce/a-key_nobody-guesses"
ADDRESS = f"https://tandem.example{PATH}"
SECRET = "0123456789abcdefghijABCDEFGHIJ0123456789"
ENDPOINT = Endpoint(ADDRESS, SECRET)
RENEWING = Endpoint(ADDRESS, SECRET, renew=True)


def listed(number, topic="order.created", status="active", address=ADDRESS, called=None):
    return Listed(number, name(topic, KEY) if called is None else called, topic, status, address)


def all_but(*left_out):
    return [listed(number, topic) for number, topic in enumerate(FOLLOWED, 1) if topic not in left_out]


def test_the_four_topics_of_orders_are_followed():
    """checkout.created is the plugin's own: WooCommerce has no such topic."""
    assert FOLLOWED == ("order.created", "order.updated", "order.deleted", "order.restored")


def test_a_store_with_nothing_gets_each_topic_once():
    assert plan([], ENDPOINT, KEY) == [Step(Deed.MAKE, topic, silent=True) for topic in FOLLOWED]


def test_a_store_that_has_all_is_left_alone():
    assert plan(all_but(), ENDPOINT, KEY) == []


def test_what_is_missing_is_made():
    assert plan(all_but("order.deleted"), ENDPOINT, KEY) == [Step(Deed.MAKE, "order.deleted", silent=True)]


@pytest.mark.parametrize("status", ["disabled", "paused", "", None, 7])
def test_what_is_switched_off_is_switched_on(status):
    found = [*all_but("order.created"), listed(9, status=status)]
    assert plan(found, ENDPOINT, KEY) == [Step(Deed.CORRECT, "order.created", "9", silent=True)]


@pytest.mark.parametrize("host", ["http://tandem.example", "https://former.example", "https://tandem.example/folder"])
def test_a_former_address_of_ours_is_corrected(host):
    found = [*all_but("order.created"), listed(9, address=host + PATH)]
    assert plan(found, ENDPOINT, KEY) == [Step(Deed.CORRECT, "order.created", "9")]


def test_an_address_in_a_folder_knows_its_own_under_a_host_without_one():
    endpoint = Endpoint(f"https://tandem.example/folder{PATH}", SECRET)
    assert subscriptions.is_ours(listed(1), endpoint)


@pytest.mark.parametrize(
    "address",
    [
        "https://tandem.example/webhooks/woocommerce/another-stores-key",
        f"https://tandem.example{PATH}x",
        f"https://tandem.example{PATH}/more",
        f"https://warehouse.example/?to={ADDRESS}",
        f"https://warehouse.example/x#{PATH}",
        f"ftp://tandem.example{PATH}",
        "https://warehouse.example/hooks",
        "https://warehouse.example/hooks/a-key_nobody-guesses",
        "https://[::1",
        "",
        None,
        7,
    ],
)
def test_somebody_elses_are_left_alone(address):
    """A second store of ours on one WordPress, an older copy's among them."""
    assert plan([listed(90, address=address), *all_but()], ENDPOINT, KEY) == []
    assert plan([listed(90, address=address, status="disabled"), *all_but("order.created")], ENDPOINT, KEY) == [
        Step(Deed.MAKE, "order.created", silent=True)
    ]


def test_a_topic_that_somebody_wants_at_our_address_is_left_alone():
    assert plan([listed(90, "product.updated"), *all_but()], ENDPOINT, KEY) == []


@pytest.mark.parametrize("topic", ["Order.Created", "ORDER.UPDATED", "", None])
def test_one_that_never_fires_is_taken_away(topic):
    assert plan([*all_but(), listed(90, topic, called="x")], ENDPOINT, KEY) == [Step(Deed.REMOVE, topic or "", "90")]


def test_of_several_that_deliver_everything_twice_the_right_one_stays_in_whatever_order_they_come():
    wrong = [listed(8, status="disabled"), listed(10, address=f"https://former.example{PATH}")]
    for order in permutations([*wrong, listed(9)]):
        found = plan([*all_but("order.created"), *order], ENDPOINT, KEY)
        assert {(step.deed, step.id) for step in found} == {(Deed.REMOVE, "8"), (Deed.REMOVE, "10")}


def test_where_none_is_right_one_is_corrected_and_the_others_are_taken_away():
    found = plan([*all_but("order.created"), listed(8, status="paused"), listed(9, status="disabled")], ENDPOINT, KEY)
    assert found == [Step(Deed.CORRECT, "order.created", "8", silent=True), Step(Deed.REMOVE, "order.created", "9")]


def test_a_new_secret_is_told_to_every_one_that_stays_in_place():
    """What the store's queue still holds for a webhook goes lost with it."""
    assert plan(all_but(), RENEWING, KEY) == [
        Step(Deed.CORRECT, topic, str(number)) for number, topic in enumerate(FOLLOWED, 1)
    ]


def test_one_that_another_key_made_is_made_anew_before_it_is_taken_away():
    """It runs as that key's user, for ever: once that user has lost its role, it delivers errors."""
    found = [*all_but("order.created"), listed(9, called=name("order.created", FORMER_KEY))]
    assert plan(found, ENDPOINT, KEY) == [Step(Deed.MAKE, "order.created"), Step(Deed.REMOVE, "order.created", "9")]


@pytest.mark.parametrize("called", ["", "Webhook created on Nov 24", "Tandem: order.created", "Renamed", None, 7])
def test_one_that_was_renamed_or_made_by_hand_is_kept(called):
    """Else it would be made anew each hour."""
    found = [*all_but("order.created"), Listed(9, called, "order.created", "active", ADDRESS)]
    assert plan(found, ENDPOINT, KEY) == []


def test_a_name_tells_nothing_of_the_key():
    assert name("order.created", KEY) != name("order.created", FORMER_KEY)
    assert "1111" not in name("order.created", KEY)


def test_what_is_made_is_told_whole_and_what_is_corrected_what_may_have_changed():
    wanted = {"status": "active", "delivery_url": ADDRESS, "secret": SECRET}
    made = told(Step(Deed.MAKE, "order.deleted"), ENDPOINT, KEY)
    assert made == wanted | {"topic": "order.deleted", "name": name("order.deleted", KEY)}
    assert told(Step(Deed.CORRECT, "order.deleted", "9"), ENDPOINT, KEY) == wanted


@pytest.mark.parametrize("secret", [None, ""])
@pytest.mark.parametrize("deed", [Deed.MAKE, Deed.CORRECT])
def test_none_is_made_or_corrected_without_our_secret(deed, secret):
    """WooCommerce would choose one, and never tell."""
    with pytest.raises(ValueError, match="secret"):
        told(Step(deed, "order.created", "9"), Endpoint(ADDRESS, secret), KEY)


@pytest.mark.parametrize("number", [None, 0, "", True, []])
def test_one_without_a_number_is_none_we_could_touch(number):
    assert plan([listed(number, status="disabled"), *all_but()], ENDPOINT, KEY) == []


def test_after_the_plan_there_is_nothing_left_to_do():
    """Whatever was found: once done, and done again."""
    odd = [
        listed(90, "Order.Created"),
        listed(91, "order.updated", status="disabled"),
        listed(92, "order.updated", address=f"http://former.example{PATH}"),
        listed(93, "order.deleted", called=name("order.deleted", FORMER_KEY)),
        listed(94, "order.deleted", address="https://warehouse.example/hooks"),
    ]
    after = _done(odd, plan(odd, ENDPOINT, KEY))
    assert plan(after, ENDPOINT, KEY) == []
    assert sorted(one.topic for one in after if subscriptions.is_ours(one, ENDPOINT)) == sorted(FOLLOWED)
    assert any(one.id == 94 for one in after)


def _done(found, steps):
    removed = {step.id for step in steps if step.deed is Deed.REMOVE}
    corrected = {step.id for step in steps if step.deed is Deed.CORRECT}
    made = [listed(1_000 + number, step.topic) for number, step in enumerate(steps) if step.deed is Deed.MAKE]
    kept = [one for one in found if str(one.id) not in removed]
    return [listed(one.id, one.topic) if str(one.id) in corrected else one for one in kept] + made
