"""The tables of errand reports: errands, their history, tags, recipients and names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

from psycopg import sql

from schemas.cention.errand_reports import ErrandReport
from workers.database import Connection, queries
from workers.database.records import Fetched, as_json
from workers.sync.store import errand_versions, metrics_due, recently_gone

SQL = queries.load(__name__)

SAVE_NAMES = {
    kind: queries.literal(
        sql.SQL(SQL["save_names"])
        .format(table=sql.Identifier("cention", kind), id=sql.Identifier(f"{kind}_id"))
        .as_string()
    )
    for kind in ("organisation", "area", "agent", "service", "tag")
}


def save(
    conn: Connection,
    workspace: str,
    reports: Sequence[Fetched[ErrandReport]],
    *,
    rewrite: bool = False,
) -> None:
    """Write reports; one older than what is stored changes only the history of its errand.

    With ``rewrite``, as the newest stored reports, they also change an errand that is gone.
    """
    ids = [fetched.record.errand_id for fetched in reports]
    errand_versions.keep_present(conn, workspace, ids)
    parameters = {"workspace": workspace, "reports": as_json(reports), "rewrite": rewrite}
    with metrics_due.marked_together(conn, workspace, ids):
        conn.execute(SQL["save_errand_reports"], parameters)
        errand_versions.save_reports(conn, workspace, reports)
    for kind, query in SAVE_NAMES.items():
        names = newest_names(kind, reports)
        conn.execute(
            query,
            {
                "workspace": workspace,
                "ids": list(names),
                "names": [name for name, _ in names.values()],
                "fetched_at": [fetched_at for _, fetched_at in names.values()],
            },
        )


def newest_names(
    kind: str, reports: Sequence[Fetched[ErrandReport]]
) -> dict[int, tuple[str, datetime]]:
    """Return the newest name of each thing of ``kind`` by id, and when it was fetched."""
    newest: dict[int, tuple[str, datetime]] = {}
    for fetched in sorted(reports, key=lambda f: f.fetched_at):
        for id_, name in _names(kind, fetched.record):
            if id_ is not None and name is not None:
                newest[id_] = (name, fetched.fetched_at)
    return newest


def _names(kind: str, report: ErrandReport) -> Iterable[tuple[int | None, str | None]]:
    if kind == "tag":
        return [(tag.tag_id, tag.name) for tag in report.tags or ()]
    return [(getattr(report, f"{kind}_id"), getattr(report, f"{kind}_name"))]


def mark_gone(conn: Connection, workspace: str, ids: Sequence[int], *, at: datetime) -> None:
    """Mark errands as gone: Cention has no such errand any more."""
    errand_versions.keep_present(conn, workspace, ids)
    with metrics_due.marked_together(conn, workspace, ids):
        conn.execute(SQL["mark_errands_gone"], {"workspace": workspace, "ids": list(ids), "at": at})
        errand_versions.save_gone(conn, workspace, ids, at=at)


recently_gone_ids = partial(recently_gone.ids, SQL["recently_gone_errands"])
"""``recently_gone.ids`` for errands."""


def open_ids(conn: Connection, workspace: str) -> list[int]:
    """Return the ids of all errands that are neither closed nor gone."""
    return [row[0] for row in conn.execute(SQL["open_errands"], {"workspace": workspace})]
