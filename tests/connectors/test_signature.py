"""W1 to W14 where every platform meets: HMAC-SHA256 of the raw bytes, in base64, and nothing that merely looks like it."""

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import signature
from connectors.errors import InvalidSignature

SECRET = "a secret of the tests"
BODY = '{"id": 1, "name": "Léa", "total": "12.50"}'.encode()
# Test case 2 of RFC 4231.
RFC_KEY, RFC_BODY = "Jefe", b"what do ya want for nothing?"
RFC_DIGEST = bytes.fromhex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
# A loaded machine is no finding: these ask what is told, not how fast.
unhurried = settings(deadline=None)


def right(body=BODY, secret=SECRET):
    return signature.sign(body, secret)


def refused(header, body=BODY, secrets=(SECRET,)):
    with pytest.raises(InvalidSignature):
        signature.verify(body, header, secrets)


def test_it_is_the_hmac_of_rfc_4231_in_base64():
    header = base64.b64encode(RFC_DIGEST).decode()
    assert signature.sign(RFC_BODY, RFC_KEY) == header
    signature.verify(RFC_BODY, header, [RFC_KEY])


@unhurried
@given(st.binary(), st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_what_was_signed_verifies_and_with_one_byte_more_does_not(body, secret):
    header = signature.sign(body, secret)
    signature.verify(body, header, [secret])
    refused(header, body + b"\n", [secret])


@unhurried
@given(st.text())
def test_no_text_in_the_header_raises_anything_but_a_bad_signature(header):
    refused(header)


@pytest.mark.parametrize("header", [None, "", " ", "="], ids=["w1-missing", "w2-empty", "space", "padding"])
def test_w1_w2_no_signature(header):
    refused(header)
    refused(header, body=b"")


def test_w3_the_signature_of_another_body():
    refused(right(b"{}"))


def test_w4_the_right_digest_in_hex():
    refused(RFC_DIGEST.hex(), RFC_BODY, [RFC_KEY])
    refused(RFC_DIGEST.hex().upper(), RFC_BODY, [RFC_KEY])


@pytest.mark.parametrize(
    "spoil",
    [
        *("{}x", "{}\n", "{}=", "{}==", "{}\x00", " {}", "{} ", "\t{}", "{}AAAA", '"{}"', "sha256={}", "Bearer {}"),
        *("{}.{}", "{}{}"),
    ],
)
def test_w5_the_right_base64_with_something_about_it(spoil):
    refused(spoil.format(right(), right()))


def test_w5_the_right_digest_spelled_in_another_base64():
    header = signature.sign(RFC_BODY, RFC_KEY)
    assert header[-2:] == "M="
    refused(header.rstrip("="), RFC_BODY, [RFC_KEY])
    refused(header[:-2] + "N=", RFC_BODY, [RFC_KEY])  # the spare bits of the last character
    refused(header[:20] + "\n" + header[20:], RFC_BODY, [RFC_KEY])


def test_w5_the_alphabet_for_addresses_is_not_taken():
    body, header = next(
        (body, header) for body in (b"%d" % number for number in range(99)) if "/" in (header := right(body))
    )
    signature.verify(body, header, [SECRET])
    refused(header.replace("/", "_").replace("+", "-"), body)


def test_w6_a_signature_made_with_the_empty_secret_never_verifies():
    forged = right(secret="")
    refused(forged, secrets=[""])
    refused(forged, secrets=["", SECRET, ""])
    refused(forged, secrets=[])
    refused(right(), secrets=[""])


def test_w7_a_revoked_secret():
    refused(right(secret="the old secret"), secrets=["the new secret"])


def test_w8_an_old_secret_counts_while_it_is_on_the_list():
    for secret in ("the new secret", "the old secret"):
        signature.verify(BODY, right(secret=secret), ["the new secret", "the old secret"])


@pytest.mark.parametrize("odd", ["\xe9", "😀", "\u0661", "\ud800", "\uff11"])
def test_w9_a_header_beyond_ascii(odd):
    refused(odd + right()[1:])
    refused(right()[:-1] + odd)


@pytest.mark.parametrize("length", [8_192, 20_480, 2_000_000])
def test_w10_a_header_of_many_kilobytes(length):
    refused("A" * length)
    refused(base64.b64encode(b"\x00" * length).decode())


@pytest.mark.parametrize("between", [",", ", ", ";", " "])
def test_w11_two_headers_joined_though_one_is_right(between):
    refused(right() + between + right(b"{}"))
    refused(right(b"{}") + between + right())


def test_w13_one_byte_appended_or_taken_away():
    refused(right(), BODY + b" ")
    refused(right(), BODY[:-1])
    refused(right(), b"")


def test_w13_every_single_byte_counts():
    for place in range(len(BODY)):
        changed = bytearray(BODY)
        changed[place] ^= 1
        refused(right(), bytes(changed))


@pytest.mark.parametrize("more", [{}, {"separators": (",", ":")}, {"ensure_ascii": False, "indent": 1}])
def test_w14_the_same_json_written_again_by_a_proxy(more):
    again = json.dumps(json.loads(BODY), **more).encode()
    assert json.loads(again) == json.loads(BODY)
    refused(right(), again)


def test_the_body_of_nothing_can_be_signed_too():
    signature.verify(b"", right(b""), [SECRET])


def test_a_secret_beyond_ascii_is_taken_as_utf_8():
    signature.verify(BODY, right(secret="Schlüssel"), ["Schlüssel"])
    refused(right(secret="Schlussel"), secrets=["Schlüssel"])


def test_no_error_repeats_header_secret_or_body():
    for header in (right(secret="another"), "odd " + right(), "\xe9"):
        with pytest.raises(InvalidSignature) as raised:
            signature.verify(BODY, header, [SECRET])
        assert not any(one in str(raised.value) for one in (header, SECRET, "Léa"))
