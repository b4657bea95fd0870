"""`cention exports`: one export at a time, requested once, its errands stored."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import responses

from tests.integration.cli.conftest import Bridge
from tests.integration.sandbox.sandbox_server import SandboxServer
from tests.support.eventually import eventually

RUN = ("exports", "run", "316")


def made(cention: SandboxServer) -> list[dict]:
    return list(cention.control("truth/exports").values())


def runs(bridge: Bridge) -> list[dict]:
    return bridge.rows("SELECT * FROM cention.export_run ORDER BY run_id")


def test_an_export_is_run_and_its_errands_are_stored(terminal, bridge, cention, errands):
    ids = errands(3)

    result = terminal.run(*RUN)

    [run] = runs(bridge)
    assert result.exit_code == 0
    assert result.stdout == f"3 errands stored: run {run['run_id']} of cention.exported_errand.\n"
    assert (run["state"], run["errands"], run["unreadable"], run["origin"]) == (
        "done",
        3,
        0,
        "command",
    )
    assert str(run["export_id"]) in cention.control("truth/exports")
    stored = bridge.rows("SELECT * FROM cention.exported_errand ORDER BY position")
    assert sorted(row["errand_id"] for row in stored) == sorted(ids)
    assert [row["position"] for row in stored] == [1, 2, 3]
    assert all(row["arrived_at"] and row["question"] and row["from_address"] for row in stored)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_none_one_and_many_errands_are_stored(terminal, bridge, errands, count):
    errands(count)

    terminal.run(*RUN)

    assert bridge.one("SELECT count(*) FROM cention.exported_errand") == count
    assert bridge.one("SELECT errands FROM cention.export_run") == count


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), {"use_closure_date": False}),
        (("--from", "2024/01/02"), {"errand_from_date": "2024/01/02"}),
        (("--to", "2024-01-31"), {"errand_to_date": "2024/01/31"}),
        (("--by-closure",), {"use_closure_date": True}),
    ],
)
def test_days_and_their_kind_are_requested_as_in_the_options(terminal, cention, words, expected):
    terminal.run(*RUN, *words)

    [export] = made(cention)
    assert export == {"preset": "316", "use_closure_date": False, "errands": 0, **expected}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--from", "2024/02/01", "--to", "2024/01/31"), "first day of an export is after"),
        (("--from", "yesterday"), "is not a day such as 2024/01/31"),
        (("--from", "2024/02/30"), "is not a day such as 2024/01/31"),
    ],
)
def test_wrong_days_are_reported_and_nothing_is_requested(terminal, bridge, words, message):
    result = terminal.run(*RUN, *words)

    assert result.exit_code == 2
    assert message in result.stderr
    assert runs(bridge) == []


def test_without_a_token_of_the_claim_it_says_which_to_set(terminal, environment):
    environment.delenv("CENTION_TOKEN")

    result = terminal.run(*RUN)

    assert result.exit_code == 1
    assert "CENTION_TOKEN_EXPORT" in result.stderr


def test_a_preset_that_cention_does_not_know_is_refused(terminal, bridge):
    result = terminal.run("exports", "run", "7")

    assert result.exit_code == 1
    assert "Cention did not make the export: cention: request refused: no such export" in (
        result.stderr
    )
    [run] = runs(bridge)
    assert (run["state"], run["preset_id"], run["errands"]) == ("refused", "7", None)
    assert run["ended_at"] is not None


@pytest.mark.parametrize(
    "fault", ["error_500", "dropped", "truncated", "broken_json", "unreadable"]
)
def test_an_export_whose_answer_is_lost_is_unknown_and_not_repeated(
    terminal, bridge, cention, errands, fault
):
    errands(2)
    cention.control("faults", {fault: {}})

    result = terminal.run(*RUN)

    assert result.exit_code == 1
    assert "may have made the export" in result.stderr
    assert [run["state"] for run in runs(bridge)] == ["unknown"]
    assert len(made(cention)) == 1
    assert bridge.one("SELECT count(*) FROM cention.exported_errand") == 0


def test_an_export_refused_with_a_retry_time_is_requested_again(terminal, bridge, cention):
    cention.control("faults", {"busy": {"times": 2, "seconds": 0}})

    assert terminal.run(*RUN).exit_code == 0
    assert [run["state"] for run in runs(bridge)] == ["done"]
    assert len(made(cention)) == 1


@pytest.mark.parametrize("status", [503, 504])
@responses.activate
def test_an_export_that_timed_out_at_a_gateway_is_not_repeated(terminal, bridge, cention, status):
    request = responses.post(f"{cention.root}/s/demo/capi/json/c3_trigger_exports", status=status)

    result = terminal.run(*RUN)

    assert "may have made the export" in result.stderr
    assert [run["state"] for run in runs(bridge)] == ["unknown"]
    assert request.call_count == 1


def test_an_export_that_takes_too_long_is_unknown(terminal, bridge, cention, environment):
    environment.setenv("EXPORT_TIMEOUT_S", "1")
    cention.control("faults", {"latency": {"seconds": 3}})

    result = terminal.run(*RUN)

    assert result.exit_code == 1
    assert "EXPORT_TIMEOUT_S" in result.stderr
    assert [run["state"] for run in runs(bridge)] == ["unknown"]


def test_a_slow_export_is_awaited(terminal, bridge, cention, environment):
    """The timeout of one second is for reports, not for exports."""
    environment.setenv("FETCH_TIMEOUT_S", "1")
    cention.control("faults", {"latency": {"seconds": 2.5}})

    assert terminal.run(*RUN).exit_code == 0
    assert [run["state"] for run in runs(bridge)] == ["done"]


def test_an_export_above_the_cap_is_unknown_and_the_cap_is_named(
    terminal, bridge, cention, environment, errands
):
    errands(20)
    environment.setenv("EXPORT_MAX_BYTES", "2000")

    result = terminal.run(*RUN)

    assert "larger than 2000 bytes" in result.stderr
    assert "EXPORT_MAX_BYTES" in result.stderr
    assert [run["state"] for run in runs(bridge)] == ["unknown"]


def test_exports_are_listed_newest_first(terminal, errands):
    assert terminal.run("exports").stdout == "No export has been run.\n"
    errands(2)
    terminal.run("exports", "run", "7")
    terminal.run(*RUN, "--from", "2024/01/01", "--by-closure")

    newest, oldest = terminal.json("exports")

    assert (newest["state"], newest["from_day"], newest["to_day"]) == ("done", "2024-01-01", None)
    assert (oldest["state"], oldest["preset_id"]) == ("refused", "7")
    assert len(terminal.json("exports", "--limit", "1")) == 1
    lines = terminal.run("exports").stdout.splitlines()
    assert len(lines) == 3
    assert lines[1].split()[2:8] == ["command", "316", "2024/01/01", "-", "closure", "done"]


def test_an_export_whose_process_was_killed_is_unknown_from_then_on(
    terminal, bridge, cention, errands
):
    errands(1)
    cention.control("faults", {"latency": {"seconds": 4}})
    process = subprocess.Popen(
        [sys.executable, "-m", "workers.cli", *RUN],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        stderr=subprocess.DEVNULL,
    )
    eventually(lambda: [run["state"] for run in runs(bridge)] == ["running"])
    assert [one["state"] for one in terminal.json("exports")] == ["running"]

    process.send_signal(signal.SIGKILL)
    process.wait()

    def recorded():
        [run] = terminal.json("exports")
        return run["state"] == "unknown" and "process" in run["error"]

    eventually(recorded)
    assert bridge.one("SELECT count(*) FROM cention.exported_errand") == 0
