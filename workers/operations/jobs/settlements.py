"""What a person found out about requests of unknown outcome; recorded with who recorded it."""

from __future__ import annotations

from dataclasses import dataclass

from workers.database import Connection
from workers.operations.store import operator_actions
from workers.outbound.jobs import unknown_requests
from workers.surveys.jobs import unknown_invitations

SETTLE_REQUEST = "settle_request"
SETTLE_INVITATION = "settle_invitation"
HAPPENED, DID_NOT_HAPPEN = "it happened", "it did not happen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlements:
    """What one person records. ``conn`` is in autocommit mode."""

    conn: Connection
    person: str

    def request(self, number: int, *, happened: bool, errand_id: int | None) -> None:
        """Record whether Cention did what was requested, and as which errand.

        Raises ``unknown_requests.NotUnknown``, ``NotCreated`` or ``ErrandTaken``.
        """
        one = unknown_requests.find(self.conn, number)
        if errand_id is not None:
            unknown_requests.check_errand(self.conn, one, errand_id)
        with self.conn.transaction():
            unknown_requests.record(self.conn, one, happened=happened, errand_id=errand_id)
            self._record(SETTLE_REQUEST, one.workspace, f"request {number}", happened=happened)

    def invitation(self, workspace: str, number: int, *, sent: bool) -> None:
        """Record whether the person was written to; if not, the invitation is sent again.

        Raises ``unknown_invitations.NotUnknown`` or ``TooEarly``.
        """
        one = unknown_invitations.find(self.conn, workspace, number)
        if not sent:
            unknown_invitations.check_age(one)
        with self.conn.transaction():
            if sent:
                unknown_invitations.record_sent(self.conn, workspace, number)
            else:
                unknown_invitations.record_not_sent(self.conn, workspace, number)
            self._record(SETTLE_INVITATION, workspace, f"invitation {number}", happened=sent)

    def _record(self, kind: str, workspace: str, of: str, *, happened: bool) -> None:
        outcome = HAPPENED if happened else DID_NOT_HAPPEN
        operator_actions.record(self.conn, self.person, kind, outcome, workspace=workspace, of=of)
