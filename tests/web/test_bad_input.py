"""Bad input at both webhook endpoints, row by row as facts/reliability.md section 5 numbers them (W1 to W98).

Here: the doors (headers, paths, signatures) and the bodies, with the broker away all the time (W95). What takes more
than one request is in test_bad_sequences.py, what only a real server shows (W12, W25 to W30, W96, W98) in
test_wire_input.py. The connect callback (W92) and the beacon (B1 to B28) are not built yet.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from tests.web.bad_input.bodies import BODIES
from tests.web.bad_input.doors import BARE, DOORS, Door
from tests.web.bad_input.paper import ABSENT, PRESENT, Body
from tests.web.bad_input.parts import PARTS
from tests.web.bad_input.scene import UNAUTHORIZED, Scene


def rows_of(cases):
    """Each case at each endpoint it applies to; the row's number comes first in the test's name."""
    return [
        pytest.param(case, platform, id=f"{case.row} {case.what} ({platform})")
        for case in cases
        for platform in case.platforms
    ]


@pytest.mark.parametrize(("door", "platform"), rows_of(DOORS))
def test_at_the_door(scene: Scene, door: Door, platform: str) -> None:
    post = door.change(scene.post(scene.shop(platform)))
    before = scene.counts()

    answer = scene.send(post)

    told = {name: text for name, text in answer.json.items() if name != "reason"}
    assert (answer.status_code, told) == door.expected
    written = {name: number - before[name] for name, number in scene.counts().items() if number != before[name]}
    assert written == ({"webhooks": 1, "events": 1, "deliveries": 1} if door.stored else {})


@pytest.mark.parametrize(("door", "platform"), rows_of(BARE))
def test_other_methods_and_paths(scene: Scene, door: Door, platform: str) -> None:
    post = door.change(scene.post(scene.shop(platform)))
    before = scene.counts()

    answer = scene.send(post)

    assert answer.status_code == door.status
    assert "Location" not in answer.headers
    assert scene.counts() == before


def test_every_refusal_is_the_same_to_the_byte(scene: Scene) -> None:
    """A body or header that differed would tell a guesser what is right already."""
    refused = [door for door in DOORS if door.status == 401]
    answers = {
        (answer.status, answer.data, tuple(sorted(answer.headers.items())))
        for platform in ("shopify", "woocommerce")
        for door in refused
        if platform in door.platforms
        for answer in [scene.send(door.change(scene.post(scene.shop(platform))))]
    }
    assert len(answers) == 1
    assert UNAUTHORIZED["error"].encode() in answers.pop()[1]


@pytest.mark.parametrize(("body", "platform"), rows_of((*BODIES, *PARTS)))
def test_a_body(scene: Scene, body: Body, platform: str) -> None:
    shop = scene.shop(platform)
    document = scene.document(shop, age=body.age)
    post = scene.post(shop, body.make(platform, document))
    before = scene.counts()

    answer = scene.send(post)

    assert (answer.status_code, answer.json["status"]) == (200, body.answer), answer.json
    written = {name: number - before[name] for name, number in scene.counts().items() if number != before[name]}
    if body.answer == "quarantined":
        assert written == {"webhooks": 1, "quarantine": 1}
        assert answer.json["reason"]
        assert scene.quarantined(shop) == post.body
        return
    assert written == {"webhooks": 1, "events": 1, "deliveries": 1}
    assert [reason for _, _, reason in scene.states(shop)] == [body.skipped]
    if body.told is not None:
        check(scene.will_tell(shop), body.told)


def check(payload: dict[str, Any], expected: Mapping[str, Any]) -> None:
    """Each value at its dotted name: equal, there, not there, or such that a question is answered yes."""
    for name, wanted in expected.items():
        found: Any = payload
        for step in name.split("."):
            found = found.get(step, ABSENT)
        right = wanted(found) if callable(wanted) else found == wanted
        assert (found is not ABSENT) if wanted is PRESENT else right, (name, found, wanted)


def test_meta_takes_all_of_this(scene: Scene) -> None:
    """The stand-in refuses what Meta refuses; whatever the rows above left to be told gets through."""
    shop = scene.shop("shopify")
    scene.send(scene.post(shop))
    scene.bench.deliver()

    states = Counter(row["status"] for row in scene.bench.rows())
    assert states["delivered"] > 0
    assert set(states) <= {"delivered", "skipped"}, states
