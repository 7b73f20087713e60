"""The token endpoint, by what it refuses: what an app must not get away with against Shopify, it must not here."""

import re

import pytest

HOUR, DAY = 3_600, 86_400
OTHER_SHOP = "another.myshopify.com"


def code_of(client, **query):
    address = client.consent("POST", **query).headers["Location"]
    return re.search(r"[?&]code=([0-9a-f]+)", address)[1]


def redeem(client, code, shop="lumen-and-loom.myshopify.com", **fields):
    return client.token(shop, **{"code": code, "expiring": "1", **fields})


def refusal(answer):
    return answer.status, answer.json["error"]


def works(client, access_token):
    return client.ask(access_token, "{ shop { id } }").status == 200


def test_a_code_brings_a_pair_that_expires(client):
    told = redeem(client, code_of(client)).json
    assert re.fullmatch(r"shpat_[0-9a-f]{32}", told["access_token"])
    assert re.fullmatch(r"shprt_[0-9a-f]{32}", told["refresh_token"])
    assert (told["expires_in"], told["refresh_token_expires_in"], told["scope"]) == (HOUR, 90 * DAY, "read_orders")
    assert works(client, told["access_token"])


def test_a_code_is_good_once(client):
    code = code_of(client)
    assert redeem(client, code).status == 200
    assert refusal(redeem(client, code)) == (400, "invalid_request")


def test_a_code_is_good_for_one_shop(client):
    assert refusal(redeem(client, code_of(client), OTHER_SHOP)) == (400, "invalid_request")


def test_a_code_does_not_wait(client, standin):
    code = code_of(client)
    standin.ahead(120)
    assert refusal(redeem(client, code)) == (400, "invalid_request")


@pytest.mark.parametrize("expiring", [None, "0", ""])
def test_tokens_that_never_expire_are_given_no_more(client, standin, expiring):
    assert refusal(redeem(client, code_of(client), expiring=expiring)) == (400, "invalid_request")
    assert refusal(client.exchange(standin.session(), expiring=expiring)) == (400, "invalid_request")
    assert standin.shop()["tokens"] == 0


def test_a_form_is_read_like_json(client, standin):
    fields = {"client_id": standin.key, "client_secret": standin.secret, "code": code_of(client), "expiring": "1"}
    path = "/lumen-and-loom.myshopify.com/admin/oauth/access_token"
    assert client.request("POST", path, fields=fields, encode_multipart=False).status == 200


@pytest.mark.parametrize(
    ("wrong", "refused"),
    [({"client_id": "other"}, (400, "application_cannot_be_found")), ({"client_secret": "x"}, (401, "invalid_client"))],
)
def test_nobody_but_our_app_gets_a_token(client, standin, wrong, refused):
    assert refusal(client.exchange(standin.session(), **wrong)) == refused


def test_an_app_between_two_secrets_may_use_both(client, standin):
    session = standin.session()
    standin.app(secrets=["the-new-secret-of-the-app", standin.secret])
    assert client.exchange(session, client_secret="stand-in-app-secret-0123456789").status == 200


def test_a_grant_nobody_knows_is_refused(client):
    assert refusal(client.token(grant_type="password")) == (400, "unsupported_grant_type")
    assert refusal(client.token()) == (400, "unsupported_grant_type")


def test_a_session_token_is_exchanged_for_a_pair(client, standin):
    told = client.installed()
    assert told["scope"] == "read_orders,write_pixels,read_customer_events"
    assert works(client, told["access_token"])
    assert standin.shop()["tokens"] == 1


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "another-app"},
        {"dest": f"https://{OTHER_SHOP}"},
        {"exp": 1},
        {"exp": None},
        {"nbf": 9_999_999_999},
    ],
    ids=["another app's", "another shop's", "of long ago", "for ever", "not yet"],
)
def test_a_session_token_that_proves_nothing_is_refused(client, standin, jwt, change):
    claims = jwt.claims(standin.session()) | change
    forged = jwt.signed({key: value for key, value in claims.items() if value is not None}, standin.secret)
    assert refusal(client.exchange(forged)) == (400, "invalid_subject_token")


def test_the_same_claims_signed_by_us_are_taken(client, standin, jwt):
    assert client.exchange(jwt.signed(jwt.claims(standin.session()), standin.secret)).status == 200


def test_a_session_token_signed_by_another_or_not_at_all_is_refused(client, standin, jwt):
    claims = jwt.claims(standin.session())
    unsigned = jwt.signed(claims, standin.secret, {"alg": "none"}).rpartition(".")[0] + "."
    renamed = jwt.signed(claims, standin.secret, {"alg": "HS512"})
    for token in (jwt.signed(claims, "another-secret"), unsigned, renamed, "a.b.c", "", "nonsense"):
        assert refusal(client.exchange(token)) == (400, "invalid_subject_token")


def test_a_session_token_lives_a_minute_by_its_clock(client, standin):
    session = standin.session()
    standin.ahead(60)
    assert client.exchange(session).status == 200  # ten seconds of leeway
    standin.ahead(75)
    assert refusal(client.exchange(session)) == (400, "invalid_subject_token")


def test_an_app_that_is_not_installed_gets_nothing_for_a_session_token(client, standin):
    assert refusal(client.exchange(standin.session(install=False))) == (400, "invalid_subject_token")


def test_an_access_token_is_dead_after_an_hour(client, standin):
    token = client.installed()["access_token"]
    standin.ahead(HOUR - 5)
    assert works(client, token)
    standin.ahead(HOUR + 5)
    answer = client.ask(token, "{ shop { id } }")
    assert answer.status == 401
    assert answer.json["errors"].startswith("[API] Invalid API key or access token")


def test_a_refresh_brings_another_pair(client, standin):
    first = client.installed()
    standin.ahead(2 * HOUR)
    second = client.refresh(first["refresh_token"]).json
    assert {first[key] for key in ("access_token", "refresh_token")}.isdisjoint(second.values())
    assert works(client, second["access_token"])
    assert not works(client, first["access_token"])


def test_a_refresh_whose_answer_was_lost_may_be_repeated(client):
    first = client.installed()
    client.refresh(first["refresh_token"])
    again = client.refresh(first["refresh_token"])
    assert again.status == 200
    assert works(client, again.json["access_token"])


def test_the_former_refresh_token_is_dead_once_its_replacement_was_used(client):
    first = client.installed()
    second = client.refresh(first["refresh_token"]).json
    third = client.refresh(second["refresh_token"]).json
    assert refusal(client.refresh(first["refresh_token"])) == (400, "invalid_grant")
    assert client.refresh(third["refresh_token"]).status == 200


def test_of_two_who_refresh_at_once_the_first_is_left_with_a_dead_token(client):
    first = client.installed()
    lost, kept = (client.refresh(first["refresh_token"]).json for _ in range(2))
    assert refusal(client.refresh(lost["refresh_token"])) == (400, "invalid_grant")
    assert client.refresh(kept["refresh_token"]).status == 200


def test_the_second_chance_ends_after_thirty_days(client, standin):
    first = client.installed()
    client.refresh(first["refresh_token"])
    standin.ahead(29 * DAY)
    assert client.refresh(first["refresh_token"]).status == 200
    standin.ahead(31 * DAY)
    assert refusal(client.refresh(first["refresh_token"])) == (400, "invalid_grant")


def test_a_shop_that_was_idle_for_ninety_days_is_lost(client, standin):
    first = client.installed()
    standin.ahead(90 * DAY + 5)
    assert refusal(client.refresh(first["refresh_token"])) == (400, "invalid_grant")


def test_a_refresh_token_is_good_for_one_shop(client):
    assert refusal(client.refresh(client.installed()["refresh_token"], OTHER_SHOP)) == (400, "invalid_grant")


def test_revoked_tokens_are_dead_of_both_kinds(client, standin):
    pair = client.installed()
    standin.revoke()
    assert not works(client, pair["access_token"])
    assert refusal(client.refresh(pair["refresh_token"])) == (400, "invalid_grant")


def test_an_access_token_is_good_for_one_shop(client):
    token = client.installed()["access_token"]
    assert client.ask(token, "{ shop { id } }", shop=OTHER_SHOP).status == 401
    assert client.ask("", "{ shop { id } }").status == 401


def test_the_journal_holds_no_token_and_no_secret(client, standin):
    pair = client.installed()
    client.refresh(pair["refresh_token"])
    client.ask(pair["access_token"], "{ shop { id } }", stray=pair["access_token"])
    told = str(standin.control("GET", "journal"))
    assert [each["operation"] for each in standin.requests()] == ["token", "token", "shop"]
    assert standin.secret not in told
    assert not re.search(r"shp(at|rt)_[0-9a-f]", told)
    assert "eyJ" not in told
