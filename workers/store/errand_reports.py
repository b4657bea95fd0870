"""Errand reports, at rest: one row an errand, its history, tags, recipients and names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection

from schemas.cention.errand_reports import ErrandReport
from workers.store import queries
from workers.store.records import Fetched, as_json

SQL = queries.load("errand_reports")

NAMES = (
    SQL["save_organisation_names"],
    SQL["save_area_names"],
    SQL["save_agent_names"],
    SQL["save_service_names"],
    SQL["save_tag_names"],
)


def save(conn: Connection[Any], workspace: str, reports: Sequence[Fetched[ErrandReport]]) -> None:
    """Write reports; one older than what is stored changes nothing."""
    parameters = {"workspace": workspace, "reports": as_json(reports)}
    conn.execute(SQL["save_errand_reports"], parameters)
    for sql in NAMES:
        conn.execute(sql, parameters)


def mark_gone(conn: Connection[Any], workspace: str, ids: Sequence[int], *, at: datetime) -> None:
    """Note that Cention knows these errands no more."""
    conn.execute(SQL["mark_errands_gone"], {"workspace": workspace, "ids": list(ids), "at": at})
