"""The figures of any period are those of the views, whatever they are filtered by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.support.centre_figures import fill_with_figures
from tests.support.databases import database_copy
from workers.analytics.jobs.reports.figures import read_report
from workers.analytics.jobs.reports.panels import Panel
from workers.analytics.jobs.reports.period import PeriodFigures
from workers.analytics.jobs.reports.period_panels import PANELS
from workers.analytics.jobs.reports.wording import period_notes, wording_in
from workers.analytics.rules.periods import Period
from workers.analytics.rules.weeks import read_week
from workers.analytics.store import period_figures
from workers.analytics.store.period_figures import AGE_BANDS, Scope

WORDS = wording_in("en")
WEEK = read_week("2025-W13")  # clocks change on its Sunday
PERIOD = Period(date(2025, 3, 10), date(2025, 4, 3))
LONG = Period(date(2025, 1, 15), date(2025, 4, 3))  # begins before the first errand
NOW = datetime(2025, 4, 7, 6, tzinfo=UTC)
AREA, CHANNEL, AGENT = "area_id", "service_id", "agent_id"


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A centre in a database."""

    conn: psycopg.Connection
    busiest: dict[str, int]  # area, channel and agent with the most errands

    def figures(self, period: Period = PERIOD, *by: str) -> PeriodFigures:
        about = period_figures.about(self.conn, "demo")
        scope = Scope(workspace="demo", **{name: self.busiest[name] for name in by})
        return PeriodFigures(self.conn, scope, period, about)

    def panel(self, name: str, period: Period = PERIOD, *by: str) -> Panel:
        return PANELS[name](self.figures(period, *by), WORDS)

    def table(self, name: str, period: Period = PERIOD, *by: str) -> list[dict[str, object]]:
        """Return the rows of a panel by the keys of its columns."""
        panel = self.panel(name, period, *by)
        keys = [column.key for column in panel.columns]
        return [dict(zip(keys, row, strict=True)) for row in panel.rows]

    def rows(self, question: str, *parameters: object) -> list[dict[str, object]]:
        with self.conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(question, parameters).fetchall()


@pytest.fixture(scope="module")
def stored(postgres, template) -> Iterator[Stored]:
    with database_copy(postgres, template) as url, psycopg.connect(url) as conn:
        fill_with_figures(conn)
        conn.autocommit = True
        found = Stored(conn=conn, busiest={})
        for name in (AREA, CHANNEL, AGENT):
            [row] = found.rows(
                f"SELECT {name} AS id FROM analyst.errand_metrics WHERE {name} IS NOT NULL"
                " GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
            )
            found.busiest[name] = row["id"]
        yield found


def test_the_figures_of_a_week_are_those_of_its_report(stored):
    report = read_report(stored.conn, "demo", WEEK, now=NOW)

    for section in stored.figures(WEEK.period).sections():
        of_report = getattr(report, section.key)
        assert [(one.key, one.now, one.before) for one in section.lines] == [
            (one.key, one.now, one.before) for one in of_report
        ]
        assert section.lines


@pytest.mark.parametrize(
    ("by", "condition"),
    [
        ((), "grouped_by = 'all'"),
        ((AREA,), "grouped_by = 'area' AND area_id = %(area_id)s"),
        ((CHANNEL,), "grouped_by = 'channel' AND service_id = %(service_id)s"),
        ((AGENT,), "grouped_by = 'agent' AND agent_id = %(agent_id)s"),
    ],
)
def test_times_to_the_first_answer_are_those_of_response_time_day(stored, by, condition):
    with stored.conn.cursor(row_factory=dict_row) as cursor:
        of_view = cursor.execute(
            f"SELECT day, n, median_min, p90_min, median_business_min"
            f" FROM analyst.response_time_day WHERE {condition}"
            " AND day BETWEEN %(first)s AND %(last)s ORDER BY day",
            stored.busiest | {"first": PERIOD.first, "last": PERIOD.last},
        ).fetchall()

    found = [one for one in stored.table("first_responses", PERIOD, *by) if one["first_response_n"]]
    assert len(found) == len(of_view) > 10
    for row, expected in zip(found, of_view, strict=True):
        assert (row["day"], row["first_response_n"]) == (expected["day"], expected["n"])
        for key, column in (
            ("first_response_median", "median_min"),
            ("first_response_p90", "p90_min"),
            ("first_response_business_median", "median_business_min"),
        ):
            assert float(row[key]) == pytest.approx(float(expected[column]), abs=0.006)


@pytest.mark.parametrize("by", [(), (AREA,), (CHANNEL,), (AREA, CHANNEL)])
def test_arrivals_and_sla_are_those_of_sla_day(stored, by):
    area, channel = (stored.busiest[one] if one in by else None for one in (AREA, CHANNEL))
    of_view = stored.rows(
        "SELECT day, sum(arrived)::integer AS arrived, sum(n)::integer AS n,"
        " sum(n - breached)::integer AS within FROM analyst.sla_day"
        " WHERE day BETWEEN %s AND %s AND (%s::bigint IS NULL OR area_id = %s)"
        " AND (%s::bigint IS NULL OR service_id = %s) GROUP BY day ORDER BY day",
        *(PERIOD.first, PERIOD.last, area, area, channel, channel),
    )

    arrived = {one["day"]: one["arrived"] for one in stored.table("volumes", PERIOD, *by)}
    sla = {one["day"]: one for one in stored.table("sla", PERIOD, *by)}
    assert {day: number for day, number in arrived.items() if number} == {
        one["day"]: one["arrived"] for one in of_view
    }
    for one in of_view:
        assert (sla[one["day"]]["sla_n"], sla[one["day"]]["within_sla"]) == (
            one["n"],
            one["within"],
        )


@pytest.mark.parametrize("by", [(), (AREA,), (AGENT,), (CHANNEL,)])
def test_answers_and_reopenings_are_those_of_their_tables_by_day(stored, by):
    for table, moment, panel, key in (
        ("errand_response", "responded_at", "volumes", "responses"),
        ("reopening", "reopened_at", "reopenings", "reopened"),
    ):
        condition = "true"
        if by:
            of = "m.service_id" if by == (CHANNEL,) else f"t.{by[0]}"
            condition = f"{of} = {stored.busiest[by[0]]}"
        counted = stored.rows(
            f"SELECT (t.{moment} AT TIME ZONE 'Europe/Stockholm')::date AS day, count(*)::integer"
            f" AS number FROM analyst.{table} AS t JOIN analyst.errand_metrics AS m"
            f" USING (workspace, errand_id) WHERE {condition}"
            f" AND (t.{moment} AT TIME ZONE 'Europe/Stockholm')::date BETWEEN %s AND %s"
            " GROUP BY 1 ORDER BY 1",
            *(PERIOD.first, PERIOD.last),
        )
        found = {one["day"]: one[key] for one in stored.table(panel, PERIOD, *by) if one[key]}
        assert found == {one["day"]: one["number"] for one in counted} != {}


@pytest.mark.parametrize("by", [(), (AREA,), (AGENT,), (CHANNEL,)])
def test_closed_errands_and_repeated_contacts_are_those_of_their_tables(stored, by):
    of = f"m.{by[0]} = {stored.busiest[by[0]]}" if by else "true"
    between = "(%s AT TIME ZONE 'Europe/Stockholm')::date BETWEEN '%s' AND '%s'"
    [closed] = stored.rows(
        f"SELECT count(*) AS number FROM analyst.errand_metrics AS m WHERE {of}"
        f" AND {between % ('m.resolved_at', PERIOD.first, PERIOD.last)}"
    )
    [repeated] = stored.rows(
        "SELECT count(*) AS number FROM analyst.repeat_contact AS c"
        " JOIN analyst.errand_metrics AS m USING (workspace, errand_id)"
        f" WHERE c.within_7_days AND {of}"
        f" AND {between % ('c.arrived_at', PERIOD.first, PERIOD.last)}"
    )

    found = stored.figures(PERIOD, *by).totals[PERIOD]
    assert (found.resolved, found.repeated) == (closed["number"], repeated["number"])
    assert min(found.resolved, found.repeated) > 0


@pytest.mark.parametrize("by", [(), (AREA,), (AGENT,)])
def test_the_backlog_is_that_of_backlog_day(stored, by):
    condition = f"{by[0]} = {stored.busiest[by[0]]}" if by else "true"
    of_view = stored.rows(
        f"SELECT day, age_band, sum(open)::integer AS open FROM analyst.backlog_day"
        f" WHERE {condition} AND day BETWEEN %s AND %s GROUP BY day, age_band",
        *(PERIOD.first, PERIOD.last),
    )

    table = stored.table("backlog", PERIOD, *by)
    found = {
        (one["day"], band): one[f"age_{band}"]
        for one in table
        for band in AGE_BANDS
        if one[f"age_{band}"]
    }
    assert found == {(one["day"], one["age_band"]): one["open"] for one in of_view} != {}
    assert len(table) == PERIOD.days


@pytest.mark.parametrize("by", [(), (AREA,), (CHANNEL,), (AREA, CHANNEL)])
def test_the_heat_map_is_that_of_workload_hour(stored, by):
    condition = " AND ".join(["true", *(f"{name} = {stored.busiest[name]}" for name in by)])
    of_view = stored.rows(
        "SELECT weekday, hour, sum(arrived)::integer AS arrived FROM analyst.workload_hour"
        f" WHERE day BETWEEN %s AND %s AND arrived > 0 AND {condition}"
        " GROUP BY weekday, hour ORDER BY weekday, hour",
        *(PERIOD.first, PERIOD.last),
    )

    assert stored.table("hours", PERIOD, *by) == of_view != []


def test_tags_are_those_of_tag_trend_week(stored):
    of_view = stored.rows(
        "SELECT tag_id AS id, tag_name AS name, errands, coalesce(errands_before, 0) AS before"
        " FROM analyst.tag_trend_week WHERE week = %s ORDER BY errands DESC, tag_id",
        WEEK.monday,
    )

    assert stored.table("tags", WEEK.period) == of_view != []


def test_agents_are_those_of_agent_week(stored):
    of_view = stored.rows(
        "SELECT agent_id AS id, responses, errands, csat_n, satisfied_count AS satisfied,"
        " satisfied_low_share AS low, satisfied_high_share AS high FROM analyst.agent_week"
        " WHERE week = %s AND responses > 0 ORDER BY responses DESC, agent_id",
        WEEK.monday,
    )

    found = stored.table("agents", WEEK.period)
    assert sum(one["csat_n"] for one in of_view) > 0
    assert len(found) == len(of_view)
    for row, expected in zip(found, of_view, strict=True):
        assert {key: rounded(row[key]) for key in expected} == expected


@pytest.mark.parametrize(("panel", "column"), [("areas", AREA), ("channels", CHANNEL)])
def test_an_area_or_channel_has_the_arrivals_that_its_filter_shows(stored, panel, column):
    rows = stored.table(panel)
    filtered = stored.figures(PERIOD, column)

    [row] = [one for one in rows if one["id"] == stored.busiest[column]]
    assert row["arrived"] == filtered.totals[PERIOD].arrived
    assert row["before"] == filtered.totals[PERIOD.before].arrived
    assert sum(one["arrived"] for one in rows) == stored.figures().totals[PERIOD].arrived


@pytest.mark.parametrize("column", [AREA, CHANNEL, AGENT])
def test_scores_are_filtered_by_what_the_errand_had_when_it_was_decided_to_ask(stored, column):
    [row] = stored.rows(
        f"SELECT count(*)::integer AS n FROM analyst.survey_answer WHERE verified AND kind = 'csat'"
        f" AND {column} = %s AND number IS NOT NULL"
        " AND (event_at AT TIME ZONE 'Europe/Stockholm')::date BETWEEN %s AND %s",
        *(stored.busiest[column], PERIOD.first, PERIOD.last),
    )

    found = stored.table("scores", PERIOD, column)
    counted = [one["n"] for one in found if one["kind"] == "csat" and one["last"] == PERIOD.last]
    assert sum(counted) == row["n"]


@pytest.mark.parametrize("name", [name for name in PANELS if name != "backlog"])
@pytest.mark.parametrize("by", [(), (AREA, CHANNEL, AGENT)])
def test_the_query_that_a_chart_tells_gives_the_figures_of_its_table(stored, name, by):
    panel = stored.panel(name, PERIOD, *by)
    if not panel.query:
        assert (name, by != ()) == ("hours", True)
        return
    result = stored.rows(panel.query)
    if name in ("areas", "channels", "agents", "tags"):  # which tell the period before as well
        result = [one for one in result if one["first"] == PERIOD.first]
    keys = [column.key for column in panel.columns]

    assert len(result) == len(panel.rows)
    for row, of_query in zip(panel.rows, result, strict=True):
        for key, value in zip(keys, row, strict=True):
            if key in of_query:
                assert rounded(value) == rounded(of_query[key])


def test_the_query_of_the_backlog_gives_its_table(stored):
    panel = stored.panel("backlog", LONG)

    result = stored.rows(panel.query)

    found = sum(number or 0 for row in panel.rows for number in row[1:])
    assert sum(one["open"] for one in result) == found > 0


def test_a_long_period_is_told_by_weeks_whose_figures_are_sums_of_days(stored):
    weeks = stored.table("volumes", LONG)
    [week] = [one for one in weeks if one["first"] == WEEK.monday]
    days = stored.table("volumes", WEEK.period)

    assert week["last"] == WEEK.sunday
    for key in ("arrived", "responses", "closed"):
        assert week[key] == sum(one[key] for one in days) > 0


def test_before_the_first_errand_there_are_no_figures_but_gaps(stored):
    weeks = stored.table("volumes", LONG)
    figures = stored.figures(LONG)

    assert weeks[0]["arrived"] is None
    assert all(line.before is None for one in figures.sections() for line in one.lines)
    notes = period_notes(figures, WORDS, over=True)
    assert WORDS.text("no_period_before") in notes
    assert any(note.startswith("The data begin on") for note in notes)


def test_a_period_before_the_first_errand_says_so(stored):
    figures = stored.figures(Period(date(2024, 1, 1), date(2024, 1, 28)))

    assert not figures.has_data
    assert period_notes(figures, WORDS, over=True)[0].startswith("There is no data of this period")


def test_what_is_not_counted_by_a_filter_is_said_and_not_asked(stored):
    by_channel = stored.panel("backlog", PERIOD, CHANNEL)
    by_agent = stored.panel("hours", PERIOD, AGENT)

    assert by_channel.notes == [WORDS.text("backlog_not_by_channel")]
    assert by_agent.notes == [WORDS.text("hours_not_by_agent")]
    assert (by_channel.chart, by_channel.query) == (by_agent.chart, by_agent.query) == (None, "")
    line = stored.figures(PERIOD, CHANNEL).sections()[0].lines[-1]
    assert (line.key, line.now) == ("backlog", None)


def test_each_query_is_asked_once_for_the_whole_page(stored, monkeypatch):
    asked: Counter[str] = Counter()
    for name in ("totals", "backlog", "arrivals_by_hour", "tags", "agents", "groups", "scores"):
        monkeypatch.setattr(period_figures, name, counted(asked, name))
    figures = stored.figures()

    figures.sections()
    for make in PANELS.values():
        make(figures, WORDS)

    assert asked.pop("groups") == 2  # areas, and channels
    assert set(asked.values()) == {1}
    assert len(asked) == 6


def rounded(value: object) -> object:
    """Return a share or score as views round it."""
    return round(value, 4) if isinstance(value, Decimal) else value


def counted(asked: Counter[str], name: str) -> Callable[..., object]:
    function = getattr(period_figures, name)

    def called(*given: object, **more: object) -> object:
        asked[name] += 1
        return function(*given, **more)

    return called


def test_days_with_few_errands_are_counted_and_said_to_be_few(stored):
    panel = stored.panel("first_responses", PERIOD, AREA)
    numbers = [row[1] for row in panel.rows]

    few = sum(number < 10 for number in numbers)
    assert few > 0
    assert panel.notes == [WORDS.text("few_steps", few=str(few), number=str(len(numbers)))]
