"""Answers that arrive at the same moment, or when a survey has just ended."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from schemas.surveys.questions import Kind
from tests.integration.receiver.survey_links import TOKEN, invite, load, rows
from tests.support.databases import run_query
from tests.support.eventually import eventually
from workers.surveys.rules.link import digest_of
from workers.surveys.store import sessions
from workers.surveys.store.sessions import NewAnswer

WAITING = (
    "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def session_id(database):
    """A session whose first question is asked."""
    load(database)
    invite(database)
    with psycopg.connect(database, autocommit=True) as conn:
        link = sessions.link(conn, digest_of(TOKEN))
        return sessions.open_session(conn, link, language="en", rules_version=1)


def answer(conn, session_id, number):
    given = NewAnswer(
        question_key="nps",
        question_text="How?",
        kind=Kind.NPS,
        number=number,
        lowest=0,
        highest=10,
    )
    return sessions.add_answer(conn, "demo", session_id, 1, given, language="en", last=False)


def test_of_two_answers_at_the_same_moment_the_first_stands(database, session_id):
    with (
        psycopg.connect(database) as first,
        psycopg.connect(database) as second,
        ThreadPoolExecutor(1) as pool,
    ):
        assert answer(first, session_id, 9)
        late = pool.submit(answer, second, session_id, 1)
        assert eventually(lambda: run_query(database, WAITING))
        first.commit()

        assert late.result(10) is False

    assert [one["number"] for one in rows(database, "answer")] == [9]
    assert rows(database, "session")[0]["position"] == 2


@pytest.mark.parametrize("state", ["complete", "partial", "stuck", "gone"])
def test_a_survey_that_has_just_ended_takes_no_answer(database, session_id, state):
    run_query(database, "UPDATE feedback.session SET state = %s", state)

    with psycopg.connect(database, autocommit=True) as conn:
        assert answer(conn, session_id, 9) is False

    assert rows(database, "answer") == []
    assert rows(database, "session")[0]["state"] == state


def test_two_sessions_of_a_link_that_begin_at_the_same_moment_are_one(database, session_id):
    run_query(database, "DELETE FROM feedback.session")
    together = threading.Barrier(8)

    def begin(_):
        with psycopg.connect(database, autocommit=True) as conn:
            link = sessions.link(conn, digest_of(TOKEN))
            together.wait(10)
            return sessions.open_session(conn, link, language="en", rules_version=1)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(begin, range(8)))) == 1
    assert len(rows(database, "session")) == 1


def test_the_limit_of_new_chats_holds_when_many_begin_at_the_same_moment(database, session_id):
    together = threading.Barrier(8)

    def begin(number):
        with psycopg.connect(database) as conn:
            together.wait(10)
            return sessions.open_chat(
                conn, "demo", f"dialog {number}", language="en", rules_version=1, per_minute=3
            )

    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(begin, range(8)))

    assert len([one for one in opened if one is not None]) == 3
