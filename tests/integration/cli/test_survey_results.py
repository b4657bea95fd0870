"""`cention surveys import`, `answers` and `unmatched`."""

from __future__ import annotations

import pytest

from tests.support.databases import run_query
from tests.support.surveys import brief

EXPORT = "Invitation;Score;Comment\nours;9;Good\nstrange;3;\nours;11;\nours;;\n"
MAP = ("--map", "Invitation=reference", "--map", "Score=nps", "--map", "Comment=comment")


@pytest.fixture
def export(tmp_path, terminal, database):
    """An export of DigiDesk with an answer to our invitation, and where its file is."""
    assert terminal.run("migrate").exit_code == 0
    (tmp_path / "surveys.toml").write_text(brief())
    terminal.run("surveys", "rules", "load")
    run_query(
        database,
        "INSERT INTO feedback.invitation (workspace, reference, errand_id, rule, rule_version,"
        " vendor, survey, channel, person_sha256, event_at, due_at, send_until, expires_at)"
        " VALUES ('demo', 'ours', 33, 'csat', 1, 'digidesk', '{}', 'email', sha256('x'), now(),"
        " now(), now(), now())",
    )
    file = tmp_path / "export.csv"
    file.write_text(EXPORT)
    return file


def test_an_export_is_imported_and_bad_rows_are_reported(terminal, export):
    result = terminal.run("surveys", "import", export, "--vendor", "digidesk", *MAP)

    assert result.exit_code == 1
    assert "line 4: column 'Score' must be a whole number from 0 to 10" in result.stderr
    assert "4 rows: 1 new, 1 unmatched, 1 without an answer, 1 bad." in result.stdout
    score, comment = terminal.json("surveys", "answers")
    assert (score["errand_id"], score["rule"], score["number"]) == (33, "csat", 9)
    assert comment["comment"] == "Good"
    [unmatched] = terminal.json("surveys", "unmatched")
    assert (unmatched["reference"], unmatched["cells"]["Score"]) == ("strange", "3")
    assert "9 (0 to 10)" in terminal.run("surveys", "answers").stdout
    assert "Score: 3" in terminal.run("surveys", "unmatched").stdout


def test_a_dry_run_saves_nothing(terminal, export):
    export.write_text(EXPORT.replace("ours;11;\n", ""))

    found = terminal.json("surveys", "import", export, "--vendor", "digidesk", *MAP, "--dry-run")

    assert (found["taken"], found["unmatched"], found["bad"]) == (1, 1, [])
    assert terminal.json("surveys", "answers") == []
    assert "no answers" in terminal.run("surveys", "answers").stdout


def test_the_columns_of_the_rules_file_are_used_without_a_map(terminal, export, tmp_path):
    nothing = terminal.run("surveys", "import", export, "--vendor", "digidesk")
    assert "no [import.digidesk]" in nothing.stderr
    columns = '[import.digidesk]\n"Invitation" = "reference"\n"Score" = "nps"\n'
    (tmp_path / "surveys.toml").write_text(brief(tables=columns))
    terminal.run("surveys", "rules", "load")

    result = terminal.run("surveys", "import", export, "--vendor", "digidesk")

    assert "1 new" in result.stdout


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        (("--map", "Score"), "takes COLUMN=CONTENT"),
        (("--map", "Score=nps"), "No column is mapped to reference"),
        (("--map", "Ref=reference", "--map", "Score=nps"), "No column 'Ref'"),
    ],
)
def test_a_map_that_does_not_fit_is_explained(terminal, export, columns, problem):
    result = terminal.run("surveys", "import", export, "--vendor", "digidesk", *columns)

    assert result.exit_code != 0
    assert problem in result.stderr
