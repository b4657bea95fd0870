"""A record that Postgres or our own code rejects affects no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.integration.bridge import RATINGS, REPORTS, Bridge, FakeRatingsApi, answering
from workers.sync.jobs.drain import DrainResult

BATCH = range(1, 51)
POISONOUS = 23

Break = Callable[[Any], None]


def rejected_by_postgres(conn: Any) -> None:
    conn.execute(
        "SELECT 1 / (SELECT count(*) - 1 FROM pg_database WHERE datname = current_database())"
    )


def too_large_for_an_index(conn: Any) -> None:
    conn.execute("CREATE TEMP TABLE IF NOT EXISTS narrow (value text PRIMARY KEY)")
    conn.execute(
        "INSERT INTO narrow SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 500)"
    )


def duplicate_key(conn: Any) -> None:
    conn.execute("CREATE TEMP TABLE IF NOT EXISTS single (value text PRIMARY KEY)")
    conn.execute("INSERT INTO single VALUES ('a'), ('a')")


def internal_error(conn: Any) -> None:
    raise TypeError("str is not valid UTF-8")


def drain_with_bad_record(bridge: Bridge, ratings: FakeRatingsApi, break_: Break) -> DrainResult:
    def save(conn, workspace, records):
        spec.save(conn, workspace, records)
        if any(fetched.record.rating_id == POISONOUS for fetched in records):
            break_(conn)

    spec = ratings.spec()
    bridge.want(RATINGS, *BATCH)
    return bridge.drain(ratings.spec(save=save))


@pytest.mark.parametrize(
    ("break_", "problem"),
    [
        (rejected_by_postgres, "cannot be stored: DivisionByZero 22012"),
        (duplicate_key, "cannot be stored: UniqueViolation 23505"),
        (too_large_for_an_index, "cannot be stored: ProgramLimitExceeded 54000"),
        (internal_error, "cannot be stored: TypeError"),
    ],
)
def test_of_fifty_records_postgres_rejects_one_its_document_is_stored_and_the_others_are_written(
    offline_bridge, ratings, break_, problem
):
    bridge = offline_bridge

    drain_with_bad_record(bridge, ratings, break_)

    written = bridge.rows("SELECT rating_id FROM cention.facebook_rating ORDER BY 1")
    assert [row["rating_id"] for row in written] == [n for n in BATCH if n != POISONOUS]
    problems = bridge.rows(
        "SELECT remote_id, problem, document -> 'data' ->> 'id' AS id FROM intake.landed"
        " WHERE problem IS NOT NULL"
    )
    assert problems == [{"remote_id": POISONOUS, "problem": problem, "id": str(POISONOUS)}]
    assert bridge.wanted_ids() == []


def test_a_database_outage_is_not_the_fault_of_a_record(offline_bridge, ratings):
    def lose_the_database(conn):
        conn.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(psycopg.OperationalError):
        drain_with_bad_record(offline_bridge, ratings, lose_the_database)

    assert offline_bridge.rows("SELECT problem FROM intake.landed") == []
    assert offline_bridge.wanted_ids() == list(BATCH)


def test_a_record_whose_document_cannot_be_stored_parks_alone(offline_bridge, ratings):
    bridge = offline_bridge
    bridge.execute(f"ALTER TABLE intake.landed ADD CONSTRAINT no CHECK (remote_id <> {POISONOUS})")
    bridge.want(RATINGS, *BATCH)

    bridge.drain(ratings.spec())

    assert bridge.wanted_ids() == [POISONOUS]
    row = bridge.wanted(POISONOUS)
    assert row["parked_at"] is not None
    assert row["last_error"] == "CheckViolation 23514"


def test_an_internal_error_while_parsing_one_record_affects_only_that_record(
    offline_bridge, ratings
):
    bridge = offline_bridge
    spec = ratings.spec()

    def parse(rating_id, document, fetched):
        if rating_id == POISONOUS:
            raise ZeroDivisionError
        return spec.parse(rating_id, document, fetched)

    bridge.want(RATINGS, *BATCH)
    bridge.drain(ratings.spec(parse=parse))

    assert bridge.wanted_ids() == [POISONOUS]
    row = bridge.wanted(POISONOUS)
    assert (row["tries"], row["last_error"], row["parked_at"]) == (1, "ZeroDivisionError", None)


def test_an_address_of_any_length_can_be_stored(bridge, cention, errand, document):
    """The sender of a mail chooses it, and an index entry has a maximum size."""
    report = document("errand_report_33")
    address = "".join(chr(0x4E00 + n * 7919 % 20000) for n in range(4000)) + "@example.com"
    report["data"]["attributes"]["basic"]["data"]["fromAddress"] = address
    bridge.want(REPORTS, 33)

    bridge.drain(REPORTS, fetch=answering(report))

    assert bridge.rows("SELECT problem FROM intake.landed") == [{"problem": None}]
    assert bridge.rows("SELECT from_address FROM cention.errand") == [{"from_address": address}]


HOSTILE = "a\u0000b\ud800c"


@pytest.mark.parametrize("name", ["errand_report_33", "errand_report_2256"])
def test_characters_that_postgres_cannot_store_are_replaced_at_every_place(bridge, document, name):
    report = document(name)
    errand_id = int(report["data"]["id"])
    hostile = _with_hostile_texts(report)
    bridge.want(REPORTS, errand_id)

    bridge.drain(REPORTS, fetch=answering(hostile))

    assert bridge.rows("SELECT problem FROM intake.landed") == [{"problem": None}]
    [row] = bridge.rows("SELECT subject, from_name FROM cention.errand")
    assert row["subject"].endswith("a\ufffdb\ufffdc")
    assert row["from_name"].endswith("a\ufffdb\ufffdc")


def _with_hostile_texts(value: Any, key: str = "") -> Any:
    """Append unstorable characters to every key, and to texts but ids, types and dates."""
    if isinstance(value, dict):
        return {k: _with_hostile_texts(v, k) for k, v in value.items()} | {HOSTILE: HOSTILE}
    if isinstance(value, list):
        return [_with_hostile_texts(v, key) for v in value]
    exact = {"id", "type", "date", "answeredDate", "donedate", "attachments", "time"}
    return value + HOSTILE if isinstance(value, str) and key not in exact else value
