"""The answers of robots: sent to the receiver as a vendor would, until they are accepted."""

from __future__ import annotations

import pytest

from tests.integration.sandbox.sandbox_server import sandbox_server
from tests.integration.sandbox.test_surveys import invitation, survey_request
from tests.support.eventually import eventually


@pytest.fixture
def pushing(receiver):
    """A sandbox whose robots all answer at once, and which sends that to ``receiver``."""
    url = receiver.url.replace("callbacks", "answers")
    with sandbox_server(answers_url=url, answers_within_s=0) as cention:
        cention.control("surveys/robots", {"share": 1})
        yield cention


def accepted(cention, **counts):
    stats = cention.control("stats")["answers"]
    return stats if stats["accepted"] == counts else None


def pushed(receiver):
    return {
        (path, row["Invitation"])
        for path, body in zip(receiver.paths, receiver.bodies, strict=True)
        for row in body["rows"]
    }


def test_answers_of_each_vendor_are_sent_to_its_route_with_the_secret(pushing, receiver):
    survey_request(pushing)
    invitation(pushing)

    assert eventually(lambda: accepted(pushing, digidesk=1, customer_radar=1))
    assert pushed(receiver) == {
        ("/answers/demo/digidesk", "r-1"),
        ("/answers/demo/customer_radar", "r-2"),
    }
    assert set(receiver.authorizations) == {"Bearer sandbox-answers-secret"}
    assert set(receiver.media_types) == {"application/json"}


def test_a_row_is_the_one_that_the_results_show(pushing, receiver):
    survey_request(pushing)

    assert eventually(lambda: accepted(pushing, digidesk=1))
    assert receiver.bodies == [pushing.control("surveys/results/digidesk")]


@pytest.mark.parametrize("refusal", [503, 404, 201, 302])
def test_answers_are_sent_again_until_they_are_answered_with_200(pushing, receiver, refusal):
    receiver.answers.append(refusal)
    survey_request(pushing)

    stats = eventually(lambda: accepted(pushing, digidesk=1))

    assert stats["outcomes"] == {str(refusal): 1, "200": 1}
    assert receiver.bodies[0] == receiver.bodies[1]


def test_an_accepted_answer_is_not_sent_again_with_the_next(pushing, receiver):
    survey_request(pushing)
    eventually(lambda: accepted(pushing, digidesk=1))
    survey_request(pushing, misc_data={"Invitation": "r-3"})
    eventually(lambda: accepted(pushing, digidesk=2))

    assert [[row["Invitation"] for row in body["rows"]] for body in receiver.bodies] == [
        ["r-1"],
        ["r-3"],
    ]


def test_while_the_receiver_is_down_sending_goes_on_and_nothing_counts_as_accepted():
    with sandbox_server(answers_url="http://127.0.0.1:9/answers/demo", answers_within_s=0) as down:
        down.control("surveys/robots", {"share": 1})
        survey_request(down)

        assert eventually(
            lambda: down.control("stats")["answers"]["outcomes"].get("no answer") == 2
        )
        assert down.control("stats")["answers"]["accepted"] == {}


def test_many_answers_are_sent_in_several_requests(pushing, receiver):
    receiver.answers.append(503)
    for number in range(203):
        survey_request(pushing, misc_data={"Invitation": f"n-{number}"})

    assert eventually(lambda: accepted(pushing, digidesk=203), within_s=20)
    assert max(len(body["rows"]) for body in receiver.bodies) <= 200
    assert len(pushed(receiver)) == 203
