"""What `make run` sets for its parts: a sandbox shows everything soon, a real Cention is spared."""

from __future__ import annotations

import pytest

from deploy.run.plan import SANDBOX_PACE, make_plan

pytestmark = pytest.mark.enable_socket  # a plan reserves its ports
SERVERS = {"DATABASE_URL": "postgresql://db/cention", "BROKER_URL": "redis://broker"}


@pytest.fixture
def variables(tmp_path):
    return lambda **given: make_plan(SERVERS | given, var=tmp_path).variables()


def test_of_the_sandbox_everything_is_mirrored_and_soon(variables):
    assert SANDBOX_PACE.items() <= variables().items()


def test_what_is_given_holds_for_the_sandbox_too(variables):
    found = variables(LIBRARY_EVERY_S="0", CENTION_EXPORT_PRESET="7")

    assert (found["LIBRARY_EVERY_S"], found["CENTION_EXPORT_PRESET"]) == ("0", "7")
    assert found["AGENT_LOGONS_EVERY_S"] == "60"


@pytest.mark.parametrize(
    "given",
    [
        {"CENTION_URL": "https://api.example.test/s/demo"},
        {"CENTION_WORKSPACES_FILE": "workspaces.toml"},
    ],
)
def test_a_real_cention_is_asked_at_the_usual_pace(variables, given):
    assert SANDBOX_PACE.keys().isdisjoint(variables(**given))
