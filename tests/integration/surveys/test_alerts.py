"""A bad score becomes one errand in Cention, which is never surveyed."""

from __future__ import annotations

from contextlib import contextmanager

import psycopg
import pytest

from tests.integration.surveys.conftest import DAY, HOUR, START
from tests.integration.surveys.test_answers import results
from tests.support.surveys import brief
from workers.clients.cention.errands import Created
from workers.clients.errors import IncompleteResponse, Unauthorised, Unreachable
from workers.surveys.jobs import alert as job
from workers.surveys.jobs.alert import send_alerts
from workers.surveys.jobs.import_results import import_rows
from workers.surveys.store import holds

ALERT = """\
[rule.alert]
kind = "nps"
at_most = 6
from = "surveys@example.com"
subject = "Score {score} in {area}"
body = "{comment} ({display_id})"
"""


class FakeErrandsApi:
    """Creates errands 1001, 1002, …; raises what ``fails`` holds, before or after it has."""

    def __init__(self):
        self.created = []
        self.fails = []
        self.fails_afterwards = []

    def create_order(self, order):
        if self.fails:
            raise self.fails.pop()
        self.created.append(order.errand)
        if self.fails_afterwards:
            raise self.fails_afterwards.pop()
        return Created(errand_id=1000 + len(self.created))

    def close(self, errand_id, answer):
        raise NotImplementedError

    def end_call(self, call):
        raise NotImplementedError


@pytest.fixture
def api():
    return FakeErrandsApi()


@pytest.fixture
def answer(surveys):
    """Invite a customer, who answers; returns the errand."""
    surveys.load(brief(tables=ALERT), on=("csat",))

    def invite_and_answer(score, comment=None, *, at=None):
        errand = surveys.errand(area_id=7, display_id="2256-1")
        surveys.decide(START + DAY)
        surveys.settle()
        reference = surveys.invitations()[-1]["reference"]
        row = {"Invitation": reference, "Score": score, "Comment": comment, "At": at}
        import_rows(surveys.conn, "demo", "digidesk", results(row), dry_run=False)
        return errand

    return invite_and_answer


@pytest.fixture
def alert(surveys, api):
    """Send the alerts once; returns how many were asked for."""

    @contextmanager
    def session():
        with psycopg.connect(surveys.database, autocommit=True) as conn:
            yield conn

    return lambda: send_alerts("demo", api, session=session)


def test_a_bad_score_becomes_an_errand_and_a_good_one_does_not(surveys, answer, api, alert):
    surveys.ask(
        "INSERT INTO cention.area (workspace, area_id, name, fetched_at)"
        " VALUES ('demo', 7, 'Invoices', now())"
    )
    answer(7, "Fine")
    answer(6, "Slow {score}")

    assert alert() == 1

    [errand] = api.created
    assert (errand.from_address, errand.subject) == ("surveys@example.com", "Score 6 in Invoices")
    assert errand.body == "Slow {score} (2256-1)"
    [sent] = surveys.ask("SELECT sent_id, errand_id, origin FROM cention.sent_errand")
    [known] = surveys.ask("SELECT sent_id FROM feedback.alert")
    assert known["sent_id"] == sent["sent_id"]
    assert (sent["errand_id"], sent["origin"]) == (1001, "survey alert")


def test_it_is_created_once_whatever_is_imported_or_run_again(answer, api, alert):
    answer(0)

    assert [alert(), alert()] == [1, 0]
    answer(0)
    assert alert() == 1

    assert len({errand.message_id for errand in api.created}) == len(api.created) == 2


def test_a_crash_after_the_request_does_not_repeat_it(surveys, answer, api, alert):
    answer(0)
    alert()
    surveys.ask("UPDATE feedback.alert SET sent_id = NULL")  # as if it had died before this
    surveys.ask("UPDATE cention.sent_errand SET state = 'sending', settled_at = NULL")

    alert()

    assert len(api.created) == 1
    [sent] = surveys.ask("SELECT state FROM cention.sent_errand")
    assert sent == {"state": "unknown"}
    assert surveys.ask("SELECT FROM feedback.alert WHERE sent_id IS NULL") == []


def test_an_unknown_outcome_is_not_repeated(surveys, answer, api, alert):
    answer(0)
    api.fails_afterwards = [IncompleteResponse("no answer", api="cention")]

    alert()
    alert()

    assert len(api.created) == 1
    assert surveys.ask("SELECT state FROM cention.sent_errand") == [{"state": "unknown"}]
    surveys.ask("UPDATE cention.sent_errand SET state = 'refused'")  # an operator: it is missing
    assert alert() == 1
    assert len(api.created) == 2


@pytest.mark.parametrize(
    "error",
    [Unauthorised("wrong token", api="cention", status=401), Unreachable("refused", api="cention")],
)
def test_an_errand_that_was_surely_not_created_is_asked_for_again(answer, api, alert, error):
    answer(0)
    api.fails = [error]

    assert [alert(), alert(), alert()] == [0, 1, 0]

    assert len(api.created) == 1


def test_the_errand_of_an_alert_is_never_surveyed(surveys, answer, api, alert):
    answer(0)
    answer(1)
    api.fails_afterwards = [IncompleteResponse("no answer", api="cention")]
    alert()
    known = surveys.errand(START + 2 * HOUR, errand_id=1002, from_address="other@example.org")
    unknown = surveys.errand(START + 2 * HOUR, errand_id=1001, from_address="Surveys@example.com")

    surveys.decide(START + 2 * DAY)

    assert surveys.outcome(known) == "made_by_us"
    assert surveys.outcome(unknown) == "made_by_us"


@pytest.mark.parametrize("reason", ["test", ""])
def test_while_surveys_are_held_alerts_wait(surveys, answer, api, alert, reason):
    answer(0)
    holds.hold(surveys.conn, "demo", reason=reason)

    assert alert() == 0
    holds.resume(surveys.conn, "demo")
    assert alert() == 1

    assert len(api.created) == 1


def test_after_a_restore_nothing_is_created_before_an_operator_resumes(surveys, answer, api, alert):
    answer(0)
    surveys.ask("UPDATE feedback.restore_mark SET timeline = timeline + 1")

    assert [alert(), alert()] == [0, 0]

    assert api.created == []


def test_one_that_was_refused_waits_for_those_that_were_not_tried(answer, api, alert, monkeypatch):
    monkeypatch.setattr(job, "BATCH", 1)
    answer(0, "First")
    answer(0, "Second")
    api.fails = [Unreachable("refused", api="cention")]

    assert [alert(), alert(), alert(), alert()] == [0, 1, 1, 0]

    assert [errand.body.split()[0] for errand in api.created] == ["Second", "First"]


def test_the_score_is_of_the_kind_of_the_alert_and_comments_have_the_order_of_the_questions(
    surveys, answer, api, alert
):
    answer(6, "Slow")
    surveys.ask(
        "INSERT INTO feedback.answer (workspace, session_id, position, kind, number, lowest,"
        " highest, comment) SELECT workspace, session_id, new.*"
        " FROM feedback.session, (VALUES (5, 'csat', 1, 1, 5, 'Third'),"
        " (4, 'csat', 2, 1, 5, 'Second')) AS new"
    )

    assert alert() == 1

    [errand] = api.created
    assert errand.subject.startswith("Score 6 ")
    assert errand.body.startswith("Slow\nSecond\nThird ")


def test_a_bad_score_of_another_kind_raises_no_alert(surveys, answer, alert):
    answer(9)
    surveys.ask(
        "INSERT INTO feedback.answer (workspace, session_id, position, kind, number, lowest,"
        " highest) SELECT workspace, session_id, 9, 'ces', 1, 1, 7 FROM feedback.session"
    )

    assert alert() == 0


def test_an_answer_that_is_not_surely_of_the_customer_raises_no_alert(surveys, answer, alert):
    answer(0)
    surveys.ask("UPDATE feedback.session SET verified = false")

    assert alert() == 0


def test_old_answers_raise_no_alert(answer, api, alert):
    answer(0, at="2020-01-01")

    assert alert() == 0


def test_a_rule_without_an_alert_raises_none(surveys, api, alert, answer):
    surveys.load(brief(), on=("csat",))
    answer(0)

    assert alert() == 0
