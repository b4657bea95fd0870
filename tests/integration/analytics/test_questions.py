"""The questions of deploy/docs/analysts.md have the answers that Postgres gives."""

from __future__ import annotations

import pytest

from tests.support import questions
from tests.support.databases import database_copy

TEXT = questions.DOCUMENT.read_text("utf-8")
RENEW = "The answers in deploy/docs/analysts.md are others now: python -m tests.support.questions"


@pytest.fixture(scope="module")
def centre(postgres, template):
    with database_copy(postgres, template) as url:
        questions.fill(url)
        yield url


def test_each_answer_is_what_postgres_prints(centre):
    expected = {one.title: one.answer for one in questions.questions(TEXT)}
    found = {one.title: questions.answer_of(centre, one.query) for one in questions.questions(TEXT)}

    assert found == expected, RENEW


def test_renewing_changes_nothing_but_the_answers(centre):
    emptied = questions.QUESTION.sub(lambda one: f"**{one['title']}**\n\n{one['query']}", TEXT)

    assert questions.renewed(emptied, centre) == TEXT


def test_there_are_twelve_questions_of_at_most_ten_lines():
    found = list(questions.questions(TEXT))

    assert [one.title.split(".")[0] for one in found] == [str(n) for n in range(1, 13)]
    assert max(len(one.query.splitlines()) for one in found) <= 10


def test_no_question_leaves_out_deleted_errands_by_their_state():
    """The state of one that is gone since is another: the column counts."""
    found = list(questions.questions(TEXT))

    assert [one.title for one in found if "'deleted'" in one.query] == []
    assert sum("NOT deleted" in one.query or "NOT m.deleted" in one.query for one in found) == 3
