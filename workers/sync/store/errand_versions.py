"""The history of errands: what each was like, from which fetch on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from psycopg import sql
from psycopg.rows import scalar_row

from schemas.cention.errand_reports import ErrandReport
from workers.database import Connection, queries
from workers.database.records import Fetched

SQL = queries.load(__name__)

_KEEP, _KEEP_UNLOCKED = (
    queries.literal(sql.SQL(SQL["keep_present_rows"]).format(lock=sql.SQL(lock)).as_string())
    for lock in ("FOR UPDATE", "FOR UPDATE SKIP LOCKED")
)
FILL_BATCH = 10_000

NO_SLA, NO_TAGS, GONE = 1, 2, 4
"""Parts that a fetch did not report, to be added up."""

FETCHES_KEPT = 16
"""Of the newest fetches of a version, beside the first: a late one may be put between them."""

MOST_FETCHES = 2 * FETCHES_KEPT
"""Of one version; then those between the first and the newest are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one fetch found of an errand; by default, that it is gone."""

    errand_id: int
    fetched_at: datetime
    missing: int = GONE
    action_at: datetime | None = None
    status_code: str | None = None
    area_id: int | None = None
    agent_id: int | None = None
    priority: str | None = None
    service_id: int | None = None
    organisation_id: int | None = None
    closed: bool | None = None
    answered: bool | None = None
    deleted: bool | None = None
    tag_ids: tuple[int, ...] | None = None
    handling_time_s: int | None = None
    within_sla: bool | None = None


def keep_present(conn: Connection, workspace: str, ids: Sequence[int]) -> None:
    """Write the first versions of errands that have none, from their present rows."""
    conn.execute(_KEEP, {"workspace": workspace, "ids": list(ids)})


def fill(conn: Connection, *, limit: int = FILL_BATCH) -> int:
    """Write first versions for the next errands stored before there was a history.

    Return how many errands were looked at; 0 once all have one. ``conn`` is in autocommit mode. An
    errand whose row is locked is left out, so that neither waits for the other, and comes next.
    """
    conn.execute(SQL["start_fills"])
    with conn.transaction():
        for workspace, after_id in conn.execute(SQL["lock_fill"]).fetchall():
            parameters = {"workspace": workspace, "after_id": after_id, "limit": limit}
            ids = [id_ for (id_,) in conn.execute(SQL["errands_after"], parameters)]
            conn.execute(_KEEP_UNLOCKED, {"workspace": workspace, "ids": ids})
            parameters = {"workspace": workspace, "ids": ids}
            [(left_out,)] = conn.execute(SQL["first_without_version"], parameters).fetchall()
            done = max(ids, default=None) if left_out is None else left_out - 1
            conn.execute(SQL["record_fill"], {"workspace": workspace, "after_id": done})
            return len(ids)
    return 0


def save_reports(
    conn: Connection, workspace: str, reports: Sequence[Fetched[ErrandReport]]
) -> None:
    """Enter reports in the history, each at the time of its fetch, in whichever order they come.

    The caller holds the locks of the rows of the errands.
    """
    found: dict[int, dict[datetime, Observation]] = defaultdict(dict)
    for one in map(_observation, reports):
        found[one.errand_id][one.fetched_at] = one
    single = [
        one for of_errand in found.values() if len(of_errand) == 1 for one in of_errand.values()
    ]
    parameters = {
        "workspace": workspace,
        "observations": _as_json(single),
        "most": MOST_FETCHES,
    }
    with conn.cursor(row_factory=scalar_row) as cursor:
        left = set(cursor.execute(SQL["append_reports"], parameters))
    left |= {id_ for id_, of_errand in found.items() if len(of_errand) > 1}
    _save(conn, workspace, [one for id_ in left for one in found[id_].values()])


def save_gone(conn: Connection, workspace: str, ids: Sequence[int], *, at: datetime) -> None:
    """Enter in the history that errands were gone at a fetch. As for reports, rows are locked."""
    _save(conn, workspace, [Observation(errand_id=id_, fetched_at=at) for id_ in set(ids)])


def _save(conn: Connection, workspace: str, observations: Sequence[Observation]) -> None:
    """Enter fetches in any order, each of another errand or time."""
    if observations:
        parameters = {
            "workspace": workspace,
            "observations": _as_json(observations),
            "kept": FETCHES_KEPT,
        }
        conn.execute(SQL["save_observations"], parameters)


def _as_json(observations: Sequence[Observation]) -> str:
    return orjson.dumps(observations).decode()


def _observation(fetched: Fetched[ErrandReport]) -> Observation:
    report, sla, tags = fetched.record, fetched.record.sla, fetched.record.tags
    times = [one.happened_at for one in report.actions or () if one.happened_at is not None]
    return Observation(
        errand_id=report.errand_id,
        fetched_at=fetched.fetched_at,
        missing=(NO_SLA if sla is None else 0) + (NO_TAGS if tags is None else 0),
        action_at=max(times, default=None),
        status_code=report.status_code,
        area_id=report.area_id,
        agent_id=report.agent_id,
        priority=report.priority,
        service_id=report.service_id,
        organisation_id=report.organisation_id,
        closed=report.closed,
        answered=report.answered,
        deleted=report.deleted,
        tag_ids=None if tags is None else tuple(sorted({tag.tag_id for tag in tags})),
        handling_time_s=sla.handling_time_s if sla else None,
        within_sla=sla.within_sla if sla else None,
    )
