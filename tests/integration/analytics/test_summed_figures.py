"""Figures that are added up from days are those that the errands of the period give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.support.centre_figures import fill_with_figures
from tests.support.databases import database_copy
from workers.analytics.jobs.reports.period import PeriodFigures
from workers.analytics.jobs.reports.period_panels import PANELS
from workers.analytics.jobs.reports.wording import period_notes, wording_in
from workers.analytics.rules.periods import Period
from workers.analytics.store import period_figures
from workers.analytics.store.period_figures import SQL, Scope

WORDS = wording_in("en")
PERIODS = (
    Period(date(2025, 3, 10), date(2025, 3, 10)),
    Period(date(2025, 3, 19), date(2025, 3, 22)),  # within a week
    Period(date(2025, 3, 26), date(2025, 4, 1)),  # parts of two weeks, and a change of clocks
    Period(date(2025, 3, 3), date(2025, 3, 16)),  # whole weeks
    Period(date(2025, 1, 15), date(2025, 4, 6)),  # begins before the first errand
    Period(date(2024, 1, 1), date(2024, 1, 28)),  # of no errand
)
SCOPES = ("nothing", "area_id", "service_id", "agent_id")
ALL_EXACT, NONE_EXACT = 10**9, -1


@pytest.fixture(scope="module")
def conn(postgres, template) -> Iterator[psycopg.Connection]:
    """A centre with its figures, in autocommit mode."""
    with database_copy(postgres, template) as url, psycopg.connect(url) as conn:
        fill_with_figures(conn)
        conn.autocommit = True
        yield conn


@pytest.fixture(params=SCOPES)
def scope(request, conn) -> Scope:
    """Everything, or the area, channel or agent with the most errands."""
    everything = Scope(workspace="demo")
    return everything if request.param == "nothing" else filtered(conn, everything, request.param)


def filtered(conn, scope, column):
    [found] = conn.execute(
        f"SELECT {column} FROM analyst.errand_metrics WHERE {column} IS NOT NULL"
        " GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
    ).fetchone()
    return replace(scope, **{column: found})


def rows(conn, query, scope, periods=PERIODS, *, by=""):
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(period_figures.as_sql(conn, query, scope, periods, by=by)).fetchall()


def assert_near(found, exact):
    """A time is at most 2 percent, and 0.02 minutes more, from the exact one."""
    assert (found is None) == (exact is None)
    if exact is not None:
        assert abs(found - float(exact)) <= 0.02 * (1 + float(exact)) + 1e-9


def test_what_is_counted_by_days_is_what_errands_give(conn, scope):
    found = rows(conn, SQL["counts"], scope)

    assert found == rows(conn, SQL["counts_of_errands"], scope)
    assert all(any(row[key] for row in found) for key in found[0])


def test_times_of_few_errands_are_exact_and_others_are_near(conn, scope, monkeypatch):
    monkeypatch.setattr(period_figures, "EXACT", ALL_EXACT)
    exact = rows(conn, SQL["times"], scope)
    monkeypatch.setattr(period_figures, "EXACT", NONE_EXACT)
    found = rows(conn, SQL["times"], scope)

    for row, of_errands in zip(found, exact, strict=True):
        assert (row.pop("times_exact"), of_errands.pop("times_exact")) == (False, True)
        for key in ("first", "last", "first_response_n"):
            assert row.pop(key) == of_errands.pop(key)
        assert len(row) == 8
        for key, value in of_errands.items():
            assert_near(row[key], value)
    assert any(row["resolution_business_p90"] for row in found)


def test_exact_times_are_the_percentiles_of_the_errands_themselves(conn, scope, monkeypatch):
    monkeypatch.setattr(period_figures, "EXACT", ALL_EXACT)
    condition = " AND ".join(
        ["true"]
        + [
            f"{column} = {getattr(scope, column)}"
            for column in SCOPES[1:]
            if getattr(scope, column) is not None
        ]
    )
    for row in rows(conn, SQL["times"], scope):
        [*expected] = conn.execute(
            "SELECT count(first_response_min),"
            " percentile_cont(0.5) WITHIN GROUP (ORDER BY first_response_min),"
            " percentile_cont(0.9) WITHIN GROUP (ORDER BY first_response_business_min)"
            f" FROM analyst.errand_metrics WHERE NOT deleted AND {condition}"
            " AND (arrived_at AT TIME ZONE 'Europe/Stockholm')::date BETWEEN %s AND %s",
            [row["first"], row["last"]],
        ).fetchone()
        keys = ("first_response_n", "first_response_median", "first_response_business_p90")
        assert [row[key] for key in keys] == expected


@pytest.mark.parametrize(("by", "column"), [("area", "area_id"), ("channel", "service_id")])
@pytest.mark.parametrize("is_filtered", [False, True])
@pytest.mark.parametrize("limit", [ALL_EXACT, NONE_EXACT])
def test_areas_and_channels_are_those_of_the_errands(
    conn, by, column, is_filtered, limit, monkeypatch
):
    monkeypatch.setattr(period_figures, "EXACT", limit)
    scope = Scope(workspace="demo")
    if is_filtered:
        scope = filtered(conn, scope, column)
    for newest in PERIODS:
        found, of_errands = (
            rows(conn, SQL[name], scope, [newest, newest.before], by=by)
            for name in ("groups", "groups_of_errands")
        )
        for row, expected in zip(found, of_errands, strict=True):
            for key in ("first_response_median", "first_response_p90"):
                value, exact = row.pop(key), expected.pop(key)
                if row["first"] == newest.first and limit == ALL_EXACT:
                    assert value == exact
                elif row["first"] == newest.first:
                    assert_near(value, exact)
                else:
                    assert value is None
            assert row == expected


def test_tags_of_weeks_and_days_are_those_of_the_errands(conn):
    scope = Scope(workspace="demo")

    found = rows(conn, SQL["tags"], scope)

    assert found == rows(conn, SQL["tags_of_errands"], scope)
    assert len({row["first"] for row in found}) == len(PERIODS) - 1


@pytest.mark.parametrize("is_filtered", [False, True])
def test_agents_are_those_of_the_answers(conn, is_filtered):
    scope = Scope(workspace="demo")
    if is_filtered:
        scope = filtered(conn, scope, "agent_id")
    for newest in PERIODS:
        found, of_answers = (
            rows(conn, SQL[name], scope, [newest, newest.before])
            for name in ("agents", "agents_of_errands")
        )
        for row in of_answers:
            if row["first"] != newest.first:
                row["errands"] = None  # of the newest period only
        assert found == of_answers


def figures_of(conn, period=PERIODS[3]):
    about = period_figures.about(conn, "demo")
    return PeriodFigures(conn, Scope(workspace="demo"), period, about)


def test_over_many_answers_different_errands_are_not_counted_and_that_is_said(conn, monkeypatch):
    monkeypatch.setattr("workers.analytics.store.period_figures.MOST_ANSWERS", 1)

    panel = PANELS["agents"](figures_of(conn), WORDS)

    place = [column.key for column in panel.columns].index("errands")
    assert {row[place] for row in panel.rows} == {None}
    assert WORDS.text("errands_not_counted", number="100,000") in panel.notes


@pytest.mark.parametrize("limit", [ALL_EXACT, NONE_EXACT])
def test_it_is_said_whether_times_are_counted_in_steps(conn, limit, monkeypatch):
    monkeypatch.setattr(period_figures, "EXACT", limit)

    notes = period_notes(figures_of(conn), WORDS, over=True)

    assert (WORDS.text("rounded_times") in notes) == (limit == NONE_EXACT)


def test_two_filters_are_counted_from_errands(conn):
    scope = Scope(workspace="demo", area_id=14, agent_id=31)

    assert scope.grouped_by is None
    assert period_figures.counts_query(scope) == SQL["counts_of_errands"]
    assert all(row["times_exact"] for row in rows(conn, SQL["times"], scope))


def test_what_is_left_of_the_time_shrinks_from_query_to_query(conn):
    left = []
    with period_figures.one_moment(conn):
        for _ in range(2):
            [found] = conn.execute(
                "SELECT setting::integer FROM pg_settings WHERE name = 'statement_timeout'"
            ).fetchone()
            left.append(found)
            conn.execute("SELECT pg_sleep(0.01)")
            period_figures.limit_time(conn)

    assert 0 < left[1] < left[0] <= 8000
