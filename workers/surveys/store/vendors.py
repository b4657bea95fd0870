"""Survey vendors: their pauses, and how often each is asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from workers.database import queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a vendor may be asked at present."""

    paused_until: datetime | None  # None: it is not paused; past: it may be tried once
    not_before: datetime | None
    asked: int  # in the last minute

    def allowed(self, per_minute: int, *, now: datetime) -> int:
        """Return how many requests are allowed now."""
        if self.not_before is not None and self.not_before > now:
            return 0
        if self.paused_until is not None:
            return min(1, per_minute - self.asked) if self.paused_until <= now else 0
        return max(0, per_minute - self.asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorPause:
    """A vendor that was asked, and why it is paused, if it is."""

    workspace: str
    vendor: str
    paused_until: datetime | None
    reason: str | None


def lock(conn: Connection[Any], workspace: str, vendor: str, *, now: datetime) -> Pace:
    """Return how a vendor may be asked; others wait until this transaction ends."""
    parameters = {"workspace": workspace, "vendor": vendor, "now": now}
    with conn.cursor(row_factory=class_row(Pace)) as cursor:
        return cursor.execute(SQL["lock_vendor"], parameters).fetchall()[0]


def count_asked(
    conn: Connection[Any], workspace: str, vendor: str, count: int, *, now: datetime
) -> None:
    """Count requests that are about to be sent."""
    parameters = {"workspace": workspace, "vendor": vendor, "count": count, "now": now}
    conn.execute(SQL["count_asked"], parameters)


def pause(
    conn: Connection[Any], workspace: str, vendor: str, *, until: datetime, reason: str
) -> None:
    """Do not ask a vendor until a moment; then it is tried with one invitation."""
    parameters = {"workspace": workspace, "vendor": vendor, "until": until, "reason": reason}
    conn.execute(SQL["pause_vendor"], parameters)


def postpone_probe(conn: Connection[Any], workspace: str, vendor: str, *, until: datetime) -> None:
    """Let nobody else try a paused vendor before a moment."""
    parameters = {"workspace": workspace, "vendor": vendor, "until": until}
    conn.execute(SQL["postpone_probe"], parameters)


def end_pause(conn: Connection[Any], workspace: str, vendor: str) -> None:
    """Ask a vendor as usual again."""
    conn.execute(SQL["end_pause"], {"workspace": workspace, "vendor": vendor})


def wait(conn: Connection[Any], workspace: str, vendor: str, *, until: datetime) -> None:
    """Do not ask a vendor before a moment."""
    parameters = {"workspace": workspace, "vendor": vendor, "until": until}
    conn.execute(SQL["wait_for_vendor"], parameters)


def to_be_tried(conn: Connection[Any], workspace: str, *, now: datetime) -> set[str]:
    """Return the paused vendors that may be tried now."""
    found = (one for one in pauses(conn) if one.workspace == workspace)
    return {one.vendor for one in found if one.paused_until and one.paused_until <= now}


def refuses_us(conn: Connection[Any], workspace: str, vendor: str) -> bool:
    """Tell whether a vendor has refused us, and no trial has succeeded since."""
    found = (one for one in pauses(conn) if (one.workspace, one.vendor) == (workspace, vendor))
    return any(one.paused_until is not None for one in found)


def pauses(conn: Connection[Any]) -> list[VendorPause]:
    """Return every vendor that was ever asked, paused or not."""
    with conn.cursor(row_factory=class_row(VendorPause)) as cursor:
        return cursor.execute(SQL["pauses"]).fetchall()
