"""What a plugin reports, however odd, becomes short clean text or nothing."""

import json
from typing import Any

import pytest

from connectors.errors import MalformedPayload
from integration.db.datasets import Dataset
from integration.stores import storefront
from integration.stores.storefront import Pixel, Report

WHOLE = {
    "plugin": "1.0.0",
    "wordpress": "6.8.3",
    "woocommerce": "10.0.2",
    "php": "8.2.29",
    "home": "https://shop.example.com",
    "environment": "production",
    "hpos": True,
    "block_checkout": False,
    "cron_disabled": False,
    "pixels": [{"plugin": "pixelyoursite", "name": "PixelYourSite", "ids": ["1234567890"]}],
}


def read(told: Any) -> Report:
    return storefront.read(json.dumps(told).encode())


def only(**pixel: Any) -> Pixel | None:
    found = read({"plugin": "1", "pixels": [pixel]}).pixels
    return found[0] if found else None


def test_a_whole_report_is_read_whole() -> None:
    (pixel,) = WHOLE["pixels"]
    expected = {**WHOLE, "pixels": (Pixel(pixel["plugin"], pixel["name"], tuple(pixel["ids"])),)}
    assert read(WHOLE) == Report(**expected)


def test_all_but_the_plugin_s_own_version_may_be_missing() -> None:
    assert read({"plugin": "1.0.0"}) == Report("1.0.0")


@pytest.mark.parametrize("plugin", [None, "", "  ", 1, ["1"], {}], ids=repr)
def test_whoever_does_not_say_which_version_it_is_reports_nothing(plugin: object) -> None:
    with pytest.raises(MalformedPayload):
        read({"plugin": plugin})


@pytest.mark.parametrize("odd", [1, 1.5, [], {}, "", True, None], ids=repr)
def test_a_member_of_another_shape_is_as_if_it_were_not_there(odd: object) -> None:
    names = ("wordpress", "woocommerce", "php", "home", "environment", "pixels")
    assert read({"plugin": "1", **dict.fromkeys(names, odd)}) == Report("1")


@pytest.mark.parametrize("odd", [1, 0, "true", [], {}, None], ids=repr)
def test_only_true_and_false_are_flags(odd: object) -> None:
    assert read({"plugin": "1", "hpos": odd, "block_checkout": odd, "cron_disabled": odd}) == Report("1")


def test_texts_are_cut_and_stay_on_one_line() -> None:
    report = read({**WHOLE, **dict.fromkeys(("plugin", "php", "home"), "a\r\nb\x00\x1b[2J" + "x" * 5_000)})
    for word, most in ((report.plugin, 20), (report.php, 20), (report.home, 200)):
        assert len(word) <= most
        assert word.isprintable()
        assert word.startswith("a b[2J")


@pytest.mark.parametrize(
    "odd",
    [
        "",
        "1234",
        "12 345 678",
        "-1234567",
        "１２３４５６７",
        "GTM-",
        "gtm-abcd",
        "1" * 33,
        "<svg>",
        1234567,
        None,
        ["1234567"],
    ],
)
def test_only_what_can_be_an_id_is_one(odd: object) -> None:
    assert only(plugin="a", name="A", ids=[odd, "7654321"]) == Pixel("a", "A", ("7654321",))


@pytest.mark.parametrize("ids", [None, "1234567890", {"1234567890": 1}, 7], ids=repr)
def test_ids_that_are_no_list_are_none(ids: object) -> None:
    assert only(plugin="a", name="A", ids=ids) == Pixel("a", "A")


def test_a_plugin_without_a_name_goes_by_its_folder_and_one_without_a_folder_is_left_out() -> None:
    assert only(plugin="a", name=None) == Pixel("a", "a")
    assert only(name="A", ids=["1234567890"]) is None


def test_so_many_plugins_and_ids_and_no_more() -> None:
    many = [{"plugin": f"p{number}", "ids": [f"{number}{other:05}" for other in range(50)]} for number in range(200)]
    found = read({"plugin": "1", "pixels": many}).pixels
    assert len(found) == 20
    assert {len(one.ids) for one in found} == {10}


def test_a_report_that_is_kept_is_small_however_long_it_came() -> None:
    long = "x" * 2_000
    pixels = [{"plugin": long, "name": long, "ids": ["1" * 32] * 99} for _ in range(9)]
    kept = storefront.msgspec.json.encode(
        read({"plugin": long, **dict.fromkeys(("php", "home"), long), "pixels": pixels})
    )
    assert len(kept) < 4_000


def side(dataset_id: str) -> Dataset:
    names = Dataset.__dataclass_fields__
    return Dataset(**{**dict.fromkeys(names), "dataset_id": dataset_id})


def test_rivals_are_those_that_tell_one_of_our_datasets() -> None:
    pixels = (Pixel("a", "A", ("11111", "22222")), Pixel("b", "B", ("33333",)), Pixel("c", "C", ("22222",)))
    report = Report("1", pixels=pixels)
    assert storefront.rivals_sentence(report, []) is None
    assert storefront.rivals_sentence(report, [side("44444")]) is None
    sentence = storefront.rivals_sentence(report, [side("22222")])
    assert sentence.startswith("A tells dataset 22222 and C tells dataset 22222 too, as Tandem does.")
