"""How many records are wanted, as triggers count it."""

from __future__ import annotations

from importlib import resources

import pytest

from tests.integration.bridge import RATINGS
from workers.operations.store import status
from workers.sync.store import wanted

COUNTED = "SELECT workspace, family, wanted FROM intake.wanted_figure"
ROWS = "SELECT count_id, number FROM intake.wanted_count"
THREE = [{"workspace": "demo", "family": "facebook_ratings", "wanted": 3}]
MIGRATION = "migrations/0047_wanted_counts.concurrently.sql"


def recount(bridge):
    """Run the statement of the migration that counts what is on the list already."""
    text = (resources.files("workers.database") / MIGRATION).read_text("utf-8")
    [statement] = [one for one in text.split(";\n") if one.startswith("INSERT INTO")]
    bridge.execute(statement)


def test_records_are_counted_as_they_come_and_leave_and_not_after_a_rollback(bridge):
    bridge.want(RATINGS, 1, 2, 3, 4)
    bridge.want(RATINGS, 4)  # is on the list already
    bridge.execute("DELETE FROM intake.wanted WHERE remote_id = 4")
    with bridge.context.session() as conn, conn.transaction(force_rollback=True):
        wanted.want(conn, "demo", RATINGS, [5])

    assert bridge.rows(COUNTED) == THREE


@pytest.mark.parametrize("number", [8, 1_005, 1_006, 3_000])
def test_each_state_of_a_record_is_counted_once(bridge, number):
    """Up to a thousand due records are counted one by one."""
    bridge.want(RATINGS, *range(1, number + 1))
    bridge.execute("UPDATE intake.wanted SET parked_at = now() WHERE remote_id IN (1, 2)")
    bridge.execute(
        "UPDATE intake.wanted SET due_at = now() + interval '1 hour' WHERE remote_id = 3"
    )
    with bridge.context.session() as conn:
        claimed = wanted.claim(conn, "demo", RATINGS, slot=0, limit=2, lease_s=60)
        [family] = [one for one in status.families(conn) if one.family == RATINGS]

    assert len(claimed.records) == 2
    assert (family.wanted, family.due) == (number, number - 5)
    assert (family.claimed, family.parked) == (2, 2)


def test_what_was_on_the_list_before_it_was_counted_is_counted_once(bridge):
    bridge.want(RATINGS, 1, 2)
    bridge.execute("DELETE FROM intake.wanted_count")
    bridge.want(RATINGS, 3)

    for _ in range(2):  # a migration that failed is repeated
        recount(bridge)

    assert bridge.rows(COUNTED) == THREE


def test_adding_up_changes_no_count_and_leaves_one_row(bridge):
    for remote_id in (1, 2, 3):
        bridge.want(RATINGS, remote_id)
    with bridge.context.session() as conn:
        wanted.add_up_counts(conn, most=3)
        few = bridge.rows(ROWS)
        wanted.add_up_counts(conn, most=2)

    assert [row["number"] for row in few] == [1, 1, 1]
    assert [row["number"] for row in bridge.rows(ROWS)] == [3]
    assert bridge.rows(COUNTED) == THREE
