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
class Place:
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

    def signs(self) -> str:
        """Return the output of status."""
        return self.terminal.run("status").stdout

    def fetched(self, count: int) -> list[int]:
        ids = self.errands(count)
        self.bridge.fetch(REPORTS)
        return ids


@pytest.fixture
def place(
    terminal: Terminal,
    bridge: Bridge,
    cention: SandboxServer,
    errands: Callable[[int], list[int]],
    document: Callable[[str], dict[str, Any]],
    environment: pytest.MonkeyPatch,
    postgres: Postgres,
    entry: runbook.Entry,
) -> Place:
    terminal.run("migrate")
    bridge.answer_canaries()
    # The part before the last pipe is another program; the test types its output.
    [*_, command] = runbook.programs(entry.commands[0])
    return Place(
        terminal=terminal,
        bridge=bridge,
        cention=cention,
        errands=errands,
        document=document,
        environment=environment,
        postgres=postgres,
        command=command[1:],
    )


def the_broker_is_away(place: Place) -> None:
    with place.environment.context() as away:
        away.setenv("BROKER_URL", f"redis://{UNREACHABLE}/0")
        assert "broker: It cannot be used" in place.run().stdout
    assert "broker: It answers" in place.run().stdout


def settings_are_wrong(place: Place) -> None:
    place.environment.setenv("POLL_EVERY_S", "often")
    assert "The settings are wrong" in place.signs() + place.terminal.run("status").stderr
    assert "POLL_EVERY_S: Not a valid integer" in place.run().stdout


def postgres_is_away(place: Place) -> None:
    with place.environment.context() as away:
        away.setenv("DATABASE_URL", f"postgresql://{UNREACHABLE}/cention")
        assert "cannot be used: nothing listens there" in place.run().stdout
    assert "database: PostgreSQL" in place.run().stdout


def the_disk_is_full(place: Place) -> None:
    place.errands(1)
    place.terminal.run("poll")
    place.bridge.rows("UPDATE intake.wanted SET wanted_at = now() - interval '2 h'")
    assert re.search(r"errand_reports +1 .* 2h ", place.run().stdout)
    place.bridge.fetch(REPORTS)
    assert re.search(r"errand_reports +0 .* - ", place.run().stdout)


def the_database_is_not_up_to_date(place: Place) -> None:
    empty = "runbook_empty"
    with psycopg.connect(place.postgres.url, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {empty} WITH (FORCE)")  # type: ignore[arg-type]
        admin.execute(f"CREATE DATABASE {empty}")  # type: ignore[arg-type]
    place.environment.setenv("DATABASE_URL", place.postgres.url_of(empty))
    assert "is not up to date" in place.terminal.run("status").stderr
    assert "applied" in place.run().stdout
    assert "is not up to date" not in place.terminal.run("status").stderr


def moved_to_another_database(place: Place) -> None:
    assert place.run().stdout == "The database is up to date already.\n"


def restored_from_a_backup(place: Place) -> None:
    [known] = place.fetched(1)
    place.bridge.rows("UPDATE cention.errand SET subject = 'as of the backup'")
    [[asking, *words], _] = runbook.programs(runbook_entry("Restored from a backup").commands[0])
    assert asking == "psql"
    place.typed = f"{place.bridge.one(words[-1])}\n"
    assert place.run().exit_code == 0
    place.bridge.fetch(REPORTS)
    subject = "SELECT subject FROM cention.errand WHERE errand_id = %s"
    assert place.bridge.one(subject, known) != "as of the backup"


def errands_made_after_the_backup(place: Place) -> None:
    assert place.run().stdout == "101 records of errand_reports will be fetched now.\n"
    assert place.bridge.one("SELECT count(*) FROM intake.wanted") == 101


def the_spool_does_not_empty(place: Place) -> None:
    with psycopg.connect(place.bridge.database, autocommit=True) as admin:
        admin.execute("CREATE ROLE runbook_reader LOGIN")
        admin.execute("GRANT USAGE ON SCHEMA intake, cention TO runbook_reader")
        admin.execute("GRANT SELECT ON ALL TABLES IN SCHEMA intake, cention TO runbook_reader")
        with place.environment.context() as weak:
            url = place.bridge.database.replace("//cention@", "//runbook_reader@")
            weak.setenv("DATABASE_URL", url)
            assert "the role runbook_reader may not write" in place.run().stdout
        admin.execute("DROP OWNED BY runbook_reader")
        admin.execute("DROP ROLE runbook_reader")
    assert "may write" in place.run().stdout


def callbacks_lie_in_bad(place: Place) -> None:
    spool = Spool(load_settings().spool_dir, max_bytes=1 << 20)
    spool.append(new_callback(1))
    spool.quarantine(spool.waiting()[0], "Postgres refused it")
    assert "1 callback put back" in place.run().stdout
    assert len(spool.waiting()) == 1


def cention_is_away(place: Place) -> None:
    with place.environment.context() as away:
        away.setenv("CENTION_URL", f"http://{UNREACHABLE}/s/demo")
        assert "It cannot be reached at 127.0.0.1" in place.run().stdout
    assert "accepts the token" in place.run().stdout


def cention_refuses_our_token(place: Place) -> None:
    with place.environment.context() as ended:
        ended.setenv("CENTION_TOKEN", "another-token")
        place.terminal.run("poll")
        assert "paused, for Cention refuses all of it" in place.signs()
        assert "The token is refused" in place.run().stdout
    assert "accepts the token" in place.run().stdout
    place.terminal.run("poll")
    assert "paused, for" not in place.signs()


def something_else_answers(place: Place) -> None:
    with place.environment.context() as wrong:
        wrong.setenv("CENTION_URL", f"{place.cention.root}/elsewhere/demo")
        assert "it is not this workspace" in place.run().stdout
    assert "accepts the token" in place.run().stdout


def a_token_is_to_be_changed(place: Place) -> None:
    assert "accepts the token" in place.run().stdout


def the_secret_is_to_be_changed(place: Place) -> None:
    place.environment.setenv("CENTION_CALLBACK_SECRETS", "the-new-one,the-old-one")
    assert "2 secrets valid" in place.run().stdout
    place.environment.setenv("CENTION_CALLBACK_SECRETS", "the-new-one")
    assert "1 secret valid" in place.run().stdout


def nothing_was_ever_asked(place: Place) -> None:
    state = "SELECT state FROM analyst.freshness WHERE family = 'errand_reports'"
    assert place.bridge.one(state) == "never polled"
    assert "0 changed records found" in place.run().stdout
    assert place.bridge.one(state) == "fresh"


def no_callbacks_come(place: Place) -> None:
    assert place.run().stdout == "No callback has been received.\n"
    place.bridge.store_callback(place.document("callback_answer_errand"))
    assert "not filed yet" in place.run().stdout


def the_time_zone_is_wrong(place: Place) -> None:
    place.fetched(1)
    arrived = "SELECT min(arrived_at) FROM cention.errand"
    before = place.bridge.one(arrived)
    place.environment.setenv("CENTION_TIMEZONE", "Asia/Kuala_Lumpur")
    place.terminal.run("migrate")
    assert "1 document read" in place.run().stdout
    assert place.bridge.one(arrived) < before


def records_are_missing(place: Place) -> None:
    place.fetched(1)
    place.bridge.rows("DELETE FROM cention.errand")
    place.terminal.run("reconcile")
    assert "that Cention reported are nowhere" in place.signs()
    assert "1 missing record will be fetched again" in place.run().stdout
    assert "are nowhere" not in place.signs()
    place.bridge.fetch(REPORTS)
    assert place.bridge.one("SELECT count(*) FROM cention.errand") == 1


def nobody_reconciles(place: Place) -> None:
    place.terminal.run("poll")
    place.bridge.rows("UPDATE intake.poll SET started_at = now() - interval '31 min'")
    place.terminal.run("poll")
    assert "never reconciled" in place.signs()
    assert "Nothing is missing." in place.run().stdout
    assert "never reconciled" not in place.signs()


def records_wait_for_long(place: Place) -> None:
    place.bridge.rows(
        "INSERT INTO intake.wanted (workspace, family, remote_id, wanted_at)"
        " VALUES ('demo', 'errand_reports', 1, now() - interval '3 h')"
    )
    assert re.search(r"errand_reports +1 +1 .* 3h ", place.run().stdout)


def records_are_parked(place: Place) -> None:
    park(place.bridge, 1, 2)
    assert "2 records parked" in place.signs()
    assert place.run().stdout == "2 records released.\n"
    assert "parked after" not in place.signs()


def documents_make_no_sense(place: Place) -> None:
    place.fetched(2)
    place.bridge.rows("UPDATE intake.landed SET problem = '/data: odd'")
    assert "2 documents could not be read" in place.signs()
    assert "2 documents can be read now" in place.run().stdout
    assert "could not be read" not in place.signs()


def callbacks_have_problems(place: Place) -> None:
    place.bridge.store_callback(place.document("callback_answer_errand"), problem="/data: odd")
    assert "1 callback could not be filed" in place.signs()
    assert place.run().stdout == "1 callback will be filed again.\n"
    place.bridge.file()
    assert "could not be filed" not in place.signs()


def attachments_are_refused(place: Place) -> None:
    place.bridge.rows(
        "INSERT INTO cention.attachment (workspace, kind, attachment_id, state, reason)"
        " VALUES ('demo', 'response', 1270, 'refused', 'too large')"
    )
    assert place.run().stdout == "12 records of response_attachments will be fetched now.\n"
    due = "SELECT due_at <= now() FROM intake.wanted WHERE remote_id = 1270"
    assert place.bridge.one(due) is True


TROUBLES: dict[str, Callable[[Place], None]] = {
    "The broker is away, or was flushed": the_broker_is_away,
    "Settings are wrong": settings_are_wrong,
    "Postgres is away": postgres_is_away,
    "The disk of Postgres is full": the_disk_is_full,
    "The database is not up to date": the_database_is_not_up_to_date,
    "Moved to another database": moved_to_another_database,
    "Restored from a backup": restored_from_a_backup,
    "Errands made after the backup": errands_made_after_the_backup,
    "The spool does not empty": the_spool_does_not_empty,
    "The spool is full, or cannot be written": postgres_is_away,
    "Callbacks were set aside": callbacks_lie_in_bad,
    "Cention is away": cention_is_away,
    "Cention refuses our token": cention_refuses_our_token,
    "Something else answers in place of Cention": something_else_answers,
    "A token is to be changed": a_token_is_to_be_changed,
    "The secret of callbacks is to be changed": the_secret_is_to_be_changed,
    "Nothing was ever polled": nothing_was_ever_asked,
    "No callbacks arrive": no_callbacks_come,
    "The time zone is wrong": the_time_zone_is_wrong,
    "Records are missing": records_are_missing,
    "Reconciliation does not run": nobody_reconciles,
    "Records wait too long": records_wait_for_long,
    "Records are parked": records_are_parked,
    "Documents cannot be read": documents_make_no_sense,
    "Callbacks have problems": callbacks_have_problems,
    "Attachments are refused": attachments_are_refused,
    **further_faults.TROUBLES,
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

    assert ours == set(TROUBLES)


@pytest.mark.parametrize("entry", [ENTRIES[title] for title in TROUBLES], ids=lambda e: e.title)
def test_the_command_repairs_its_fault(place, entry):
    TROUBLES[entry.title](place)
