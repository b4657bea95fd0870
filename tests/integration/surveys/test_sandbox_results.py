"""The results that the simulated vendors export are imported, as CSV and as a push."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from receiver import pushed_answers
from schemas.surveys.results import read_csv
from tests.integration.sandbox.sandbox_server import SandboxServer
from tests.integration.surveys.conftest import DAY, START, Surveys
from tests.support.eventually import eventually
from tests.support.settings import WORKSPACE
from tests.support.surveys import brief
from workers.surveys.jobs.import_results import import_rows

DIGIDESK = {
    "Invitation": "reference",
    "Score": "nps",
    "Comment": "comment",
    "Completed": "answered_at",
}
IMPORT = "[import.digidesk]\n" + "".join(f'"{k}" = "{v}"\n' for k, v in DIGIDESK.items())


@pytest.fixture
def answered(surveys: Surveys, cention: SandboxServer) -> Callable[..., requests.Response]:
    """Three customers whom the sandbox's DigiDesk invited have answered; gets its results."""
    surveys.load(brief(tables=IMPORT), on=("csat",))
    cention.control("surveys/robots", {"share": 1, "within_s": 0})
    for _ in range(3):
        surveys.errand()
    surveys.decide(START + DAY)
    surveys.settle()
    for invited in surveys.invitations():
        body = {
            "customer_contact": invited["contact"],
            "campaign_name": "Campaign",
            "misc_data": {"Invitation": invited["reference"]},
        }
        response = cention.session.post(
            f"{cention.root}/digidesk/api/survey_requests/",
            json=body,
            auth=("sandbox", "sandbox-survey-password"),
            timeout=10,
        )
        assert response.status_code == 201

    def results(format_: str) -> requests.Response:
        path = f"{cention.root}/sandbox/surveys/results/digidesk"
        return cention.session.get(path, params={"format": format_}, timeout=10)

    eventually(lambda: len(results("json").json()["rows"]) == 3)
    return results


def test_the_csv_export_of_a_vendor_is_imported_and_a_push_of_the_same_is_known(
    surveys: Surveys, answered: Callable[..., requests.Response]
) -> None:
    csv = answered("csv").content.decode().splitlines(keepends=True)
    rows = read_csv(csv, DIGIDESK, zone=surveys.workspace.zone)

    imported = import_rows(surveys.conn, "demo", "digidesk", rows, dry_run=False)
    pushed = pushed_answers.save(surveys.database, WORKSPACE, "digidesk", answered("json").json())

    assert (imported.saved.taken, imported.saved.unmatched, imported.bad) == (3, 0, ())
    assert (pushed.saved.taken, pushed.saved.known, pushed.saved.unmatched) == (0, 3, 0)
    scores = surveys.ask("SELECT errand_id FROM feedback.session ORDER BY errand_id")
    assert [row["errand_id"] for row in scores] == [1, 2, 3]
    week = surveys.ask("SELECT answered, n, kind FROM analyst.survey_score_week")
    assert week == [{"answered": 3, "n": 3, "kind": "nps"}]
