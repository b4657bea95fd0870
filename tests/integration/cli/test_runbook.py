"""Every `cention …` command of the runbook, run under the fault that its entry describes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from click.testing import Result

from deploy.embedded import Postgres
from receiver.spool import Spool
from tests.integration.cli import further_faults
from tests.integration.cli.conftest import Bridge
from tests.integration.cli.test_lists import park
from tests.integration.sandbox.sandbox_server import SandboxServer
from tests.integration.terminal import Terminal
from tests.support import runbook
from tests.support.receiver_app import new_callback
from workers.config.names import Family
from workers.config.settings import load_settings

REPORTS = Family.ERRAND_REPORTS
UNREACHABLE = "127.0.0.1:1"


@dataclass
class CommandContext:
    """A bridge with a fault, and an operator at a terminal."""

    terminal: Terminal
    bridge: Bridge
    cention: SandboxServer
    errands: Callable[[int], list[int]]
    document: Callable[[str], dict[str, Any]]
    environment: pytest.MonkeyPatch
    postgres: Postgres
    command: list[str]
    typed: str | None = None

    def run(self) -> Result:
        """Run the command of the entry."""
        return self.terminal.run(*self.command, typed=self.typed)

    def status(self) -> str:
        """Return the output of `cention status`."""
        return self.terminal.run("status").stdout

    def fetch_errands(self, count: int) -> list[int]:
        ids = self.errands(count)
        self.bridge.fetch(REPORTS)
        return ids


@pytest.fixture
def command_context(
    terminal: Terminal,
    bridge: Bridge,
    cention: SandboxServer,
    errands: Callable[[int], list[int]],
    document: Callable[[str], dict[str, Any]],
    environment: pytest.MonkeyPatch,
    postgres: Postgres,
    entry: runbook.Entry,
) -> CommandContext:
    terminal.run("migrate")
    bridge.answer_canaries()
    # The part before the last pipe is another program; the test types its output.
    [*_, command] = runbook.programs(entry.commands[0])
    return CommandContext(
        terminal=terminal,
        bridge=bridge,
        cention=cention,
        errands=errands,
        document=document,
        environment=environment,
        postgres=postgres,
        command=command[1:],
    )


def the_broker_is_down(command_context: CommandContext) -> None:
    with command_context.environment.context() as patched:
        patched.setenv("BROKER_URL", f"redis://{UNREACHABLE}/0")
        assert "broker: It cannot be used" in command_context.run().stdout
    assert "broker: It answers" in command_context.run().stdout


def settings_are_wrong(command_context: CommandContext) -> None:
    command_context.environment.setenv("POLL_EVERY_S", "often")
    assert (
        "The settings are wrong"
        in command_context.status() + command_context.terminal.run("status").stderr
    )
    assert "POLL_EVERY_S: Not a valid integer" in command_context.run().stdout


def postgres_is_down(command_context: CommandContext) -> None:
    with command_context.environment.context() as patched:
        patched.setenv("DATABASE_URL", f"postgresql://{UNREACHABLE}/cention")
        assert "cannot be used: nothing listens there" in command_context.run().stdout
    assert "database: PostgreSQL" in command_context.run().stdout


def the_disk_is_full(command_context: CommandContext) -> None:
    command_context.errands(1)
    command_context.terminal.run("poll")
    command_context.bridge.rows("UPDATE intake.wanted SET wanted_at = now() - interval '2 h'")
    assert re.search(r"errand_reports +1 .* 2h ", command_context.run().stdout)
    command_context.bridge.fetch(REPORTS)
    assert re.search(r"errand_reports +0 .* - ", command_context.run().stdout)


def the_database_is_not_up_to_date(command_context: CommandContext) -> None:
    empty = "runbook_empty"
    with psycopg.connect(command_context.postgres.url, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {empty} WITH (FORCE)")  # type: ignore[arg-type]
        admin.execute(f"CREATE DATABASE {empty}")  # type: ignore[arg-type]
    command_context.environment.setenv("DATABASE_URL", command_context.postgres.url_of(empty))
    assert "is not up to date" in command_context.terminal.run("status").stderr
    assert "applied" in command_context.run().stdout
    assert "is not up to date" not in command_context.terminal.run("status").stderr


def moved_to_another_database(command_context: CommandContext) -> None:
    assert command_context.run().stdout == "The database is up to date already.\n"


def restored_from_a_backup(command_context: CommandContext) -> None:
    [errand_id] = command_context.fetch_errands(1)
    command_context.bridge.rows("UPDATE cention.errand SET subject = 'as of the backup'")
    assert "1 stored errand (open in the backup) wanted." in command_context.run().stdout
    command_context.bridge.fetch(REPORTS)
    subject = "SELECT subject FROM cention.errand WHERE errand_id = %s"
    assert command_context.bridge.one(subject, errand_id) != "as of the backup"
    assert command_context.terminal.run("surveys", "resume").stdout == "Surveys of demo go on.\n"


def errands_made_after_the_backup(command_context: CommandContext) -> None:
    assert command_context.run().stdout == "101 records of errand_reports will be fetched now.\n"
    assert command_context.bridge.one("SELECT count(*) FROM intake.wanted") == 101


def the_spool_does_not_empty(command_context: CommandContext) -> None:
    with psycopg.connect(command_context.bridge.database, autocommit=True) as admin:
        admin.execute("CREATE ROLE runbook_reader LOGIN")
        admin.execute("GRANT USAGE ON SCHEMA intake, cention TO runbook_reader")
        admin.execute("GRANT SELECT ON ALL TABLES IN SCHEMA intake, cention TO runbook_reader")
        with command_context.environment.context() as patched:
            url = command_context.bridge.database.replace("//cention@", "//runbook_reader@")
            patched.setenv("DATABASE_URL", url)
            assert "the role runbook_reader may not write" in command_context.run().stdout
        admin.execute("DROP OWNED BY runbook_reader")
        admin.execute("DROP ROLE runbook_reader")
    assert "may write" in command_context.run().stdout


def callbacks_were_set_aside(command_context: CommandContext) -> None:
    spool = Spool(load_settings().spool_dir, max_bytes=1 << 20)
    spool.append(new_callback(1))
    spool.quarantine(spool.waiting()[0], "Postgres refused it")
    assert "1 callback put back" in command_context.run().stdout
    assert len(spool.waiting()) == 1


def cention_is_down(command_context: CommandContext) -> None:
    with command_context.environment.context() as patched:
        patched.setenv("CENTION_URL", f"http://{UNREACHABLE}/s/demo")
        assert "It cannot be reached at 127.0.0.1" in command_context.run().stdout
    assert "accepts the token" in command_context.run().stdout


def cention_refuses_our_token(command_context: CommandContext) -> None:
    with command_context.environment.context() as patched:
        patched.setenv("CENTION_TOKEN", "another-token")
        command_context.terminal.run("poll")
        assert "paused, because Cention refuses every request" in command_context.status()
        assert "The token is refused" in command_context.run().stdout
    assert "accepts the token" in command_context.run().stdout
    command_context.terminal.run("poll")
    assert "paused, because" not in command_context.status()


def something_else_answers(command_context: CommandContext) -> None:
    with command_context.environment.context() as patched:
        patched.setenv("CENTION_URL", f"{command_context.cention.root}/elsewhere/demo")
        assert "it is not this workspace" in command_context.run().stdout
    assert "accepts the token" in command_context.run().stdout


def a_token_is_to_be_changed(command_context: CommandContext) -> None:
    assert "accepts the token" in command_context.run().stdout


def the_secret_is_to_be_changed(command_context: CommandContext) -> None:
    command_context.environment.setenv(
        "CENTION_CALLBACK_SECRETS", "the-new-one-of-two,the-old-one-of-two"
    )
    assert "2 secrets valid" in command_context.run().stdout
    command_context.environment.setenv("CENTION_CALLBACK_SECRETS", "the-new-one-of-two")
    assert "1 secret valid" in command_context.run().stdout


def nothing_was_ever_polled(command_context: CommandContext) -> None:
    state = "SELECT state FROM analyst.freshness WHERE family = 'errand_reports'"
    assert command_context.bridge.one(state) == "never polled"
    assert "0 changed records found" in command_context.run().stdout
    assert command_context.bridge.one(state) == "fresh"


def no_callbacks_arrive(command_context: CommandContext) -> None:
    assert command_context.run().stdout == "No callback has been received.\n"
    command_context.bridge.store_callback(command_context.document("callback_answer_errand"))
    assert "not filed yet" in command_context.run().stdout


def the_time_zone_is_wrong(command_context: CommandContext) -> None:
    command_context.fetch_errands(1)
    arrived = "SELECT min(arrived_at) FROM cention.errand"
    before = command_context.bridge.one(arrived)
    command_context.environment.setenv("CENTION_TIMEZONE", "Asia/Kuala_Lumpur")
    command_context.terminal.run("migrate")
    assert "1 document read" in command_context.run().stdout
    assert command_context.bridge.one(arrived) < before


def records_are_missing(command_context: CommandContext) -> None:
    command_context.fetch_errands(1)
    command_context.bridge.rows("DELETE FROM cention.errand")
    command_context.terminal.run("reconcile")
    assert "that Cention reported is missing" in command_context.status()
    assert "1 missing record will be fetched again" in command_context.run().stdout
    assert "neither stored nor on the list" not in command_context.status()
    command_context.bridge.fetch(REPORTS)
    assert command_context.bridge.one("SELECT count(*) FROM cention.errand") == 1


def reconciliation_does_not_run(command_context: CommandContext) -> None:
    command_context.terminal.run("poll")
    command_context.bridge.rows("UPDATE intake.poll SET started_at = now() - interval '31 min'")
    command_context.terminal.run("poll")
    assert "never reconciled" in command_context.status()
    assert "Nothing is missing." in command_context.run().stdout
    assert "never reconciled" not in command_context.status()


def records_wait_for_long(command_context: CommandContext) -> None:
    command_context.bridge.rows(
        "INSERT INTO intake.wanted (workspace, family, remote_id, wanted_at)"
        " VALUES ('demo', 'errand_reports', 1, now() - interval '3 h')"
    )
    assert re.search(r"errand_reports +1 +1 .* 3h ", command_context.run().stdout)


def records_are_parked(command_context: CommandContext) -> None:
    park(command_context.bridge, 1, 2)
    assert "2 records parked" in command_context.status()
    assert command_context.run().stdout == "2 records released.\n"
    assert "parked after" not in command_context.status()


def documents_cannot_be_read(command_context: CommandContext) -> None:
    command_context.fetch_errands(2)
    command_context.bridge.rows("UPDATE intake.landed SET problem = '/data: odd'")
    assert "2 documents could not be read" in command_context.status()
    assert "2 documents can be read now" in command_context.run().stdout
    assert "could not be read" not in command_context.status()


def callbacks_have_problems(command_context: CommandContext) -> None:
    command_context.bridge.store_callback(
        command_context.document("callback_answer_errand"), problem="/data: odd"
    )
    assert "1 callback could not be filed" in command_context.status()
    assert command_context.run().stdout == "1 callback will be filed again.\n"
    command_context.bridge.file()
    assert "could not be filed" not in command_context.status()


def attachments_are_refused(command_context: CommandContext) -> None:
    command_context.bridge.rows(
        "INSERT INTO cention.attachment (workspace, kind, attachment_id, state, reason)"
        " VALUES ('demo', 'response', 1270, 'refused', 'too large')"
    )
    assert (
        command_context.run().stdout == "12 records of response_attachments will be fetched now.\n"
    )
    due = "SELECT due_at <= now() FROM intake.wanted WHERE remote_id = 1270"
    assert command_context.bridge.one(due) is True


FAULTS: dict[str, Callable[[CommandContext], None]] = {
    "The broker is down, unreachable or flushed": the_broker_is_down,
    "Settings are wrong": settings_are_wrong,
    "Postgres is down, or unreachable": postgres_is_down,
    "The disk of Postgres is full": the_disk_is_full,
    "The database is not up to date": the_database_is_not_up_to_date,
    "Moved to another database": moved_to_another_database,
    "Restored from a backup": restored_from_a_backup,
    "Errands made after the backup": errands_made_after_the_backup,
    "The spool does not empty": the_spool_does_not_empty,
    "The spool is full, or cannot be written": postgres_is_down,
    "Callbacks were set aside": callbacks_were_set_aside,
    "Cention is down, or unreachable": cention_is_down,
    "Cention refuses our token": cention_refuses_our_token,
    "Something else answers in place of Cention": something_else_answers,
    "A token is to be changed": a_token_is_to_be_changed,
    "The secret of callbacks is to be changed": the_secret_is_to_be_changed,
    "Nothing was ever polled": nothing_was_ever_polled,
    "No callbacks arrive": no_callbacks_arrive,
    "The time zone is wrong": the_time_zone_is_wrong,
    "Records are missing": records_are_missing,
    "Reconciliation does not run": reconciliation_does_not_run,
    "Records wait too long": records_wait_for_long,
    "Records are parked": records_are_parked,
    "Documents cannot be read": documents_cannot_be_read,
    "Callbacks have problems": callbacks_have_problems,
    "Attachments are refused": attachments_are_refused,
    **further_faults.FAULTS,
}
ENTRIES = {entry.title: entry for entry in runbook.entries()}


def runbook_entry(title: str) -> runbook.Entry:
    return ENTRIES[title]


def test_every_entry_with_a_cention_command_is_tested_below():
    ours = {
        title
        for title, entry in ENTRIES.items()
        if any(words[0] == "cention" for words in runbook.programs(entry.commands[0]))
    }

    assert ours == set(FAULTS)


@pytest.mark.parametrize("entry", [ENTRIES[title] for title in FAULTS], ids=lambda e: e.title)
def test_the_command_repairs_its_fault(command_context, entry):
    FAULTS[entry.title](command_context)
