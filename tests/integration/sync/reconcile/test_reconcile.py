"""Reconciliation finds every record that was reported and lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from workers.config.names import Family, Queue
from workers.sync.jobs import reconcile
from workers.sync.store import completeness, wanted

pytestmark = pytest.mark.usefixtures("one_day")

REPORTS, RATINGS = Family.ERRAND_REPORTS, Family.FACEBOOK_RATINGS
STATES = ("stored", "pending", "parked", "unreadable", "gone", "missing")


@pytest.fixture(autouse=True)
def migrated(terminal):
    terminal.run("migrate")


def counts(terminal, family=REPORTS):
    """Return the counts of a family on the last day that are not zero."""
    found = [day for day in terminal.json("reconcile")["days"] if day["family"] == family]
    last = found[-1] if found else {}
    return {state: last[state] for state in STATES if last.get(state)}


def lose(bridge, errand_id):
    """Lose a record, as no code of ours does: delete it from the list and the tables."""
    bridge.rows("DELETE FROM intake.wanted WHERE remote_id = %s", errand_id)
    bridge.rows("DELETE FROM cention.errand WHERE errand_id = %s", errand_id)


def report_again(bridge, errand_id):
    with bridge.context.transaction() as conn:
        wanted.want(conn, "demo", REPORTS, [errand_id])
        completeness.record_reported(conn, "demo", REPORTS, [errand_id])


def list_changes(terminal):
    assert terminal.run("poll").exit_code == 0


def test_fetched_records_are_stored_and_listed_ones_are_pending(terminal, bridge, errands):
    errands(2)
    bridge.fetch(REPORTS)
    errands(3)
    list_changes(terminal)

    assert counts(terminal) == {"stored": 2, "pending": 3}
    assert terminal.run("reconcile").exit_code == 0


def test_a_day_without_reports_is_listed(terminal):
    days = terminal.json("reconcile")["days"]

    assert [(day["family"], day["reported"]) for day in days] == [(REPORTS, 0), (RATINGS, 0)]


def test_a_record_lost_from_the_list_before_it_was_fetched_is_missing(terminal, bridge, errands):
    first, _ = errands(2)
    list_changes(terminal)
    lose(bridge, first)

    result = terminal.run("reconcile")

    assert result.exit_code == 1
    assert f"MISSING  demo errand_reports {first}\n" in result.stdout
    assert counts(terminal) == {"pending": 1, "missing": 1}


def test_a_missing_record_is_stored_after_repair(terminal, bridge, cention, errands):
    """Nothing else would fetch it: Cention has cleared its flag and no longer lists it."""
    first, second = errands(2)
    bridge.fetch(REPORTS)
    lose(bridge, first)
    assert cention.dirty_errands() == []
    assert counts(terminal) == {"stored": 1, "missing": 1}

    result = terminal.run("reconcile", "--repair")
    assert "1 missing record will be fetched again." in result.stdout
    assert result.exit_code == 0
    assert bridge.nudges(Queue.FETCH) == 1
    assert counts(terminal) == {"stored": 1, "pending": 1}

    bridge.fetch(REPORTS)
    assert counts(terminal) == {"stored": 2}
    found = bridge.rows("SELECT errand_id FROM cention.errand ORDER BY errand_id")
    assert [row["errand_id"] for row in found] == [first, second]


def test_a_change_reported_after_the_last_fetch_and_then_lost_is_missing(
    terminal, bridge, cention, errands
):
    """There is a row, but older than the reported change."""
    [errand_id] = errands(1)
    bridge.fetch(REPORTS)
    cention.control(f"errands/{errand_id}/change", {})
    list_changes(terminal)
    assert counts(terminal) == {"pending": 1}

    bridge.rows("DELETE FROM intake.wanted")

    assert counts(terminal) == {"missing": 1}


def test_a_change_reported_while_its_errand_is_being_fetched_and_then_lost_is_missing(
    terminal, bridge, errands
):
    [errand_id] = errands(1)
    list_changes(terminal)
    bridge.rows("UPDATE intake.wanted SET claim = gen_random_uuid(), slot = 0")
    [before] = bridge.rows("SELECT clock_timestamp() AS at")
    list_changes(terminal)

    bridge.rows(
        "INSERT INTO cention.errand (workspace, errand_id, fetched_at) VALUES ('demo', %s, %s)",
        errand_id,
        before["at"],
    )
    bridge.rows("DELETE FROM intake.wanted")

    assert counts(terminal) == {"missing": 1}


def test_a_change_reported_while_its_errand_waits_for_its_sla_and_then_lost_is_missing(
    terminal, bridge, errands
):
    [errand_id] = errands(1)
    bridge.fetch(REPORTS)
    bridge.rows(
        "INSERT INTO intake.wanted (workspace, family, remote_id, wanted_at, due_at, looks)"
        " SELECT workspace, family, remote_id, reported_at, now() + interval '1 min', 1"
        " FROM intake.reported"
    )
    report_again(bridge, errand_id)
    bridge.rows("DELETE FROM intake.wanted")

    assert counts(terminal) == {"missing": 1}


def test_an_errand_that_was_gone_and_is_reported_again_and_then_lost_is_missing(
    terminal, bridge, errands
):
    [errand_id] = errands(1)
    bridge.fetch(REPORTS)
    bridge.rows("DELETE FROM intake.landed")
    bridge.rows("UPDATE cention.errand SET gone_at = fetched_at")
    assert counts(terminal) == {"gone": 1}

    report_again(bridge, errand_id)
    bridge.rows("DELETE FROM intake.wanted")

    assert counts(terminal) == {"missing": 1}


def test_parked_unreadable_and_gone_are_counted_apart_and_none_of_them_is_missing(
    terminal, bridge, errands
):
    parked, unreadable, gone, _ = errands(4)
    bridge.fetch(REPORTS)
    list_changes(terminal)
    bridge.rows("DELETE FROM cention.errand WHERE errand_id IN (%s, %s)", parked, unreadable)
    bridge.rows(
        "INSERT INTO intake.wanted (workspace, family, remote_id, parked_at)"
        " VALUES ('demo', 'errand_reports', %s, now())",
        parked,
    )
    bridge.rows("UPDATE intake.landed SET problem = '/data: odd' WHERE remote_id = %s", unreadable)
    bridge.rows("UPDATE cention.errand SET gone_at = now() WHERE errand_id = %s", gone)

    assert counts(terminal) == {"stored": 1, "parked": 1, "unreadable": 1, "gone": 1}
    assert terminal.run("reconcile", "--repair").exit_code == 0
    assert counts(terminal)["parked"] == 1


def test_ratings_are_counted_beside_reports(terminal, bridge, cention):
    cention.new_rating()
    bridge.fetch(RATINGS)
    cention.new_rating()
    list_changes(terminal)
    bridge.rows("DELETE FROM intake.wanted")

    assert counts(terminal, RATINGS) == {"stored": 1, "missing": 1}
    assert counts(terminal, REPORTS) == {}


@pytest.mark.parametrize(
    ("state", "expected"),
    [("wanted", "pending"), ("stored", "stored"), ("gone", "gone"), ("refused", "unreadable")],
)
def test_attachments_that_a_callback_names_are_counted_by_their_state(
    terminal, bridge, document, state, expected
):
    bridge.store_callback(document("callback_answer_errand"))
    bridge.file()
    if state != "wanted":
        bridge.rows("DELETE FROM intake.wanted")
        bridge.rows("UPDATE cention.attachment SET state = %s, fetched_at = now()", state)

    assert set(counts(terminal, Family.RESPONSE_ATTACHMENTS)) == {expected}


def test_an_errand_that_a_callback_names_counts_as_reported(terminal, bridge, document):
    bridge.store_callback(document("callback_answer_errand"))
    bridge.file()
    bridge.rows("DELETE FROM intake.wanted")

    assert counts(terminal) == {"missing": 1}
    assert set(counts(terminal, Family.RESPONSE_ATTACHMENTS)) == {"missing"}


def test_only_missing_records_are_marked_as_changed_and_only_when_requested(
    terminal, bridge, cention, errands
):
    first, _ = errands(2)
    bridge.fetch(REPORTS)
    lose(bridge, first)
    assert terminal.run("reconcile", "--mark-changed").exit_code == 2

    terminal.run("reconcile")
    assert cention.dirty_errands() == []
    result = terminal.run("reconcile", "--repair", "--mark-changed")

    assert result.stderr == "1 errand marked as changed at Cention.\n"
    assert cention.dirty_errands() == [first]


def test_marking_that_fails_is_printed_and_the_record_is_wanted_as_well(
    terminal, bridge, environment, errands
):
    [errand_id] = errands(1)
    bridge.fetch(REPORTS)
    lose(bridge, errand_id)
    environment.setenv("CENTION_TOKEN", "another-token")

    result = terminal.run("reconcile", "--repair", "--mark-changed")

    assert result.exit_code == 1
    assert result.stderr.startswith(
        "The records will be fetched again, but could not be marked in Cention: "
    )
    assert bridge.one("SELECT remote_id FROM intake.wanted") == errand_id


def test_a_repeated_list_costs_no_write(terminal, bridge, errands):
    errands(300)
    list_changes(terminal)
    rows = "SELECT remote_id, xmin::text, ctid::text FROM intake.reported ORDER BY remote_id"
    before = bridge.rows(rows)

    for _ in range(3):
        list_changes(terminal)

    assert len(before) == 300
    assert bridge.rows(rows) == before


def test_a_list_repeated_the_next_day_is_no_new_report(terminal, bridge, errands):
    errands(2)
    list_changes(terminal)
    bridge.rows("UPDATE intake.reported SET day = day - 1, reported_at = now() - interval '1 day'")
    bridge.rows("UPDATE intake.wanted SET wanted_at = now() - interval '2 days'")

    list_changes(terminal)

    assert bridge.one("SELECT count(*) FROM intake.reported") == 2


def test_an_errand_reported_on_two_days_counts_on_both(terminal, bridge, cention, errands):
    [errand_id] = errands(1)
    bridge.fetch(REPORTS)
    bridge.rows("UPDATE intake.reported SET day = day - 1")
    cention.control(f"errands/{errand_id}/change", {})
    list_changes(terminal)

    days = [day for day in terminal.json("reconcile")["days"] if day["family"] == REPORTS]

    assert [(day["stored"], day["pending"]) for day in days] == [(1, 0), (0, 1)]


def test_days_follow_the_time_zone_of_the_workspace(terminal, bridge, environment, errands):
    """One of these two zones always has another date than UTC, or both."""
    errands(1)
    days = {}
    for zone in ("Pacific/Kiritimati", "Pacific/Niue"):
        environment.setenv("CENTION_TIMEZONE", zone)
        terminal.run("migrate")
        bridge.rows("DELETE FROM intake.reported")
        list_changes(terminal)
        days[zone] = bridge.one("SELECT day FROM intake.reported")

    assert 1 <= (days["Pacific/Kiritimati"] - days["Pacific/Niue"]).days <= 2


def test_the_schedule_counts_every_ten_minutes_and_not_more_often(bridge, errands):
    errands(1)
    bridge.fetch(REPORTS)

    assert reconcile.reconcile_if_due(bridge.context.transaction) is True
    assert reconcile.reconcile_if_due(bridge.context.transaction) is False
    bridge.rows("UPDATE intake.completeness SET checked_at = now() - interval '10 min 1 s'")
    assert reconcile.reconcile_if_due(bridge.context.transaction) is True


def test_of_two_schedules_at_once_one_counts_and_both_commands_agree(terminal, bridge, errands):
    errands(5)
    bridge.fetch(REPORTS)

    with ThreadPoolExecutor(4) as executor:
        done = list(
            executor.map(lambda _: reconcile.reconcile_if_due(bridge.context.transaction), range(4))
        )

    assert sorted(done) == [False, False, False, True]
    assert counts(terminal) == {"stored": 5}


def test_analysts_see_the_counts_of_the_schedule_without_an_operator(bridge, errands):
    [errand_id] = errands(1)
    bridge.fetch(REPORTS)
    lose(bridge, errand_id)

    reconcile.reconcile_if_due(bridge.context.transaction)

    state = "SELECT state FROM analyst.freshness WHERE family = 'errand_reports'"
    assert bridge.one(state) == "missing"


def test_old_complete_days_lose_their_ids_and_keep_their_counts(terminal, bridge, errands):
    errands(2)
    bridge.fetch(REPORTS)
    bridge.rows("UPDATE intake.reported SET day = day - 31")
    errands(1)
    list_changes(terminal)
    bridge.rows("UPDATE intake.reported SET day = day - 40 WHERE day > now()::date - 9")

    reconcile.reconcile_if_due(bridge.context.transaction)

    assert bridge.one("SELECT count(*) FROM intake.reported") == 1
    found = bridge.rows(
        "SELECT stored, pending FROM intake.completeness WHERE reported > 0 ORDER BY day"
    )
    assert found == [{"stored": 0, "pending": 1}, {"stored": 2, "pending": 0}]
    assert terminal.run("reconcile").exit_code == 0


def test_a_past_complete_day_is_counted_by_the_command_only(terminal, bridge, errands):
    errands(2)
    bridge.fetch(REPORTS)
    bridge.rows("UPDATE intake.reported SET day = day - 3")
    reconcile.reconcile_if_due(bridge.context.transaction)
    before = "SELECT checked_at FROM intake.completeness WHERE reported = 2"
    counted_at = bridge.one(before)
    bridge.rows("UPDATE intake.completeness SET checked_at = checked_at - interval '11 min'")

    assert reconcile.reconcile_if_due(bridge.context.transaction) is True
    assert bridge.one(before) < counted_at
    terminal.run("reconcile")
    assert bridge.one(before) > counted_at


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
@pytest.mark.parametrize(("days_ago", "remaining"), [(30, 2), (31, 0)])
def test_the_age_of_a_day_follows_the_time_zone_of_its_workspace(
    bridge, errands, zone, days_ago, remaining
):
    """It is never the same day in both zones: at any hour one is a day off UTC."""
    bridge.rows("UPDATE cention.workspace SET timezone = %s", zone)
    errands(2)
    bridge.fetch(REPORTS)
    bridge.rows("UPDATE intake.reported SET day = day - %s", days_ago)

    reconcile.reconcile_if_due(bridge.context.transaction)

    assert bridge.one("SELECT count(*) FROM intake.reported") == remaining
