"""Mails that are made to take long: each part of the reader takes linear time."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from schemas.mails import read_mail

SIZE = 256 * 1024
SENDER = b"From: a@b.example\n"
MIXED = b"Content-Type: multipart/mixed; boundary=B\n\n"


def repeated(piece):
    return piece * (SIZE // len(piece))


def headers(name, *pieces):
    return [SENDER + name + repeated(piece) + b"\n\nx" for piece in pieces]


def contents(head, *pieces):
    return [SENDER + head + repeated(piece) for piece in pieces]


MAILS = [
    *headers(b"Subject: ", b"=?utf-8?q?=c3?=", b"=?a?q?", b"=?", b"?=", b"\xe4", b"a\n ", b"\t"),
    *headers(
        b"Content-Type: text/plain", b"; name=x", b"; name*0*=a", b';a="', b'"', b"; a=\\", b";"
    ),
    *headers(b"Content-Disposition: x", b"; a*1=b", b"; filename*=utf-8''%c3", b" name=x", b"%"),
    *contents(MIXED, b"--B\n", b"--B--\n", b"--B\n\n", b"--\n", b"--C\nFrom: x\n", b"X: y\n", b"-"),
    *contents(MIXED, b"--B\n" + MIXED, b"--B\nX: y\n", b"--B\nContent-Type: multipart/mixed\n\n"),
    *contents(b"Content-Type: multipart/mixed\n\n", b"--x\n", b"--x\nFrom: y\n", b"--x\nA: b\n\n"),
    *contents(b"Content-Transfer-Encoding: base64\n\n", b"=", b"A=", b"A A\n", b"QUJD!\n", b"\n"),
    *contents(
        b"Content-Transfer-Encoding: base64\n\n", b"QUJD" * 19 + b"!\n", b"QUJD" * 19 + b"\n"
    ),
    *contents(
        b"Content-Transfer-Encoding: quoted-printable\n\n", b"=", b"= ", b"=\n", b" ", b"=C3"
    ),
    *contents(b"Content-Transfer-Encoding: x-uuencode\n\n", b"begin 644 x\n", b"M\n", b" \n"),
    *contents(
        b"Content-Type: text/html\n\n", b"<a href='", b"<!--", b"<a ", b"</script", b"<meta "
    ),
    *(
        repeated(piece) + SENDER + b"\nx"
        for piece in (b"X: y\n", b"x\n", b"From: q\n", b"\r", b"a:")
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize("mail", MAILS, ids=range(len(MAILS)))
def test_no_mail_takes_more_than_some_seconds_per_mebibyte(mail):
    began_s = time.process_time()

    with suppress(ValueError):
        read_mail(mail)

    assert time.process_time() - began_s < 1
