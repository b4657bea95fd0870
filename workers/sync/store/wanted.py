"""The list of wanted records: those at Cention that must be fetched."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg.rows import class_row, scalar_row

from workers.config.names import Family
from workers.database import Connection, queries

SQL = queries.load(__name__)

MOST_COUNTS = 1_000  # rows of the table of counts; they are read by each scrape of /metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A wanted record as it was when a drain claimed it."""

    remote_id: int
    marks: int
    tries: int
    looks: int
    missing_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A batch of records that one drain holds until its lease ends."""

    workspace: str
    family: Family
    token: UUID
    claimed_at: (
        datetime  # by the database's clock; not before the newest stored documents of these records
    )
    records: tuple[Claimed, ...]
    full: bool  # more may be due


def want(conn: Connection, workspace: str, family: Family, ids: Iterable[int]) -> None:
    """Want records; one that is being fetched will be fetched again.

    A record that failed keeps its back-off, a parked one stays parked.
    """
    unique = sorted(set(ids))
    if unique:
        conn.execute(SQL["want"], {"workspace": workspace, "family": family, "ids": unique})


def want_now(conn: Connection, workspace: str, family: Family, ids: Iterable[int]) -> int:
    """Want records due at once, and release parked ones; return how many rows changed."""
    unique = sorted(set(ids))
    parameters = {"workspace": workspace, "family": family, "ids": unique}
    return conn.execute(SQL["want_now"], parameters).rowcount


def claim(
    conn: Connection,
    workspace: str,
    family: Family,
    *,
    slot: int,
    limit: int,
    lease_s: float,
    probing: bool = False,
) -> Claim:
    """Claim up to ``limit`` due records for ``lease_s`` seconds, longest due first.

    With ``probing``, claim the one record that is most likely to succeed.
    """
    token = uuid4()
    parameters = {
        "workspace": workspace,
        "family": family,
        "slot": slot,
        "limit": limit,
        "lease_s": lease_s,
        "token": token,
        "probing": probing,
    }
    conn.execute(SQL["plan_by_index"])
    with conn.cursor(row_factory=class_row(Claimed)) as cursor:
        # Planned each time: a plan of an empty list is no good for a long one.
        records = tuple(cursor.execute(SQL["claim"], parameters, prepare=False).fetchall())
    ids = [record.remote_id for record in records]
    with conn.cursor(row_factory=scalar_row) as scalars:
        times = scalars.execute(SQL["time_of_claim"], {**parameters, "ids": ids}).fetchall()
    return Claim(
        workspace=workspace,
        family=family,
        token=token,
        claimed_at=times[0],
        records=records,
        full=len(records) == limit,
    )


def hold(conn: Connection, claim: Claim, ids: Iterable[int]) -> set[int]:
    """Lock the records among ``ids`` that the claim still holds, and return their ids.

    A claim holds a record until the lease ends or another claim takes it. The lock lasts until the
    caller's transaction ends, so no other drain can claim a record while it is written.
    """
    parameters = {**_key(claim), "ids": sorted(ids)}
    with conn.cursor(row_factory=scalar_row) as cursor:
        return set(cursor.execute(SQL["hold"], parameters).fetchall())


def settle(conn: Connection, claim: Claim, done: Sequence[Claimed]) -> None:
    """Remove records from the list, except those wanted again since they were claimed.

    A record in doubt is fetched once more when the doubt has ended.
    """
    conn.execute(SQL["settle"], {**_key(claim), **_seen(done)})


def reschedule(
    conn: Connection, claim: Claim, incomplete: Sequence[Claimed], *, after_s: float
) -> None:
    """Keep incomplete records on the list, due in ``after_s`` seconds.

    Those wanted again since they were claimed are due at once.
    """
    conn.execute(SQL["reschedule"], {**_key(claim), **_seen(incomplete), "after_s": after_s})


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """When to fetch a record again after a failure; a parked one waits for an operator."""

    remote_id: int
    after_s: float
    error: str
    tries: int
    parked: bool = False
    not_found: bool = False  # Cention has no such record
    in_doubt: bool = False  # our request may still take effect


def postpone(
    conn: Connection, claim: Claim, retries: Sequence[Retry], *, in_flight_s: float
) -> None:
    """Release claimed records whose fetch failed, each with its own back-off."""
    conn.execute(
        SQL["postpone"],
        {
            **_key(claim),
            "in_flight_s": in_flight_s,
            "ids": [r.remote_id for r in retries],
            "after_s": [r.after_s for r in retries],
            "errors": [r.error for r in retries],
            "tries": [r.tries for r in retries],
            "parked": [r.parked for r in retries],
            "not_found": [r.not_found for r in retries],
            "in_doubt": [r.in_doubt for r in retries],
        },
    )


def release(conn: Connection, claim: Claim, ids: Sequence[int]) -> None:
    """Release claimed records that were not tried; they are due at once."""
    conn.execute(SQL["release"], {**_key(claim), "ids": list(ids)})


def release_stalled(
    conn: Connection,
    workspace: str,
    family: Family,
    *,
    slots: Sequence[int],
    in_flight_s: float,
    max_tries: int,
    success_window_s: float,
) -> int:
    """Release the claims of dead drains of these slots, and those of any drain past its lease.

    The caller holds the locks of these slots. This counts as a try of each record; it is in doubt
    for ``in_flight_s`` seconds. A random back-off that grows with the tries separates a record that
    crashes its worker from those that shared its batch.
    """
    parameters = {
        "workspace": workspace,
        "family": family,
        "slots": list(slots),
        "in_flight_s": in_flight_s,
        "max_tries": max_tries,
        "success_window_s": success_window_s,
    }
    return conn.execute(SQL["release_stalled"], parameters).rowcount


def due_work(conn: Connection, known: Collection[tuple[str, Family]]) -> list[tuple[str, Family]]:
    """Return those of the ``known`` families of workspaces that have due records or claims.

    Paused families are left out. Called in a transaction.
    """
    parameters = {
        "workspaces": [workspace for workspace, _ in known],
        "families": [family for _, family in known],
    }
    conn.execute(SQL["plan_by_index"])
    rows = conn.execute(SQL["due_work"], parameters).fetchall()
    return [(workspace, Family(family)) for workspace, family in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedLine:
    """One line of the list of parked records."""

    workspace: str
    family: str
    remote_id: int
    wanted_at: datetime
    parked_at: datetime
    tries: int
    last_error: str | None


def due_count(conn: Connection, workspace: str, family: Family, *, most: int) -> int:
    """Return how many records are due and not claimed, but no more than ``most``."""
    parameters = {"workspace": workspace, "family": family, "most": most}
    with conn.cursor(row_factory=scalar_row) as cursor:
        return int(cursor.execute(SQL["due_count"], parameters).fetchone() or 0)


def parked(
    conn: Connection, workspace: str | None, *, limit: int | None = None
) -> list[ParkedLine]:
    """Return parked records, of one workspace or of all; the first ``limit``, or all."""
    with conn.cursor(row_factory=class_row(ParkedLine)) as cursor:
        parameters = {"workspace": workspace, "limit": limit}
        return cursor.execute(SQL["parked"], parameters).fetchall()


def parked_counts(conn: Connection) -> dict[tuple[str, str], int]:
    """Return how many records are parked, by workspace and family."""
    rows = conn.execute(SQL["parked_counts"])
    return {(workspace, family): count for workspace, family, count in rows}


def release_parked(
    conn: Connection,
    workspace: str,
    *,
    family: Family | None = None,
    ids: Sequence[int] | None = None,
) -> list[tuple[Family, int]]:
    """Release parked records, as if they had never failed; return which.

    Without ``ids`` all of a family, without ``family`` all of the workspace.
    """
    parameters = {
        "workspace": workspace,
        "family": family,
        "ids": None if ids is None else list(ids),
    }
    rows = conn.execute(SQL["release_parked"], parameters).fetchall()
    return [(Family(name), remote_id) for name, remote_id in rows]


def add_up_counts(conn: Connection, *, most: int = MOST_COUNTS) -> None:
    """Add up the rows of the counts of wanted records if there are more than ``most`` of all."""
    conn.execute(SQL["add_up_counts"], {"most": most})


def _key(claim: Claim) -> dict[str, Any]:
    return {"workspace": claim.workspace, "family": claim.family, "token": claim.token}


def _seen(records: Sequence[Claimed]) -> dict[str, Any]:
    return {"ids": [r.remote_id for r in records], "marks": [r.marks for r in records]}
