"""Work by hour and by agent and week equals a plain computation from the same facts, to the row."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.rows import dict_row

from deploy.sandbox.resources.logons import Logon
from tests.bench import centre as filling
from tests.support import workload
from tests.support.business_time import BusinessTime
from tests.support.centre import AGENT_OF_LOGIN, Centre
from tests.support.databases import database_copy
from tests.support.day_tables import compute_day_tables
from tests.support.figures import Figures
from tests.support.open_seconds import OpenSeconds
from workers.analytics.store import metrics

ZONE = ZoneInfo("Europe/Stockholm")
HAVANA = ZoneInfo("America/Havana")  # its clocks change at midnight
# One with each change of clocks: in Stockholm 2025-03-30 and 2024-10-27.
SPRING = Centre(errands=700, days=21, until=datetime(2025, 4, 9, 12, tzinfo=ZONE))
AUTUMN = Centre(errands=700, days=21, until=datetime(2024, 11, 6, 12, tzinfo=ZONE))
NIGHTS = {"night.one": 31, "night.two": 31, "night.three": 32, "stranger": None}
AGENTS = AGENT_OF_LOGIN | {name: one for name, one in NIGHTS.items() if one}


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A centre in a database, and its facts."""

    conn: psycopg.Connection
    centre: Centre
    figures: list[Figures]
    logons: list[Logon]

    def rows(self, view: str, names: list[str], where: str = "true") -> list[str]:
        question = f"SELECT * FROM analyst.{view} WHERE {where}"
        with self.conn.cursor(row_factory=dict_row) as cursor:
            return as_texts(cursor.execute(question).fetchall(), names)

    def days(self, count: int) -> list[date]:
        last = self.centre.until.date()
        return [last - timedelta(days=ago) for ago in range(count)]


def as_texts(rows, names):
    """Return rows in an order that does not depend on where they come from."""
    return sorted(str({name: row[name] for name in names}) for row in rows)


def night_logons(centre: Centre) -> list[Logon]:
    """Log-ins and log-outs at all hours: over weeks and changes of clocks, doubled and lost."""
    rng = random.Random(7)
    found = []
    for name in NIGHTS:
        at = int(centre.until.timestamp()) - 20 * 86_400
        while at < centre.until.timestamp() - 2 * 86_400:
            action = rng.choice(("Login", "Logout"))
            found += [Logon(name, at, action, "A")] * rng.choice((1, 1, 2))
            at += rng.choice((0, 1, 600, 20_000, 40_000, 90_000))
    return found


@pytest.fixture(scope="module", params=[SPRING, AUTUMN], ids=["spring", "autumn"])
def stored(request, postgres, template) -> Iterator[Stored]:
    centre = request.param
    calendar = filling.calendar(centre)
    plain = BusinessTime(zone=ZONE, openings=calendar.openings, holidays=calendar.holidays)
    figures = [Figures(one, OpenSeconds(plain)) for one in centre.all_errands()]
    nights = night_logons(centre)
    with database_copy(postgres, template) as url, psycopg.connect(url) as conn:
        list(filling.fill(conn, centre))
        for number, one in enumerate(nights, 1):
            conn.execute(
                "INSERT INTO cention.agent_logon VALUES ('demo', %s, %s, %s, %s, now())",
                [one.name, datetime.fromtimestamp(one.at, UTC), one.action, number],
            )
        for name, agent_id in AGENTS.items() - AGENT_OF_LOGIN.items():
            conn.execute(
                "INSERT INTO cention.agent_login VALUES ('demo', %s, %s)", [name, agent_id]
            )
        conn.execute("ANALYZE")
        metrics.compute(conn, "demo", [one.errand.errand_id for one in figures])
        compute_day_tables(conn)
        conn.commit()
        logons = [*centre.logons(), *nights]
        yield Stored(conn=conn, centre=centre, figures=figures, logons=logons)


def test_the_hours_of_work_are_those_of_the_plain_computation(stored):
    days = stored.days(22)
    expected = workload.workload_hour(stored.figures, days, ZONE)
    found = stored.rows("workload_hour", list(expected[0]), f"day <= '{days[0]}'")

    assert len(found) > 3_000
    assert found == as_texts(expected, expected[0])


def test_days_whose_clocks_change_at_midnight_lose_no_answer(stored):
    stored.conn.execute("UPDATE cention.workspace SET timezone = 'America/Havana'")
    stored.conn.execute(
        "UPDATE analyst.errand_metrics"
        " SET arrived_on = (arrived_at AT TIME ZONE 'America/Havana')::date"
    )
    days = stored.days(23)
    expected = workload.workload_hour(stored.figures, days, HAVANA)
    found = stored.rows("workload_hour", list(expected[0]), f"day <= '{days[0]}'")
    stored.conn.rollback()

    assert found == as_texts(expected, expected[0])


def test_an_hour_that_is_skipped_has_no_row_and_one_that_comes_twice_has_one(stored):
    [day] = [day for day in stored.days(22) if day in (date(2025, 3, 30), date(2024, 10, 27))]
    found = stored.conn.execute(
        "SELECT hour, count(*), count(DISTINCT (area_id, service_id)) FROM analyst.workload_hour"
        " WHERE day = %s GROUP BY hour ORDER BY hour",
        [day],
    ).fetchall()

    assert [hour for hour, *_ in found] == [
        hour for hour in range(24) if day.month == 10 or hour != 2
    ]
    assert all(count == combinations for _, count, combinations in found)


def test_what_is_open_at_midnight_is_the_backlog_of_the_day_before(stored):
    day = stored.days(8)[-1]
    [found] = stored.conn.execute(
        "SELECT sum(open), sum(waiting_on_us) FROM analyst.workload_hour"
        " WHERE (day, hour) = (%s, 0)",
        [day],
    ).fetchall()
    end = int(datetime(day.year, day.month, day.day, tzinfo=ZONE).timestamp())
    phases = [phase for one in stored.figures if (phase := one.open_at(end))]

    assert found == (len(phases), phases.count("us"))


def test_the_weeks_of_agents_are_those_of_the_plain_computation(stored):
    expected = workload.agent_week(stored.figures, stored.logons, AGENTS, ZONE)
    found = stored.rows("agent_week", list(expected[0]))

    assert len(found) > 20
    assert found == as_texts(expected, expected[0])
    assert sum(one["csat_n"] for one in expected) > 20
    assert any(one["agent_id"] is None and one["responses"] for one in expected)


@pytest.mark.parametrize(("view", "column"), [("agent_week", "week"), ("workload_hour", "day")])
def test_no_week_and_no_day_is_before_2000_whatever_time_an_answer_has(stored, view, column):
    """From 1900 on there would be thousands, and each is looked up."""
    question = f"SELECT min({column}) FROM analyst.{view}"
    [before] = stored.conn.execute(question).fetchone()
    stored.conn.execute(
        "INSERT INTO analyst.errand_response SELECT workspace, errand_id, 100, '1990-01-01 UTC'"
        " FROM analyst.errand_metrics ORDER BY errand_id LIMIT 1"
    )
    [after] = stored.conn.execute(question).fetchone()
    stored.conn.rollback()

    assert after == before
