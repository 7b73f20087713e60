"""Sealing: what is sealed opens only with our keys and only in its own place."""

import string
from base64 import b64decode, urlsafe_b64decode
from hashlib import sha256

import pytest
from cryptography.fernet import Fernet
from hypothesis import given, settings
from hypothesis import strategies as st

from integration.crypto import Sealer, fingerprint, new_key
from integration.errors import Misconfigured, SealBroken

KEY, NEWER, OLDER = new_key(), new_key(), new_key()
PLACE = {"store": "store-one", "column": "user_data"}
PLAIN = b"ada@example.com"
BASE64 = string.ascii_letters + string.digits + "+/"

names = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
unhurried = settings(deadline=None)


@pytest.fixture
def sealer():
    return Sealer([KEY])


@unhurried
@given(st.binary(), names, names)
def test_what_is_sealed_opens_in_its_own_place(plain, store, column):
    sealer = Sealer([KEY])
    assert sealer.unseal(sealer.seal(plain, store=store, column=column), store=store, column=column) == plain


def test_a_sealed_text_hides_what_it_holds_and_is_never_the_same_twice(sealer):
    first, second = (sealer.seal(PLAIN, **PLACE) for _ in range(2))
    assert first != second
    assert first.isascii()
    for sealed in (first, second):
        assert PLAIN not in b64decode(sealed, validate=True)
        assert PLACE["store"].encode() not in b64decode(sealed)


@pytest.mark.parametrize(
    "other",
    [
        {"store": "store-two"},
        {"column": "token"},
        {"store": "user_data", "column": "store-one"},
        {"store": "store-one ", "column": "user_data"},
        {"store": "store-oneuser", "column": "_data"},
        {"store": "", "column": "store-oneuser_data"},
        {"store": "", "column": ""},
    ],
)
def test_a_sealed_text_swapped_into_another_place_stays_shut(sealer, other):
    sealed = sealer.seal(PLAIN, **PLACE)
    with pytest.raises(SealBroken, match="another place") as raised:
        sealer.unseal(sealed, **{**PLACE, **other})
    assert "ada" not in str(raised.value)


@unhurried
@given(names, names, names, names)
def test_no_two_places_open_each_others_texts(store, column, other_store, other_column):
    sealer = Sealer([KEY])
    sealed = sealer.seal(PLAIN, store=store, column=column)
    if (store, column) != (other_store, other_column) and "\x00" not in store + other_store + column + other_column:
        with pytest.raises(SealBroken):
            sealer.unseal(sealed, store=other_store, column=other_column)


def test_a_tampered_text_stays_shut_wherever_it_was_touched(sealer):
    sealed = sealer.seal(PLAIN, **PLACE)
    end = len(sealed.rstrip("=")) - 1  # the spare bits of the very last letter say nothing
    for place in range(end):
        letter = BASE64[(BASE64.index(sealed[place]) + 1) % len(BASE64)]
        with pytest.raises(SealBroken):
            sealer.unseal(sealed[:place] + letter + sealed[place + 1 :], **PLACE)


@pytest.mark.parametrize("text", ["", "x", "gAAAAA", "not sealed at all", "=" * 100, "\x00", "A" * 10_000])
def test_what_was_never_sealed_is_broken(sealer, text):
    with pytest.raises(SealBroken, match="ENCRYPTION_KEYS"):
        sealer.unseal(text, **PLACE)


@pytest.mark.parametrize("odd", ["ü", "😀", "\ud800", "١"])
def test_a_text_beyond_ascii_is_broken_too(sealer, odd):
    sealed = sealer.seal(PLAIN, **PLACE)
    for text in (odd, odd + sealed, sealed[:-1] + odd):
        with pytest.raises(SealBroken):
            sealer.unseal(text, **PLACE)


@pytest.mark.parametrize("cut", [1, 4, 20, 60])
def test_a_truncated_text_is_broken(sealer, cut):
    with pytest.raises(SealBroken):
        sealer.unseal(sealer.seal(PLAIN, **PLACE)[:-cut], **PLACE)


def test_after_a_rotation_old_texts_open_and_new_ones_are_sealed_with_the_new_key(sealer):
    rotated = Sealer([NEWER, KEY])
    old, new = sealer.seal(PLAIN, **PLACE), rotated.seal(PLAIN, **PLACE)
    assert rotated.unseal(old, **PLACE) == rotated.unseal(new, **PLACE) == PLAIN
    assert Sealer([NEWER]).unseal(new, **PLACE) == PLAIN
    with pytest.raises(SealBroken):
        sealer.unseal(new, **PLACE)
    with pytest.raises(SealBroken):
        Sealer([NEWER]).unseal(old, **PLACE)


def test_with_other_keys_it_stays_shut_and_the_sentence_names_the_variable(sealer):
    sealed = sealer.seal(PLAIN, **PLACE)
    with pytest.raises(SealBroken, match="A sealed user_data does not open with the present ENCRYPTION_KEYS") as raised:
        Sealer([NEWER, OLDER]).unseal(sealed, **PLACE)
    assert not any(text in str(raised.value) for text in (sealed, NEWER, OLDER, KEY))


@pytest.mark.parametrize(
    "keys",
    [[], [""], ["short"], [KEY, "short"], ["ü" * 44], [KEY[:-1]], [KEY.replace("=", "")]],
    ids=["none", "empty", "short", "one-good-one-short", "beyond-ascii", "cut", "unpadded"],
)
def test_what_is_no_fernet_key_is_refused_and_not_repeated(keys):
    with pytest.raises(Misconfigured, match="ENCRYPTION_KEYS") as raised:
        Sealer(keys)
    said = f"{raised.value} {raised.value.__cause__}"
    assert not any(key in said for key in keys if key not in ("", "short"))


def test_a_new_key_is_a_key_and_another_each_time():
    assert len({new_key() for _ in range(100)}) == 100
    assert len(urlsafe_b64decode(new_key())) == 32


def sealed_by_the_first_version(plain, key=KEY, store=PLACE["store"], column=PLACE["column"]):
    """A Fernet token whose text begins with half a hash of its place."""
    return Fernet(key).encrypt(sha256(f"{store}\x00{column}".encode()).digest()[:16] + plain).decode()


@unhurried
@given(st.binary(max_size=200))
def test_what_the_first_version_sealed_still_opens_and_is_sealed_anew_in_the_new_form(plain):
    old = sealed_by_the_first_version(plain)
    assert Sealer([KEY]).unseal(old, **PLACE) == Sealer([NEWER, KEY]).unseal(old, **PLACE) == plain
    assert Sealer([KEY]).seal(plain, **PLACE)[0] != old[0]


@pytest.mark.parametrize("other", [{"store": "store-two"}, {"column": "token"}])
def test_what_the_first_version_sealed_stays_shut_in_another_place(sealer, other):
    with pytest.raises(SealBroken, match="another place"):
        sealer.unseal(sealed_by_the_first_version(PLAIN), **{**PLACE, **other})


def test_what_the_first_version_sealed_stays_shut_with_other_keys_or_altered(sealer):
    old = sealed_by_the_first_version(PLAIN)
    for keys, text in (([NEWER, OLDER], old), ([KEY], old[:-8]), ([KEY], old[:40] + "ü" + old[41:])):
        with pytest.raises(SealBroken, match="ENCRYPTION_KEYS"):
            Sealer(keys).unseal(text, **PLACE)


def test_keys_are_told_apart_by_name_and_no_text_holds_one(sealer):
    """The name is derived, so that a look into the database does not even tell which of two keys is whose."""
    texts = {key: b64decode(Sealer([key]).seal(b"", **PLACE)) for key in (KEY, NEWER, OLDER)}
    assert len({text[:9] for text in texts.values()}) == 3
    assert texts[KEY][:9] == b64decode(sealer.seal(PLAIN, **PLACE))[:9]
    for key, text in texts.items():
        raw = urlsafe_b64decode(key)
        assert not any(raw[at : at + 8] in text for at in range(25))


def test_no_two_of_many_seals_share_a_nonce(sealer):
    assert len({b64decode(sealer.seal(PLAIN, **PLACE))[9:21] for _ in range(10_000)}) == 10_000


ASKED = {"secret_key": "k" * 32, "store": "store-one", "kind": "email", "value": "ada@example.com"}


def told(**changes):
    words = {**ASKED, **changes}
    return fingerprint(words.pop("secret_key"), **words)


def test_a_fingerprint_is_the_same_each_time_and_holds_nothing_of_the_value():
    assert told() == told()
    assert len(told()) == 64
    assert set(told()) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    "change",
    [{"secret_key": "j" * 32}, {"store": "store-two"}, {"kind": "phone"}, {"value": "eda@example.com"}],
    ids=["key", "store", "kind", "value"],
)
def test_another_key_store_kind_or_value_is_another_fingerprint(change):
    assert told(**change) != told()


def test_the_parts_of_a_fingerprint_do_not_run_into_one_another():
    assert told(store="store-on", kind="eemail") != told()
    assert told(kind="emaila", value="da@example.com") != told()
    assert told(store="", kind="store-one") != told()


def test_a_fingerprint_of_any_text_can_be_made():
    assert len({told(value=value) for value in ("", "Ünï@exämple.de", "😀", "x" * 100_000)}) == 4
