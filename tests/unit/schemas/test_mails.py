from __future__ import annotations

import random
from contextlib import suppress
from email.message import EmailMessage

import pytest

from schemas.mails import MAX_PARTS, read_mail


def raw(head, body=b"", /):
    """Build a mail from its head, with a sender, and its body."""
    return b"From: a@b.example\n" + head + b"\n\n" + body


def rich_mail():
    mail = EmailMessage()
    mail["From"] = '"Lindqvist, Åsa" <asa@customer.example>'
    mail["To"] = "support@nordkust.example"
    mail["Cc"] = "boss@customer.example"
    mail["Date"] = "Sun, 22 Jan 2017 22:49:14 +0800"
    mail["Message-ID"] = "<abc.1@customer.example>"
    mail["In-Reply-To"] = "<before@nordkust.example>"
    mail["Subject"] = "Räkning nr 7 är fel 😤"
    mail.set_content("Beloppet stämmer inte.\n")
    mail.add_alternative('<p>Beloppet <b>stämmer</b> inte <img src="cid:logo@x"></p>', "html")
    mail.get_payload()[1].add_related(b"\x89PNG", "image", "png", cid="<logo@x>")  # type: ignore[union-attr,index]
    mail.add_attachment(b"%PDF", "application", "pdf", filename="räkning.pdf")
    return mail.as_bytes()


def test_sender_subject_and_bodies_of_a_mail_are_read():
    mail = read_mail(rich_mail())

    assert (mail.from_address, mail.from_name) == ("asa@customer.example", "Lindqvist, Åsa")
    assert mail.subject == "Räkning nr 7 är fel 😤"
    assert mail.message_id == "abc.1@customer.example"
    assert mail.body == "Beloppet stämmer inte.\n"
    assert mail.html_body.startswith("<p>Beloppet <b>stämmer</b>")


def test_a_part_without_headers_of_its_own_is_plain_text():
    """As in RFC 2046, 5.1."""
    mail = read_mail(
        raw(
            b"Content-Type: multipart/alternative; boundary=x",
            b"--x\n\nhello\n--x\nContent-Type: text/html\n\n<p>other</p>\n--x--\n",
        )
    )

    assert (mail.body, mail.html_body, mail.files) == ("hello", "<p>other</p>", ())


def test_images_in_the_html_keep_their_content_id():
    [image, _] = read_mail(rich_mail()).files

    assert (image.content_type, image.content_id) == ("image/png", "logo@x")
    assert image.content == b"\x89PNG"


def test_attachments_keep_their_name_and_type():
    [_, file] = read_mail(rich_mail()).files

    assert (file.name, file.content_type, file.content_id) == (
        "räkning.pdf",
        "application/pdf",
        None,
    )
    assert file.content == b"%PDF"


def test_headers_without_a_field_in_an_order_are_returned_separately():
    assert read_mail(rich_mail()).headers == {
        "to": "support@nordkust.example",
        "cc": "boss@customer.example",
        "date": "Sun, 22 Jan 2017 22:49:14 +0800",
        "in_reply_to": "<before@nordkust.example>",
    }


@pytest.mark.parametrize(
    ("charset", "content", "text"),
    [
        (b"utf-8", "smörgås".encode(), "smörgås"),
        (b"iso-8859-1", "smörgås €".encode("cp1252"), "smörgås €"),
        (b"windows-1252", b"\x80", "€"),
        (b"koi8-r", "привет".encode("koi8-r"), "привет"),
        (b"gb2312", "镕".encode("gb18030"), "镕"),
        (b"shift_jis", "こんにちは".encode("shift_jis"), "こんにちは"),
        (b"utf-16", "hej".encode("utf-16"), "hej"),
        (b"us-ascii", "smörgås".encode(), "smörgås"),
        (b"us-ascii", "smörgås".encode("latin-1"), "smörgås"),
        (b"unknown-8bit", "smörgås".encode("latin-1"), "smörgås"),
        (b"x-invented", "smörgås".encode(), "smörgås"),
        (b"utf-8", "smörgås".encode("latin-1"), "smörgås"),
        (b"hex", b"zz", "zz"),
        (b'"', b"zz", "zz"),
        (b"utf-8", b"\xef\xbb\xbfhej", "hej"),
        (b"utf-8", b"a\0b\r\nc", "a\N{REPLACEMENT CHARACTER}b\nc"),
    ],
)
def test_text_is_decoded_by_its_charset_or_else_by_the_most_likely_one(charset, content, text):
    mail = read_mail(raw(b"Content-Type: text/plain; charset=" + charset, content))

    assert mail.body == text


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (b"plain", "plain"),
        (b"=?utf-8?B?w4VzYQ==?=", "Åsa"),
        (b"=?iso-8859-1?Q?R=E4kning?= nr =?utf-8?q?7?=", "Räkning nr 7"),
        (b"=?x-invented?Q?R=E4kning?=", "Räkning"),
        (b"=?utf-8?B?w?=", "=?utf-8?B?w?="),
        ("Grüße".encode(), "Grüße"),
        ("Grüße".encode("latin-1"), "Grüße"),
        (b"over\n two lines", "over two lines"),
        (b"=?utf-8?Q?=C3=A5?=\r\n over =?utf-8?Q?tv=C3=A5?=\n lines", "å over två lines"),
        (b"=?utf-8?Q?r=C3=A4k?=\n\t=?utf-8?Q?ning?=", "räkning"),
        (b"", ""),
    ],
)
def test_subjects_are_decoded_in_every_encoding(subject, text):
    assert read_mail(raw(b"Subject: " + subject)).subject == text


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (b'attachment; filename="a b.txt"', "a b.txt"),
        (b"attachment; filename*=utf-8''r%C3%A4k.txt", "räk.txt"),
        (b"attachment; filename*0=\"lo\"; filename*1=\"ng.txt\"", "long.txt"),
        (b'attachment; filename="=?utf-8?Q?r=C3=A4k.txt?="', "räk.txt"),
        (b'attachment; filename="../../etc/passwd"', "../../etc/passwd"),
        (b"attachment", "part-1.txt"),
        (b"attachment; filename*=x-invented''%zz", "%zz"),
    ],
)  # fmt: skip
def test_file_names_are_decoded_in_every_encoding_and_never_used_as_paths(header, name):
    [file] = read_mail(raw(b"Content-Disposition: " + header, b"text")).files

    assert file.name == name


@pytest.mark.parametrize(
    ("content_type", "name"),
    [(b"image/png", "part-1.png"), (b"text/calendar", "part-1.ics"), (b"x/y", "part-1")],
)
def test_a_file_without_a_name_is_named_by_its_position_and_type(content_type, name):
    [file] = read_mail(raw(b"Content-Type: " + content_type, b"content")).files

    assert file.name == name


def test_a_mail_with_html_only_has_its_text_as_body():
    head = b"Content-Type: text/html"
    mail = read_mail(
        raw(head, b"<title>x</title><p>Dear &amp; near,</p>one<br>two<style>p{}</style>")
    )

    assert mail.body == "Dear & near,\n\none\ntwo".replace("\n\n", "\n")
    assert mail.html_body.startswith("<title>")


def test_a_forwarded_mail_is_a_file():
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "inner@x.example", "inner"
    inner.set_content("inner text")
    outer = EmailMessage()
    outer["From"] = "a@b.example"
    outer.set_content("outer text")
    outer.add_attachment(inner)

    [file] = read_mail(outer.as_bytes()).files

    assert (file.name, file.content_type) == ("part-2.eml", "message/rfc822")
    assert b"inner text" in file.content


def test_a_mail_whose_last_part_has_no_end_is_read():
    head = b"Content-Type: multipart/mixed; boundary=X"

    mail = read_mail(raw(head, b"--X\nContent-Type: text/plain\n\nhello"))

    assert mail.body == "hello"


@pytest.mark.parametrize(
    "content", [b"", b"no mail at all", b"Subject: x\n\n", b"From: nobody <>\n\n"]
)
def test_a_mail_without_a_sender_is_refused(content):
    with pytest.raises(ValueError, match="From"):
        read_mail(content)


def test_a_mail_with_too_many_parts_is_refused():
    head = b"Content-Type: multipart/mixed; boundary=X"

    with pytest.raises(ValueError, match="parts"):
        read_mail(raw(head, b"--X\n\na\n" * (MAX_PARTS + 1)))


def test_a_mail_corrupted_at_random_is_read_or_refused():
    rng = random.Random(11)
    broken = [b"=?utf-8?B?w4?=", b"<![", b"\xff\xfe", b"charset*=x''%zz", b"--X", b";", b'"', b"\0"]
    for _ in range(400):
        mail = bytearray(rich_mail())
        for _ in range(rng.randrange(1, 8)):
            place = rng.randrange(len(mail))
            mail[place : place + rng.choice((0, 0, 1, 30))] = rng.choice(broken)
        with suppress(ValueError):
            read_mail(bytes(mail))
