"""Creates an errand in Cention for each bad score, once."""

from __future__ import annotations

import hashlib

import structlog

from schemas.cention.errands import ErrandOrder, NewErrand
from workers.database import Transaction, advisory_locks
from workers.outbound.jobs import send
from workers.outbound.jobs.deduplication import IdentifiedOrder, identify
from workers.outbound.jobs.send import AlreadySent, ErrandsClient, Sender
from workers.surveys.store import alerts, holds
from workers.surveys.store.alerts import PendingAlert

log = structlog.get_logger(__name__)

ORIGIN = "survey alert"
BATCH = 20  # errands of one run
MAX_SUBJECT = 250  # characters


def send_alerts(workspace: str, client: ErrandsClient, *, session: Transaction) -> int:
    """Create the errands of bad scores; return how many were asked for.

    Each has a message id of its own, which is recorded before it is sent: after a crash it is not
    sent again, and an unknown outcome is left to an operator, as for every errand that we create.
    One that was surely not created is asked for again by the next run. ``session`` lends a
    connection in autocommit mode; nothing is done while another process sends alerts of the
    workspace, or while its surveys are held: a restored database has forgotten what was sent.
    """
    with (
        session() as conn,
        advisory_locks.hold(conn, f"surveys/alert/{workspace}", slots=1) as slot,
    ):
        if slot is None or holds.hold_if_restored(conn):
            return 0
        if holds.held(conn, workspace) is not None:
            return 0
        alerts.record_bad_scores(conn, workspace)
        waiting = alerts.pending(conn, workspace, limit=BATCH)
        if not waiting:
            return 0
        with send.open_sender(conn, workspace, client) as sender:
            sent = sum(_send(sender, one) for one in waiting)
    log.info("alerts sent", workspace=workspace, sent=sent, refused=len(waiting) - sent)
    return sent


def order_of(pending: PendingAlert) -> IdentifiedOrder:
    """Return the errand for a bad score, with its message id."""
    values = {
        "score": f"{pending.score:g}",
        "comment": pending.comment,
        "display_id": pending.display_id,
        "area": pending.area,
    }
    # By our reference: a session may get another number when answers are imported again.
    digest = hashlib.sha256(f"alert/{pending.reference}".encode()).hexdigest()
    errand = NewErrand(
        from_address=pending.alert["from"],
        subject=" ".join(pending.alert["subject"].format(**values).split())[:MAX_SUBJECT],
        body=pending.alert["body"].format(**values),
        message_id=f"bridge-alert-{digest[:40]}",
    )
    return identify(ErrandOrder(errand=errand), max_bytes=0)


def _send(sender: Sender, pending: PendingAlert) -> bool:
    try:
        outcome = sender.create(order_of(pending), origin=ORIGIN)
    except AlreadySent as error:
        sent_id, state = error.before.sent_id, error.before.state
    else:
        sent_id, state = outcome.sent_id, outcome.state
    alerts.record_sent(sender.conn, sender.workspace, pending.session_id, sent_id=sent_id)
    return state != send.REFUSED
