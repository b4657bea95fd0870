"""The same fetches of an errand, in any order, repeated and split, give one history."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from schemas.cention.errand_reports import ErrandReport, ErrandSla, Tag, read_errand_report
from tests.model.world import connection
from workers.database import Connection
from workers.database.records import Fetched
from workers.sync.store import errand_reports, errand_versions

SAMPLE = Path(__file__).parents[1] / "support" / "documents" / "errand_report_33.json"
REPORT = read_errand_report(json.loads(SAMPLE.read_text("utf-8")), zone=ZoneInfo("UTC"))
BEGAN = datetime(2024, 5, 6, 12, 0, tzinfo=UTC)
WORKSPACES = (f"history-{n}" for n in count(1))
COLUMNS = (
    *("status_code", "area_id", "agent_id", "priority", "service_id", "organisation_id"),
    *("closed", "answered", "deleted", "tag_ids", "handling_time_s", "within_sla"),
)


@dataclasses.dataclass(frozen=True)
class Found:
    """What a fetch found: few values, so that the same come back; ``None`` if it is gone."""

    agent: int | None
    flags: tuple[bool, bool, bool]  # closed, answered, deleted
    tags: tuple[int, ...] | None
    handling_s: int | None
    gone: bool

    def report(self, errand_id: int, minute: int) -> ErrandReport:
        closed, answered, deleted = self.flags
        sla = self.handling_s is not None and ErrandSla(
            sla_expiry=0,
            sla_done_due=False,
            within_sla=self.handling_s < 5,
            handling_time_s=self.handling_s,
            response_time_s=0,
        )
        action = dataclasses.replace(REPORT.actions[0], happened_at=at(minute))  # type: ignore[index]
        return dataclasses.replace(
            REPORT,
            errand_id=errand_id,
            agent_id=self.agent,
            closed=closed,
            answered=answered,
            deleted=deleted,
            tags=self.tags and tuple(Tag(tag_id=tag, name=None) for tag in self.tags),
            sla=sla or None,
            actions=(action,),
        )


FOUND = st.builds(
    Found,
    agent=st.sampled_from([None, 1, 2]),
    flags=st.sampled_from([(False, False, False), (True, True, False), (False, False, True)]),
    tags=st.sampled_from([None, (), (1,), (2, 1)]),
    handling_s=st.sampled_from([None, None, 4, 9]),
    gone=st.sampled_from([False, False, False, True]),
)
# By the minute at which each was fetched.
LONG_HISTORIES = st.lists(FOUND, min_size=1, max_size=14).map(lambda found: dict(enumerate(found)))
HISTORIES = st.lists(FOUND, min_size=1, max_size=7).map(lambda found: dict(enumerate(found)))


def at(minute: int) -> datetime:
    return BEGAN + timedelta(minutes=minute)


def states(history: dict[int, Found]) -> list[dict[str, Any]]:
    """Compute the versions slowly and plainly: what is not reported is as it was before."""
    versions: list[dict[str, Any]] = []
    now: dict[str, Any] = dict.fromkeys(COLUMNS)
    for minute, found in sorted(history.items()):
        if not found.gone:
            now = now | _reported(found)
        state = "gone" if found.gone else _state(found)
        if versions and versions[-1]["now"] == (state, now):
            versions[-1]["fetched_at"] = at(minute)
            continue
        changed_at = None if found.gone else at(minute)
        version = {"now": (state, now), "valid_from": at(minute), "fetched_at": at(minute)}
        versions.append(version | {"changed_at": changed_at})
    ends = [one["valid_from"] for one in versions[1:]]
    return [
        {**now, "state": state, **one, "valid_to": end}
        for one, end in zip(versions, [*ends, None], strict=True)
        for state, now in [one.pop("now")]
    ]


def _state(found: Found) -> str:
    closed, answered, deleted = found.flags
    return (deleted and "deleted") or (closed and "closed") or (answered and "answered") or "open"


def _reported(found: Found) -> dict[str, Any]:
    closed, answered, deleted = found.flags
    names = ("status_code", "priority", "area_id", "service_id", "organisation_id")
    now = {name: getattr(REPORT, name) for name in names}
    now |= {"agent_id": found.agent, "closed": closed, "answered": answered, "deleted": deleted}
    if found.tags is not None:
        now["tag_ids"] = sorted(found.tags)
    if found.handling_s is not None:
        now |= {"handling_time_s": found.handling_s, "within_sla": found.handling_s < 5}
    return now


def save(
    conn: Connection, workspace: str, history: dict[int, Found], minutes: Sequence[int]
) -> None:
    """Save the fetches of some minutes in one transaction."""
    with conn.transaction():
        reports = [
            Fetched(record=history[minute].report(33, minute), fetched_at=at(minute))
            for minute in minutes
            if not history[minute].gone
        ]
        for one in reports:
            errand_reports.save(conn, workspace, [one])
        for minute in minutes:
            if history[minute].gone:
                errand_reports.mark_gone(conn, workspace, [33], at=at(minute))


def versions(conn: Connection, workspace: str) -> list[dict[str, Any]]:
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "SELECT * FROM cention.errand_version WHERE workspace = %s ORDER BY valid_from",
            [workspace],
        ).fetchall()
    hidden = {"workspace", "errand_id", "fetch_times", "action_times", "missing_parts"}
    return [{k: v for k, v in row.items() if k not in hidden} for row in rows]


def fetch_times(conn: Connection, workspace: str) -> list[datetime]:
    query = "SELECT unnest(fetch_times) FROM cention.errand_version WHERE workspace = %s ORDER BY 1"
    return [time for (time,) in conn.execute(query, [workspace])]


def kept_times(conn: Connection, workspace: str) -> list[tuple[datetime, list[datetime]]]:
    """Return when each version begins, and its fetches that are kept."""
    query = "SELECT valid_from, fetch_times FROM cention.errand_version WHERE workspace = %s"
    return conn.execute(query, [workspace]).fetchall()


@pytest.fixture
def conn(database: str) -> Iterator[Connection]:
    with connection(database) as opened:
        yield opened


EXAMPLES = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    database=None,
)


@EXAMPLES
@given(history=HISTORIES, data=st.data())
def test_any_order_any_repetition_and_any_split_of_the_same_fetches_gives_the_same_history(
    conn, history, data
):
    again = data.draw(st.lists(st.sampled_from(sorted(history)), max_size=3))
    order = data.draw(st.permutations([*history, *again]))
    cut = data.draw(st.integers(0, len(order)))
    workspace = next(WORKSPACES)

    for some in (order[:cut], order[cut:]):
        save(conn, workspace, history, some)

    assert versions(conn, workspace) == states(history)
    assert fetch_times(conn, workspace) == [at(minute) for minute in history]


@EXAMPLES
@given(history=LONG_HISTORIES, data=st.data())
def test_fetches_are_left_out_and_a_late_one_that_few_have_overtaken_is_in_its_place(
    conn, history, data
):
    order = list(history)
    late = data.draw(st.sampled_from(order))
    overtaken_by = data.draw(st.integers(0, 2))
    order.remove(late)
    order.insert(late + overtaken_by, late)
    workspace = next(WORKSPACES)

    with patch.multiple(errand_versions, FETCHES_KEPT=3, MOST_FETCHES=5):
        save(conn, workspace, history, order)

    assert versions(conn, workspace) == states(history)
    for first, times in kept_times(conn, workspace):
        assert times[0] == first
        assert times == sorted(times)
        assert len(times) <= 5


def test_an_errand_that_is_fetched_again_and_again_keeps_a_few_times(conn):
    found = Found(agent=1, flags=(False,) * 3, tags=(), handling_s=4, gone=False)
    history = dict.fromkeys(range(100), found)
    workspace = next(WORKSPACES)

    save(conn, workspace, history, range(100))

    [(_, times)] = kept_times(conn, workspace)
    assert times[0] == at(0)
    assert times[-16:] == [at(minute) for minute in range(84, 100)]
    assert len(times) <= 32
