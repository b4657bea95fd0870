"""Mails as programs, gateways and senders write them, each with the right reading beside it."""

from __future__ import annotations

import hashlib
import time

import pytest

from schemas.mails import read_mail
from tests.support.mail_corpus import MAILS, expected, read

MIB = 1024 * 1024


def shortened(content):
    """Return a text, or what the corpus has of a long or binary one."""
    raw = content if isinstance(content, bytes) else content.encode()
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = None
    if text is None or len(text) > (200 if isinstance(content, bytes) else 600):
        return {"bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
    return text


def reading(content):
    """Return a mail as the corpus has it: without what is empty."""
    try:
        mail = read_mail(content)
    except ValueError as error:
        return {"problem": str(error)}
    extradata = {
        key: mail.headers[key] for key in ("reply_to", "references") if key in mail.headers
    }
    found = {
        "name": mail.from_name,
        "subject": shortened(mail.subject),
        "html_body": shortened(mail.html_body),
        "files": [[one.name, one.content_type, shortened(one.content)] for one in mail.files],
        "extradata": extradata,
    }
    sent = {"from": mail.from_address, "body": shortened(mail.body)}
    return sent | {key: value for key, value in found.items() if value}


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_of_the_corpus_is_read_as_its_sender_meant_it(name):
    content = read(name)
    begun = time.process_time()

    found = reading(content)

    assert time.process_time() - begun < 1 + len(content) / MIB
    assert found == expected(name)
