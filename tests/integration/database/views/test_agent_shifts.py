"""analyst.agent_shift and the hours of analyst.agent_day: log-ins and log-outs become hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

NOON = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)  # in Stockholm


def logs(centre, login_name, action, at, *, occurrence=1):
    centre.put(
        "cention.agent_logon",
        workspace="demo",
        login_name=login_name,
        happened_at=at,
        action=action,
        occurrence=occurrence,
        fetched_at=at,
    )


def works(centre, login_name, *spans):
    for begin, end in spans:
        logs(centre, login_name, "Login", begin)
        logs(centre, login_name, "Logout", end)


def clocked(centre, zone):
    centre.query("UPDATE cention.workspace SET timezone = %s RETURNING 1", zone)


def shifts(centre, *names):
    names = names or ("state", "day", "hours")
    found = centre.days(
        "SELECT * FROM analyst.agent_shift ORDER BY login_name, day, from_at, shift_ended_at"
    )
    return [tuple(row[name] for name in names) for row in found]


def days(centre, *names):
    columns = ("day", "agent_name", "login_names", "logged_in_hours", *names)
    found = centre.days("SELECT * FROM analyst.agent_day ORDER BY agent_id, login_names, day")
    return [tuple(row[name] for name in columns) for row in found]


def mapped(centre, login_name, agent_id, name):
    centre.query(
        "INSERT INTO cention.agent VALUES ('demo', %s, %s, now())"
        " ON CONFLICT DO NOTHING RETURNING 1",
        agent_id,
        name,
    )
    centre.put("cention.agent_login", workspace="demo", login_name=login_name, agent_id=agent_id)


def hours(number):
    return timedelta(hours=number)


def test_a_log_in_and_the_log_out_next_after_it_are_a_shift(centre):
    works(centre, "joe", (NOON, NOON + hours(1.5)), (NOON + hours(3), NOON + hours(4)))

    assert shifts(centre, "state", "shift_began_at", "shift_ended_at", "hours") == [
        ("complete", NOON, NOON + hours(1.5), Decimal("1.5")),
        ("complete", NOON + hours(3), NOON + hours(4), 1),
    ]


def test_a_log_out_of_another_agent_does_not_end_a_shift(centre):
    logs(centre, "joe", "Login", NOON)
    logs(centre, "eve", "Logout", NOON + hours(1))
    logs(centre, "joe", "Logout", NOON + hours(2))

    assert shifts(centre, "login_name", "state", "hours") == [
        ("eve", "no login", None),
        ("joe", "complete", 2),
    ]


def test_a_log_out_without_log_in_is_shown_without_hours(centre):
    logs(centre, "joe", "Logout", NOON)
    works(centre, "joe", (NOON + hours(1), NOON + hours(2)))
    logs(centre, "joe", "Logout", NOON + hours(3))

    assert shifts(centre, "state", "shift_began_at", "shift_ended_at", "hours") == [
        ("complete", NOON + hours(1), NOON + hours(2), 1),
        ("no login", None, NOON, None),
        ("no login", None, NOON + hours(3), None),
    ]


def test_a_log_in_after_which_comes_another_has_no_end_and_no_hours(centre):
    logs(centre, "joe", "Login", NOON)
    works(centre, "joe", (NOON + hours(2), NOON + hours(3)))

    assert shifts(centre, "state", "shift_began_at", "shift_ended_at", "hours") == [
        ("complete", NOON + hours(2), NOON + hours(3), 1),
        ("no logout", NOON, None, None),
    ]


def test_a_running_shift_ends_where_log_ons_are_no_longer_known(centre):
    [clock] = centre.query("SELECT date_trunc('second', now()) AS now")
    began = clock["now"] - timedelta(minutes=30)
    centre.put("intake.agent_logon_reach", workspace="demo", until_at=began + timedelta(minutes=24))
    logs(centre, "joe", "Login", began)

    found = centre.days("SELECT * FROM analyst.agent_shift")

    assert {row["state"] for row in found} == {"running"}
    assert {row["shift_ended_at"] for row in found} == {None}
    assert sum(row["hours"] for row in found) == Decimal("0.4")


def test_an_agent_who_has_just_logged_in_has_no_hours_yet(centre):
    [clock] = centre.query("SELECT date_trunc('second', now()) AS now")
    centre.put("intake.agent_logon_reach", workspace="demo", until_at=clock["now"] - hours(1))
    logs(centre, "joe", "Login", clock["now"])

    assert shifts(centre, "state", "hours") == [("running", None)]


def test_a_shift_without_log_out_is_not_running_after_a_day(centre):
    [clock] = centre.query("SELECT now() AS now")
    logs(centre, "joe", "Login", clock["now"] - hours(25))

    assert shifts(centre, "state", "shift_ended_at", "hours") == [("no logout", None, None)]


def test_equal_events_of_one_second_count_once(centre):
    works(centre, "joe", (NOON, NOON + hours(1)))
    logs(centre, "joe", "Login", NOON, occurrence=2)
    logs(centre, "joe", "Logout", NOON + hours(1), occurrence=2)

    assert shifts(centre, "state", "hours") == [("complete", 1)]


def test_out_and_in_within_one_second_is_one_shift_after_another(centre):
    works(centre, "joe", (NOON, NOON + hours(1)), (NOON + hours(1), NOON + hours(3)))

    assert shifts(centre, "state", "hours") == [("complete", 1), ("complete", 2)]


def test_actions_are_case_insensitive_and_unknown_ones_are_ignored(centre):
    logs(centre, "joe", "LOGIN", NOON)
    logs(centre, "joe", "Pause", NOON + hours(1))
    logs(centre, "joe", "logout", NOON + hours(2))

    assert shifts(centre, "state", "hours") == [("complete", 2)]


def test_a_shift_over_midnight_is_split_by_the_clock_of_the_workspace(centre):
    """23:00 UTC is midnight in Stockholm."""
    begin = datetime(2026, 3, 10, 21, 0, tzinfo=UTC)
    works(centre, "joe", (begin, begin + hours(29)))

    assert shifts(centre) == [
        ("complete", date(2026, 3, 10), 2),
        ("complete", date(2026, 3, 11), 24),
        ("complete", date(2026, 3, 12), 3),
    ]
    assert shifts(centre, "from_at", "to_at")[1] == (
        datetime(2026, 3, 10, 23, 0, tzinfo=UTC),
        datetime(2026, 3, 11, 23, 0, tzinfo=UTC),
    )


def test_a_shift_that_ends_at_midnight_has_no_part_on_the_next_day(centre):
    midnight = datetime(2026, 3, 10, 23, 0, tzinfo=UTC)
    works(centre, "joe", (midnight - hours(2), midnight))

    assert shifts(centre) == [("complete", date(2026, 3, 10), 2)]


@pytest.mark.parametrize(
    ("day", "length"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)]
)
def test_a_day_on_which_clocks_are_changed_has_its_own_length(centre, day, length):
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC) - hours(30)
    works(centre, "joe", (begin, begin + hours(100)))

    found = {row[0]: row[1] for row in shifts(centre, "day", "hours")}

    assert found[day] == length
    assert sum(found.values()) == 100


@pytest.mark.parametrize(
    ("zone", "at"),
    [
        ("Atlantic/Azores", datetime(2026, 10, 24, 23, 0, tzinfo=UTC)),  # 01:00 back to 00:00
        ("America/Havana", datetime(2026, 11, 1, 3, 0, tzinfo=UTC)),  # 01:00 back to 00:00
        ("Asia/Beirut", datetime(2026, 3, 28, 20, 0, tzinfo=UTC)),  # 00:00 on to 01:00
        ("Africa/Cairo", datetime(2026, 10, 29, 19, 0, tzinfo=UTC)),  # 00:00 back to 23:00
        ("Pacific/Apia", datetime(2011, 12, 29, 8, 0, tzinfo=UTC)),  # a day left out
        ("Asia/Kathmandu", datetime(2026, 3, 10, 15, 0, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("minutes", [7, 90, 1000, 5000])
def test_no_minute_is_lost_or_counted_twice_where_midnight_itself_is_changed(
    centre, zone, at, minutes
):
    clocked(centre, zone)
    for late in range(0, 240, 20):
        begin = at + timedelta(minutes=late)
        works(centre, f"agent {late}", (begin, begin + timedelta(minutes=minutes)))

    found = centre.days(
        "SELECT login_name, sum(to_at - from_at) AS lasted, count(*) AS days,"
        " count(DISTINCT day) AS different FROM analyst.agent_shift GROUP BY 1"
    )

    assert {row["lasted"] for row in found} == {timedelta(minutes=minutes)}
    assert all(row["days"] == row["different"] for row in found)


def test_an_unmapped_login_name_has_rows_of_its_own(centre):
    centre.report(1, arrived_at=NOON, answered_at=None, agent_id=31, agent_name="Joe Doe")
    works(centre, "joe", (NOON, NOON + hours(2)))

    assert days(centre, "arrived") == [
        (date(2026, 3, 10), "Joe Doe", None, None, 1),
        (date(2026, 3, 10), None, ["joe"], 2, 0),
    ]


def test_the_hours_of_a_mapped_login_name_are_beside_the_errands(centre):
    centre.report(1, arrived_at=NOON, answered_at=None, agent_id=31, agent_name="Joe Doe")
    works(centre, "joe", (NOON, NOON + hours(2)), (NOON + hours(24), NOON + hours(25)))
    mapped(centre, "joe", 31, "Joe Doe")

    assert days(centre, "arrived", "unpaired_logons") == [
        (date(2026, 3, 10), "Joe Doe", ["joe"], 2, 1, 0),
        (date(2026, 3, 11), "Joe Doe", ["joe"], 1, 0, 0),
    ]


def test_times_under_two_names_of_one_agent_count_once(centre):
    works(centre, "joe", (NOON, NOON + hours(2)))
    works(centre, "joe2", (NOON + hours(1), NOON + hours(3)), (NOON + hours(4), NOON + hours(5)))
    mapped(centre, "joe", 31, "Joe Doe")
    mapped(centre, "joe2", 31, "Joe Doe")

    assert days(centre) == [(date(2026, 3, 10), "Joe Doe", ["joe", "joe2"], 4)]


def test_hours_that_are_missing_are_counted(centre):
    logs(centre, "joe", "Logout", NOON)
    logs(centre, "joe", "Login", NOON + hours(1))
    works(centre, "joe", (NOON + hours(2), NOON + hours(3)))

    assert days(centre, "unpaired_logons") == [(date(2026, 3, 10), None, ["joe"], 1, 2)]


def test_the_sum_of_arrived_is_still_the_number_of_errands(centre):
    centre.report(1, arrived_at=NOON, answered_at=None, agent_id=31, agent_name="Joe Doe")
    centre.report(2, arrived_at=NOON, answered_at=None, agent_id=None, agent_name=None)
    works(centre, "joe", (NOON, NOON + hours(2)))
    works(centre, "eve", (NOON, NOON + hours(2)))

    [found] = centre.days("SELECT sum(arrived) AS n, count(*) AS rows FROM analyst.agent_day")

    assert (found["n"], found["rows"]) == (2, 4)


def test_an_analyst_may_ask_for_both(centre):
    centre.conn.execute("SET LOCAL ROLE cention_analyst")

    found = [centre.query(f"SELECT * FROM analyst.{view}") for view in ("agent_shift", "agent_day")]

    assert found == [[], []]
