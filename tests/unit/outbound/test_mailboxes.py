"""Where one mail of a mailbox ends and the next one begins."""

from __future__ import annotations

import time

import pytest

from tests.support.mail_corpus import FOLDER, MAILBOXES, expected
from workers.outbound.jobs.errand_readers import reader_for
from workers.outbound.jobs.errors import UnreadableFile
from workers.outbound.jobs.mails import order_of_mail
from workers.outbound.jobs.mbox import count_mbox, mails_of_mbox

MAX = 1024 * 1024
DATED = "From a@b.example Mon Sep  2 10:00:00 2024\n"
MAIL = "From: {0}@c.example\nMessage-ID: <{0}@x>\n\nHello {0}\n"
ONE, TWO = MAIL.format("one"), MAIL.format("two")


@pytest.fixture
def bodies(tmp_path):
    """Write a mailbox and return the texts of its mails, or why one was not read."""

    def read(content):
        path = tmp_path / "a.mbox"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        records = list(reader_for(path).records(path, MAX))
        assert count_mbox(path) == len(records)
        return [one.order.errand.body if one.order else one.problem for one in records]

    return read


@pytest.mark.parametrize("name", [name for name in MAILBOXES if "no-mbox" not in name])
def test_a_mailbox_of_the_corpus_is_split_into_its_mails(name):
    found = []
    for raw in mails_of_mbox(FOLDER / name, max_bytes=MAX):
        try:
            errand = order_of_mail(raw).errand
        except ValueError as error:
            found.append({"place": raw.place, "problem": str(error)})
            continue
        texts = {"name": errand.name, "subject": errand.subject, "html_body": errand.html_body}
        found.append(
            {"place": raw.place, "from": errand.from_address, "body": errand.body}
            | {key: text for key, text in texts.items() if text}
        )
    assert found == expected(name)


def test_a_mail_alone_is_no_mailbox():
    with pytest.raises(UnreadableFile, match="is not mbox"):
        list(mails_of_mbox(FOLDER / "mailboxes" / "no-mbox.mbox", max_bytes=MAX))


@pytest.mark.parametrize(
    "separator",
    [
        "From a@b.example Mon Sep  2 10:00:00 2024\n",
        "From - Mon Sep 02 10:00:00 2024\n",
        "From ???@??? Mon Sep 02 10:00:00 2024\n",
        "From 18@xxx Mon Sep 02 10:00:00 +0000 2024\n",
        "From a@b.example Mon Sep  2 10:00 2024\n",
        "From a@b.example Mon Sep  2 10:00:00 CEST 2024\n",
        "From a@b.example Mon Sep  2 10:00:00 MET DST 2024\n",
        "From a@b.example Mon Sep  2 10:00:00 2024 +0200\n",
        "From a@b.example Mon Sep  2 10:00:00 2024 remote from host\n",
        "From a@b.example Mon, 2 Sep 2024 10:00:00 +0200\n",
        'From "Ann B"@b.example  Mon Sep  2 10:00:00 2024\n',
        "From Ann Berg <a@b.example> mon sep  2 10:00:00 2024 \n",
    ],
)
def test_a_dated_line_above_a_header_begins_a_mail_whatever_is_above_it(bodies, separator):
    assert bodies(DATED + ONE + separator + TWO) == ["Hello one\n", "Hello two\n"]


@pytest.mark.parametrize("blank", ["\n", "  \n", "\t\n", "\r\n"])
@pytest.mark.parametrize("separator", ["From - \n", "From a@b.example\n", "From a 2024-09-02\n"])
def test_a_line_without_a_date_begins_a_mail_below_a_blank_line(bodies, separator, blank):
    found = bodies(DATED + ONE + blank + separator + TWO)

    assert [text.strip() for text in found] == ["Hello one", "Hello two"]


def test_a_mail_without_a_sender_is_reported_and_not_taken_for_text(bodies):
    found = bodies(DATED + ONE + DATED + "Subject: nobody\n\nhi\n" + DATED + TWO)

    assert found == ["Hello one\n", "it has no From with an address", "Hello two\n"]


def test_blank_lines_between_separator_and_headers_do_not_hide_a_mail(bodies):
    assert bodies(DATED + ONE + DATED + "\n\n" + TWO) == ["Hello one\n", "Hello two\n"]


@pytest.mark.parametrize(
    "sentence",
    [
        "From 10:30 on 3 May 2024 the line is down.\nPlease call later.\n",
        "From Ann, Mon 2 Sep 10:00 2024:\nold text\n",
        "From my side: it is done.\nNote: not paid.\n",
        "From Mon Sep  2 10:00:00 2024 on it rains.\nSubject: none\n",
        "From ann Mon Sep  2 10:00:00 2024\n\nno header at all\n",
        "From ann Mon Sep  2 10:00:00 2024\n",
        "From here\n",
    ],
)
@pytest.mark.parametrize("first", [DATED, "From x\n"])
def test_a_sentence_that_begins_with_from_cuts_no_mail(bodies, first, sentence):
    found = bodies(first + ONE + "\n" + sentence)

    assert [text.rstrip("\n") for text in found] == ["Hello one\n\n" + sentence.rstrip("\n")]


def test_a_content_length_that_leads_to_the_next_mail_holds_unquoted_lines_together(bodies):
    text = f"See:\n\n{DATED}Subject: quoted\n\nend\n"
    mail = f"From: a@c.example\nContent-Length: {len(text)}\n\n{text}\n"

    assert bodies(DATED + mail + DATED + TWO) == [text, "Hello two\n"]


@pytest.mark.parametrize("length", [1, 5, 200, 10**9])
def test_a_content_length_that_leads_elsewhere_hides_no_mail(bodies, length):
    mail = f"From: a@c.example\nContent-Length: {length}\n\nHello\n"

    assert bodies(DATED + mail + DATED + TWO + DATED + ONE) == [
        "Hello\n",
        "Hello two\n",
        "Hello one\n",
    ]


def test_a_byte_order_mark_and_blank_lines_may_begin_a_mailbox(bodies):
    assert bodies("\ufeff\n\n" + DATED + ONE) == ["Hello one\n"]


def test_lines_may_end_in_carriage_returns(bodies):
    content = (DATED + ONE + "\n" + DATED + TWO).replace("\n", "\r")

    assert bodies(content) == ["Hello one\n", "Hello two\n"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    [
        "From a\n",
        "\nFrom a\nq: b\n",
        DATED,
        DATED + "\n\n",
        "From " + "mon " * 20 + "\n",
        "From Mon Sep" + " " * 500 + "\n",
        DATED + "From: a@b.example\nContent-Length: 500000\n\n",
        "\r",
    ],
)
def test_no_mailbox_takes_more_than_a_second_per_mebibyte(tmp_path, line):
    path = tmp_path / "a.mbox"
    path.write_bytes((DATED + ONE + line * (MAX // len(line))).encode())
    begun = time.process_time()

    count_mbox(path)

    assert time.process_time() - begun < 1
