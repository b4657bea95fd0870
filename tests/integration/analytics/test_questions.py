"""The questions of deploy/docs/analysts.md have the answers that Postgres gives; so have panels."""

from __future__ import annotations

import psycopg
import pytest

from deploy.grafana import managers
from tests.support import questions
from tests.support.databases import database_copy

TEXT = questions.DOCUMENT.read_text("utf-8")
RENEW = "The answers in deploy/docs/analysts.md are others now: python -m tests.support.questions"
# This centre was not asked by surveys.
WITHOUT_ROWS = {"Invitations", "Why customers were not invited"}


def as_grafana_asks(sql):
    """Put in what Grafana does: the workspaces that are chosen, and the time."""
    return (
        sql.replace("${workspace:sqlstring}", "'demo','other'")
        .replace("$__timeFrom()", "'2025-03-03T00:00:00Z'")
        .replace("$__timeTo()", "'2025-04-06T23:59:59.999Z'")
    )


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


@pytest.mark.parametrize("panel", managers.DASHBOARD.panels(), ids=lambda one: one.title)
def test_a_panel_of_the_dashboard_is_answered_to_the_role_of_figures(centre, panel):
    with psycopg.connect(centre) as conn:
        conn.execute("SET ROLE cention_figures")
        [query] = panel.queries
        answer = conn.execute(as_grafana_asks(query.text))
        columns = [one.name for one in answer.description]
        rows = answer.fetchall()

    if query.series:
        assert columns == ["time", "metric", "value"]
    elif panel.kind == "timeseries":
        assert columns[0] == "time"
    assert rows or panel.title in WITHOUT_ROWS
    if panel.kind == "stat":
        assert rows[0][0] is not None or panel.title in WITHOUT_ROWS


def test_the_dashboard_offers_the_workspaces(centre):
    [variable] = managers.DASHBOARD.variables
    with psycopg.connect(centre) as conn:
        conn.execute("SET ROLE cention_figures")

        assert conn.execute(variable.query).fetchall() == [("demo",)]
