"""Stored log-ins and log-outs of agents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from psycopg.rows import class_row, scalar_row

from schemas.cention.agent_logons import AgentLogons
from workers.database import Connection, queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Until when log-ons are stored without a gap, by the database's clock."""

    until_at: datetime | None  # None: none is stored yet
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LogonLine:
    """One log-on with its agent, for lists."""

    workspace: str
    happened_at: datetime
    login_name: str
    action: str
    occurrence: int
    agent_id: int | None  # None: the login name is not mapped
    agent_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginLine:
    """A login name with its last log-on and its agent."""

    workspace: str
    login_name: str
    last_at: datetime | None  # None: it never logged on
    logons: int | None
    agent_id: int | None  # None: not mapped
    agent_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOddRow:
    """A row of Cention's log that is not a log-on."""

    workspace: str
    row: Any
    problem: str
    first_seen_at: datetime
    last_seen_at: datetime


def save(conn: Connection, workspace: str, logons: AgentLogons) -> int:
    """Write the log-ons of one answer; return how many were not stored already.

    Rows that are not log-ons are stored apart. Idempotent, also for overlapping answers.
    """
    if logons.odd_rows:
        odd = orjson.dumps(logons.odd_rows).decode()
        conn.execute(SQL["save_odd_rows"], {"workspace": workspace, "odd": odd})
    parameters = {"workspace": workspace, "logons": orjson.dumps(logons.logons).decode()}
    return conn.execute(SQL["save_logons"], parameters).rowcount


def coverage(conn: Connection, workspace: str) -> Coverage:
    """Return until when log-ons are stored without a gap."""
    with conn.cursor(row_factory=class_row(Coverage)) as cursor:
        return cursor.execute(SQL["logon_coverage"], {"workspace": workspace}).fetchall()[0]


def set_coverage(conn: Connection, workspace: str, until: datetime) -> None:
    """Record that log-ons are stored without a gap until then."""
    conn.execute(SQL["set_logon_coverage"], {"workspace": workspace, "until": until})


def listed(
    conn: Connection,
    *,
    workspace: str | None,
    login_name: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> list[LogonLine]:
    """Return log-ons, the newest first; ``None`` stands for all."""
    parameters = {
        "workspace": workspace,
        "login_name": login_name,
        "since": since,
        "until": until,
        "limit": limit,
    }
    with conn.cursor(row_factory=class_row(LogonLine)) as cursor:
        return cursor.execute(SQL["listed_logons"], parameters).fetchall()


def logins(conn: Connection, workspace: str | None) -> list[LoginLine]:
    """Return every login name."""
    with conn.cursor(row_factory=class_row(LoginLine)) as cursor:
        return cursor.execute(SQL["logins"], {"workspace": workspace}).fetchall()


def map_login(conn: Connection, workspace: str, login_name: str, agent_id: int) -> None:
    """Map a login name to an agent."""
    parameters = {"workspace": workspace, "login_name": login_name, "agent_id": agent_id}
    conn.execute(SQL["map_login"], parameters)


def unmap_login(conn: Connection, workspace: str, login_name: str) -> bool:
    """Remove the mapping from a login name to an agent; return whether there was one."""
    parameters = {"workspace": workspace, "login_name": login_name}
    return conn.execute(SQL["unmap_login"], parameters).rowcount > 0


def agent_name(conn: Connection, workspace: str, agent_id: int) -> str | None:
    """Return the display name of an agent; ``None`` if no report has named that agent."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        parameters = {"workspace": workspace, "agent_id": agent_id}
        return cursor.execute(SQL["agent_name"], parameters).fetchone()


def odd_rows(conn: Connection, workspace: str | None) -> list[StoredOddRow]:
    """Return the rows that are not log-ons, the newest first."""
    with conn.cursor(row_factory=class_row(StoredOddRow)) as cursor:
        return cursor.execute(SQL["odd_rows"], {"workspace": workspace}).fetchall()


def delete_odd_rows(conn: Connection, workspace: str | None) -> int:
    """Delete the rows that are not log-ons; return how many there were."""
    return conn.execute(SQL["delete_odd_rows"], {"workspace": workspace}).rowcount


def forget(conn: Connection, workspace: str, login_name: str) -> int:
    """Delete every log-on of a login name, and its mapping; return how many log-ons."""
    parameters = {"workspace": workspace, "login_name": login_name}
    return conn.execute(SQL["forget_logons"], parameters).rowcount
