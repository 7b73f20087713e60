"""Mail that leaves by the operator's server: what arrives there, and what becomes of it when the server is away or odd."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration import mail
from integration.errors import Misconfigured
from integration.mail import NotSent, Post
from tests.rig import mailbox, wire
from tests.rig.mailbox import Mailbox

WHO = ["anna@shop.example", "otto@agency.example"]


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox.opened() as box:
        yield box


def post(box: Mailbox, login: str = "") -> Post:
    made = mail.parse(box.url.replace("smtp://", f"smtp://{login}"), "tandem@example.com")
    assert made is not None
    return made


def test_it_arrives_as_plain_text_and_nobody_sees_who_else_got_it(box: Mailbox) -> None:
    mail.send(
        post(box, "anna%40x:p%3Aw@"), [*WHO, WHO[0]], "Order 1042 is proven", "Told by both – at 14:02.\n.\nEnd\n"
    )
    (letter,) = box.letters
    assert letter.addresses == tuple(WHO)
    assert letter.sender == "tandem@example.com"
    assert letter.text.splitlines() == ["Told by both – at 14:02.", ".", "End"]
    assert letter.message.get_content_type() == "text/plain"
    assert letter.raw.isascii()
    assert not any(one.encode() in letter.raw for one in WHO)
    assert letter.password
    assert letter.password.startswith("AUTH PLAIN ")


def test_nothing_in_a_subject_or_an_address_begins_another_header(box: Mailbox) -> None:
    odd = "x@y.example\r\nRCPT TO:<z@z.example>"
    mail.send(post(box), [WHO[0], odd, "two@a.example,b@b.example", "Ä@ä.example"], "1042\r\nBcc: z@z.example", "Text")
    (letter,) = box.letters
    assert letter.addresses == (WHO[0],)
    assert letter.message["Subject"] == "1042 Bcc: z@z.example"
    assert letter.message["Bcc"] is None
    with pytest.raises(NotSent, match="no address"):
        mail.send(post(box), [odd], "1042", "Text")


def test_where_encryption_is_offered_it_is_used_and_the_server_has_to_prove_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = wire.certificate(tmp_path, "127.0.0.1")
    with mailbox.opened(identity) as box:
        with pytest.raises(NotSent, match="does not prove who it is"):
            mail.send(post(box, "anna:secret@"), WHO, "1042", "Text")
        assert not box.letters
        monkeypatch.setenv("SSL_CERT_FILE", str(identity))
        mail.send(post(box, "anna:secret@"), WHO, "1042", "Text")
        assert [letter.encrypted for letter in box.letters] == [True]


@pytest.mark.parametrize(
    ("command", "answer", "words"),
    [
        ("RCPT", "550 no anna@shop.example here", "takes none of the addresses"),
        ("MAIL", "553 not tandem@example.com", "does not take mail from MAIL_FROM (553)"),
        ("AUTH", "535 secret is wrong", "user and password (535)"),
        ("DATA", "451 later, anna@shop.example", "did not take the mail (451)"),
    ],
)
def test_a_refusal_is_said_without_an_address_or_a_password(
    box: Mailbox, command: str, answer: str, words: str
) -> None:
    box.refuses[command] = answer
    with pytest.raises(NotSent) as raised:
        mail.send(post(box, "anna:secret@"), WHO, "1042", "Text")
    assert words in str(raised.value)
    assert not any(one in str(raised.value) for one in ("anna", "@", "secret"))
    assert not box.letters


def test_one_address_that_is_refused_keeps_the_mail_from_no_other(box: Mailbox) -> None:
    box.refuses[f"RCPT {WHO[0]}"] = "550 gone"
    mail.send(post(box), WHO, "1042", "Text")
    assert box.letters[0].addresses == (WHO[1],)


def test_a_server_that_drips_or_is_away_holds_nobody_beyond_the_deadline(box: Mailbox) -> None:
    box.silent, begun = True, time.monotonic()
    with pytest.raises(NotSent, match="did not answer in time"):
        mail.send(post(box), WHO, "1042", "Text", seconds=0.3)
    assert time.monotonic() - begun < 2.0
    with pytest.raises(NotSent, match="does not answer"):
        mail.send(Post("127.0.0.1", 1, "tandem@example.com", encrypted=True), WHO, "1042", "Text")


def test_an_address_says_how_the_server_is_reached_and_no_password_is_shown(box: Mailbox) -> None:
    assert mail.parse("smtp://mail.example", "a@b.example") == Post("mail.example", 587, "a@b.example", encrypted=False)
    assert mail.parse("smtps://mail.example", "a@b.example") == Post("mail.example", 465, "a@b.example", encrypted=True)
    assert mail.parse(None, None) is None
    assert "secret" not in repr(post(box, "anna:secret@"))


@pytest.mark.parametrize(
    ("url", "sender"),
    [
        ("smtp://mail.example", None),
        (None, "a@b.example"),
        ("http://mail.example", "a@b.example"),
        ("smtp://mail.example:0", "a@b.example"),
        ("smtp://u:secret@mail.example:x", "a@b.example"),
        ("smtp://mail.example/path", "a@b.example"),
        ("smtp://mail.example", "Tandem <a@b.example>"),
    ],
)
def test_what_cannot_be_right_stops_the_start(url: str | None, sender: str | None) -> None:
    with pytest.raises(Misconfigured) as raised:
        mail.parse(url, sender)
    assert "secret" not in str(raised.value)
