"""The figures of a weekly report are those of the views and tables of schema analyst."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.support.centre_figures import fill_with_figures
from tests.support.databases import database_copy
from workers.analytics.jobs.reports import figures
from workers.analytics.jobs.reports.figures import WeekReport, read_report
from workers.analytics.jobs.reports.send import read_at_once
from workers.analytics.jobs.reports.wording import completeness_of, notes_of, wording_in
from workers.analytics.rules.weeks import Week, read_week
from workers.analytics.store import day_tables
from workers.analytics.store.day_tables import DueDay

WEEK = read_week("2025-W13")  # clocks change on its Sunday
NOW = datetime(2025, 4, 7, 6, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A centre in a database, and the report of a week."""

    conn: psycopg.Connection
    report: WeekReport

    def row(self, question: str, *parameters: object) -> dict[str, object]:
        [row] = self.rows(question, *parameters)
        return row

    def rows(self, question: str, *parameters: object) -> list[dict[str, object]]:
        with self.conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(question, parameters).fetchall()

    def line(self, section: str, key: str):
        [line] = [one for one in getattr(self.report, section) if one.key == key]
        return line


@pytest.fixture(scope="module")
def stored(postgres, template) -> Iterator[Stored]:
    with database_copy(postgres, template) as url, psycopg.connect(url) as conn:
        fill_with_figures(conn)
        conn.autocommit = True
        yield Stored(conn=conn, report=read_at_once(conn, "demo", WEEK, now=NOW))


def week_of(stored, key, section="volumes"):
    return stored.line(section, key).now.number


def test_arrivals_and_sla_are_those_of_sla_day(stored):
    row = stored.row(
        "SELECT sum(arrived) AS arrived, sum(n) AS n, sum(n - breached) AS within"
        " FROM analyst.sla_day WHERE day BETWEEN %s AND %s",
        WEEK.monday,
        WEEK.sunday,
    )

    within = stored.line("quality", "within_sla").now
    assert row["arrived"] > 200
    assert week_of(stored, "arrived") == row["arrived"]
    assert (within.n, round(within.number * within.n)) == (row["n"], row["within"])


def test_shares_of_first_answers_are_those_of_response_time_day(stored):
    row = stored.row(
        "SELECT sum(n) AS n, sum(n * within_1_hour_share) AS h1, sum(n * within_4_hours_share)"
        " AS h4, sum(n * within_1_day_share) AS d1, sum(n * within_1_business_hour_share) AS b1"
        " FROM analyst.response_time_day WHERE grouped_by = 'all' AND day BETWEEN %s AND %s",
        WEEK.monday,
        WEEK.sunday,
    )

    for key, of_view in (
        ("within_1_hour", "h1"),
        ("within_4_hours", "h4"),
        ("within_1_day", "d1"),
        ("within_1_business_hour", "b1"),
    ):
        value = stored.line("first_responses", key).now
        assert value.n == row["n"]
        assert round(value.number * value.n) == round(row[of_view])


def test_percentiles_are_those_of_all_errands_of_the_week(stored):
    first = stored.rows(
        "SELECT first_response_min AS min FROM analyst.errand_metrics WHERE state <> 'deleted'"
        " AND first_response_min IS NOT NULL AND arrived_on BETWEEN %s AND %s ORDER BY 1",
        WEEK.monday,
        WEEK.sunday,
    )
    final = stored.rows(
        "SELECT final_resolution_min AS min FROM analyst.errand_metrics WHERE"
        " (resolved_at AT TIME ZONE 'Europe/Stockholm')::date BETWEEN %s AND %s"
        " AND final_resolution_min IS NOT NULL ORDER BY 1",
        WEEK.monday,
        WEEK.sunday,
    )

    for section, rows in (("first_responses", first), ("resolutions", final)):
        minutes = [float(row["min"]) for row in rows]
        for key, part in (("median", 0.5), ("p90", 0.9)):
            value = stored.line(section, key).now
            place = part * (len(minutes) - 1)
            low = int(place)
            near = minutes[low : low + 2]
            assert value.n == len(minutes)
            assert value.number == pytest.approx(near[0] + (near[-1] - near[0]) * (place - low))


def test_answers_reopenings_and_repeats_are_counted_in_the_week_of_the_workspace(stored):
    row = stored.row(
        "SELECT (SELECT count(*) FROM analyst.errand_response WHERE"
        " (responded_at AT TIME ZONE 'Europe/Stockholm')::date BETWEEN w.a AND w.b) AS responses,"
        " (SELECT count(*) FROM analyst.reopening WHERE"
        " (reopened_at AT TIME ZONE 'Europe/Stockholm')::date BETWEEN w.a AND w.b) AS reopened,"
        " (SELECT count(*) FROM analyst.repeat_contact WHERE within_7_days AND"
        " (arrived_at AT TIME ZONE 'Europe/Stockholm')::date BETWEEN w.a AND w.b) AS repeated"
        " FROM (SELECT %s::date AS a, %s::date AS b) AS w",
        WEEK.monday,
        WEEK.sunday,
    )

    repeated = stored.line("quality", "repeated").now
    assert min(row.values()) > 0
    assert week_of(stored, "responses") == row["responses"]
    assert week_of(stored, "reopened", "quality") == row["reopened"]
    assert round(repeated.number * repeated.n) == row["repeated"]


def test_the_backlog_is_that_of_backlog_day_by_age_and_area(stored):
    rows = stored.rows(
        "SELECT age_band, area_id, sum(open)::integer AS open FROM analyst.backlog_day"
        " WHERE day = %s GROUP BY age_band, area_id",
        WEEK.sunday,
    )

    total = sum(row["open"] for row in rows)
    ages = stored.report.trend[-1].backlog
    assert week_of(stored, "backlog") == total > 0
    assert ages == {
        band: sum(row["open"] for row in rows if row["age_band"] == band) for band in ages
    }
    by_area = {one.id: one.backlog for one in stored.report.areas}
    assert by_area == {
        area: sum(row["open"] for row in rows if row["area_id"] == area) for area in by_area
    }


def test_each_week_of_the_charts_is_the_report_of_that_week(stored):
    for one in stored.report.trend[-4:]:
        own = read_at_once(stored.conn, "demo", one.week, now=NOW)
        assert own.volumes[0].now.number == one.arrived
        assert own.volumes[2].now.number == one.closed
        assert own.volumes[3].now.number == sum(one.backlog.values())


def test_a_figure_of_the_week_before_is_that_of_its_own_report(stored):
    before = read_at_once(stored.conn, "demo", WEEK.before, now=NOW)

    for section in ("volumes", "first_responses", "resolutions", "quality", "scores"):
        lines = [(one.key, one.before) for one in getattr(stored.report, section)]
        assert lines == [(one.key, one.now) for one in getattr(before, section)]


def test_areas_and_channels_add_up_to_the_arrivals(stored):
    arrived = week_of(stored, "arrived")

    assert sum(one.now.arrived for one in stored.report.areas) == arrived
    assert sum(one.now.arrived for one in stored.report.channels) == arrived


def test_an_area_with_open_errands_is_listed_without_arrivals_and_counts_as_left_out(
    stored, monkeypatch
):
    with stored.conn.transaction(force_rollback=True):
        stored.conn.execute("INSERT INTO cention.area VALUES ('demo', 999, 'Quiet', now())")
        stored.conn.execute(
            "INSERT INTO analyst.backlog_day VALUES ('demo', %s, 999, NULL, '30+', 300, 0, now())",
            [WEEK.sunday],
        )
        report = read_report(stored.conn, "demo", WEEK, now=NOW)
        monkeypatch.setattr(figures, "MOST_GROUPS", 1)
        short = read_report(stored.conn, "demo", WEEK, now=NOW)

    [quiet] = [one for one in report.areas if one.id == 999]
    assert (quiet.name, quiet.now.arrived, quiet.arrived_before, quiet.backlog) == (
        "Quiet",
        0,
        0,
        300,
    )
    assert sum(one.backlog for one in report.areas) == report.volumes[-1].now.number
    assert report.left_out == 0
    assert short.left_out == len(report.areas) + len(report.channels) - 2


@pytest.mark.parametrize(("column", "groups"), [("area_id", "areas"), ("service_id", "channels")])
def test_an_area_or_channel_that_had_arrivals_only_the_week_before_is_listed(
    stored, column, groups
):
    with stored.conn.transaction(force_rollback=True):
        stored.conn.execute(
            f"UPDATE analyst.errand_metrics SET {column} = 999 WHERE errand_id IN"
            " (SELECT errand_id FROM analyst.errand_metrics"
            " WHERE arrived_on = %s AND NOT deleted LIMIT 2)",
            [WEEK.before.monday],
        )
        due = DueDay(kept="summary_day", day=WEEK.before.monday.isoformat())
        day_tables.compute_days(stored.conn, "demo", [due])
        report = read_report(stored.conn, "demo", WEEK, now=NOW)

    [quiet] = [one for one in getattr(report, groups) if one.id == 999]
    assert (quiet.now.arrived, quiet.arrived_before) == (0, 2)


def test_the_busiest_hours_are_those_of_workload_hour(stored):
    rows = stored.rows(
        "SELECT weekday, hour, sum(arrived)::integer AS arrived FROM analyst.workload_hour"
        " WHERE day BETWEEN %s AND %s GROUP BY weekday, hour HAVING sum(arrived) > 0",
        WEEK.monday,
        WEEK.sunday,
    )

    hours = {(row["weekday"], row["hour"]): row["arrived"] for row in rows}
    assert stored.report.arrivals_by_hour == hours
    assert sum(hours.values()) >= week_of(stored, "arrived")


def test_scores_are_those_of_survey_score_week(stored):
    rows = stored.rows(
        "SELECT kind, sum(n)::integer AS n, sum(n * score) AS sum, max(score_low) AS low,"
        " max(score_high) AS high, count(*) AS groups FROM analyst.survey_score_week"
        " WHERE week = %s AND kind IN ('csat', 'nps') GROUP BY kind ORDER BY kind",
        WEEK.monday,
    )

    assert [row["kind"] for row in rows] == [one.key for one in stored.report.scores]
    for row, line in zip(rows, stored.report.scores, strict=True):
        scale = 100 if line.key == "csat" else 1
        assert row["groups"] == 1  # so that its interval is that of all
        assert line.now.n == row["n"] > 0
        assert scale * line.now.number == pytest.approx(float(row["sum"] / row["n"]), abs=0.06)
        assert scale * line.now.low == pytest.approx(float(row["low"]), abs=0.06)
        assert scale * line.now.high == pytest.approx(float(row["high"]), abs=0.06)


def test_a_week_without_data_is_compared_with_nothing(stored):
    first = read_at_once(stored.conn, "demo", read_week("2025-W07"), now=NOW)
    words = wording_in("en")

    assert all(one.before is None for one in first.volumes)
    assert all(one.year_before is None for one in first.volumes)
    assert words.text("no_week_before") in notes_of(first, words)
    assert words.text("no_year_before") in notes_of(first, words)


def test_a_week_before_the_first_errand_has_no_figures(stored):
    report = read_at_once(stored.conn, "demo", read_week("2024-W20"), now=NOW)

    assert all(one.now is None for one in report.volumes)
    assert all(one.arrived is None and one.backlog is None for one in report.trend)


def test_a_week_that_is_not_over_says_so_and_has_no_backlog_yet(stored):
    report = read_at_once(stored.conn, "demo", Week(date(2025, 4, 7)), now=NOW)

    notes = notes_of(report, wording_in("en"))
    assert wording_in("en").text("not_over") in notes
    assert wording_in("en").text("no_backlog") in notes
    assert report.volumes[-1].now is None


def test_what_is_on_its_way_and_until_when_the_figures_are_complete_is_said(stored):
    with stored.conn.transaction(force_rollback=True):
        stored.conn.execute(
            "INSERT INTO intake.poll (workspace, family, started_at, ended_at, found)"
            " VALUES ('demo', 'errand_reports', '2025-04-07T05:59Z', '2025-04-07T05:59Z', 2)"
        )
        stored.conn.execute(
            "INSERT INTO intake.wanted (workspace, family, remote_id, wanted_at, due_at)"
            " VALUES ('demo', 'errand_reports', 1, '2025-04-06T10:30Z', '2025-04-06T10:30Z'),"
            " ('demo', 'errand_reports', 2, '2025-04-07T05:00Z', '2025-04-07T05:00Z')"
        )
        report = read_report(stored.conn, "demo", Week(date(2025, 3, 31)), now=NOW)

    assert report.completeness.waiting == 2
    said = completeness_of(report, wording_in("en"))
    assert said[0] == (
        "All changes until 2025-04-06 12:30 are in these figures. They do not cover the whole week."
    )
    assert said[1] == "On their way, reported by Cention and not stored yet: 2."
