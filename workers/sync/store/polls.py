"""Attempts to fetch lists and mirrors, and pauses of families and mirrors."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from psycopg.rows import class_row, scalar_row

from workers.config.names import Family, Mirror
from workers.database import Connection, queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """The attempts that failed since the last success."""

    number: int
    ended_ago_s: float | None  # of the last failure; None: there was none


class PauseState(Enum):
    """Whether a family is paused, for one caller."""

    NOT_PAUSED = auto()
    PAUSED = auto()
    MAY_PROBE = auto()  # the pause is over, and this caller has the probe


def start(conn: Connection, workspace: str, family: Family | Mirror) -> int:
    """Record that an attempt begins; return its number."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        parameters = {"workspace": workspace, "family": family}
        return int(cursor.execute(SQL["start_poll"], parameters).fetchall()[0])


def start_due(
    conn: Connection, lists: Collection[tuple[str, Family]], *, every_s: float | None
) -> dict[tuple[str, Family], int]:
    """Record that polls of lists begin; return their numbers, by workspace and family.

    With ``every_s``, those are left out that succeeded within so many seconds.
    """
    parameters = {
        "workspaces": [workspace for workspace, _ in lists],
        "families": [family for _, family in lists],
        "every_s": every_s,
    }
    rows = conn.execute(SQL["start_due_polls"], parameters).fetchall()
    return {(workspace, Family(family)): poll_id for workspace, family, poll_id in rows}


def end(conn: Connection, poll_id: int, *, found: int | None, error: str | None) -> None:
    """Record how an attempt ended: with ``found`` ids, with an error, or with both."""
    conn.execute(SQL["end_poll"], {"poll_id": poll_id, "found": found, "error": error})


def delete_old(conn: Connection) -> None:
    """Delete attempts older than a week, except the last success of each family."""
    conn.execute(SQL["delete_old_polls"])


def is_due(conn: Connection, workspace: str, family: Family | Mirror, *, every_s: float) -> bool:
    """Return whether there was no success yet, or none within the last ``every_s`` seconds."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        parameters = {"workspace": workspace, "family": family, "every_s": every_s}
        return bool(cursor.execute(SQL["is_due"], parameters).fetchone())


def due_mirrors(
    conn: Connection, every_s: Mapping[tuple[str, Mirror], float]
) -> list[tuple[str, Mirror]]:
    """Return those of these mirrors of workspaces that are due and not paused.

    ``every_s`` are the seconds between two refreshes of each. One whose refresh failed is among
    them, however recently.
    """
    parameters = {
        "workspaces": [workspace for workspace, _ in every_s],
        "mirrors": [mirror for _, mirror in every_s],
        "every_s": list(every_s.values()),
    }
    rows = conn.execute(SQL["due_mirrors"], parameters).fetchall()
    return [(workspace, Mirror(mirror)) for workspace, mirror in rows]


def failures(conn: Connection, workspace: str, family: Family | Mirror) -> Failures:
    """Return how many attempts failed since the last success."""
    with conn.cursor(row_factory=class_row(Failures)) as cursor:
        parameters = {"workspace": workspace, "family": family}
        return cursor.execute(SQL["failures"], parameters).fetchall()[0]


def pause(
    conn: Connection, workspace: str, family: Family | Mirror, *, reason: str, for_s: float
) -> None:
    """Pause a family of a workspace; its wanted records stay wanted."""
    parameters = {"workspace": workspace, "family": family, "reason": reason, "for_s": for_s}
    conn.execute(SQL["pause"], parameters)


def resume(conn: Connection, workspace: str, family: Family | Mirror) -> bool:
    """End a pause; return whether there was one."""
    parameters = {"workspace": workspace, "family": family}
    return conn.execute(SQL["resume"], parameters).rowcount > 0


def release_probe(conn: Connection, workspace: str, family: Family) -> None:
    """Release an unused probe, so that another drain may take it."""
    conn.execute(SQL["release_probe"], {"workspace": workspace, "family": family})


def resume_idle(
    conn: Connection, workspace: str | None, families: Iterable[Family], *, soon_s: float
) -> None:
    """End pauses of families that have no record due within ``soon_s`` to probe with.

    Of one workspace, or of all (``None``).
    """
    parameters = {"workspace": workspace, "families": list(families), "soon_s": soon_s}
    conn.execute(SQL["resume_idle"], parameters)


def take_probe(
    conn: Connection, workspace: str, family: Family | Mirror, *, probe_s: float
) -> PauseState:
    """Return whether a family is paused; take the probe if its pause is over.

    The one caller that gets ``MAY_PROBE`` may fetch one record. For all others the pause lasts
    ``probe_s`` seconds longer.
    """
    with conn.cursor(row_factory=scalar_row) as cursor:
        parameters = {"workspace": workspace, "family": family, "probe_s": probe_s}
        paused = cursor.execute(SQL["take_probe"], parameters).fetchone()
    if paused is None:
        return PauseState.NOT_PAUSED
    return PauseState.PAUSED if paused else PauseState.MAY_PROBE
