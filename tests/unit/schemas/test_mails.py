from __future__ import annotations

import base64
import quopri
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
        (b"=?utf-8?Q?Pris=3D5=?= kr", "Pris=5= kr"),
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


@pytest.mark.parametrize("more", [b"reply-to: kim@c.example", b"REPLY-TO: kim@c.example"])
def test_the_address_for_replies_and_the_thread_are_returned(more):
    mail = read_mail(raw(more + b"\nReferences: <a@x>\n <b@x>\n"))

    assert mail.headers == {"reply_to": "kim@c.example", "references": "<a@x> <b@x>"}


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (b"\xef\xbb\xbf", b""),
        (b"\n\r\n\n", b""),
        (b"  ", b""),
        (b"From a@b.example Mon Sep  2 10:00:00 2024\n", b""),
        (b">From - Mon Sep  2 10:00:00 2024\n", b""),
        (b"\xef\xbb\xbf\n>From x\n", b""),
        (b"", b"this is no header\n"),
        (b"", b"<!-- nor this -->\n"),
    ],
)
def test_a_line_that_is_no_header_does_not_end_the_headers(first, last):
    head = b"From: a@b.example\n" + last + b"Subject: x\nContent-Transfer-Encoding: base64\n\n"

    mail = read_mail(first + head + b"SGVq\n")

    assert (mail.subject, mail.body) == ("x", "Hej")


def test_a_text_that_follows_the_headers_without_an_empty_line_is_the_body():
    mail = read_mail(b"From: a@b.example\nSubject: x\nHello,\nyours: Ann\n")

    assert (mail.subject, mail.body) == ("x", "Hello,\nyours: Ann\n")


@pytest.mark.parametrize("codec", ["utf-16", "utf-8-sig"])
def test_a_file_in_utf16_or_with_a_byte_order_mark_is_a_mail(codec):
    content = "From: a@b.example\nSubject: Räk\n\nHallå".encode(codec)

    assert (read_mail(content).subject, read_mail(content).body) == ("Räk", "Hallå")


def test_headers_in_bytes_are_in_the_charset_of_the_text_if_not_in_utf8():
    head = "Subject: Да\nContent-Type: text/plain; charset=windows-1251".encode("cp1251")

    assert read_mail(raw(head, b"x")).subject == "Да"


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
@pytest.mark.parametrize(
    "header",
    [
        'Content-Disposition: attachment; filename="räk.pdf"',
        "Content-Disposition: attachment; filename=räk.pdf",
        'Content-Disposition: attachment\nContent-Type: application/pdf; name="räk.pdf"',
        "Content-Disposition: attachment\nContent-Type: application/pdf name=räk.pdf",
    ],
)
def test_file_names_in_bytes_are_read(header, encoding):
    [file] = read_mail(raw(header.encode(encoding), b"x")).files

    assert file.name == "räk.pdf"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("filename*=r%C3%A4k.pdf", "räk.pdf"),
        ("filename*=x-invented''r%C3%A4k.pdf", "räk.pdf"),
        ("filename*=iso-8859-1'sv'r%E4k.pdf", "räk.pdf"),
        ("filename*=gb2312''%C4%FA.pdf", "您.pdf"),
        ("filename=\"rak.pdf\"; filename*=utf-8''r%C3%A4k.pdf", "räk.pdf"),
        ("filename*1*=%A4k.pdf; filename*0*=utf-8''r%C3", "räk.pdf"),
        ('filename*0="=?utf-8?Q?r=C3=A4"; filename*1="k.pdf?="', "räk.pdf"),
        ("filename==?utf-8?Q?r=C3=A4k.pdf?=", "räk.pdf"),
        ('filename="C:\\temp\\a.pdf"', "C:\\temp\\a.pdf"),
        ("filename=a b.pdf", "a b.pdf"),
        ('filename="a;b.pdf"; size=5', "a;b.pdf"),
        ('filename="never closed.pdf', "never closed.pdf"),
    ],
)
def test_encoded_file_names_are_read(header, name):
    [file] = read_mail(raw(f"Content-Disposition: attachment; {header}".encode(), b"x")).files

    assert file.name == name


INNER = b"From: bo@b.example\nSubject: in\n\n\xc3\xa5\nFrom here\n>From there\n"


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        (b"8bit", INNER),
        (b"base64", base64.encodebytes(INNER)),
        (b"BASE-64", base64.encodebytes(INNER)),
        (b"quoted-printable", quopri.encodestring(INNER)),
    ],
)
def test_a_forwarded_mail_is_a_file_of_its_own_bytes(encoding, content):
    head = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: " + encoding

    [file] = read_mail(raw(head, content)).files

    assert file.content == INNER


HELLO = base64.b64encode(b"Hello there, this is a text that takes more than one line.").decode()
LINES = f"{HELLO[:60]}\n{HELLO[60:]}\n"


@pytest.mark.parametrize(
    ("encoded", "text"),
    [
        (LINES, "Hello there, this is a text that takes more than one line."),
        (HELLO[:61], "Hello there, this is a text that takes more t"),
        (HELLO[:63], "Hello there, this is a text that takes more tha"),
        ("SGVq\r\n", "Hej"),
        ("SGVqIQ==SGVqIQ==", "Hej!Hej!"),
        (LINES + "\n-- \nScanned, clean.\n",
         "Hello there, this is a text that takes more than one line.\n-- \nScanned, clean.\n"),
        (HELLO[:60] + "!\n" + HELLO[60:],
         "Hello there, this is a text that takes more than one line."),
        (f"By way of a gateway.\n{HELLO[:40]}\n{HELLO[40:]}",
         "Hello there, this is a text that takes more than one line."),
        ("Hello, this was never encoded.", "Hello, this was never encoded."),
        ("", ""),
    ],
)  # fmt: skip
def test_base64_that_is_cut_or_has_other_lines_loses_nothing(encoded, text):
    assert read_mail(raw(b"Content-Transfer-Encoding: base64", encoded.encode())).body == text


@pytest.mark.parametrize(
    ("encoded", "text"),
    [("a = 5 =ZZ =3D", "a = 5 =ZZ ="), ("a=\nb= \r\nc=", "abc"), ("a \t\nb=20\n", "a\nb \n"),
     ("=c3=a5", "å"), ("", "")],
)  # fmt: skip
def test_quoted_printable_with_wrong_escapes_keeps_them(encoded, text):
    head = b"Content-Transfer-Encoding: quoted-printable"

    assert read_mail(raw(head, encoded.encode())).body == text


def parts(kind, *given):
    """Build a multipart mail of parts, each with its headers and content."""
    content = "".join(f"--BB\n{head}\n\n{text}\n" for head, text in given)
    return raw(
        f"Content-Type: multipart/{kind}; boundary=BB".encode(), f"{content}--BB--\n".encode()
    )


PLAIN, HTML = "Content-Type: text/plain", "Content-Type: text/html"
PDF = "Content-Type: application/pdf"


def test_texts_that_are_no_alternatives_are_one_body():
    mail = read_mail(parts("mixed", (PLAIN, "before"), (PDF, "%PDF"), (PLAIN, "after")))

    assert (mail.body, mail.html_body, len(mail.files)) == ("before\n\nafter", "", 1)


def test_html_beside_a_text_is_no_other_form_of_it():
    mail = read_mail(parts("mixed", (PLAIN, "1 < 2"), (HTML, "<p>Scanned</p>")))

    assert mail.body == "1 < 2\n\nScanned"
    assert mail.html_body == '<div style="white-space: pre-wrap">1 &lt; 2</div>\n<p>Scanned</p>'
    assert mail.files == ()


@pytest.mark.parametrize("blank", ["", " ", "\n \t\n"])
def test_a_blank_alternative_does_not_hide_the_other(blank):
    of_html = read_mail(parts("alternative", (PLAIN, blank), (HTML, "<p>Hello</p>")))
    of_text = read_mail(parts("alternative", (PLAIN, "Hello"), (HTML, f"<p>{blank}</p>")))

    assert (of_html.body, of_html.html_body) == ("Hello", "<p>Hello</p>")
    assert (of_text.body, of_text.html_body) == ("Hello", "")


def test_an_alternative_of_html_only_is_part_of_the_text_as_well():
    only = "Content-Type: multipart/alternative; boundary=CC"
    inner = f"--CC\n{HTML}\n\n<p>Hello\n--CC--"

    mail = read_mail(parts("mixed", (only, inner), (PLAIN, "footer")))

    assert mail.body == "Hello\n\nfooter"


def test_html_in_several_parts_of_an_alternative_is_whole():
    mixed = "Content-Type: multipart/mixed; boundary=CC"
    inner = f"--CC\n{HTML}\n\n<p>1\n--CC\n{PDF}\n\n%PDF\n--CC\n{HTML}\n\n<p>2\n--CC--"

    mail = read_mail(parts("alternative", (PLAIN, "1 2"), (mixed, inner)))

    assert (mail.body, mail.html_body, len(mail.files)) == ("1 2", "<p>1\n<p>2", 1)


@pytest.mark.parametrize("name", ["name=a.txt", "name=a.txt\nContent-Disposition: inline"])
def test_the_only_text_is_the_body_although_it_has_a_name(name):
    alone = read_mail(raw(f"{PLAIN}; {name}".encode(), b"Hello"))
    last = read_mail(parts("mixed", (PDF, "%PDF"), (f"{PLAIN}; {name}", "Hello")))

    assert (alone.body, alone.files) == ("Hello", ())
    assert (last.body, len(last.files)) == ("Hello", 1)


def test_a_second_text_with_a_name_is_a_file():
    mail = read_mail(parts("mixed", (PLAIN, "Hello"), (f"{PLAIN}; name=a.txt", "log")))

    assert (mail.body, [file.name for file in mail.files]) == ("Hello", ["a.txt"])


def test_the_mails_of_a_digest_are_files():
    mail = read_mail(parts("digest", ("", "From: b@c\n\none"), ("", "From: c@d\n\ntwo")))

    assert [file.name for file in mail.files] == ["part-1.eml", "part-2.eml"]


@pytest.mark.parametrize("boundary", ["", "; boundary=XX", '; boundary=""'])
def test_parts_are_found_though_their_boundary_is_not_declared(boundary):
    head = f"Content-Type: multipart/mixed{boundary}".encode()

    mail = read_mail(raw(head, b"--BB\nContent-Type: text/html\n\n<p>Hello\n--BB--\n"))

    assert (mail.body, mail.files) == ("Hello", ())


def test_a_multipart_that_is_encoded_as_a_whole_is_divided_into_its_parts():
    head = b"Content-Type: multipart/mixed; boundary=BB\nContent-Transfer-Encoding: base64"
    content = base64.encodebytes(b"--BB\nContent-Type: text/html\n\n<p>Hello\n--BB--\n")

    mail = read_mail(raw(head, content))

    assert (mail.body, mail.files) == ("Hello", ())


def test_a_multipart_without_any_part_is_a_text():
    mail = read_mail(raw(b"Content-Type: multipart/mixed; boundary=BB", b"Hello"))

    assert (mail.body, mail.files) == ("Hello", ())


@pytest.mark.slow
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
