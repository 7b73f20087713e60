"""Random bodies at the endpoint: never a fault of ours, never a redirect, and nothing that Meta's door would refuse."""

from collections import Counter

from hypothesis import example, given
from hypothesis import strategies as st

from tests.rig import any_json
from tests.web.bad_input.scene import DELIVERY_ID, TOPIC, Scene, both_platforms

TAKEN = {"accepted", "duplicate", "ignored", "quarantined"}
BYTES = st.one_of(
    st.binary(max_size=400),
    st.text(max_size=100).map(str.encode),
    st.recursive(
        st.binary(max_size=6),
        lambda inner: st.lists(inner, max_size=4).map(lambda parts: b"[" + b",".join(parts) + b"]"),
    ),
)
# What a server hands on as a header: any bytes, read as Latin-1, but for line breaks and NUL.
HEADERS = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=60)


@both_platforms
def test_a_signed_body_with_anything_in_it_is_taken_and_fit_for_both_databases_and_meta(
    scene: Scene, platform: str
) -> None:
    shop = scene.shop(platform, include_sources="pos,draft,subscription,other", test_event_code="TEST1")
    answers = Counter[str]()

    @any_json.body_settings(20)
    @given(told=any_json.mutated(platform, shop.row.domain))
    def post(told: any_json.Told) -> None:
        topic, body = told
        if topic in ("app/uninstalled", "shop/redact"):
            return  # the shop would be gone
        answer = scene.send(scene.post(shop, body, topic))
        assert answer.status_code == 200, answer.data
        answers[answer.json["status"]] += 1

    post()
    assert set(answers) <= TAKEN
    assert answers["accepted"] > sum(answers.values()) / 10
    scene.bench.deliver()
    assert not [row for row in scene.rows(shop) if row["status"] in ("dead", "sending")]


@both_platforms
def test_signed_bytes_of_any_kind_are_set_aside_or_ignored(scene: Scene, platform: str) -> None:
    shop = scene.shop(platform)
    post = scene.post(shop)

    @any_json.body_settings(20)
    @given(body=BYTES, topic=HEADERS | st.just(post.headers[TOPIC[platform]]), delivery=HEADERS)
    @example(body=b"webhook_id=1", topic="", delivery="")
    def send(body: bytes, topic: str, delivery: str) -> None:
        changed = post.with_body(body).but(**{TOPIC[platform]: topic, DELIVERY_ID[platform]: delivery})
        answer = scene.send(changed)
        assert answer.status_code == 200, answer.data
        assert answer.json["status"] in ("ignored", "quarantined")

    send()


@both_platforms
def test_a_stranger_leaves_nothing_whatever_is_sent(scene: Scene, platform: str) -> None:
    post = scene.post(scene.shop(platform))
    before = scene.counts()

    @any_json.body_settings(20)
    @given(
        body=BYTES.filter(lambda body: not body.startswith(b"webhook_id=")),
        headers=st.dictionaries(st.sampled_from(sorted(post.headers)), HEADERS),
        path=st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="?#%"), max_size=30),
        method=st.sampled_from(["POST", "POST", "POST", "GET", "PUT", "PATCH"]),
    )
    def send(body: bytes, headers: dict[str, str], path: str, method: str) -> None:
        told = {"X-Shopify-Shop-Domain": post.headers.get("X-Shopify-Shop-Domain", ""), **headers}
        for address in (post.path, f"/webhooks/{path}", f"{post.path}/{path}"):
            answer = scene.client.open(address, method=method, data=body, headers=told)
            assert answer.status_code in (400, 401, 404, 405, 413, 415), (address, answer.status)

    send()
    assert scene.counts() == before
