"""`cention status`: the state of the bridge, and its alerts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.eventually import eventually
from workers.config.names import Family
from workers.operations.store.gauges import read_gauges
from workers.operations.store.status import failed_polls

ROOT = Path(__file__).parents[3]


@pytest.fixture
def healthy(terminal, bridge, errands):
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


def test_a_healthy_bridge_is_shown_family_by_family(terminal, healthy):
    result = terminal.run("status")

    assert result.exit_code == 0
    assert "errand_reports" in result.stdout
    assert "All is well." in result.stdout
    [errands] = [f for f in terminal.json("status")["families"] if f["family"] == "errand_reports"]
    assert (errands["wanted"], errands["parked"], errands["last_poll_found"]) == (0, 0, 2)
    assert errands["last_stored_at"].endswith("+00:00")


def test_a_queue_without_a_worker_is_an_alarm(terminal, healthy):
    healthy.rows("UPDATE intake.canary SET answered_at = now() - interval '61 s'")

    assert [sentence for sentence, _ in alarms(terminal)] == [
        "No worker has answered for 1m on the queue callbacks, or beat does not run.",
        "No worker has answered for 1m on the queue polls, or beat does not run.",
        "No worker has answered for 1m on the queue fetch, or beat does not run.",
        "No worker has answered for 1m on the queue surveys, or beat does not run.",
    ]


def test_a_list_that_was_not_read_for_three_intervals_is_an_alarm(terminal, healthy):
    healthy.rows("UPDATE cention.workspace SET poll_every_s = 30")
    healthy.rows("UPDATE intake.poll SET started_at = started_at - interval '80 s'")
    assert alarms(terminal) == []

    healthy.rows("UPDATE intake.poll SET started_at = started_at - interval '11 s'")
    assert len(alarms(terminal)) == 2


def test_a_list_is_late_after_a_minute_at_the_earliest(terminal, healthy):
    healthy.rows("UPDATE cention.workspace SET poll_every_s = 1")
    healthy.rows("UPDATE intake.poll SET started_at = started_at - interval '50 s'")
    assert alarms(terminal) == []

    healthy.rows("UPDATE intake.poll SET started_at = started_at - interval '11 s'")
    assert len(alarms(terminal)) == 2


def test_a_migration_writes_the_polling_interval_to_the_database(terminal, environment, bridge):
    environment.setenv("POLL_EVERY_S", "40")

    terminal.run("migrate")

    assert bridge.one("SELECT poll_every_s FROM cention.workspace") == 40


def test_status_and_freshness_agree_on_what_is_late_and_since_when_a_record_waits(
    terminal, healthy
):
    healthy.rows("UPDATE intake.poll SET started_at = started_at - interval '1 h'")
    healthy.rows(
        "INSERT INTO intake.wanted (workspace, family, remote_id, wanted_at, due_at, tries)"
        " VALUES ('demo', 'errand_reports', 5, now() - interval '1 h', now() + interval '1 h', 7)"
    )

    [shown] = [f for f in terminal.json("status")["families"] if f["family"] == "errand_reports"]
    query = "SELECT state, extract(epoch FROM now() - oldest_waiting_at)::int AS waits_s"
    [judged] = healthy.rows(f"{query} FROM analyst.freshness WHERE family = 'errand_reports'")

    assert (shown["poll_late"], judged["state"]) == (True, "stalled")
    assert abs(shown["oldest_wait_s"] - judged["waits_s"]) < 30
    assert shown["oldest_wait_s"] >= 3600


def test_missing_records_are_the_first_alarm(terminal, healthy):
    healthy.rows("UPDATE intake.canary SET answered_at = now() - interval '61 s'")
    terminal.run("reconcile")
    healthy.rows("DELETE FROM cention.errand")
    terminal.run("reconcile")

    sentence, command = alarms(terminal)[0]

    assert sentence == (
        "demo errand_reports: 2 records that Cention reported are missing: "
        "neither stored nor on the list."
    )
    assert command == "cention reconcile --repair"


def test_no_reconciliation_for_half_an_hour_is_an_alarm(terminal, healthy):
    terminal.run("reconcile")
    healthy.rows("UPDATE intake.completeness SET checked_at = now() - interval '29 min'")
    assert alarms(terminal) == []

    healthy.rows("UPDATE intake.completeness SET checked_at = now() - interval '31 min'")

    assert alarms(terminal)[0] == (
        "demo errand_reports: last reconciled 31m ago with what Cention reported.",
        "cention reconcile",
    )


def test_polls_that_fail_are_an_alarm_that_says_why(terminal, healthy):
    healthy.rows("UPDATE intake.poll SET started_at = started_at - interval '1 h'")
    healthy.rows(
        "INSERT INTO intake.poll (workspace, family, started_at, ended_at, error)"
        " VALUES ('demo', 'errand_reports', now(), now(), 'cention: token refused (HTTP 401)')"
    )

    sentence, command = alarms(terminal)[0]

    assert sentence.startswith("demo errand_reports: Cention's list of changes was last read 1h")
    assert "token refused" in sentence
    assert command == "cention check"


def test_parked_records_are_an_alarm(terminal, healthy):
    healthy.rows(
        "INSERT INTO intake.wanted (workspace, family, remote_id, parked_at)"
        " VALUES ('demo', 'errand_reports', 5, now())"
    )

    assert alarms(terminal) == [
        (
            "demo errand_reports: 1 record parked: "
            "it failed too often, or Cention rejected it for good.",
            "cention parked",
        )
    ]


def test_a_paused_family_is_an_alarm(terminal, healthy):
    healthy.rows(
        "INSERT INTO intake.pause (workspace, family, until_at, reason)"
        " VALUES ('demo', 'errand_reports', now(), 'token refused')"
    )

    [(sentence, command)] = alarms(terminal)

    assert "paused" in sentence
    assert "token refused" in sentence
    assert command == "cention check"


def test_unreadable_documents_are_reported_without_alarm(terminal, healthy):
    healthy.rows("UPDATE intake.landed SET problem = '/data: odd' WHERE family = 'errand_reports'")

    assert alarms(terminal) == []
    assert "2 documents could not be read" in terminal.run("status").stdout


def refreshed(bridge, *, found=3, error=None, age="1 s"):
    bridge.rows(
        "INSERT INTO intake.poll (workspace, family, started_at, ended_at, found, error)"
        " VALUES ('demo', 'agent_logons', now() - %s::interval, now() - %s::interval, %s, %s)",
        *(age, age, found, error),
    )


def mirror(terminal, name="agent_logons"):
    [found] = [m for m in terminal.json("status")["mirrors"] if m["mirror"] == name]
    return found


def test_a_mirror_is_shown_with_its_interval(terminal, healthy):
    refreshed(healthy)

    shown = mirror(terminal)

    assert (shown["every_s"], shown["last_found"], shown["late"]) == (600, 3, False)
    assert mirror(terminal, "library")["every_s"] == 3600
    assert "agent_logons" in terminal.run("status").stdout
    assert alarms(terminal) == []


def test_a_mirror_is_late_after_three_of_its_intervals(terminal, healthy):
    refreshed(healthy, age="29 min")
    assert alarms(terminal) == []

    healthy.rows("UPDATE intake.poll SET started_at = now() - interval '31 min'")

    [(sentence, command)] = [alerts for alerts in alarms(terminal) if "agent_logons" in alerts[0]]
    assert sentence == "demo agent_logons: last refreshed 31m ago, though it is due every 10m."
    assert command == "celery --app workers.app beat"


def test_a_late_mirror_is_shown_with_the_error_of_its_refresh(terminal, healthy):
    refreshed(healthy, age="31 min")
    refreshed(healthy, found=None, error="cention: failed on the server (HTTP 500)")

    [(sentence, command)] = alarms(terminal)

    assert sentence.endswith(
        "though it is due every 10m (cention: failed on the server (HTTP 500))."
    )
    assert command == "cention check"


def test_a_mirror_refreshed_only_in_part_is_a_note_not_an_alarm(terminal, healthy):
    refreshed(healthy, error="one could not be read")

    alerts = [(one["alarm"], one["sentence"]) for one in terminal.json("status")["notices"]]

    assert alerts == [(False, "demo agent_logons: refreshed, but one could not be read.")]


def test_a_mirror_never_refreshed_is_an_alarm_half_an_hour_after_it_was_switched_on(
    terminal, healthy
):
    healthy.rows("UPDATE intake.mirror SET since_at = now() - interval '29 min'")
    assert alarms(terminal) == []

    healthy.rows("UPDATE intake.mirror SET since_at = now() - interval '31 min'")

    assert [sentence.partition(", ")[0] for sentence, _ in alarms(terminal)] == [
        "demo agent_logons: last refreshed never",
        "demo library: last refreshed never",
    ]


def test_a_mirror_that_cention_refuses_is_an_alarm_at_once(terminal, healthy):
    healthy.rows(
        "INSERT INTO intake.pause (workspace, family, until_at, reason)"
        " VALUES ('demo', 'agent_logons', now(), 'token refused')"
    )

    assert alarms(terminal) == [
        (
            "demo agent_logons: paused, because Cention refuses every request (token refused).",
            "cention check",
        )
    ]


def test_a_mirror_that_is_switched_off_is_never_an_alarm(terminal, environment, healthy):
    refreshed(healthy, age="1 day")
    healthy.rows(
        "INSERT INTO intake.pause (workspace, family, until_at, reason)"
        " VALUES ('demo', 'agent_logons', now(), 'token refused')"
    )
    environment.setenv("AGENT_LOGONS_EVERY_S", "0")

    terminal.run("migrate")

    assert alarms(terminal) == []
    assert [m["mirror"] for m in terminal.json("status")["mirrors"]] == ["library"]
    freshness = "SELECT family FROM analyst.freshness WHERE family = 'agent_logons'"
    assert healthy.rows(freshness) == []


def test_unreadable_rows_of_the_log_are_reported_without_alarm(terminal, healthy):
    healthy.rows(
        "INSERT INTO intake.odd_logon VALUES"
        " ('demo', sha256('x'), '[\"x\"]', 'has 1 columns and not 4', now(), now())"
    )

    assert alarms(terminal) == []
    assert "demo agent_logons: 1 row could not be read" in terminal.run("status").stdout
    assert terminal.json("unreadable")[0]["problem"] == "has 1 columns and not 4"
    assert "cention logons odd" in terminal.run("unreadable").stdout


def test_mirrors_are_among_the_metrics(healthy):
    refreshed(healthy)
    with healthy.context.transaction() as conn:
        found = {
            (g.name, g.labels["family"]): g.value for g in read_gauges(conn) if "family" in g.labels
        }

    assert found["cention_paused", "agent_logons"] == 0
    assert found["cention_unreadable", "library"] == 0


def test_callbacks_of_24_hours_are_called_received_today_in_json(terminal, healthy):
    assert terminal.json("status")["inboxes"][0]["received_today"] == 0


def test_watching_in_json_is_wrong_usage(terminal):
    assert terminal.run("status", "--watch", "--json").exit_code == 2


def test_a_family_of_which_nothing_is_known_is_not_shown(terminal, healthy):
    shown = {family["family"] for family in terminal.json("status")["families"]}

    assert shown == {"errand_reports", "facebook_ratings"}


def test_watching_continues_until_ctrl_c_and_exits_with_0(healthy, tmp_path):
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


def notes(terminal):
    return [(one["alarm"], one["sentence"]) for one in terminal.json("status")["notices"]]


def test_all_is_not_well_beside_an_error_of_a_mirror_until_a_later_refresh_has_ended_it(
    terminal, healthy
):
    refreshed(healthy, age="3 min")
    refreshed(healthy, found=None, error="cention: failed on the server (HTTP 500)", age="2 min")

    assert notes(terminal) == [
        (
            False,
            "demo agent_logons: the refresh 2m ago failed (cention: failed on the server"
            " (HTTP 500)); last refreshed 3m ago.",
        )
    ]
    assert "All is well." not in terminal.run("status").stdout

    refreshed(healthy)

    shown = terminal.run("status").stdout
    assert "All is well." in shown
    assert "HTTP 500" not in shown


def test_all_is_not_well_beside_an_error_of_the_last_poll(terminal, healthy):
    failed = (
        "INSERT INTO intake.poll (workspace, family, started_at, ended_at, found, error)"
        " VALUES ('demo', 'errand_reports', now(), now(), %s, %s)"
    )
    healthy.rows(failed, None, "cention: no connection")

    [(alarm, sentence)] = notes(terminal)
    assert not alarm
    assert sentence.endswith("ago, and could not be read since (cention: no connection).")

    healthy.rows(failed, 0, None)
    assert "All is well." in terminal.run("status").stdout


@pytest.mark.parametrize(
    ("fault", "state", "alarm", "sentence"),
    [
        (
            "INSERT INTO intake.wanted (workspace, family, remote_id, wanted_at)"
            " VALUES ('demo', 'errand_reports', 5, now() - interval '6 min')",
            "behind",
            False,
            "demo errand_reports: the oldest record has waited for 6m;"
            " 1 record due, 0 being fetched.",
        ),
        (
            "INSERT INTO intake.callback (workspace, received_at, body_sha256, document)"
            " VALUES ('demo', now() - interval '2 min', sha256('x'), '{}')",
            "behind",
            True,
            "demo: 1 callback is not filed, the oldest for 2m.",
        ),
        (
            "INSERT INTO intake.callback (workspace, received_at, body_sha256, document, filed_at)"
            " SELECT workspace, max(answered_at) - interval '61 min', sha256('x'), '{}', now()"
            " FROM cention.errand GROUP BY workspace",
            "silent",
            False,
            "demo: errands were answered, and no callback came with them.",
        ),
    ],
)
def test_what_freshness_does_not_call_fresh_status_does_not_call_well(
    terminal, healthy, fault, state, alarm, sentence
):
    healthy.rows("UPDATE cention.errand SET answered_at = now() - interval '1 min'")
    healthy.rows(fault)

    judged = healthy.rows("SELECT state FROM analyst.freshness WHERE workspace = 'demo'")
    assert state in {one["state"] for one in judged}
    assert notes(terminal) == [(alarm, sentence)]


def test_a_disabled_mirror_or_forgotten_workspace_is_not_said_to_fail(healthy):
    healthy.rows(
        "INSERT INTO intake.poll (workspace, family, started_at, ended_at, error) VALUES"
        " ('demo', 'exports', now(), now(), 'x'), ('gone', 'errand_reports', now(), now(), 'x')"
    )
    with healthy.context.transaction() as conn:
        assert failed_polls(conn) == []

    healthy.rows(
        "INSERT INTO intake.poll (workspace, family, started_at, ended_at, error)"
        " VALUES ('demo', 'library', now(), now(), 'x')"
    )
    with healthy.context.transaction() as conn:
        assert failed_polls(conn) == ["demo"]


def test_metrics_show_lists_that_are_not_read_or_not_counted_and_callbacks_that_stopped(healthy):
    wanted = {"cention_poll_late", "cention_uncounted", "cention_callbacks_silent"}

    def judged():
        with healthy.context.transaction() as conn:
            found = [one for one in read_gauges(conn) if one.name in wanted]
        polled = {one.labels["family"] for one in found if one.name == "cention_poll_late"}
        assert polled == {"errand_reports", "facebook_ratings"}
        return {one.name for one in found if one.value}

    assert judged() == set()

    healthy.rows("UPDATE intake.poll SET started_at = started_at - interval '1 h'")
    healthy.rows("UPDATE intake.completeness SET checked_at = now() - interval '31 min'")
    healthy.rows("UPDATE cention.errand SET answered_at = now() - interval '1 min'")
    healthy.rows(
        "INSERT INTO intake.callback (workspace, received_at, body_sha256, document, filed_at)"
        " VALUES ('demo', now() - interval '62 min', sha256('x'), '{}', now())"
    )

    assert judged() == wanted
