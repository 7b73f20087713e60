"""Our page inside the admin, over HTTP: who gets it, who is sent where, and what it does to a store."""

import base64
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest

from integration.db import installs, transaction
from integration.web import returning
from tests.rig.pages import Pages, Read, path_of, serving, session, signed
from tests.rig.postgres import Cluster
from tests.rig.standin import KEY, StandIn
from tests.web.conftest import _migrated

RETRY = "X-Shopify-Retry-Invalid-Session-Request"


def opened(shop: str, token: str | None) -> str:
    """The address that the admin opens in its frame."""
    host = base64.b64encode(f"admin.shopify.com/store/{shop.partition('.')[0]}".encode()).decode().rstrip("=")
    told = {"embedded": "1", "host": host, "locale": "en", "session": "ab12", "shop": shop}
    return f"/shopify/app?{signed(told | ({'id_token': token} if token else {}))}"


def bearer(shop: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {session(shop)}"}


def test_opened_in_the_admin_for_the_first_time_the_store_is_connected_by_it(pages: Pages) -> None:
    shop = pages.shop()

    answer = pages.browser().get(opened(shop, pages.shopify.session(shop)))

    assert answer.status == 200
    assert f"Connected to {shop}. Tandem is observing" in Read(answer.data.decode()).text
    assert pages.office.token(shop).startswith("shpat_")
    assert pages.office.store(shop).state == "observing"


def test_opened_again_no_token_is_asked_for(pages: Pages) -> None:
    shop = pages.connected()
    asked = pages.tokens_asked()

    assert pages.browser().get(opened(shop, session(shop))).status == 200
    assert pages.browser().get("/shopify/app", **bearer(shop)).status == 200
    assert pages.tokens_asked() == asked


def test_a_store_that_has_to_be_connected_again_is_by_opening_the_page(pages: Pages) -> None:
    shop = pages.connected()
    old = pages.office.grant(shop)
    pages.office.change_grant(rejected=True)

    assert pages.browser().get(opened(shop, pages.shopify.session(shop))).status == 200

    new = pages.office.grant(shop)
    assert (old.rejected, new.rejected) == (False, False)
    assert old.sealed != new.sealed


def test_an_expired_token_leads_to_the_bounce_page_and_back(pages: Pages) -> None:
    shop, browser = pages.connected(), pages.browser()
    now = int(time.time())
    expired = session(shop, exp=now - 60, nbf=now - 120, iat=now - 120)

    sent = browser.get(opened(shop, expired))
    bounce = browser.get(sent.headers["Location"])
    (target,) = parse_qs(urlsplit(sent.headers["Location"]).query)["shopify-reload"]
    back = browser.get(f"{path_of(target)}&id_token={session(shop)}")

    assert (sent.status, bounce.status, back.status) == (302, 200, 200)
    assert sent.headers["Location"].startswith("/shopify/bounce?")
    assert target.startswith(f"{pages.url}/shopify/app?")
    assert "id_token" not in target
    assert expired not in sent.headers["Location"] + bounce.data.decode()
    assert shop not in Read(bounce.data.decode()).text


@pytest.mark.parametrize("token", [None, "", "null", "a.b.c"])
def test_without_a_token_that_is_one_the_frame_goes_for_a_fresh_one(pages: Pages, token: str | None) -> None:
    shop, asked = pages.shop(), pages.tokens_asked()

    for answer in (
        pages.browser().get(opened(shop, token)),
        pages.browser().get(f"/shopify/app?shop={shop}", Sec_Fetch_Dest="iframe"),
        pages.browser().get(opened(shop, None), Authorization=f"Bearer {token}"),
    ):
        assert (answer.status, answer.headers["Location"].partition("?")[0]) == (302, "/shopify/bounce")
    assert pages.tokens_asked() == asked


def test_who_comes_back_with_a_token_that_is_refused_again_is_not_sent_round_in_a_circle(pages: Pages) -> None:
    """A clock or a secret of ours that is wrong would refuse every token there is."""
    shop, browser = pages.shop(), pages.browser()
    forged = session(shop, secret="another-secret-than-ours-0123456789")
    sent = browser.get(opened(shop, forged))
    (target,) = parse_qs(urlsplit(sent.headers["Location"]).query)["shopify-reload"]

    back = browser.get(f"{path_of(target)}&id_token={forged}")

    page = Read(back.data.decode())
    assert back.status == 403
    assert "look at its clock and at the app's key and secret" in page.text
    assert [link["href"] for link in page.all("a")] == [f"{pages.shopify.url}/store/{shop.split('.')[0]}/apps/{KEY}"]


def test_a_page_that_is_reloaded_after_an_hour_may_bounce_again(pages: Pages) -> None:
    hour_ago = int((datetime.now(UTC) - timedelta(hours=1)).timestamp())
    answer = pages.browser().get(f"{opened(pages.shop(), None)}&{returning.RENEWED}={hour_ago}")
    assert answer.headers["Location"].startswith("/shopify/bounce?")


def test_opened_outside_the_admin_it_leads_into_it(pages: Pages) -> None:
    shop = pages.shop()
    handle = shop.partition(".")[0]
    host = base64.b64encode(f"admin.shopify.com/store/{handle}".encode()).decode()
    for query in (f"shop={shop}", f"host={quote(host)}", f"shop={shop}&id_token=abc"):
        answer = pages.browser().get(f"/shopify/app?{query}", Sec_Fetch_Dest="document")
        assert answer.status == 302
        assert answer.headers["Location"] == f"{pages.shopify.url}/store/{handle}/apps/{KEY}"


def test_where_nothing_names_a_store_the_page_says_how_to_install(pages: Pages) -> None:
    answer = pages.browser().get("/shopify/app")

    assert answer.status == 401
    assert "Open your store's admin and choose Tandem among the apps" in Read(answer.data.decode()).text


HOSTILE = [
    "//evil.com",
    "/\\evil.com",
    "https:evil.com",
    "https://evil.com",
    "http://evil.com/shopify/app",
    "javascript:alert(1)",
    "data:text/html,x",
    "\\\\evil.com",
    "/shopify/app",
    "",
    "{own}@evil.com/shopify/app",
    "{own}.evil.com/shopify/app",
    "{own}/shopify/app.evil.com",
    "{own}/shopify/app/../../evil",
    "{own}/shopify/app#//evil.com",
    "{own}/shopify/app\n?a",
    " {own}/shopify/app",
    "{own}/shopify/install?shop=a",
]


@pytest.mark.parametrize("target", HOSTILE)
def test_t14_the_bounce_page_leads_to_our_page_only(pages: Pages, target: str) -> None:
    told = urlencode({"shop": pages.shop(), "shopify-reload": target.format(own=pages.url)})

    answer = pages.browser().get(f"/shopify/bounce?{told}")

    assert answer.status == 400
    assert "evil" not in answer.data.decode()


def test_t14_nor_does_it_where_two_targets_are_named(pages: Pages) -> None:
    own = f"{pages.url}/shopify/app?a=b"
    told = urlencode([("shopify-reload", own), ("shopify-reload", "https://evil.com")])
    assert pages.browser().get(f"/shopify/bounce?{told}").status == 400


@pytest.mark.parametrize(
    "place", ["evil.com", "evil.com/admin", "admin.shopify.com.evil.com/store/x", "admin.shopify.com/store/../x", "//e"]
)
def test_t14_a_host_of_somebody_else_s_leads_nowhere(pages: Pages, place: str) -> None:
    host = base64.b64encode(place.encode()).decode().rstrip("=")
    for more in ("", "&embedded=1"):
        answer = pages.browser().get(f"/shopify/app?host={host}{more}")
        assert (answer.status, answer.headers.get("Location")) == (401, None)


@pytest.mark.parametrize("shop", ["evil.com", "//evil.com", "/\\evil.com", "a.myshopify.com@evil.com", "x.evil.com"])
def test_t14_a_shop_that_is_none_leads_nowhere(pages: Pages, shop: str) -> None:
    for more in ("", "&embedded=1"):
        answer = pages.browser().get(f"/shopify/app?shop={quote(shop)}{more}")
        assert (answer.status, answer.headers.get("Location")) == (401, None)


def test_while_the_platform_does_not_answer_the_frame_says_so_and_can_be_opened_again(pages: Pages) -> None:
    shop, browser = pages.shop(), pages.browser()
    token = pages.shopify.session(shop)
    pages.shopify.fail(kind="500", operation="token", shop=shop, times=3)
    answer = browser.get(opened(shop, token))
    pages.shopify.mend()

    assert answer.status == 502
    assert "There was no answer. Nothing was changed" in Read(answer.data.decode()).text
    assert browser.get(opened(shop, token)).status == 200


def test_the_state_is_told_to_a_bearer_and_checked_again_at_a_word(pages: Pages) -> None:
    shop = pages.connected()
    told = pages.browser().get("/shopify/app/state", **bearer(shop))
    assert (told.status, Read(told.data.decode()).busy()) == (200, "yes")

    pages.office.look_after()
    told = pages.browser().get("/shopify/app/state", **bearer(shop))
    assert Read(told.data.decode()).busy() == "no"
    assert "Webhooks subscribed" in Read(told.data.decode()).text

    before = pages.office.survey(shop)
    again = pages.browser().ask("POST", "/shopify/app/again", **bearer(shop))
    told = pages.browser().get("/shopify/app/state", **bearer(shop))
    assert (again.status, Read(told.data.decode()).busy()) == (303, "yes")
    after = pages.office.survey(shop)
    assert (before.done_at is None, after.done_at) == (False, None)


def test_pressed_twice_the_survey_does_not_begin_anew(pages: Pages) -> None:
    shop = pages.connected()
    before = pages.office.survey(shop)
    assert pages.browser().ask("POST", "/shopify/app/again", **bearer(shop)).status == 303
    assert pages.office.survey(shop).begun_at == before.begun_at


def test_what_the_page_asks_later_connects_no_store(pages: Pages) -> None:
    shop, asked = pages.shop(), pages.tokens_asked()
    for method, path in (("GET", "/shopify/app/state"), ("POST", "/shopify/app/again")):
        answer = pages.browser().ask(method, path, **bearer(shop))
        assert (answer.status, answer.data, answer.headers[RETRY]) == (401, b"", "1")
    assert pages.tokens_asked() == asked


def test_t17_a_token_of_one_store_shows_no_other(pages: Pages) -> None:
    mine, other = pages.connected(), pages.connected()
    for path in (f"/shopify/app?shop={other}", f"/shopify/app/state?shop={other}"):
        told = pages.browser().get(path, **bearer(mine)).data.decode()
        assert mine in told
        assert other not in told


@pytest.mark.parametrize("path", ["app", "bounce", "app/state"])
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST", "PUT", "DELETE"])
def test_only_get_shows_a_page(pages: Pages, path: str, method: str) -> None:
    shop = pages.shop()
    asked = pages.tokens_asked()
    answer = pages.browser().ask(method, f"/shopify/{path}?id_token={session(shop)}", **bearer(shop))
    assert (answer.status, pages.tokens_asked()) == (405, asked)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "GET", "PUT"])
def test_only_post_asks_for_more(pages: Pages, method: str) -> None:
    assert pages.browser().ask(method, "/shopify/app/again", **bearer(pages.connected())).status == 405


def test_while_the_database_is_away_the_pages_say_so(shopify: StandIn, tmp_path: Path, pages: Pages) -> None:
    with serving(f"sqlite:///{tmp_path}/missing/tandem.db", tmp_path, shopify) as lost:
        shop = lost.shop()
        for path, headers in (
            (opened(shop, session(shop)), {}),
            ("/shopify/app/state", bearer(shop)),
            (f"/shopify/install?shop={shop}", {}),
        ):
            answer = lost.browser().get(path, **headers)
            assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
            assert "not ready at this moment" in answer.data.decode()


def test_a_fault_of_ours_is_said_without_what_was_asked(
    cluster: Cluster, shopify: StandIn, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Here the database lacks a table: nobody reads the SQL or a parameter, in the page or in the log."""
    with cluster.database(_migrated) as url, serving(url, tmp_path, shopify) as torn:
        with transaction(torn.engine) as connection:
            installs.installs.drop(connection)
        shop = torn.shop()
        answer = torn.browser().get(f"/shopify/install?shop={shop}")

    log = capfd.readouterr().err
    assert (answer.status, answer.headers["Cache-Control"]) == (500, "no-store")
    assert "Something went wrong on our side" in answer.data.decode()
    assert "a page could not be shown" in log
    for telling in ("INSERT", "installs", shop):
        assert telling not in answer.data.decode() + log
