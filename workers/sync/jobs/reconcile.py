"""Reconciliation: compares the records that Cention reported with those stored here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import structlog

from workers.config.names import Family
from workers.database import Connection, Transaction
from workers.sync.store import completeness, wanted
from workers.sync.store.completeness import MissingRecord

log = structlog.get_logger(__name__)

RECONCILE_EVERY_S = 600.0  # the alarm of intake.is_uncounted: three of these


def reconcile_if_due(transaction: Transaction) -> bool:
    """Count unless another process did recently; return whether this call counted.

    Simultaneous calls run one after the other, and the later ones find it done.
    """
    with transaction() as conn:
        completeness.lock_counting(conn)
        if completeness.counted_within(conn, RECONCILE_EVERY_S):
            return False
        completeness.count(conn, everything=False)
        completeness.delete_old(conn)
        missing = completeness.missing(conn, None)
    if missing:
        log.error("records are missing", records=len(missing), remedy="cention reconcile --repair")
    return True


def reconcile(conn: Connection, workspace: str | None) -> list[MissingRecord]:
    """Count every day whose ids are stored; return what is missing, of one workspace or of all."""
    completeness.lock_counting(conn)
    completeness.count(conn, everything=True)
    return completeness.missing(conn, workspace)


def repair(conn: Connection, missing: Sequence[MissingRecord]) -> None:
    """Want missing records, due at once, and count again."""
    by_family: dict[tuple[str, Family], list[int]] = defaultdict(list)
    for one in missing:
        by_family[one.workspace, one.family].append(one.remote_id)
    for (workspace, family), ids in sorted(by_family.items()):
        wanted.want_now(conn, workspace, family, ids)
    completeness.count(conn, everything=True)
