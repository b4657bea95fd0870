"""No lock is left in a connection that goes back to its pool."""

from __future__ import annotations

import psycopg
import pytest

from workers.database import advisory_locks

HELD = "SELECT count(*) AS held FROM pg_locks WHERE locktype = 'advisory' AND database = ("
HELD += "SELECT oid FROM pg_database WHERE datname = current_database())"


@pytest.fixture
def session(offline_bridge):
    return offline_bridge.context.session


def held(bridge) -> int:
    [row] = bridge.rows(HELD)
    return int(row["held"])


def test_while_a_slot_is_held_no_other_is(offline_bridge, session):
    freed: list[list[int]] = []
    with session() as conn, advisory_locks.hold(conn, "x", slots=3, on_free=freed.append) as slot:
        assert (slot, freed, held(offline_bridge)) == (0, [[0, 1, 2]], 1)

    assert held(offline_bridge) == 0


def test_an_error_in_the_block_leaves_no_lock(offline_bridge, session):
    with (
        pytest.raises(ZeroDivisionError),
        session() as conn,
        advisory_locks.hold(conn, "x", slots=2),
    ):
        raise ZeroDivisionError

    assert held(offline_bridge) == 0


def test_slots_that_others_hold_are_not_free(offline_bridge, session):
    freed: list[list[int]] = []
    with (
        session() as conn,
        session() as other,
        session() as last,
        advisory_locks.hold(conn, "x", slots=2) as first,
        advisory_locks.hold(other, "x", slots=2, on_free=freed.append) as second,
        advisory_locks.hold(last, "x", slots=2, on_free=freed.append) as third,
    ):
        assert (first, second, third, freed) == (0, 1, None, [[1]])


def test_an_error_while_free_slots_are_looked_at_leaves_no_lock(offline_bridge, session):
    def fail(slots: list[int]) -> None:
        raise ZeroDivisionError

    with (
        pytest.raises(ZeroDivisionError),
        session() as conn,
        advisory_locks.hold(conn, "x", slots=2, on_free=fail),
    ):
        pass

    assert held(offline_bridge) == 0


def test_a_connection_that_cannot_release_its_lock_is_closed(offline_bridge, session):
    """Here it is in a transaction that has failed."""
    with session() as conn:
        held_by = advisory_locks.hold(conn, "x", slots=1)
        held_by.__enter__()
        conn.execute("BEGIN")
        with pytest.raises(psycopg.errors.DivisionByZero):
            conn.execute("SELECT 1/0")

        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            held_by.__exit__(None, None, None)

        assert conn.closed
    with session() as another, advisory_locks.hold(another, "x", slots=1) as slot:
        assert slot == 0


def test_a_connection_that_may_have_taken_some_of_its_locks_is_closed(
    offline_bridge, session, monkeypatch
):
    """Here the statement fails once it has taken them."""
    failing = (
        "SELECT name, 1 / (2 - place) FROM unnest(%(names)s::text[]) WITH ORDINALITY"
        " AS lock (name, place) WHERE pg_try_advisory_lock(hashtextextended(name, 0))"
    )
    monkeypatch.setattr(advisory_locks, "SQL", {**advisory_locks.SQL, "try_locks": failing})
    with (
        session() as conn,
        pytest.raises(psycopg.errors.DivisionByZero),
        advisory_locks.hold_free(conn, ["a", "b"]),
    ):
        pass

    assert conn.closed
