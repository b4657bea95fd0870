"""Housekeeping: removes what has expired, and adds up counts, four times a minute."""

from __future__ import annotations

from workers.database import Transaction
from workers.operations.store import clocks, operator_requests
from workers.outbound.jobs import send
from workers.surveys.jobs import invite
from workers.surveys.store import counts
from workers.sync.jobs.parsers import KINDS
from workers.sync.rules import retry_policy
from workers.sync.store import errand_versions, polls, wanted


def clean_up(session: Transaction) -> None:
    """Delete what is old, end pauses of idle families, mark requests of dead processes as unknown.

    Errands that were stored before their history was get their first versions, some at a time.

    ``session`` yields connections in autocommit mode.
    """
    with session() as conn:
        polls.delete_old(conn)
        clocks.delete_old(conn)
        operator_requests.delete_old(conn)
        # The pauses of other families end with a poll of their list.
        polls.resume_idle(conn, None, KINDS, soon_s=retry_policy.MAX_OUTAGE_BACKOFF_S)
        send.mark_abandoned_unknown(conn)
        invite.mark_abandoned_unknown(conn)
        counts.add_up(conn)
        wanted.add_up_counts(conn)
        errand_versions.fill(conn)
