"""intake.activity_minute: what was received and fetched in each minute, and how long it waited."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from structlog.testing import capture_logs

from tests.integration.bridge import RATINGS, REPORTS, Bridge, raising
from tests.integration.conftest import context_of
from tests.integration.privacy.centre import new_callback
from tests.support.settings import SETTINGS
from workers.clients import errors
from workers.config.settings import Retention
from workers.database import connections
from workers.operations.jobs.sweep import record_waits
from workers.privacy.jobs.retention import retain
from workers.sync.jobs.family_spec import PlainDocument
from workers.sync.store import activity, callbacks, polls
from workers.tasks import base, maintenance
from workers.tasks.base import BridgeTask

COUNTS = (
    "SELECT coalesce(sum(stored), 0)::int AS stored,"
    " coalesce(sum(unreadable), 0)::int AS unreadable, coalesce(sum(failed), 0)::int AS failed"
    " FROM intake.activity_minute WHERE family = %s"
)
STATUSES = (
    "SELECT status, sum(number::int)::int AS number FROM intake.activity_minute,"
    " jsonb_each_text(by_status) AS s (status, number) GROUP BY status"
)
KNOWN = (("demo", RATINGS), ("demo", REPORTS))


def counts(bridge, family=RATINGS):
    [row] = bridge.rows(COUNTS, family)
    return row["stored"], row["unreadable"], row["failed"]


def statuses(bridge):
    return {row["status"]: row["number"] for row in bridge.rows(STATUSES)}


def waits(bridge):
    rows = bridge.rows("SELECT family, oldest_wait_s FROM intake.activity_minute")
    return {row["family"]: row["oldest_wait_s"] for row in rows}


@pytest.fixture
def bridge(offline_bridge):
    return offline_bridge


def test_stored_records_are_counted_with_their_statuses(bridge, ratings):
    for _ in range(2):
        bridge.want(RATINGS, 1, 2)
        bridge.drain(ratings.spec())

    assert counts(bridge) == (4, 0, 0)
    assert statuses(bridge) == {"200": 4}


def answering(document):
    """Return a fetch function that returns ``document``."""
    return lambda _: PlainDocument(document=document)


@pytest.mark.parametrize(
    ("fetch", "outcome", "counted", "status"),
    [
        (raising(errors.Busy("busy", api="cention", status=503)), "failed", (0, 0, 1), "503"),
        (raising(errors.Unreachable("down", api="cention")), "failed", (0, 0, 1), "none"),
        (raising(ValueError("a bug")), "failed", (0, 0, 1), "none"),
        (answering({"data": 7}), "unparseable", (0, 1, 0), "200"),
        (answering({"data": None}), "missing", (0, 0, 0), "404"),
        (raising(errors.NotFound("no", api="cention", status=404)), "missing", (0, 0, 0), "404"),
    ],
)
def test_a_fetch_that_stores_nothing_is_counted_by_its_outcome_and_status(
    bridge, ratings, fetch, outcome, counted, status
):
    bridge.want(RATINGS, 1)

    result = bridge.drain(ratings.spec(fetch=fetch))

    assert result.outcomes == {outcome: 1}  # as in intake.work_count
    assert counts(bridge) == counted
    assert statuses(bridge) == {status: 1}


def test_a_record_that_was_written_by_another_is_not_counted(bridge, ratings):
    bridge.want(RATINGS, 1)
    ratings.after_answer = lambda _: bridge.end_leases()

    bridge.drain(ratings.spec())

    assert counts(bridge) == (0, 0, 0)


@pytest.fixture
def no_count(monkeypatch):
    """No count is possible."""

    def refuse(*_, **__):
        raise psycopg.OperationalError

    monkeypatch.setattr(activity, "count_fetches", refuse)
    monkeypatch.setattr(activity, "count_callbacks", refuse)


def test_records_whose_count_fails_are_done_and_end_a_pause(bridge, ratings, no_count):
    with bridge.context.session() as conn:
        polls.pause(conn, "demo", RATINGS, reason="refused", for_s=60)
    bridge.end_pauses()
    bridge.want(RATINGS, 1)

    with capture_logs() as logged:
        result = bridge.drain(ratings.spec())

    assert result.claimed == 1
    assert bridge.rows("SELECT FROM cention.facebook_rating") == [{}]
    assert bridge.wanted_ids() == []
    assert bridge.rows("SELECT FROM intake.pause") == []
    assert counts(bridge) == (0, 0, 0)
    assert [one["event"] for one in logged].count("work done and not counted") == 1


def receive(bridge, documents, *, at):
    new = [new_callback(document) for document in documents]
    with bridge.context.transaction() as conn:
        callbacks.insert(conn, new)
    bridge.execute("UPDATE intake.callback SET received_at = %s WHERE filed_at IS NULL", at)


def test_callbacks_are_counted_in_the_minute_in_which_they_were_received(bridge, document):
    sample = document("callback_answer_errand")
    del sample["meta"]
    at = datetime(2026, 3, 10, 9, 30, 59, tzinfo=UTC)
    receive(bridge, [sample, {"no": "callback"}], at=at)
    bridge.file()
    receive(bridge, [sample | {"id": "another"}], at=at + timedelta(seconds=1))
    bridge.file()
    bridge.file()

    rows = bridge.rows(
        "SELECT minute_at, callbacks, stored, unreadable, failed FROM intake.activity_minute"
        " WHERE family = 'callbacks' ORDER BY minute_at"
    )

    first = at.replace(second=0)
    assert [tuple(row.values()) for row in rows] == [
        (first, 2, 1, 1, 0),
        (first + timedelta(minutes=1), 1, 1, 0, 0),
    ]


def test_callbacks_whose_count_fails_are_filed_and_nudge_as_others(bridge, document, no_count):
    receive(bridge, [document("callback_answer_errand")], at=datetime.now(UTC))

    with capture_logs() as logged:
        filed = bridge.file()

    assert filed.callbacks == 1
    assert REPORTS in filed.families
    assert bridge.rows("SELECT FROM intake.callback WHERE filed_at IS NULL") == []
    assert counts(bridge, "callbacks") == (0, 0, 0)
    assert [one["event"] for one in logged].count("work done and not counted") == 1


def test_several_workers_count_in_the_same_minutes_without_a_deadlock(bridge, database):
    """Each gives other minutes in another order; nobody waits for good, and nothing is lost."""
    minutes = [datetime(2026, 3, 10, 9, minute, tzinfo=UTC) for minute in range(60)]

    def work(number):
        chance = Random(number)
        with connections.connect(database) as conn:
            conn.autocommit = True
            for _ in range(30):
                received = chance.sample(minutes, 20)
                activity.count_callbacks(conn, "demo", filed=received, rejected=[])
                activity.count_fetches(conn, "demo", RATINGS, activity.Fetches(stored=1))
                activity.record_waits(conn, chance.sample(KNOWN, 2), ["demo"])

    with ThreadPoolExecutor(4) as workers:
        for done in [workers.submit(work, number) for number in range(4)]:
            done.result()

    assert counts(bridge, "callbacks") == (4 * 30 * 20, 0, 0)
    assert counts(bridge) == (4 * 30, 0, 0)


def test_a_drain_counts_after_its_commit_so_that_nobody_waits_for_it(bridge, ratings, monkeypatch):
    count, seen = activity.count_fetches, []

    def observed(conn, *arguments):
        seen.append(conn.info.transaction_status)
        count(conn, *arguments)

    monkeypatch.setattr(activity, "count_fetches", observed)
    bridge.want(RATINGS, 1)
    bridge.drain(ratings.spec())

    assert seen == [TransactionStatus.IDLE]


@pytest.mark.parametrize(
    "count",
    [
        lambda c: activity.count_fetches(c, "demo", RATINGS, activity.Fetches(stored=1)),
        lambda c: activity.count_callbacks(c, "demo", filed=[datetime.now(UTC)], rejected=[]),
    ],
)
def test_a_count_does_not_wait_for_the_disk_and_other_writes_do(bridge, count):
    with bridge.context.session() as conn:
        conn.execute("SET SESSION synchronous_commit = on")
        with conn.transaction():
            count(conn)
            within = conn.execute("SHOW synchronous_commit").fetchall()
        after = conn.execute("SHOW synchronous_commit").fetchall()

    assert (within, after) == ([("off",)], [("on",)])


def test_the_oldest_wait_is_recorded_for_records_and_callbacks(bridge, document):
    bridge.want(RATINGS, 1, 2)
    bridge.execute("UPDATE intake.wanted SET wanted_at = now() - interval '90 s'")
    receive(bridge, [{"one": 1}], at=datetime.now(UTC) - timedelta(seconds=30))

    record_waits(bridge.context.transaction, KNOWN, ["demo"])

    found = waits(bridge)
    assert found.keys() == {RATINGS, REPORTS, "callbacks"}
    assert found[RATINGS] >= 90
    assert found["callbacks"] >= 30
    assert found[REPORTS] == 0


def test_the_oldest_wait_is_that_of_every_record_whatever_was_tried(bridge):
    """Records are wanted, put off, released, parked or wait for their SLA, at random times."""
    chance = Random(5)
    for _ in range(60):
        bridge.execute("DELETE FROM intake.wanted")
        bridge.execute("DELETE FROM intake.activity_minute")
        for remote_id in range(chance.randrange(5)):
            wanted_s = chance.choice([-900, -60, -1, 60])
            put_off_s = chance.choice([0, 0, 30, 300, 5000])
            bridge.execute(
                "INSERT INTO intake.wanted (workspace, family, remote_id, wanted_at, due_at, looks,"
                " parked_at) VALUES ('demo', %s, %s, now() + make_interval(secs => %s),"
                " now() + make_interval(secs => %s), %s, CASE WHEN %s THEN now() END)",
                RATINGS,
                remote_id,
                wanted_s,
                wanted_s + put_off_s,
                chance.choice([0, 0, 0, 2]),
                chance.random() < 0.2,
            )
        [row] = bridge.rows(
            "SELECT coalesce(extract(epoch FROM now() - min(intake.waits_since(wanted_at, due_at,"
            " looks))), 0)::int AS s FROM intake.wanted WHERE parked_at IS NULL"
        )

        record_waits(bridge.context.transaction, KNOWN, ["demo"])

        assert abs(waits(bridge)[RATINGS] - max(row["s"], 0)) <= 5


def test_the_oldest_wait_is_found_without_reading_the_list(bridge):
    """Whatever is on the list, few of its pages are read."""
    bridge.execute(
        "INSERT INTO intake.wanted (workspace, family, remote_id)"
        " SELECT 'demo', %s, id FROM generate_series(1, 20000) AS id",
        RATINGS,
    )
    bridge.execute("ANALYZE intake.wanted")
    read = "SELECT seq_tup_read + idx_tup_fetch AS rows FROM pg_stat_xact_user_tables"
    with bridge.context.transaction() as conn:
        activity.record_waits(conn, KNOWN, ["demo"])
        [(rows,)] = conn.execute(f"{read} WHERE relname = 'wanted'").fetchall()

    assert rows < 20


def test_a_sweep_records_the_wait_of_callbacks_of_a_workspace_without_any_token(
    database, monkeypatch
):
    settings = replace(SETTINGS, database_url=database)
    with context_of(settings) as context:
        bridge = Bridge(context=context, database=database)
        receive(bridge, [{"one": 1}], at=datetime.now(UTC) - timedelta(seconds=30))
        for module in (base, maintenance):
            monkeypatch.setattr(module, "context", lambda: context)
        monkeypatch.setattr(BridgeTask, "nudge", lambda *_, **__: None)

        maintenance.sweep()

        assert context.families == {}
        [wait_s] = waits(bridge).values()
        assert wait_s >= 30


def test_waits_are_recorded_once_a_minute(bridge):
    with bridge.context.transaction() as conn:
        activity.record_waits(conn, KNOWN, ["demo"])
        conn.execute("UPDATE intake.activity_minute SET oldest_wait_s = 1234")
        activity.record_waits(conn, KNOWN, ["demo"])  # at the same now()

    assert set(waits(bridge).values()) == {1234}


def test_a_minute_with_counts_gets_its_wait_as_well(bridge):
    with bridge.context.transaction() as conn:
        activity.count_fetches(conn, "demo", RATINGS, activity.Fetches(stored=3))
        activity.record_waits(conn, KNOWN, ["demo"])

    assert counts(bridge) == (3, 0, 0)
    assert waits(bridge)[RATINGS] == 0


def test_minutes_are_kept_for_eight_days(bridge):
    for hours in (8 * 24 - 1, 8 * 24 + 1):
        bridge.execute(
            "INSERT INTO intake.activity_minute (workspace, family, minute_at, stored)"
            " VALUES ('demo', %s, now() - make_interval(hours => %s), %s)",
            RATINGS,
            hours,
            hours,
        )

    retain(Retention(), session=bridge.context.session)

    assert counts(bridge) == (8 * 24 - 1, 0, 0)
