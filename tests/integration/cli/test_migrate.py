"""`cention migrate`: brings the database up to date, also run several times or at once."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import psycopg
import pytest
from structlog.testing import capture_logs

from tests.support.eventually import eventually
from tests.support.figure_job import compute_figures
from workers.config.settings import load_settings
from workers.database import advisory_locks, version
from workers.database.migrate import SQL, files
from workers.database.migrate import migrate as migrate_database
from workers.mirrors.store import library_search
from workers.mirrors.store.library_search import SearchIn
from workers.operations.jobs.migrate import migrate
from workers.operations.store import dictionary

ROOT = Path(__file__).parents[3]
LIMITS = "-c lock_timeout=7s -c statement_timeout=9min"


@pytest.fixture
def empty_database(environment, postgres):
    """The URL of an empty database."""
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS empty WITH (FORCE)")
        admin.execute("CREATE DATABASE empty")
    environment.setenv("DATABASE_URL", postgres.url_of("empty"))
    return postgres.url_of("empty")


def workspaces(url):
    with psycopg.connect(url) as conn:
        return conn.execute("SELECT workspace, timezone FROM cention.workspace").fetchall()


def test_migrations_are_applied_and_workspaces_written(terminal, empty_database):
    result = terminal.run("migrate")

    assert result.exit_code == 0
    assert "applied 0001_intake.sql" in result.stdout
    assert "workspace demo: time zone Europe/Stockholm" in result.stdout
    assert workspaces(empty_database) == [("demo", "Europe/Stockholm")]


def test_a_second_time_there_is_nothing_to_do(terminal, empty_database):
    terminal.run("migrate")

    assert terminal.run("migrate").stdout == "The database is up to date already.\n"


def test_a_database_that_is_newer_than_the_program_is_left_alone(terminal, empty_database):
    terminal.run("migrate")
    with psycopg.connect(empty_database) as conn:
        conn.execute("INSERT INTO intake.migration (name) VALUES ('9999_future.sql')")
        conn.execute("DELETE FROM intake.migration WHERE name LIKE 'views:%'")
        before = conn.execute("SELECT * FROM intake.migration ORDER BY name").fetchall()

    for command in ("migrate", "check"):
        result = terminal.run(command)
        assert result.exit_code == 1
        assert "is newer than this program, which does not know 9999_future.sql" in result.output
    assert "The database is newer than this program." in terminal.run("status").stdout

    with psycopg.connect(empty_database) as conn:
        assert conn.execute("SELECT * FROM intake.migration ORDER BY name").fetchall() == before


def test_a_process_says_at_its_start_that_the_database_is_of_another_version(
    terminal, empty_database
):
    with capture_logs() as logged:
        version.report(empty_database)
        terminal.run("migrate")
        version.report(empty_database)
        with psycopg.connect(empty_database) as conn:
            conn.execute("INSERT INTO intake.migration (name) VALUES ('9999_future.sql')")
        version.report(empty_database)

    assert [line["event"] for line in logged] == [
        "database is not up to date",
        "database is newer than this program",
    ]
    assert logged[1]["unknown_migrations"] == ["9999_future.sql"]


def test_a_changed_time_zone_is_written(terminal, environment, empty_database):
    terminal.run("migrate")
    environment.setenv("CENTION_TIMEZONE", "Asia/Kuala_Lumpur")

    assert terminal.run("migrate").stdout == (
        "workspace demo: time zone Asia/Kuala_Lumpur, polled every 15 s\n"
    )
    assert workspaces(empty_database) == [("demo", "Asia/Kuala_Lumpur")]


def mirrors(url):
    with psycopg.connect(url) as conn:
        return dict(conn.execute("SELECT mirror, every_s FROM intake.mirror").fetchall())


def test_the_schedule_of_mirrors_is_written_to_the_database(terminal, environment, empty_database):
    """Without an export preset, exports are off."""
    environment.setenv("LIBRARY_EVERY_S", "7200")

    result = terminal.run("migrate")

    assert mirrors(empty_database) == {"library": 7200, "agent_logons": 600}
    assert "demo agent_logons: refreshed every 600 s" in result.stdout.splitlines()


@pytest.mark.parametrize(
    ("variable", "value", "left"),
    [
        ("AGENT_LOGONS_EVERY_S", "0", {"library": 3600, "exports": 86400}),
        ("AGENT_LOGONS_EVERY_S", "60", {"library": 3600, "exports": 86400, "agent_logons": 60}),
        ("CENTION_EXPORT_PRESET", "", {"library": 3600, "agent_logons": 600}),
        ("CENTION_TOKEN", "", {}),
    ],
)
def test_a_changed_schedule_is_written_to_the_database(
    terminal, environment, empty_database, variable, value, left
):
    environment.setenv("CENTION_EXPORT_PRESET", "1")
    terminal.run("migrate")
    environment.setenv(variable, value)

    terminal.run("migrate")

    assert mirrors(empty_database) == left


def test_a_mirror_that_is_switched_off_is_reported(terminal, environment, empty_database):
    terminal.run("migrate")
    environment.setenv("LIBRARY_EVERY_S", "0")

    assert terminal.run("migrate").stdout == "demo library: no longer refreshed\n"


def migrate_before(conn, migration):
    """Apply the migrations that an earlier version had, but those that run by statement."""
    conn.execute(SQL["create_migration_table"])
    for name, sql in files("migrations"):
        if name < migration and not name.endswith(".concurrently.sql"):
            conn.execute(sql)
            conn.execute(SQL["record_migration"], {"name": name})


def test_words_in_angle_brackets_that_were_stored_before_the_migration_are_found(empty_database):
    with psycopg.connect(empty_database, autocommit=True) as conn:
        migrate_before(conn, "0022")
        conn.execute(
            "INSERT INTO cention.library_question"
            " (workspace, question_id, answer_text, toplist, images_told, fetched_at)"
            " VALUES ('demo', 1, 'Klicka på <Spara>', false, false, now())"
        )
        migrate_database(conn)

        found = library_search.search(conn, "demo", "spara", where=SearchIn.ANYWHERE, limit=1)

    assert [one.question_id for one in found] == [1]


def test_figures_of_days_of_an_earlier_version_are_computed_in_the_background(empty_database):
    session = partial(psycopg.connect, empty_database, autocommit=True)
    with session() as conn:
        migrate_before(conn, "0063")
        conn.execute("INSERT INTO cention.workspace (workspace, timezone) VALUES ('demo', 'UTC')")
        conn.execute(
            "INSERT INTO cention.errand (workspace, errand_id, arrived_at, area_id, fetched_at)"
            " VALUES ('demo', 1, '2024-05-01 12:00Z', 3, now())"
        )
        conn.execute(
            "INSERT INTO cention.agent_logon VALUES"
            " ('demo', 'asa', '2024-05-01 12:00Z', 'Login', 1, now()),"
            " ('demo', 'asa', '2024-05-01 14:00Z', 'Logout', 1, now())"
        )
        conn.execute(
            "INSERT INTO intake.metrics_progress (workspace, day) VALUES ('demo', current_date - 1)"
        )
        conn.execute("INSERT INTO intake.backlog_due VALUES ('demo', current_date - 1, true)")
        migrate_database(conn)
        compute_figures(session)

        areas = conn.execute("SELECT day::text, area_id, arrived FROM analyst.area_day").fetchall()
        hours = conn.execute("SELECT login_name, hours::int FROM analyst.agent_shift").fetchall()
        left = conn.execute("SELECT FROM intake.day_due").fetchall()

    assert (areas, hours, left) == ([("2024-05-01", 3, 1)], [("asa", 2)], [])


def test_days_that_were_computed_before_there_was_their_trigger_are_computed_again(empty_database):
    """The trigger waits for a lock, and is made by a later attempt."""
    session = partial(psycopg.connect, empty_database, autocommit=True)
    question = "SELECT day::text, arrived FROM analyst.area_day ORDER BY day"
    with session() as conn:
        migrate_database(conn)
        conn.execute("DELETE FROM intake.migration WHERE name LIKE '0064%'")
        conn.execute("DROP TRIGGER record_moved ON cention.errand")
        conn.execute("INSERT INTO cention.workspace (workspace, timezone) VALUES ('demo', 'UTC')")
        conn.execute(
            "INSERT INTO cention.errand (workspace, errand_id, arrived_at, area_id, fetched_at)"
            " VALUES ('demo', 1, '2024-05-01 12:00Z', 3, now())"
        )
        compute_figures(session)
        conn.execute("UPDATE cention.errand SET arrived_at = '2024-05-03 12:00Z'")
        compute_figures(session)
        before = conn.execute(question).fetchall()

        migrate_database(conn)
        compute_figures(session)

        assert before == [("2024-05-01", 1), ("2024-05-03", 1)]
        assert conn.execute(question).fetchall() == [("2024-05-03", 1)]


def test_a_database_of_an_earlier_version_gets_the_comments_of_a_new_one(empty_database, bridge):
    with psycopg.connect(empty_database, autocommit=True) as old, bridge.context.session() as new:
        migrate_before(old, "0024")
        migrate_database(old)

        assert dictionary.tables(old) == dictionary.tables(new)


def test_two_migrations_at_once_wait_for_one_another(environment, empty_database):
    script = [sys.executable, "-m", "workers.cli", "migrate"]
    together = [
        subprocess.Popen(
            script,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]

    outputs = [process.communicate(timeout=60) for process in together]

    assert [process.returncode for process in together] == [0, 0], outputs
    assert sum("applied 0001_intake.sql" in stdout for stdout, _ in outputs) == 1


def test_a_database_that_does_not_exist_yet_is_awaited(environment, postgres):
    environment.setenv("DATABASE_URL", postgres.url_of("late"))

    def create():
        with psycopg.connect(postgres.url, autocommit=True) as admin:
            admin.execute("CREATE DATABASE late")

    late = threading.Timer(0.5, create)
    late.start()
    done = migrate(load_settings())
    late.join()

    assert "applied 0001_intake.sql" in done


def test_a_database_that_never_appears_is_an_error(environment, monkeypatch):
    environment.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/none")

    with pytest.raises(psycopg.OperationalError):
        migrate(load_settings(), wait_s=0.1)


def index_is_valid(conn):
    query = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'cention.errand_fetched'::regclass"
    return conn.execute(query).fetchall() == [(True,)]


def test_an_index_is_built_without_locking_out_writers(empty_database):
    with (
        psycopg.connect(empty_database) as conn,
        psycopg.connect(empty_database, autocommit=True) as writer,
    ):
        migrate_before(writer, "0026")
        with writer.transaction():
            writer.execute("INSERT INTO cention.blob VALUES (sha256('x'), 'x')")
            done = migrate_database(conn)

        by_statement = [name for name in done if name.endswith(".concurrently.sql")]
        assert by_statement[0] == "0026_errand_fetched.concurrently.sql"
        assert done[-len(by_statement) :] == by_statement  # after all others
        assert index_is_valid(conn)
        assert conn.autocommit is False


def test_an_index_that_could_not_be_built_is_built_by_the_next_migration(empty_database):
    with (
        psycopg.connect(empty_database, options="-c lock_timeout=200ms") as conn,
        psycopg.connect(empty_database, autocommit=True) as other,
    ):
        migrate_before(other, "0026")
        with other.transaction():
            other.execute("LOCK TABLE cention.errand IN ROW EXCLUSIVE MODE")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                migrate_database(conn)
        assert not index_is_valid(other)

        migrate_database(conn)

        assert index_is_valid(other)
        assert migrate_database(conn) == []


@pytest.fixture
def owner(empty_database, postgres):
    """The URL of a database of a plain owner, who may not create roles."""
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        admin.execute("DROP DATABASE empty")
        admin.execute("DROP ROLE IF EXISTS plain_owner")
        admin.execute("CREATE ROLE plain_owner LOGIN")
        admin.execute("CREATE DATABASE empty OWNER plain_owner")
    yield empty_database.replace("//cention@", "//plain_owner@")
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        admin.execute("DROP DATABASE empty WITH (FORCE)")
        admin.execute("DROP ROLE plain_owner")


def test_an_owner_without_further_rights_migrates_where_the_role_of_analysts_exists(
    terminal, environment, owner
):
    environment.setenv("DATABASE_URL", owner)

    result = terminal.run("migrate")

    assert result.exit_code == 0, result.stderr


def test_an_owner_who_may_not_create_the_role_of_analysts_is_told_how_to_get_it(
    terminal, environment, owner, monkeypatch
):
    environment.setenv("DATABASE_URL", owner)
    for name in ("analysts_exist", "create_analysts"):
        query = SQL[name].replace("cention_analyst", "analysts_elsewhere")
        monkeypatch.setitem(SQL, name, query)

    result = terminal.run("migrate")

    assert result.exit_code == 1
    assert "CREATE ROLE cention_analyst NOLOGIN" in result.stderr


def test_an_owner_who_may_not_create_the_role_of_figures_migrates_and_is_told_how_to_get_it(
    terminal, environment, owner, monkeypatch
):
    environment.setenv("DATABASE_URL", owner)
    for name in ("figures_exist", "create_figures", "wrong_for_figures"):
        query = SQL[name].replace("cention_figures", "figures_elsewhere")
        monkeypatch.setitem(SQL, name, query)

    first, second = terminal.run("migrate"), terminal.run("migrate")

    assert first.exit_code == 0, first.stderr
    assert "applied 0001_intake.sql" in first.stdout
    assert "CREATE ROLE cention_figures NOLOGIN, then: cention migrate" in second.stdout


def test_rights_of_the_role_of_figures_that_are_wrong_are_found_and_mended(
    terminal, environment, empty_database
):
    terminal.run("migrate")
    with psycopg.connect(empty_database) as conn:
        conn.execute("REVOKE ALL ON analyst.area_day FROM cention_figures")
        conn.execute("GRANT SELECT ON analyst.survey_answer TO cention_figures")

    found = [one for one in terminal.json("check") if one["about"] == "analysts"]
    assert [(one["level"], one["remedy"]) for one in found] == [("wrong", "Run: cention migrate")]
    assert "analyst.area_day." in found[0]["sentence"]

    terminal.run("migrate")

    assert "analysts" not in {one["about"] for one in terminal.json("check")}


def test_grants_that_a_restore_has_lost_are_found_and_given_again(
    terminal, environment, empty_database
):
    terminal.run("migrate")
    with psycopg.connect(empty_database) as conn:
        conn.execute("REVOKE ALL ON ALL TABLES IN SCHEMA analyst, cention FROM cention_analyst")
        conn.execute("REVOKE USAGE ON SCHEMA analyst FROM cention_analyst")

    found = {one["about"]: one for one in terminal.json("check")}
    assert found["analysts"]["level"] == "wrong"
    assert found["analysts"]["remedy"] == "Run: cention migrate"

    terminal.run("migrate")

    assert "analysts" not in {one["about"] for one in terminal.json("check")}


def test_triggers_of_a_table_that_is_in_use_are_made_by_the_next_migration(empty_database):
    with (
        psycopg.connect(empty_database, options=LIMITS) as conn,
        psycopg.connect(empty_database, autocommit=True) as writer,
    ):
        migrate_database(writer)
        writer.execute("DELETE FROM intake.migration WHERE name LIKE '0048%'")
        with writer.transaction():
            writer.execute(
                "INSERT INTO cention.errand_action (workspace, action_id, errand_id, fetched_at)"
                " VALUES ('demo', 1, 1, now())"
            )
            with pytest.raises(psycopg.errors.LockNotAvailable):
                migrate_database(conn)
            conn.rollback()

            limits = conn.execute("SHOW lock_timeout").fetchone()
            limits += conn.execute("SHOW statement_timeout").fetchone()
            assert limits == ("7s", "9min")
            conn.rollback()
        assert migrate_database(conn) == ["0048_marks_by_row.concurrently.sql"]


def test_a_migration_waits_for_another_that_makes_triggers(empty_database):
    with (
        psycopg.connect(empty_database) as conn,
        psycopg.connect(empty_database, autocommit=True) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        migrate_database(other)
        other.execute("DELETE FROM intake.migration WHERE name LIKE '0048%'")
        with advisory_locks.hold(other, "cention.migrate.indexes", slots=1):
            done = pool.submit(migrate_database, conn)
            tried = "SELECT query FROM pg_stat_activity WHERE pid = %s"
            assert eventually(
                lambda: (
                    "advisory_lock(" in other.execute(tried, [conn.info.backend_pid]).fetchone()[0]
                )
            )
            assert not done.done()

        assert done.result() == ["0048_marks_by_row.concurrently.sql"]
