"""An upgrade while everything runs: the previous release beside the new schema loses nothing."""

from __future__ import annotations

import socket
from contextlib import ExitStack

import psycopg
import pytest

from tests.acceptance.comparison import SandboxControl, wait_for_no_difference
from tests.integration.sandbox.sandbox_server import sandbox_server
from tests.support.eventually import eventually
from tests.system import previous_release

EACH = 30  # callbacks that are filed in each phase

pytestmark = pytest.mark.skipif(
    not previous_release.in_history(),
    reason="this clone has not the commit of the previous release",
)


@pytest.fixture
def previous(tmp_path):
    """The folder of the previous release."""
    folder = tmp_path / "previous"
    folder.mkdir()
    return previous_release.extract(folder)


def filed(database):
    with psycopg.connect(database) as conn:
        query = "SELECT count(*) FROM intake.callback WHERE filed_at IS NOT NULL"
        return conn.execute(query).fetchone()[0]


def test_the_previous_release_beside_the_new_schema_and_the_new_processes_loses_nothing(
    database, broker, previous, tmp_path
):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {
        "DATABASE_URL": database,
        "BROKER_URL": broker,
        "CENTION_TOKEN": "sandbox-token",
        "CENTION_CALLBACK_SECRETS": "sandbox-callback-secret",
        "CENTION_TIMEZONE": "Europe/Stockholm",
        "RECEIVER_BIND": f"127.0.0.1:{port}",
        "SPOOL_DIR": str(tmp_path / "spool"),
        "POLL_EVERY_S": "1",
    }
    with (
        sandbox_server(
            callback_url=f"http://127.0.0.1:{port}/callbacks/demo", sla_delay_s=0, errands=50
        ) as cention,
        ExitStack() as processes,
    ):
        settings["CENTION_URL"] = f"{cention.root}/s/demo"
        sandbox = SandboxControl(root=cention.root)

        def start(source, *names):
            stack = processes.enter_context(ExitStack())
            for name in names:
                stack.enter_context(previous_release.running(source, name, settings, tmp_path))
            return stack

        def work():
            before = filed(database)
            eventually(lambda: filed(database) >= before + EACH, within_s=120)

        new = previous_release.ROOT
        previous_release.migrate(new, settings)
        old_receiver = start(previous, "receiver")
        old_workers = start(previous, "worker", "beat")
        sandbox.post("resume", {"rate": 20})
        work()
        start(new, "worker", "beat")
        work()
        old_receiver.close()
        start(new, "receiver")
        work()
        old_workers.close()
        work()
        sandbox.post("quiet")
        eventually(lambda: sandbox.get("stats")["callbacks"]["waiting"] == 0, within_s=120)
        wait_for_no_difference(sandbox, database, within_s=120)
