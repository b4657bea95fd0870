"""``var/run.env`` has the addresses of a run, and no secret."""

from __future__ import annotations

import pytest

from deploy.run.plan import SANDBOX_SETTINGS, make_plan
from deploy.run.run_env import forget_earlier_run, shell_setup, write_run_env

pytestmark = pytest.mark.enable_socket  # a plan reserves its ports
SERVERS = {
    "DATABASE_URL": "postgresql://db/cention",
    "BROKER_URL": "redis://broker",
    "RECEIVER_BIND": "127.0.0.1:0",
}


SURVEY_VENDORS = (
    *("DIGIDESK_URL", "DIGIDESK_USER", "DIGIDESK_PASSWORD"),
    *("CUSTOMER_RADAR_URL", "CUSTOMER_RADAR_USER", "CUSTOMER_RADAR_PASSWORD"),
    "CUSTOMER_RADAR_CLIENT",
    *("CENTRACX_URL", "CENTRACX_KEY", "CENTRACX_SECRET"),
    *("ALVARIA_ORG", "ALVARIA_URL", "ALVARIA_TOKEN_URL"),
    *("ALVARIA_CLIENT_ID", "ALVARIA_SECRET", "ALVARIA_API_KEY"),
)


@pytest.fixture
def run_env_text(tmp_path):
    """Return ``run.env`` for a run with these variables."""

    def write(**given):
        write_run_env(tmp_path / "run.env", make_plan(SERVERS | given, var=tmp_path))
        return (tmp_path / "run.env").read_text("utf-8")

    return write


def test_no_token_and_no_secret_is_written(run_env_text):
    lines = run_env_text(CENTION_TOKEN="chosen-1").splitlines()

    assert {line.partition("=")[0] for line in lines} == {
        "DATABASE_URL",
        "BROKER_URL",
        "RECEIVER_URL",
        "CENTION_URL",
        "CENTION_RUN_ENV",
        "SPOOL_DIR",
        *SANDBOX_SETTINGS,
        *SURVEY_VENDORS,
        *("SMTP_URL", "SMTP_FROM", "SURVEY_PUBLIC_URL"),
    }


def test_a_chosen_password_of_the_survey_vendors_is_not_written(run_env_text):
    text = run_env_text(SANDBOX_SURVEY_PASSWORD="chosen-3")

    assert "DIGIDESK" not in text
    assert "chosen-3" not in text


def test_with_the_sandbox_the_refresh_intervals_are_written(run_env_text):
    assert "LIBRARY_EVERY_S=60\n" in run_env_text()
    assert "LIBRARY_EVERY_S" not in run_env_text(CENTION_URL="https://api.example.test/s/demo")


def test_commands_find_the_spool_and_the_metrics_of_the_run(run_env_text, tmp_path):
    lines = run_env_text(METRICS_BIND="127.0.0.1:0").splitlines()

    assert f"SPOOL_DIR={tmp_path / 'sandbox' / 'spool'}" in lines
    assert "METRICS_BIND=127.0.0.1:0" in lines


def test_a_spool_that_was_chosen_is_the_one_that_is_written(run_env_text):
    assert "SPOOL_DIR=/srv/spool\n" in run_env_text(SPOOL_DIR="/srv/spool")


def test_the_shell_setup_includes_the_public_token_and_secret_of_the_sandbox(tmp_path):
    setup = shell_setup(make_plan(SERVERS, var=tmp_path))

    assert "CENTION_TOKEN=sandbox-token" in setup
    assert "CENTION_CALLBACK_SECRETS=sandbox-callback-secret" in setup


def test_the_shell_setup_includes_no_chosen_token_or_secret(tmp_path):
    chosen = {"CENTION_TOKEN": "chosen-1", "SANDBOX_CALLBACK_SECRET": "chosen-2"}

    setup = shell_setup(make_plan(SERVERS | chosen, var=tmp_path))

    assert setup == "set -a; . var/run.env; set +a"


def test_what_a_shell_has_of_an_earlier_run_does_not_change_the_next_one(run_env_text):
    lines = run_env_text(METRICS_BIND="127.0.0.1:0").splitlines()
    shell = dict(line.split("=", 1) for line in lines)
    shell = {name: value.strip("'") for name, value in shell.items()} | {"HOME": "/home/anna"}
    shell["CENTION_URL"] = "https://api.example.test/s/demo"

    forget_earlier_run(shell)

    assert shell == {"HOME": "/home/anna", "CENTION_URL": "https://api.example.test/s/demo"}
