"""Views of surveys: invitations, answers, reasons and scores by week."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

MONDAY = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)  # half past midnight in Stockholm
SCALES = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7), "stars": (1, 5)}


@pytest.fixture
def feedback(centre):
    """A rule ``csat``; writes invitations with answers."""
    for table, key in (("rules_file", {}), ("rule", {"name": "csat"})):
        centre.put(
            f"feedback.{table}",
            workspace="demo",
            version=1,
            document="{}",
            sha256=bytes(32),
            **key,
        )
    return Feedback(centre)


class Feedback:
    def __init__(self, centre):
        self.centre = centre
        self.number = 0

    def invite(self, *answers, state="triggered", verified=True, **facts):
        """Write an invitation, and the answers ``(kind, value)`` to it; return its errand."""
        self.number += 1
        number = self.number
        sent = {"sent_by": "00000000-0000-0000-0000-000000000000", "sent_at": MONDAY}
        known = {
            "workspace": "demo",
            "invitation_id": number,
            "reference": f"reference-{number}",
            "errand_id": number,
            "rule": "csat",
            "rule_version": 1,
            "vendor": "digidesk",
            "survey": "{}",
            "channel": "email",
            "contact": "anna@example.org",
            "person_sha256": number.to_bytes(32, "big"),
            "event_at": MONDAY,
            "due_at": MONDAY,
            "send_until": MONDAY,
            "expires_at": MONDAY,
            "state": state,
            "area_id": 7,
            "agent_id": 9,
        }
        self.centre.put("feedback.invitation", **(known | sent | facts))
        if answers:
            self.answer(number, answers, verified=verified)
        return number

    def answer(self, number, answers, *, verified):
        self.centre.put(
            "feedback.session",
            workspace="demo",
            session_id=number,
            invitation_id=number,
            errand_id=number,
            vendor="digidesk",
            origin="import",
            state="complete",
            verified=verified,
        )
        for position, (kind, value) in enumerate(answers, start=1):
            lowest, highest = SCALES.get(kind, (None, None))
            self.centre.put(
                "feedback.answer",
                workspace="demo",
                session_id=number,
                position=position,
                kind=kind,
                number=value if kind in SCALES else None,
                lowest=lowest,
                highest=highest,
                comment=value if kind == "text" else None,
            )

    def scores(self, **wanted):
        found = self.centre.query("SELECT * FROM analyst.survey_score_week")
        return [row for row in found if all(row[name] == value for name, value in wanted.items())]


def test_an_answer_stands_beside_area_and_agent_as_at_the_invitation(centre, feedback):
    errand = feedback.invite(("nps", 9), ("text", "Good"), area_id=7, agent_id=9)
    centre.report(errand, area_id=8, agent_id=10)
    for area_id, name in ((7, "Then"), (8, "Now")):
        centre.conn.execute(
            "INSERT INTO cention.area (workspace, area_id, name, fetched_at)"
            " VALUES ('demo', %s, %s, now())"
            " ON CONFLICT (workspace, area_id) DO UPDATE SET name = EXCLUDED.name",
            (area_id, name),
        )

    score, text = centre.query("SELECT * FROM analyst.survey_answer ORDER BY position")

    assert (score["errand_id"], score["display_id"]) == (errand, f"{errand}-1")
    assert (score["area_id"], score["area_name"], score["agent_id"]) == (7, "Then", 9)
    assert (score["rule"], score["vendor"], score["verified"]) == ("csat", "digidesk", True)
    assert (score["number"], score["lowest"], score["highest"]) == (9, 0, 10)
    assert (text["kind"], text["comment"]) == ("text", "Good")
    [invitation] = centre.query("SELECT * FROM analyst.survey_invitation")
    assert (invitation["area_name"], invitation["state"]) == ("Then", "triggered")
    assert invitation["answered_at"] is not None
    assert "contact" not in invitation


def test_nps_has_the_interval_of_24_promoters_and_8_detractors_of_40(feedback):
    for score in [9] * 12 + [10] * 12 + [0] * 4 + [6] * 4 + [7, 8] * 4:
        feedback.invite(("nps", score))

    [row] = feedback.scores()

    assert (row["kind"], row["measure"], row["n"], row["few"]) == ("nps", "nps", 40, False)
    assert row["score"] == Decimal("40.0")
    assert (row["score_low"], row["score_high"]) == (Decimal("15.2"), Decimal("64.8"))
    assert row["week"] == date(2026, 3, 2)


@pytest.mark.parametrize(
    ("scores", "percent", "interval"),
    [
        ([4, 5] * 12 + [1, 2, 3, 3] * 4, "60.0", ("44.6", "73.7")),
        ([5] * 5, "100.0", ("56.6", "100.0")),
        ([1] * 5, "0.0", ("0.0", "43.4")),
    ],
)
def test_csat_is_the_share_of_the_two_best_with_the_interval_of_wilson(
    feedback, scores, percent, interval
):
    for score in scores:
        feedback.invite(("csat", score))

    [row] = feedback.scores()

    assert (row["n"], row["few"]) == (len(scores), len(scores) < 10)
    assert row["score"] == Decimal(percent)
    assert (row["score_low"], row["score_high"]) == tuple(map(Decimal, interval))


def test_ces_is_a_mean_with_its_interval_and_none_of_one_score(feedback):
    for score in (3, 5, 7):
        feedback.invite(("ces", score))
    feedback.invite(("ces", 4), agent_id=1)

    [three] = feedback.scores(agent_id=9)
    [one] = feedback.scores(agent_id=1)

    # 5 ± 1.96 · 2 / √3, cut off at the end of the scale
    assert (three["score"], three["score_low"], three["score_high"]) == (5, Decimal("2.74"), 7)
    assert (one["score"], one["score_low"], one["score_high"]) == (4, None, None)


def test_scales_never_meet_and_unverified_answers_do_not_count(feedback):
    feedback.invite(("nps", 10), ("stars", 1))
    feedback.invite(("stars", 5))
    feedback.invite(("nps", 0), verified=False)

    assert {row["kind"]: (row["n"], row["score"]) for row in feedback.scores()} == {
        "nps": (1, 100),
        "stars": (2, 3),
    }


def test_the_numbers_of_a_group_stand_in_each_of_its_rows(feedback):
    feedback.invite(("nps", 10), ("csat", 5))
    feedback.invite(state="unknown")
    for state in ("due", "refused", "withdrawn"):
        feedback.invite(state=state)
    feedback.invite(area_id=None)

    numbers = ("decided", "reached", "unknown", "answered", "answered_share")
    first, second = feedback.scores(area_id=7)
    [other] = feedback.scores(area_id=None)

    assert [first[name] for name in numbers] == [5, 2, 1, 1, Decimal("0.5000")]
    assert [second[name] for name in numbers] == [first[name] for name in numbers]
    assert (other["kind"], other["n"], other["score"], other["decided"]) == (None, 0, None, 1)


def test_reasons_are_counted_by_day_rule_and_area(centre, feedback):
    for errand_id, reason in ((101, "quiet"), (102, "quiet"), (103, "opted_out")):
        centre.report(errand_id)
        centre.put(
            "feedback.decision",
            workspace="demo",
            errand_id=errand_id,
            event="answered",
            event_at=MONDAY,
            rule="csat",
            rule_version=1,
            verdict="not",
            reason=reason,
        )

    found = centre.query("SELECT * FROM analyst.survey_why_not ORDER BY errands")

    assert [(row["reason"], row["errands"]) for row in found] == [("opted_out", 1), ("quiet", 2)]
    assert {(row["day"], row["rule"]) for row in found} == {(date(2026, 3, 2), "csat")}
    assert {row["area_name"] for row in found} == {"test-services-area"}


def test_the_overview_has_state_score_and_reason_of_the_survey(centre, feedback):
    answered = feedback.invite(("text", "Good"), ("nps", 9))
    unknown = feedback.invite(state="unknown")
    centre.put(
        "feedback.decision",
        workspace="demo",
        errand_id=50,
        event="answered",
        event_at=MONDAY,
        verdict="not",
        reason="no_rule",
    )
    for errand_id in (answered, unknown, 50, 51):
        centre.report(errand_id)

    found = centre.query(
        "SELECT errand_id, survey_state, survey_score, survey_reason FROM analyst.errand_overview"
    )

    assert {r["errand_id"]: tuple(r.values())[1:] for r in found} == {
        answered: ("answered", 9, None),
        unknown: ("unknown", None, None),
        50: ("not invited", None, "no_rule"),
        51: (None, None, None),
    }
