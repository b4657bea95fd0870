"""What `cention check` says of survey vendors that accept us and still cannot be used."""

from __future__ import annotations

import responses

from tests.support.settings import WORKSPACE
from workers.clients.http import Timeouts
from workers.clients.surveys.alvaria import Account, AlvariaApi
from workers.clients.surveys.centracx import CentracxApi
from workers.operations.jobs.checks.finding import Finding
from workers.operations.jobs.checks.survey_vendors import vendor_findings

TIMEOUTS = Timeouts(connect_s=1, read_s=1, total_s=2)
SURVEYS = "https://acme.centracx.com/surveys"
TOKENS = "https://id.example/token"


def finding(*, centracx: CentracxApi | None = None, alvaria: AlvariaApi | None = None) -> Finding:
    [found] = vendor_findings(
        WORKSPACE,
        customer_radar=lambda: None,
        centracx=lambda: centracx,
        alvaria=lambda: alvaria,
        mail=lambda: None,
        public_url="https://ask.example",
    )
    return found


def centracx() -> CentracxApi:
    return CentracxApi("https://acme.centracx.com", key="k", secret="s", timeouts=TIMEOUTS)


def test_without_a_survey_it_tells_of_the_api_channel():
    with responses.RequestsMock() as server:
        server.get(SURVEYS, json=[])
        found = finding(centracx=centracx())

    assert found.level == "wrong"
    assert found.sentence == "It accepts the key, and has no survey for us."
    assert "API Channel" in (found.remedy or "")


def test_names_of_surveys_are_shown_in_one_printable_line():
    with responses.RequestsMock() as server:
        server.get(SURVEYS, json=[{"id": 2, "description": "Email\u001b[2J\nSurvey"}])
        found = finding(centracx=centracx())

    assert found.level == "ok"
    assert found.sentence == "It accepts the key. Surveys: 2 Email [2J Survey."


def test_400_to_a_request_for_a_token_is_a_wrong_account_and_no_wrong_address():
    account = Account(org="o", client_id="c", secret="s", api_key="k", scope="x")
    api = AlvariaApi("https://via.example", TOKENS, account=account, timeouts=TIMEOUTS)
    with responses.RequestsMock() as server:
        server.post(TOKENS, json={"error": "invalid_client"}, status=400)
        found = finding(alvaria=api)

    assert found.level == "wrong"
    assert "refuses the login" in found.sentence
    assert "ALVARIA_SECRET" in (found.remedy or "")
