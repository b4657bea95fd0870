"""`cention status`: how the bridge fares, and what needs somebody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import eventually
from workers.queues import Family

ROOT = Path(__file__).parents[3]


@pytest.fixture
def well(terminal, bridge, errands):
    """A bridge that has fetched two errands, whose workers answer."""
    terminal.run("migrate")
    errands(2)
    bridge.fetch(Family.ERRAND_REPORTS, Family.FACEBOOK_RATINGS)
    bridge.answer_canaries()
    return bridge


def alarms(terminal):
    state = terminal.json("status")
    assert state["alarm"] == any(notice["alarm"] for notice in state["notices"])
    assert terminal.run("status").exit_code == int(state["alarm"])
    return [(n["sentence"], n["command"]) for n in state["notices"] if n["alarm"]]


def test_a_bridge_that_is_well_is_shown_family_by_family(terminal, well):
    result = terminal.run("status")

    assert result.exit_code == 0
    assert "errand_reports" in result.stdout
    assert "All is well." in result.stdout
    [errands] = [f for f in terminal.json("status")["families"] if f["family"] == "errand_reports"]
    assert (errands["wanted"], errands["parked"], errands["last_poll_found"]) == (0, 0, 2)
    assert errands["last_stored_at"].endswith("+00:00")


def test_nobody_answering_on_a_queue_is_an_alarm(terminal, well):
    well.rows("UPDATE intake.canary SET answered_at = now() - interval '61 s'")

    assert [sentence for sentence, _ in alarms(terminal)] == [
        "No worker has answered for 1m on the queue callbacks, or beat does not run.",
        "No worker has answered for 1m on the queue fetch, or beat does not run.",
    ]


def test_a_list_that_was_not_read_for_three_intervals_is_an_alarm(terminal, well):
    well.rows("UPDATE intake.poll SET started_at = started_at - interval '44 s'")
    assert alarms(terminal) == []

    well.rows("UPDATE intake.poll SET started_at = started_at - interval '2 s'")
    assert len(alarms(terminal)) == 2


def test_polls_that_fail_are_an_alarm_that_says_why(terminal, well):
    well.rows("UPDATE intake.poll SET started_at = started_at - interval '1 h'")
    well.rows(
        "INSERT INTO intake.poll (workspace, family, started_at, ended_at, error)"
        " VALUES ('demo', 'errand_reports', now(), now(), 'cention: token refused (HTTP 401)')"
    )

    sentence, command = alarms(terminal)[0]

    assert sentence.startswith("demo errand_reports: Cention's list of changes was last read 1h")
    assert "token refused" in sentence
    assert command == "cention check"


def test_parked_records_are_an_alarm(terminal, well):
    well.rows(
        "INSERT INTO intake.wanted (workspace, family, remote_id, parked_at)"
        " VALUES ('demo', 'errand_reports', 5, now())"
    )

    assert alarms(terminal) == [
        ("demo errand_reports: 1 record parked after too many failures.", "cention parked")
    ]


def test_a_paused_family_is_an_alarm(terminal, well):
    well.rows(
        "INSERT INTO intake.pause (workspace, family, until_at, reason)"
        " VALUES ('demo', 'errand_reports', now(), 'token refused')"
    )

    [(sentence, command)] = alarms(terminal)

    assert "paused" in sentence
    assert "token refused" in sentence
    assert command == "cention check"


def test_documents_that_make_no_sense_are_told_without_alarm(terminal, well):
    well.rows("UPDATE intake.landed SET problem = '/data: odd' WHERE family = 'errand_reports'")

    assert alarms(terminal) == []
    assert "2 documents kept that could not be read" in terminal.run("status").stdout


def test_watching_in_json_is_wrong_usage(terminal):
    assert terminal.run("status", "--watch", "--json").exit_code == 2


def test_a_family_of_which_nothing_is_known_is_not_shown(terminal, well):
    shown = {family["family"] for family in terminal.json("status")["families"]}

    assert shown == {"errand_reports", "facebook_ratings"}


def test_watching_goes_on_until_ctrl_c_and_then_ends_well(well, tmp_path):
    shown = tmp_path / "shown"
    with shown.open("wb") as output:
        watching = subprocess.Popen(
            [sys.executable, "-m", "workers.cli", "status", "--watch"],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=output,
            stderr=output,
        )
        assert eventually(lambda: shown.read_text("utf-8").count("errand_reports") > 1)

        watching.send_signal(signal.SIGINT)

    assert watching.wait(10) == 0
    assert "Traceback" not in shown.read_text("utf-8")
