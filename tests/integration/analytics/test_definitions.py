"""What counts as a first response, a reopening, a wait: each definition by an errand of its own.

Every errand is computed by the database and by the plain computation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg
import pytest
from psycopg.rows import dict_row

from deploy.sandbox.world.records import Verb
from schemas.opening_hours import Calendar, Opening
from tests.bench import centre as filling
from tests.support.business_time import BusinessTime
from tests.support.centre import Action, Errand, Version
from tests.support.day_tables import compute_day_tables
from tests.support.figures import Figures
from tests.support.open_seconds import OpenSeconds
from workers.analytics.store import metrics, opening_hours

ARRIVED = int(datetime(2024, 5, 7, 8, tzinfo=UTC).timestamp())
# Open from 08:00 to 18:00, so that the first ten hours are the same by both clocks.
OFFICE = tuple(
    Opening(area_id=None, weekday=day, from_minute=480, to_minute=1080) for day in range(1, 6)
)
PLAIN = OpenSeconds(BusinessTime(zone=UTC, openings=OFFICE, holidays=()))  # type: ignore[arg-type]
Row = dict[str, Any]


class Found(NamedTuple):
    """What a fetch found, so many minutes after the arrival."""

    minute: int
    state: str = "open"
    answered: bool = False
    closed: bool = False
    deleted: bool = False
    area_id: int = 1
    agent_id: int | None = None


def at(minute: float) -> int:
    """Return a moment, in minutes after the arrival."""
    return ARRIVED + round(minute * 60)


def errand(*found: Found, **known: Any) -> Errand:
    """Return an errand by what fetches found, and what else is ``known`` of it."""
    versions = [
        Version(
            valid_from=at(one.minute),
            valid_to=at(after.minute) if after else None,
            changed_at=None,
            fetched_at=at(one.minute),
            state=one.state,
            area_id=one.area_id,
            agent_id=one.agent_id,
            closed=one.closed,
            answered=one.answered,
            deleted=one.deleted,
            tag_ids=(),
        )
        for one, after in zip(found, [*found[1:], None], strict=True)
    ]
    last = found[-1]
    plain = Errand(
        errand_id=7, arrived_at=ARRIVED, service_id=1, organisation_id=1, area_id=last.area_id,
        agent_id=last.agent_id, address=None, closed=last.closed, deleted=last.deleted,
        gone_at=at(last.minute) if last.state == "gone" else None, answered_at=None, done_at=None,
        within_sla=None, feedback_value=None, fetched_at=at(last.minute), tag_ids=(), actions=[],
        versions=versions, callbacks=[], surveys=[],
    )  # fmt: skip
    return replace(plain, **known)


def log(*lines: tuple[float, Verb]) -> list[Action]:
    return [
        Action(action_id=number, at=at(minute), verb=verb, agent="Anna")
        for number, (minute, verb) in enumerate(lines, start=1)
    ]


@pytest.fixture
def conn(database):
    with psycopg.connect(database, row_factory=dict_row) as conn:
        conn.execute("INSERT INTO cention.workspace VALUES ('demo', 'UTC')")
        opening_hours.replace(conn, "demo", Calendar(openings=OFFICE, holidays=()))
        yield conn


@pytest.fixture
def figures_of(conn) -> Callable[[Errand], Row]:
    """Store an errand, and return its figures; the plain computation has the same."""

    def compute(one: Errand) -> Row:
        for table, columns, rows in filling.TABLES:
            filling._copy(conn, table, columns, rows(one))
        metrics.compute(conn, "demo", [one.errand_id])
        [row] = conn.execute("SELECT * FROM analyst.errand_metrics").fetchall()
        plain = Figures(one, PLAIN).row()
        stored = {
            name: int(value.timestamp()) if isinstance(value, datetime) else value
            for name, value in row.items()
        }
        assert {name: stored[name] for name in plain} == plain
        return stored

    return compute


OPEN = Found(0)


def answered(minute: int, **values: Any) -> Found:
    return Found(minute, state="answered", answered=True, **values)


def closed(minute: int, **values: Any) -> Found:
    return Found(minute, state="closed", closed=True, **values)


def test_a_reopening_counts_where_only_the_report_dates_the_closing(figures_of, conn):
    """The report has the date of the last closing; fetches found the one before."""
    row = figures_of(errand(OPEN, closed(30), Found(60), closed(90), done_at=at(90)))

    assert (row["reopening_count"], row["first_resolution_min"]) == (1, 30)
    assert row["final_resolution_min"] == 90
    [reopening] = conn.execute("SELECT * FROM analyst.reopening").fetchall()
    assert reopening["after_min"] == 30


def test_a_reopening_counts_where_it_was_closed_before_the_first_fetch(figures_of):
    row = figures_of(errand(closed(30), Found(60), closed(90), done_at=at(90)))

    assert (row["reopening_count"], row["first_resolution_min"]) == (1, 30)


def test_the_date_of_a_later_answer_is_not_that_of_the_first(figures_of):
    row = figures_of(errand(OPEN, answered(20), answered(500), answered_at=at(480)))

    assert (row["first_response_min"], row["last_response_min"]) == (20, 480)
    assert (row["response_count"], row["first_response_source"]) == (2, "version")


def test_the_date_of_the_report_is_better_than_the_fetch_that_found_the_answer(figures_of):
    row = figures_of(errand(OPEN, answered(20), answered_at=at(15)))

    assert (row["first_response_min"], row["response_count"]) == (15, 1)
    assert row["first_response_source"] == "report"


def test_a_date_to_the_minute_is_after_the_fetch_that_found_no_answer(figures_of):
    row = figures_of(errand(Found(0), Found(15), answered(20), answered_at=at(14.5)))

    assert (row["first_response_min"], row["response_count"]) == (15, 1)


def test_an_answer_before_the_first_fetch_has_no_time_if_only_a_later_one_is_dated(
    figures_of, conn
):
    row = figures_of(errand(answered(300), answered(500), answered_at=at(480)))

    assert row["first_response_min"] is None
    assert row["first_response_source"] is None
    assert (row["response_count"], row["last_response_min"]) == (2, 480)
    [response] = conn.execute("SELECT * FROM analyst.errand_response").fetchall()
    assert (response["position"], response["responded_at"].timestamp()) == (2, at(480))


def test_a_callback_and_the_fetch_after_it_are_one_answer(figures_of):
    row = figures_of(
        errand(OPEN, answered(20), answered_at=at(18), callbacks=[at(18.5)]),
    )

    assert (row["first_response_min"], row["response_count"]) == (18.5, 1)


def test_a_callback_that_comes_after_the_fetch_is_the_same_answer(figures_of):
    row = figures_of(errand(OPEN, answered(20), callbacks=[at(40)]))

    assert (row["first_response_min"], row["response_count"]) == (40, 1)


def test_an_answer_before_the_first_callback_counts(figures_of):
    """Callbacks were set up later."""
    row = figures_of(errand(OPEN, answered(20), answered(300), callbacks=[at(300)]))

    assert (row["first_response_min"], row["response_count"]) == (20, 2)


def test_a_date_after_all_callbacks_is_one_more_answer(figures_of):
    row = figures_of(errand(OPEN, answered(20), callbacks=[at(20)], answered_at=at(200)))

    assert (row["response_count"], row["last_response_min"]) == (2, 200)


def test_the_log_alone_decides_where_it_has_answers(figures_of):
    row = figures_of(
        errand(
            OPEN,
            answered(20),
            actions=log((10, Verb.ANSWERED), (30, Verb.ANSWERED)),
            callbacks=[at(11)],
            answered_at=at(300),
        )
    )

    assert (row["response_count"], row["last_response_min"]) == (2, 30)
    assert row["first_response_source"] == "action"


def test_an_errand_that_was_gone_and_came_back_was_not_reopened(figures_of):
    row = figures_of(errand(OPEN, answered(20), answered(40)._replace(state="gone"), answered(60)))

    assert row["reopening_count"] == 0
    assert (row["waiting_on"], row["waiting_since_at"]) == ("customer", at(20))


def test_a_closed_errand_that_was_gone_and_is_open_now_was_reopened(figures_of):
    row = figures_of(errand(OPEN, closed(20), closed(40)._replace(state="gone"), Found(60)))

    assert (row["reopening_count"], row["waiting_on"]) == (1, "us")


def test_a_deletion_that_was_undone_is_no_reopening(figures_of):
    row = figures_of(
        errand(
            OPEN, answered(10), answered(20, deleted=True)._replace(state="deleted"), answered(60)
        )
    )

    assert (row["reopening_count"], row["deleted"]) == (0, False)
    assert row["waiting_on"] == "customer"


def test_an_errand_that_was_opened_from_the_deleted_ones_was_closed_before(figures_of, conn):
    """The time of the closing counts, not that of the deletion."""
    figures_of(
        errand(
            OPEN,
            closed(20),
            closed(40, deleted=True)._replace(state="deleted"),
            Found(60),
            actions=log((20, Verb.CLOSED), (40, Verb.DELETED), (60, Verb.REOPENED)),
        )
    )

    [found] = conn.execute("SELECT after_min FROM analyst.reopening").fetchall()
    assert found["after_min"] == 40


@pytest.mark.parametrize("view", ["response_time_day", "sla_day", "channel_day"])
def test_an_errand_that_is_deleted_and_then_gone_is_in_no_figure_of_a_day(figures_of, conn, view):
    row = figures_of(
        errand(
            OPEN,
            answered(20),
            answered(30, deleted=True)._replace(state="deleted"),
            answered(40, deleted=True)._replace(state="gone"),
        )
    )

    assert (row["state"], row["deleted"]) == ("gone", True)
    compute_day_tables(conn)
    assert conn.execute(f"SELECT * FROM analyst.{view}").fetchall() == []


def test_what_did_not_happen_is_null(figures_of):
    row = figures_of(errand(OPEN))

    assert {name for name, value in row.items() if name.endswith("_min") and value is not None} == (
        set()
    )
    assert row["one_touch"] is None


def test_waits_are_of_the_customer_after_an_answer_and_ours_after_a_reopening(figures_of):
    row = figures_of(
        errand(
            OPEN,
            closed(120),
            actions=log(
                (30, Verb.ANSWERED), (90, Verb.CLOSED), (100, Verb.REOPENED),
                (120, Verb.ANSWERED_AND_CLOSED),
            ),
        )
    )  # fmt: skip

    assert (row["waiting_on_us_min"], row["waiting_on_customer_min"]) == (50, 60)
    assert row["waiting_on"] is None


def test_moves_between_areas_are_counted_by_the_log(figures_of):
    row = figures_of(
        errand(
            OPEN,
            Found(40, area_id=2),
            actions=log((20, Verb.MOVED), (30, Verb.MOVED), (40, Verb.MOVED)),
        )
    )

    assert (row["transfer_count"], row["area_count"]) == (3, 2)


def test_nothing_is_counted_from_an_arrival_that_cannot_be(figures_of, conn):
    """Other systems write a time of long ago for none."""
    figures_of(errand(OPEN, answered(20), answered_at=at(15)))
    conn.execute("UPDATE cention.errand SET arrived_at = '0001-01-01 UTC'")

    metrics.compute(conn, "demo", [7])

    [row] = conn.execute("SELECT * FROM analyst.errand_metrics").fetchall()
    assert {name for name, value in row.items() if name.endswith("_min") and value is not None} == (
        set()
    )


@pytest.mark.parametrize(
    ("minute", "first_response_min"), [(-1440, 0), (-1441, None), (-ARRIVED // 60, None), (5, 5)]
)
@pytest.mark.parametrize("by_log", [True, False])
def test_an_answer_more_than_a_day_before_the_arrival_is_unknown(
    figures_of, by_log, minute, first_response_min
):
    told = {"actions": log((minute, Verb.ANSWERED))} if by_log else {"answered_at": at(minute)}

    row = figures_of(errand(Found(0), **told))

    assert row["first_response_min"] == first_response_min
    assert row["response_count"] == (first_response_min is not None)


@pytest.mark.parametrize("arrived_at", [None, 0])
def test_an_answer_before_2000_is_unknown_whenever_its_errand_arrived(figures_of, arrived_at):
    row = figures_of(errand(Found(0), arrived_at=arrived_at, answered_at=-2_208_988_800))

    assert (row["arrived_at"], row["last_response_at"], row["response_count"]) == (None, None, 0)


def test_of_a_closing_whose_newest_action_has_an_implausible_time_the_fetch_counts(figures_of):
    closed = errand(Found(60, state="closed", closed=True))
    closed = replace(closed, versions=[replace(closed.versions[0], changed_at=0)])

    assert figures_of(closed)["first_resolution_min"] == 60
