"""``var/run.env`` leads commands to a run, and holds nothing that guards anything."""

from __future__ import annotations

import pytest

from deploy.run.plan import SANDBOX_PACE, make_plan
from deploy.run.run_env import shell_setup, write_run_env

pytestmark = pytest.mark.enable_socket  # a plan reserves its ports
SERVERS = {"DATABASE_URL": "postgresql://db/cention", "BROKER_URL": "redis://broker"}


@pytest.fixture
def written(tmp_path):
    """What is written for a run with these variables."""

    def write(**given):
        write_run_env(tmp_path / "run.env", make_plan(SERVERS | given, var=tmp_path))
        return (tmp_path / "run.env").read_text("utf-8")

    return write


def test_no_token_and_no_secret_is_written_whoever_chose_it(written):
    lines = written(CENTION_TOKEN="chosen-1").splitlines()

    assert {line.partition("=")[0] for line in lines} == {
        "DATABASE_URL",
        "BROKER_URL",
        "RECEIVER_URL",
        "CENTION_URL",
        *SANDBOX_PACE,
    }


def test_beside_the_sandbox_commands_know_what_is_renewed_how_often(written):
    assert "LIBRARY_EVERY_S=60\n" in written()
    assert "LIBRARY_EVERY_S" not in written(CENTION_URL="https://api.example.test/s/demo")


def test_a_shell_beside_the_sandbox_is_told_what_it_demands(tmp_path):
    told = shell_setup(make_plan(SERVERS, var=tmp_path))

    assert "CENTION_TOKEN=sandbox-token" in told
    assert "CENTION_CALLBACK_SECRETS=sandbox-callback-secret" in told


def test_what_somebody_chose_is_not_told(tmp_path):
    chosen = {"CENTION_TOKEN": "chosen-1", "SANDBOX_CALLBACK_SECRET": "chosen-2"}

    told = shell_setup(make_plan(SERVERS | chosen, var=tmp_path))

    assert told == "set -a; . var/run.env; set +a"
