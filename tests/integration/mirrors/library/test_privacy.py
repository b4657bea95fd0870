"""A person who is mentioned in the library is exported and erased there as elsewhere."""

from __future__ import annotations

import pytest

from tests.support.library import file, listed, question
from workers.privacy.jobs import erase_person, export_person
from workers.privacy.jobs.data_subject import DataSubject

KARIN = "karin.oberg@customer.example"
SUBJECT = DataSubject(address=KARIN, reviewers=(), spool=None)


@pytest.fixture
def mirrored_address(mirror, source):
    mentioning = question(1, answer=f"<p>Write to {KARIN}</p>", attachments=[5])
    source.questions_document = listed(mentioning, included=(file(5, name=f"{KARIN} wrote.txt"),))
    mirror.refresh()


def test_the_address_is_erased_from_texts_names_of_files_and_the_index(bridge, mirrored_address):
    with bridge.context.session() as conn:
        erase_person.erase(conn, SUBJECT, dry_run=False, progress=lambda pages: None)

    [row] = bridge.rows("SELECT answer_html, answer_text FROM cention.library_question")
    assert row == {"answer_html": "<p>Write to [erased]</p>", "answer_text": "Write to [erased]"}
    assert bridge.rows("SELECT name FROM cention.library_question_attachment") == [
        {"name": "[erased] wrote.txt"}
    ]
    assert not bridge.rows(
        "SELECT FROM cention.library_question WHERE words @@ plainto_tsquery('simple', 'karin')"
    )


def test_the_mention_is_part_of_the_export_of_the_person(bridge, mirrored_address):
    with bridge.context.session() as conn:
        held = export_person.export(conn, SUBJECT, contents=False, progress=lambda pages: None)

    assert {"cention.library_question", "cention.library_question_attachment"} <= set(
        held["tables"]
    )
