"""Fills a database with a believable centre: ``python -m tests.bench.centre --errands 1000000``.

The database must be migrated and have no errand. The workspace is called ``demo``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice

import click
import psycopg

from deploy.sandbox.world import sample_data
from schemas.opening_hours import Calendar, Holiday, Opening
from tests.support.centre import AGENT_OF_LOGIN, Centre, Errand
from workers.analytics.store import opening_hours
from workers.database import Connection

WORKSPACE = "demo"
BATCH = 20_000  # errands in one transaction
Row = tuple[object, ...]
# Fridays until 16:00; one area is open in the evening and on Saturdays, over a midnight as well.
OPENINGS = (
    *(Opening(area_id=None, weekday=day, from_minute=480, to_minute=1020) for day in range(1, 5)),
    Opening(area_id=None, weekday=5, from_minute=480, to_minute=960),
    *(Opening(area_id=14, weekday=day, from_minute=420, to_minute=1260) for day in range(1, 6)),
    Opening(area_id=14, weekday=6, from_minute=1200, to_minute=1560),
)


@click.command()
@click.option("--errands", default=100_000, show_default=True)
@click.option("--days", default=730, show_default=True, help="So many days before 2026.")
@click.option("--database", envvar="DATABASE_URL", required=True, help="URL of the database.")
def main(errands: int, days: int, database: str) -> None:
    """Write a centre of about so many errands."""
    began_s = time.monotonic()
    with psycopg.connect(database) as conn:
        if conn.execute("SELECT FROM cention.errand LIMIT 1").fetchone():
            raise click.ClickException("The database has errands. Take an empty one.")
        for done in fill(conn, Centre(errands=errands, days=days)):
            conn.commit()
            print(f"{done:,} errands, {time.monotonic() - began_s:,.0f} s", flush=True)


def fill(conn: Connection, centre: Centre) -> Iterator[int]:
    """Write master data, opening hours and errands; yield the number of errands after each batch.

    The triggers that mark changes are left out: figures are computed from everything at once.
    """
    conn.execute("SET LOCAL session_replication_role = replica")
    _write_names(conn, centre)
    _write_logons(conn, centre)
    opening_hours.replace(conn, WORKSPACE, calendar(centre))
    errands, done = centre.all_errands(), 0
    while batch := list(islice(errands, BATCH)):
        conn.execute("SET LOCAL session_replication_role = replica")
        for table, columns, rows in TABLES:
            _copy(conn, table, columns, (row for one in batch for row in rows(one)))
        done += len(batch)
        yield done


def calendar(centre: Centre) -> Calendar:
    """Return the opening hours of the centre, and its holidays."""
    years = range(centre.until.year - 3, centre.until.year + 1)
    names = {(1, 1): "New Year", (5, 1): "First of May", (12, 25): "Christmas"}
    holidays = tuple(
        Holiday(area_id=None, date=datetime(year, *day, tzinfo=UTC).date(), name=name)
        for year in years
        for day, name in names.items()
    )
    return Calendar(openings=OPENINGS, holidays=holidays)


def _write_names(conn: Connection, centre: Centre) -> None:
    zone = centre.zone.key
    conn.execute("INSERT INTO cention.workspace VALUES (%s, %s)", [WORKSPACE, zone])
    fetched_at = centre.until
    for table, named in (
        ("area", sample_data.AREAS),
        ("service", sample_data.SERVICES),
        ("agent", sample_data.AGENTS),
        ("tag", sample_data.TAGS),
        ("organisation", {area.organisation for area in sample_data.AREAS}),
    ):
        rows = ((WORKSPACE, one.item_id, one.name, fetched_at) for one in named)
        _copy(conn, f"cention.{table}", f"workspace, {table}_id, name, fetched_at", rows)


def _write_logons(conn: Connection, centre: Centre) -> None:
    columns = "workspace, login_name, happened_at, action, occurrence, fetched_at"
    rows = (
        (WORKSPACE, one.name, _at(one.at), one.action, 1, _at(one.at)) for one in centre.logons()
    )
    _copy(conn, "cention.agent_logon", columns, rows)
    logins = ((WORKSPACE, name, agent_id) for name, agent_id in AGENT_OF_LOGIN.items())
    _copy(conn, "cention.agent_login", "workspace, login_name, agent_id", logins)


def _copy(conn: Connection, table: str, columns: str, rows: Iterable[Row]) -> None:
    question = f"COPY {table} ({columns}) FROM STDIN"
    with conn.cursor() as cursor, cursor.copy(question) as copy:  # type: ignore[arg-type]
        for row in rows:
            copy.write_row(row)


def _errand(one: Errand) -> Iterator[Row]:
    yield (
        *(WORKSPACE, one.errand_id, f"{one.errand_id}-1", one.service_id, one.organisation_id),
        *(one.area_id, one.agent_id, one.address, _at(one.arrived_at), _at(one.answered_at)),
        *(_at(one.done_at), one.closed, one.deleted, one.versions[-1].answered, one.within_sla),
        *(one.feedback_value, _at(one.gone_at), _at(one.fetched_at)),
    )


def _actions(one: Errand) -> Iterator[Row]:
    for action in one.actions:
        note = f"Errand {one.errand_id} was {action.verb} by agent {action.agent}."
        yield (
            *(WORKSPACE, action.action_id, one.errand_id, note, action.agent),
            *(_at(action.at), _at(one.fetched_at)),
        )


def _versions(one: Errand) -> Iterator[Row]:
    for version in one.versions:
        fetched_at = _at(version.fetched_at)
        yield (
            *(WORKSPACE, one.errand_id, _at(version.valid_from), _at(version.valid_to)),
            *(_at(version.changed_at), version.state, version.area_id, version.agent_id),
            *(one.service_id, version.closed, version.answered, version.deleted),
            *(list(version.tag_ids), fetched_at, [fetched_at], [_at(version.changed_at)], [0]),
        )


def _tags(one: Errand) -> Iterator[Row]:
    for tag_id in one.tag_ids:
        yield WORKSPACE, one.errand_id, tag_id, _at(one.fetched_at)


def _answers(one: Errand) -> Iterator[Row]:
    for number, received_at in enumerate(one.callbacks):
        answer_id = one.errand_id + number
        yield WORKSPACE, one.errand_id, answer_id, answer_id, _at(received_at), answer_id


def _sessions(one: Errand) -> Iterator[Row]:
    for survey in one.surveys:
        yield (
            *(WORKSPACE, survey.session_id, one.errand_id, "own", "page", "complete"),
            *(survey.verified, _at(survey.at), _at(survey.at)),
        )


def _scores(one: Errand) -> Iterator[Row]:
    for survey in one.surveys:
        yield WORKSPACE, survey.session_id, 1, "csat", survey.csat, 1, 5, _at(survey.at)
        yield WORKSPACE, survey.session_id, 2, "nps", survey.nps, 0, 10, _at(survey.at)


def _at(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


TABLES: tuple[tuple[str, str, Callable[[Errand], Iterator[Row]]], ...] = (
    (
        "cention.errand",
        "workspace, errand_id, display_id, service_id, organisation_id, area_id, agent_id,"
        " from_address, arrived_at, answered_at, done_at, closed, deleted, answered, within_sla,"
        " feedback_value, gone_at, fetched_at",
        _errand,
    ),
    (
        "cention.errand_action",
        "workspace, action_id, errand_id, note, origin, happened_at, fetched_at",
        _actions,
    ),
    (
        "cention.errand_version",
        "workspace, errand_id, valid_from, valid_to, changed_at, state, area_id, agent_id,"
        " service_id, closed, answered, deleted, tag_ids, fetched_at, fetch_times, action_times,"
        " missing_parts",
        _versions,
    ),
    ("cention.errand_tag", "workspace, errand_id, tag_id, fetched_at", _tags),
    (
        "cention.answer",
        "workspace, errand_id, answer_id, response_id, received_at, callback_id",
        _answers,
    ),
    (
        "feedback.session",
        "workspace, session_id, errand_id, vendor, origin, state, verified, started_at,"
        " completed_at",
        _sessions,
    ),
    (
        "feedback.answer",
        "workspace, session_id, position, kind, number, lowest, highest, answered_at",
        _scores,
    ),
)

if __name__ == "__main__":
    main()
