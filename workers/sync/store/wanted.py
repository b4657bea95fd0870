"""The list of remote records that we know we must fetch: wanting, claiming, settling."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A wanted record that one drain may fetch, as it saw it when it claimed it."""

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
    claimed_at: datetime  # by the database's clock; not before what is known of the records
    records: tuple[Claimed, ...]
    full: bool  # more may be due


def want(conn: Connection, workspace: str, family: Family, ids: Iterable[int]) -> None:
    """Put records on the list; one that is being fetched will be fetched again.

    A record that failed keeps its waiting time, a parked one stays parked.
    """
    unique = sorted(set(ids))
    if unique:
        conn.execute(SQL["want"], {"workspace": workspace, "family": family, "ids": unique})


def want_now(conn: Connection, workspace: str, family: Family, ids: Iterable[int]) -> int:
    """Put records on the list as an operator does: due at once, released if parked."""
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
    """Claim up to ``limit`` due records for ``lease_s`` seconds, longest due first; or a probe."""
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
    with conn.cursor(row_factory=class_row(Claimed)) as cursor:
        records = tuple(cursor.execute(SQL["claim"], parameters).fetchall())
    of_these = {**parameters, "ids": [record.remote_id for record in records]}
    claimed_at: datetime = conn.execute(SQL["time_of_claim"], of_these).fetchall()[0][0]
    return Claim(
        workspace=workspace,
        family=family,
        token=token,
        claimed_at=claimed_at,
        records=records,
        full=len(records) == limit,
    )


def hold(conn: Connection, claim: Claim, ids: Iterable[int]) -> set[int]:
    """Lock the records among ``ids`` that are still ours, and return them.

    A record is ours while its claim is this one and the lease runs. The lock lasts until
    the caller's transaction ends, so nobody can claim a record while it is written.
    """
    parameters = {**_key(claim), "ids": sorted(ids)}
    with conn.cursor(row_factory=scalar_row) as cursor:
        return set(cursor.execute(SQL["hold"], parameters).fetchall())


def settle(conn: Connection, claim: Claim, done: Sequence[Claimed]) -> None:
    """Take records off the list, unless they were wanted again since they were claimed.

    One in doubt is looked at once more when the doubt has ended.
    """
    conn.execute(SQL["settle"], {**_key(claim), **_seen(done)})


def reschedule(
    conn: Connection, claim: Claim, incomplete: Sequence[Claimed], *, after_s: float
) -> None:
    """Keep records on the list for another look in ``after_s`` seconds.

    Those wanted again since they were claimed are due at once.
    """
    conn.execute(SQL["reschedule"], {**_key(claim), **_seen(incomplete), "after_s": after_s})


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """A record whose fetch failed: when to try again, or never without help."""

    remote_id: int
    after_s: float
    error: str
    tries: int
    parked: bool = False
    missing: bool = False  # Cention says that there is no such record
    in_doubt: bool = False  # our request may still be carried out


def postpone(
    conn: Connection, claim: Claim, postponed: Sequence[Retry], *, in_flight_s: float
) -> None:
    """Give records back that could not be fetched, each to its own waiting time."""
    conn.execute(
        SQL["postpone"],
        {
            **_key(claim),
            "in_flight_s": in_flight_s,
            "ids": [p.remote_id for p in postponed],
            "after_s": [p.after_s for p in postponed],
            "errors": [p.error for p in postponed],
            "tries": [p.tries for p in postponed],
            "parked": [p.parked for p in postponed],
            "missing": [p.missing for p in postponed],
            "in_doubt": [p.in_doubt for p in postponed],
        },
    )


def release(conn: Connection, claim: Claim, ids: Sequence[int]) -> None:
    """Give records back that were not tried; they are due at once."""
    conn.execute(SQL["release"], {**_key(claim), "ids": list(ids)})


def release_stalled(
    conn: Connection,
    workspace: str,
    family: Family,
    *,
    slot: int,
    in_flight_s: float,
    max_tries: int,
    success_window_s: float,
) -> int:
    """Free what a dead drain of this slot had claimed, and what any drain held too long.

    The caller holds the slot's lock. Each is in doubt for ``doubt_s`` seconds, counts as a
    try and waits a random moment that grows with its tries, so that a record which kills
    its worker drifts apart from those that only died with it.
    """
    parameters = {
        "workspace": workspace,
        "family": family,
        "slot": slot,
        "in_flight_s": in_flight_s,
        "max_tries": max_tries,
        "success_window_s": success_window_s,
    }
    return conn.execute(SQL["release_stalled"], parameters).rowcount


def due_work(conn: Connection, known: Collection[tuple[str, Family]]) -> list[tuple[str, Family]]:
    """Return those of the known families of workspaces that have due records or claims.

    Those that are paused are left out.
    """
    parameters = {
        "workspaces": [workspace for workspace, _ in known],
        "families": [family for _, family in known],
    }
    found = conn.execute(SQL["due_work"], parameters).fetchall()
    return [(workspace, Family(family)) for workspace, family in found]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedLine:
    """One line of the list of records that were given up until somebody releases them."""

    workspace: str
    family: str
    remote_id: int
    wanted_at: datetime
    parked_at: datetime
    tries: int
    last_error: str | None


def parked(conn: Connection, workspace: str | None) -> list[ParkedLine]:
    """Return every parked record, of one workspace or of all."""
    with conn.cursor(row_factory=class_row(ParkedLine)) as cursor:
        return cursor.execute(SQL["parked"], {"workspace": workspace}).fetchall()


def release_parked(
    conn: Connection,
    workspace: str,
    *,
    family: Family | None = None,
    ids: Sequence[int] | None = None,
) -> list[tuple[Family, int]]:
    """Let parked records be fetched again as if they had never failed; return which.

    Without ``ids`` all of a family, without ``family`` all of the workspace.
    """
    parameters = {
        "workspace": workspace,
        "family": family,
        "ids": None if ids is None else list(ids),
    }
    found = conn.execute(SQL["release_parked"], parameters).fetchall()
    return [(Family(name), remote_id) for name, remote_id in found]


def _key(claim: Claim) -> dict[str, Any]:
    return {"workspace": claim.workspace, "family": claim.family, "token": claim.token}


def _seen(records: Sequence[Claimed]) -> dict[str, Any]:
    return {"ids": [r.remote_id for r in records], "marks": [r.marks for r in records]}
