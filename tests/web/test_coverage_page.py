"""The page about who told Meta: for the signed-in store alone, and honest where there is nothing to say."""

from integration.web.coverage import PATH
from integration.web.sign_in import STORE
from tests.rig.own_page import OwnPage
from tests.rig.pages import Pages, Read


def test_before_any_order_it_says_what_will_appear_and_when(pages: Pages) -> None:
    answer = OwnPage.of(pages).browser().get(f"{STORE}{PATH}")
    text = Read(answer.data.decode()).text
    assert answer.status == 200
    assert "No order is known to have been told to Meta only by the server." in text
    assert "Our script in your storefront has not been heard of yet" in text
    assert "an hour later who told Meta of it is known" in text


def test_who_is_not_signed_in_is_led_to_where_that_is_done(pages: Pages) -> None:
    answer = pages.browser().get(f"{STORE}{PATH}")
    assert answer.status == 303
