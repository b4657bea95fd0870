"""analyst.agent_day, area_day, tag_day: figures of arrived and answered errands by day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from schemas.cention.errand_reports import ErrandSla, Tag

TUESDAY = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
WEDNESDAY = TUESDAY + timedelta(days=1)
VIEWS = ("agent_day", "area_day", "tag_day")


@pytest.fixture
def add_errand(centre):
    """Store an errand that arrived on Tuesday; by default neither answered nor closed."""

    def arrive(errand_id, **changes):
        calm = {"answered": False, "closed": False, "answered_at": None, "sla": None}
        centre.report(errand_id, **({"arrived_at": TUESDAY} | calm | changes))

    return arrive


def sla(*, within=True, handling_s=0, response_s=0):
    return ErrandSla(
        sla_expiry=0,
        sla_done_due=False,
        within_sla=within,
        handling_time_s=handling_s,
        response_time_s=response_s,
    )


def days(centre, view="agent_day"):
    return {row["day"]: row for row in centre.days(f"SELECT * FROM analyst.{view}")}


@pytest.mark.parametrize("view", VIEWS)
def test_arrived_errands_are_counted_by_their_present_state(centre, add_errand, view):
    add_errand(1)
    add_errand(2, answered=True, answered_at=WEDNESDAY)
    add_errand(3, answered=True, answered_at=TUESDAY, closed=True)
    add_errand(4, deleted=True)
    add_errand(5)
    centre.gone(5)

    found = days(centre, view)[date(2026, 3, 10)]

    assert {k: found[k] for k in ("arrived", "answered", "closed", "deleted", "gone", "open")} == {
        "arrived": 5,
        "answered": 2,
        "closed": 1,
        "deleted": 1,
        "gone": 1,
        "open": 2,
    }


@pytest.mark.parametrize("view", VIEWS)
def test_the_work_of_a_day_is_what_was_answered_on_it(centre, add_errand, view):
    add_errand(1, answered=True, answered_at=WEDNESDAY)

    found = days(centre, view)

    assert {day: (row["arrived"], row["answered_on_day"]) for day, row in found.items()} == {
        date(2026, 3, 10): (1, 0),
        date(2026, 3, 11): (0, 1),
    }


def test_days_begin_by_the_workspaces_clock_in_winter_and_in_summer(centre, add_errand):
    add_errand(1, arrived_at=datetime(2026, 1, 10, 22, 59, tzinfo=UTC))
    add_errand(2, arrived_at=datetime(2026, 1, 10, 23, 0, tzinfo=UTC))
    add_errand(3, arrived_at=datetime(2026, 7, 10, 21, 59, tzinfo=UTC))
    add_errand(4, arrived_at=datetime(2026, 7, 10, 22, 0, tzinfo=UTC))

    assert sorted(days(centre)) == [
        date(2026, 1, 10),
        date(2026, 1, 11),
        date(2026, 7, 10),
        date(2026, 7, 11),
    ]


@pytest.mark.parametrize(
    ("zone", "first", "last"),
    [
        # Clocks are set back from 01:00 to 00:00, so that midnight comes twice.
        ("Atlantic/Azores", "2024-10-26 12:00Z", "2024-10-28 12:00Z"),
        # Clocks are set back from 24:00 to 23:00, so that the last hour comes twice.
        ("America/Asuncion", "2024-03-22 12:00Z", "2024-03-25 12:00Z"),
        # Clocks are set forward from 00:00 to 01:00, so that midnight does not come.
        ("Africa/Cairo", "2024-04-25 12:00Z", "2024-04-27 12:00Z"),
        # A whole day does not come.
        ("Pacific/Apia", "2011-12-29 00:00Z", "2012-01-01 12:00Z"),
    ],
)
def test_each_event_is_on_the_day_of_its_date_where_clocks_change_at_midnight(
    centre, add_errand, zone, first, last
):
    centre.query("UPDATE cention.workspace SET timezone = %s RETURNING 1", zone)
    at, end = datetime.fromisoformat(first), datetime.fromisoformat(last)
    while at < end:
        add_errand(int(at.timestamp()), arrived_at=at, answered=True, answered_at=at)
        at += timedelta(minutes=15)

    found = centre.query(
        "SELECT e.errand_id, d.day, o.arrived_on FROM analyst.errand_day AS d"
        " FULL JOIN (SELECT errand_id, unnest(ARRAY['arrived', 'answered']) AS event"
        " FROM cention.errand) AS e USING (errand_id, event)"
        " JOIN analyst.errand_overview AS o USING (errand_id)"
    )

    assert len(found) == 2 * len({row["errand_id"] for row in found})
    assert [row for row in found if row["day"] != row["arrived_on"]] == []


def test_a_time_after_midnight_that_comes_before_the_day_is_over_is_lost_on_no_day(
    centre, add_errand
):
    """Clocks were set back from 00:01 to 23:01."""
    centre.query("UPDATE cention.workspace SET timezone = 'America/St_Johns' RETURNING 1")
    add_errand(1, arrived_at=datetime(2010, 11, 7, 2, 30, 30, tzinfo=UTC))

    assert list(days(centre)) == [date(2010, 11, 6)]


def test_errands_of_a_workspace_without_a_row_have_days_of_utc(centre, add_errand):
    add_errand(1, arrived_at=datetime(2026, 1, 10, 23, 0, tzinfo=UTC))
    add_errand(2, arrived_at=datetime(1970, 1, 1, tzinfo=UTC))
    centre.query("DELETE FROM cention.workspace RETURNING 1")

    assert sorted(days(centre)) == [date(1970, 1, 1), date(2026, 1, 10)]


def test_the_share_within_sla_is_of_those_whose_sla_is_known(centre, add_errand):
    add_errand(1, sla=sla(within=True))
    add_errand(2, sla=sla(within=True))
    add_errand(3, sla=sla(within=False))
    add_errand(4, sla=None)

    found = days(centre)[date(2026, 3, 10)]

    assert (found["within_sla_count"], found["sla_count"]) == (2, 3)
    assert found["within_sla_share"] == Decimal("0.6667")


def test_handling_time_counts_once_closed_and_response_time_once_answered(centre, add_errand):
    """Until then Cention reports 0, or a figure that still grows."""
    add_errand(1, closed=True, answered=True, sla=sla(handling_s=600, response_s=60))
    add_errand(2, closed=True, answered=True, sla=sla(handling_s=1200, response_s=120))
    add_errand(3, closed=True, answered=True, sla=sla(handling_s=6000, response_s=600))
    add_errand(4, sla=sla(handling_s=7, response_s=0))

    found = days(centre)[date(2026, 3, 10)]

    assert (found["avg_handling_time_min"], found["median_handling_time_min"]) == (
        Decimal("43.33"),
        20,
    )
    assert (found["avg_response_time_min"], found["median_response_time_min"]) == (
        Decimal("4.33"),
        2,
    )


def test_a_deleted_errand_is_counted_but_not_averaged(centre, add_errand):
    add_errand(1, closed=True, sla=sla(handling_s=600), feedback_value=5)
    add_errand(2, closed=True, deleted=True, sla=sla(within=False, handling_s=9), feedback_value=1)

    found = days(centre)[date(2026, 3, 10)]

    assert (found["arrived"], found["deleted"]) == (2, 1)
    assert (found["within_sla_share"], found["avg_handling_time_min"]) == (1, 10)
    assert (found["feedback_count"], found["avg_feedback_value"]) == (1, 5)


def test_satisfaction_is_the_average_of_the_ratings_given(centre, add_errand):
    add_errand(1, feedback_value=5)
    add_errand(2, feedback_value=2)
    add_errand(3, feedback_value=None)

    found = days(centre)[date(2026, 3, 10)]

    assert (found["feedback_count"], found["avg_feedback_value"]) == (2, Decimal("3.50"))


@pytest.mark.parametrize(("view", "name"), [("agent_day", "agent_name"), ("area_day", "area_name")])
def test_the_sum_of_arrived_is_the_number_of_errands(centre, add_errand, view, name):
    add_errand(1, agent_id=1, agent_name="Ann", area_id=1, area_name="Sales")
    add_errand(2, agent_id=2, agent_name="Ben", area_id=2, area_name="Support")
    add_errand(3, agent_id=None, agent_name=None, area_id=None, area_name=None)
    centre.gone(4)

    found = centre.days(f"SELECT {name}, sum(arrived) AS n FROM analyst.{view} GROUP BY 1")

    assert len(found) == 3
    assert sum(row["n"] for row in found) == 4


def test_an_errand_gone_before_its_first_report_arrived_on_no_day(centre):
    centre.gone(4)

    assert days(centre)[None]["gone"] == 1


def test_an_errand_counts_under_each_of_its_tags(centre, add_errand):
    add_errand(1, tags=(Tag(tag_id=1, name="Delay"), Tag(tag_id=2, name="Refund")))
    add_errand(2, tags=(Tag(tag_id=1, name="Delay"),))
    add_errand(3)

    found = centre.days("SELECT tag_name, arrived FROM analyst.tag_day")

    assert {row["tag_name"]: row["arrived"] for row in found} == {"Delay": 2, "Refund": 1, None: 1}


def test_the_rating_of_an_errand_counts_on_the_day_it_arrived_and_not_when_it_was_answered(
    centre, add_errand
):
    add_errand(1, feedback_value=5, answered=True, answered_at=WEDNESDAY)
    add_errand(2, feedback_value=1, arrived_at=WEDNESDAY)

    found = days(centre)

    assert [
        (found[day]["feedback_count"], found[day]["avg_feedback_value"])
        for day in (TUESDAY.date(), WEDNESDAY.date())
    ] == [(1, 5), (1, 1)]


def test_an_errand_of_the_same_number_in_another_workspace_lends_no_tag(centre, add_errand):
    add_errand(1)
    centre.put("cention.errand_tag", workspace="other", errand_id=1, tag_id=9, fetched_at=WEDNESDAY)

    assert centre.days("SELECT tag_id, arrived FROM analyst.tag_day") == [
        {"tag_id": None, "arrived": 1}
    ]


def test_times_of_other_centuries_have_their_days_as_well(centre, add_errand):
    """Software writes the first of all days for none."""
    long_ago = datetime(1, 1, 2, 12, 0, tzinfo=UTC)
    in_future = datetime(2150, 6, 1, 12, 0, tzinfo=UTC)
    add_errand(1, arrived_at=long_ago, answered=True, answered_at=in_future)
    add_errand(2, answered=True, answered_at=WEDNESDAY)

    found = days(centre)

    assert {day: (row["arrived"], row["answered_on_day"]) for day, row in found.items()} == {
        date(1, 1, 2): (1, 0),
        date(2026, 3, 10): (1, 0),
        date(2026, 3, 11): (0, 1),
        date(2150, 6, 1): (0, 1),
    }
