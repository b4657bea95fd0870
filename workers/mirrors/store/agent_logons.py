"""Log-ins and log-outs of agents, at rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from psycopg import Connection
from psycopg.rows import class_row, scalar_row

from schemas.cention.agent_logons import AgentLogons
from workers.database import queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far log-ons have been brought home, by the database's clock."""

    until_at: datetime | None  # None: nothing was yet
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LogonLine:
    """One log-on, as a list shows it."""

    workspace: str
    happened_at: datetime
    login_name: str
    action: str
    occurrence: int
    agent_id: int | None  # None: nobody has said whose login name it is
    agent_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginLine:
    """One login name."""

    workspace: str
    login_name: str
    last_at: datetime | None  # None: it never logged on
    logons: int | None
    agent_id: int | None  # None: nobody has said whose it is
    agent_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OddLine:
    """A row that is no log-on."""

    workspace: str
    row: Any
    problem: str
    first_seen_at: datetime
    last_seen_at: datetime


def save(conn: Connection[Any], workspace: str, told: AgentLogons) -> int:
    """Write what one answer tells; return how many log-ons were not here already.

    Rows that are no log-ons are kept apart. Safe to repeat, whole or in overlapping parts.
    """
    if told.odd:
        odd = orjson.dumps(told.odd).decode()
        conn.execute(SQL["keep_odd_logons"], {"workspace": workspace, "odd": odd})
    logons = orjson.dumps(told.logons).decode()
    return conn.execute(SQL["save_logons"], {"workspace": workspace, "logons": logons}).rowcount


def reach(conn: Connection[Any], workspace: str) -> Reach:
    """Return until when log-ons are here without a gap."""
    with conn.cursor(row_factory=class_row(Reach)) as cursor:
        return cursor.execute(SQL["logon_reach"], {"workspace": workspace}).fetchall()[0]


def note_reach(conn: Connection[Any], workspace: str, until: datetime) -> None:
    """Note that log-ons are here without a gap until then."""
    conn.execute(SQL["note_logon_reach"], {"workspace": workspace, "until": until})


def listed(
    conn: Connection[Any],
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


def logins(conn: Connection[Any], workspace: str | None) -> list[LoginLine]:
    """Return every login name."""
    with conn.cursor(row_factory=class_row(LoginLine)) as cursor:
        return cursor.execute(SQL["logins"], {"workspace": workspace}).fetchall()


def map_login(conn: Connection[Any], workspace: str, login_name: str, agent_id: int) -> None:
    """Say which agent has a login name."""
    parameters = {"workspace": workspace, "login_name": login_name, "agent_id": agent_id}
    conn.execute(SQL["map_login"], parameters)


def unmap_login(conn: Connection[Any], workspace: str, login_name: str) -> bool:
    """Unsay which agent has a login name; true if it was said."""
    parameters = {"workspace": workspace, "login_name": login_name}
    return conn.execute(SQL["unmap_login"], parameters).rowcount > 0


def agent_name(conn: Connection[Any], workspace: str, agent_id: int) -> str | None:
    """Return the display name of an agent; ``None`` if no report has named that agent."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        parameters = {"workspace": workspace, "agent_id": agent_id}
        return cursor.execute(SQL["agent_name"], parameters).fetchone()


def odd(conn: Connection[Any], workspace: str | None) -> list[OddLine]:
    """Return rows that are no log-ons, the newest first."""
    with conn.cursor(row_factory=class_row(OddLine)) as cursor:
        return cursor.execute(SQL["odd_logons"], {"workspace": workspace}).fetchall()


def forget_odd(conn: Connection[Any], workspace: str | None) -> int:
    """Forget these rows; return how many there were."""
    return conn.execute(SQL["forget_odd_logons"], {"workspace": workspace}).rowcount


def forget(conn: Connection[Any], workspace: str, login_name: str) -> int:
    """Remove every log-on of a login name; return how many there were."""
    parameters = {"workspace": workspace, "login_name": login_name}
    return conn.execute(SQL["forget_logons"], parameters).rowcount
