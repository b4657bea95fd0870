"""``make chaos`` notices whatever goes wrong with surveys on our pages, and nothing else."""

from __future__ import annotations

from copy import deepcopy

import pytest

from tests.chaos import conversation_truth as truth
from tests.chaos.conversation_truth import ConversationState
from workers.surveys.rules.link import digest_of

TOKEN, DIALOG = "token-of-a-link", "dialog-of-a-chat"
LINK = digest_of(TOKEN).hex()
FUND, WHY = "Which fund?", "What could we do better?"
STARS = "How many stars do you give the chat?"


def given(question, answer, following="Thank you"):
    return {"question": question, "answer": answer, "following": following}


def stored(question, kind, value, *, key=None, position=1, forwarded="taken"):
    values = dict.fromkeys(("choice_id", "choice_text", "number", "comment"))
    column = {"choice": "choice_id", "text": "comment"}.get(kind, "number")
    named = {"question_text": question, "question_key": key, "kind": kind, "forwarded": forwarded}
    return {**values, column: value, **named, "position": position}


def visit(of, remote_id, *answers, outcome="finished"):
    url = f"http://127.0.0.1/s/{TOKEN}"
    named = {"of": of, "remote_id": remote_id, "url": url, "outcome": outcome}
    return {**named, "answers": list(answers)}


def session(number, vendor, **more):
    usual = {
        "remote_id": DIALOG if vendor == "alvaria" else "S1",
        "state": "complete",
        "outcome_state": "taken" if vendor == "alvaria" else "no",
        "verified": True,
        "problem": None,
        "tries": 1,
        "waits": True,
        "held": False,
        "survey": 2,
        "link": None if vendor == "alvaria" else LINK,
    }
    return {"session_id": number, "vendor": vendor, **usual, **more}


def message(contact="Ann@Customer.example", at=1000.0):
    return {"contact": contact, "at": at, "link": f"https://surveys.example/s/{TOKEN}"}


@pytest.fixture
def good():
    """One survey by CentraCX and one after a chat, where everything is as it must be."""
    return {
        "messages": [message()],
        "visits": [
            visit("mail", "m1", given(FUND, "48", WHY), given(WHY, "Slow (a1)")),
            visit("dialog", DIALOG, given(STARS, "4")),
        ],
        "dialogs": [{"session_id": DIALOG, "outcomes": [{"stars": "4"}]}],
        "remote": {
            "S1": {
                "status": "Complete",
                "mistaken": 0,
                "replies": [{"answer_id": 48, "answer": "A"}, {"feedback": "Slow (a1)"}],
            }
        },
        "sessions": [session(1, "centracx"), session(2, "alvaria")],
        "answers": {
            1: [stored(FUND, "choice", 48), stored(WHY, "text", "Slow (a1)", position=2)],
            2: [stored(STARS, "stars", 4.0, key="stars")],
        },
        "stopped": frozenset(),
        "objections": {},
        "stopping": frozenset(),
    }


def found(state):
    """Return all that is noticed."""
    read = ConversationState(**state)
    return [*truth.twice(read), *truth.lost(read), *truth.unfinished(read)]


def change(state, *path, to):
    """Return a state with another value at a path of keys."""
    changed = deepcopy(state)
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return changed


def test_nothing_is_noticed_where_nothing_is_wrong(good):
    assert found(good) == []
    assert list(truth.unproven(ConversationState(**good))) == []


@pytest.mark.parametrize(
    ("path", "to", "noticed"),
    [
        (("answers", 1), [], "'48' was acknowledged, [] is stored"),
        (("answers", 1, 0, "choice_id"), 47, "'48' was acknowledged, ['47'] is stored"),
        (("answers", 2, 0, "number"), 5.0, "['5'] is stored, and was not answered"),
        (("visits", 0, "answers"), [], "['48'] is stored, and was not answered"),
        (("stopping",), frozenset({LINK}), "has opted out, which is forgotten"),
        (("remote", "S1", "replies", 1, "feedback"), "Other", "CentraCX has"),
        (("remote", "S1", "mistaken"), 1, "was given an answer to another question in session S1"),
        (("visits", 1, "outcome"), "HTTP 500", f"the customer of dialog {DIALOG[:12]}: HTTP 500"),
        (("visits",), [], "nobody has opened the page of survey 1"),
        (("sessions", 0, "held"), True, "survey 1 is left claimed"),
        (("sessions", 0, "state"), "open", "survey 1 by CentraCX waits"),
        (("sessions", 0, "state"), "stuck", "survey 1 by CentraCX is stuck for no reason"),
        (("remote", "S1", "status"), "Partially Complete", "survey 1 by CentraCX is complete here"),
        (("answers", 1, 1, "forwarded"), "unknown", "not all answers were taken"),
        (("dialogs",), [], "survey 2 after a chat is of no dialog"),
        (("dialogs", 0, "outcomes"), [], "Alvaria has [] and took ['4']"),
        (("dialogs", 0, "outcomes", 0, "stars"), "5", "Alvaria has [['5']] and took ['4']"),
        (("sessions", 1, "outcome_state"), "refused", "was refused, and Alvaria has"),
        (("sessions", 1, "outcome_state"), "sending", "its outcome is left sending"),
    ],
)
def test_whatever_is_lost_left_over_or_different_is_noticed(good, path, to, noticed):
    assert noticed in "\n".join(found(change(good, *path, to=to)))


def test_an_outcome_that_a_chat_got_twice_is_noticed(good):
    outcomes = good["dialogs"][0]["outcomes"] * 2

    assert "outcomes of one chat" in found(change(good, "dialogs", 0, "outcomes", to=outcomes))


def test_a_question_that_was_answered_twice_is_noticed(good):
    answers = [*good["answers"][2], stored(STARS, "stars", 4.0, position=2)]

    assert "answers to one question on a page" in found(change(good, "answers", 2, to=answers))


@pytest.mark.parametrize("answers", [0, 1, 2])  # one of a choice and a comment
def test_answers_may_be_at_centracx_as_often_as_it_was_asked_for_a_session(good, answers):
    lost = change(good["remote"]["S1"], "replies", to=good["remote"]["S1"]["replies"][:answers])
    replayed = change(good, "remote", to={**good["remote"], "S0": lost})

    assert found(change(replayed, "sessions", 0, "tries", to=2)) == []
    under_way = change(replayed, "sessions", 0, "held", to=True)
    assert truth.twice(ConversationState(**under_way)) == {}
    assert found(replayed) == ["sessions at CentraCX beyond the replays"]


def test_a_choice_that_is_replayed_by_another_survey_than_was_lost_is_noticed(good):
    other = session(3, "centracx", remote_id="S3", tries=2, survey=2)
    state = {
        **good,
        "sessions": [*good["sessions"], other],
        "answers": {**good["answers"], 3: [stored(FUND, "choice", 47)]},
    }
    lost = {"status": "Partially Complete", "mistaken": 0, "replies": [{"answer_id": 48}]}
    state["remote"] = {**good["remote"], "S0": lost}

    assert truth.twice(ConversationState(**state)) == {"sessions at CentraCX beyond the replays": 1}


@pytest.mark.parametrize(
    ("stuck", "survey", "noticed"), [(3, 2, False), (4, 2, True), (9, 3, False)]
)
def test_many_surveys_that_are_stuck_are_noticed_unless_a_page_cannot_show_them(
    good, stuck, survey, noticed
):
    some = [session(n, "centracx", state="stuck", survey=survey) for n in range(10, 10 + stuck)]
    state = change(good, "sessions", to=[*good["sessions"], *some])

    lines = list(truth.unfinished(ConversationState(**state)))

    assert any("surveys by CentraCX are stuck" in line for line in lines) == noticed


def test_a_campaign_in_which_no_survey_came_to_its_end_proves_nothing(good):
    state = change(good, "sessions", to=[])

    assert list(truth.unproven(ConversationState(**state))) == [
        "no survey by CentraCX is complete",
        "no answers after a chat were taken",
    ]


@pytest.mark.parametrize(("since", "noticed"), [(900.0, True), (990.0, False), (1100.0, False)])
def test_a_message_to_a_person_who_had_opted_out_is_noticed(good, since, noticed):
    state = change(good, "objections", to={"ann@customer.example": since})

    assert found(state) == ["messages to persons who had opted out"] * noticed


@pytest.mark.parametrize("following", [None, "The chat has ended"])
def test_an_answer_that_no_page_took_may_be_missing(good, following):
    state = change(good, "visits", 1, "answers", 0, "following", to=following)
    state = change(state, "answers", 2, to=[])
    state = change(state, "dialogs", 0, "outcomes", to=[])
    state = change(state, "sessions", 1, "outcome_state", to="unknown")

    assert found(state) == []
