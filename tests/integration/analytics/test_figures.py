"""The figures of a generated centre equal a plain computation from the same facts, to the row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.bench import centre as filling
from tests.support import day_figures
from tests.support.business_time import BusinessTime
from tests.support.centre import Centre
from tests.support.databases import database_copy
from tests.support.day_tables import compute_day_tables
from tests.support.figures import Figures, repeat_contacts
from tests.support.open_seconds import OpenSeconds
from workers.analytics.store import metrics

ZONE = ZoneInfo("Europe/Stockholm")
# With a change of clocks, and a holiday at its end.
CENTRE = Centre(errands=2_000, days=45, until=datetime(2025, 5, 4, 12, tzinfo=ZONE))
BATCH = 500


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A centre in a database, and its figures computed plainly."""

    conn: psycopg.Connection
    figures: list[Figures]

    def rows(self, question: str) -> list[dict[str, object]]:
        with self.conn.cursor(row_factory=dict_row) as cursor:
            return [_plain(row) for row in cursor.execute(question).fetchall()]


def _plain(row):
    return {
        name: int(value.timestamp()) if isinstance(value, datetime) else value
        for name, value in row.items()
    }


@pytest.fixture(scope="module")
def stored(postgres, template) -> Iterator[Stored]:
    errands = list(CENTRE.all_errands())
    calendar = filling.calendar(CENTRE)
    plain = BusinessTime(zone=ZONE, openings=calendar.openings, holidays=calendar.holidays)
    open_seconds = OpenSeconds(plain)
    with database_copy(postgres, template) as url, psycopg.connect(url) as conn:
        list(filling.fill(conn, CENTRE))
        conn.commit()
        ids = [one.errand_id for one in errands]
        for first in range(0, len(ids), BATCH):
            metrics.compute(conn, "demo", ids[first : first + BATCH])
        compute_day_tables(conn)
        conn.commit()
        yield Stored(conn=conn, figures=[Figures(one, open_seconds) for one in errands])


def by_errand(rows, *more):
    return {tuple(row[name] for name in ("errand_id", *more)): row for row in rows}


def test_the_centre_has_what_makes_figures_hard(stored):
    [found] = stored.rows(
        "SELECT count(*) AS errands, count(*) FILTER (WHERE reopening_count > 0) AS reopened,"
        " count(*) FILTER (WHERE waiting_on = 'customer') AS waiting,"
        " count(*) FILTER (WHERE arrived_at IS NULL) AS undated,"
        " count(*) FILTER (WHERE transfer_count > 0) AS transferred,"
        " count(*) FILTER (WHERE transfer_count IS NULL) AS without_log,"
        " count(*) FILTER (WHERE sla_breached) AS late,"
        " count(*) FILTER (WHERE state = 'gone') AS gone FROM analyst.errand_metrics"
    )

    assert 1_800 < found.pop("errands") < 2_200
    assert min(found.values()) > 0


def test_the_figures_of_every_errand_are_those_of_the_plain_computation(stored):
    found = by_errand(stored.rows("SELECT * FROM analyst.errand_metrics"))
    expected = by_errand(one.row() for one in stored.figures)

    assert found.keys() == expected.keys()
    wrong = [
        (key, name, found[key][name], value)
        for key, row in expected.items()
        for name, value in row.items()
        if found[key][name] != value
    ]
    assert wrong == []


def test_every_answer_has_the_area_and_the_agent_of_its_time(stored):
    found = stored.rows("SELECT * FROM analyst.errand_response")
    expected = [
        (one.errand.errand_id, position, at, *one.holder(at))
        for one in stored.figures
        for position, at in one.answers
    ]

    names = ("errand_id", "position", "responded_at", "area_id", "agent_id")
    assert sorted(tuple(row[name] for name in names) for row in found) == sorted(expected)


def test_every_reopening_has_its_times(stored):
    found = stored.rows("SELECT * FROM analyst.reopening")
    expected = [
        (
            one.errand.errand_id,
            position,
            closed,
            reopened,
            *one.both("x", [(closed, reopened)]).values(),
            *one.holder(closed),
        )
        for one in stored.figures
        for position, (closed, reopened) in enumerate(one.reopenings, start=1)
    ]

    names = (
        "errand_id",
        "position",
        "closed_at",
        "reopened_at",
        "after_min",
        "after_business_min",
        "area_id",
        "agent_id",
    )
    assert len(found) > 30
    assert sorted(tuple(row[name] for name in names) for row in found) == sorted(expected)


def test_errands_of_the_same_person_have_their_earlier_errand(stored):
    names = (
        "errand_id, earlier_errand_id, arrived_at, earlier_at, after_min, within_1_day,"
        " within_7_days, area_id"
    )
    found = by_errand(stored.rows(f"SELECT {names} FROM analyst.repeat_contact"))

    assert len(found) > 100
    assert found == by_errand(repeat_contacts(one.errand for one in stored.figures))


def kept(stored):
    return [one for one in stored.figures if not one.errand.deleted]


def as_texts(rows, names):
    """Return rows in an order that does not depend on where they come from."""
    return sorted(str({name: row[name] for name in names}) for row in rows)


@pytest.mark.parametrize("view", ["response_time_day", "sla_day", "channel_day"])
def test_the_figures_by_day_are_those_of_the_plain_computation(stored, view):
    found = stored.rows(f"SELECT * FROM analyst.{view}")
    expected = getattr(day_figures, view)([one.row() for one in kept(stored)], ZONE)

    assert len(found) > 100
    assert as_texts(found, expected[0]) == as_texts(expected, expected[0])


def test_the_trend_of_tags_is_that_of_the_plain_computation(stored):
    found = stored.rows("SELECT * FROM analyst.tag_trend_week")
    expected = day_figures.tag_trend_week(kept(stored), ZONE)

    assert len(found) > 20
    assert as_texts(found, expected[0]) == as_texts(expected, expected[0])
