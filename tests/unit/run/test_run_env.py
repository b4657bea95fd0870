"""``var/run.env`` leads commands to a run, and holds nothing that guards anything."""

from __future__ import annotations

import pytest

from deploy.run.plan import make_plan
from deploy.run.run_env import write_run_env

SERVERS = {"DATABASE_URL": "postgresql://db/cention", "BROKER_URL": "redis://broker"}


@pytest.fixture
def written(tmp_path):
    """What is written for a run with these variables."""

    def write(**given):
        write_run_env(tmp_path / "run.env", make_plan(SERVERS | given, var=tmp_path))
        return (tmp_path / "run.env").read_text("utf-8")

    return write


def test_commands_find_what_the_sandbox_demands_unless_told_otherwise(written):
    lines = written().splitlines()

    assert "CENTION_TOKEN=sandbox-token" in lines
    assert "CENTION_CALLBACK_SECRETS=sandbox-callback-secret" in lines


def test_a_token_or_secret_that_somebody_chose_is_not_written(written):
    found = written(CENTION_TOKEN="chosen-1", SANDBOX_CALLBACK_SECRET="chosen-2")

    assert "CENTION_TOKEN" not in found
    assert "CENTION_CALLBACK_SECRETS" not in found
    assert "chosen" not in found


def test_beside_a_real_cention_no_token_is_written(written):
    assert "TOKEN" not in written(CENTION_URL="https://api.cention.com/s/demo")
