"""What a person does about surveys: hold, resume, rules on and off, withdraw, objections.

Each is recorded with who did it in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workers.database import Connection
from workers.operations.jobs.repairs import DONE, NOTHING
from workers.operations.store import operator_actions
from workers.surveys.jobs import opt_out
from workers.surveys.jobs.judgement import SurveyWorkspace
from workers.surveys.jobs.preview import UnknownRule
from workers.surveys.rules.eligibility import Reason
from workers.surveys.rules.person import Contact
from workers.surveys.store import holds, invitations, survey_rules

HOLD, RESUME = "hold_surveys", "resume_surveys"
RULE_ON, RULE_OFF = "rule_on", "rule_off"
WITHDRAW = "withdraw_invitation"
OPT_OUT, OPT_IN = "add_opt_out", "remove_opt_out"
NO_REASON = "an operator asked for it"


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyActs:
    """What one person does about the surveys of a workspace."""

    conn: Connection
    workspace: str
    person: str | None = None  # None: at the command line, which is not recorded

    def hold(self, reason: str) -> bool:
        """Invite nobody; return ``False`` if surveys are held already."""
        with self.conn.transaction():
            changed = holds.hold(self.conn, self.workspace, reason=reason.strip() or NO_REASON)
            return self._recorded(HOLD, None, changed)

    def resume(self) -> bool:
        """Invite customers again, as the rules say; return ``False`` if surveys were not held.

        After a restore the rules that are on begin now: whom they invited since is not known.
        """
        with self.conn.transaction():
            reason = holds.resume(self.conn, self.workspace)
            if reason == holds.RESTORED:
                survey_rules.begin_now(self.conn, self.workspace)
            return self._recorded(RESUME, None, reason is not None)

    def switch_rule(self, name: str, *, on: bool) -> bool:
        """Switch a rule of the file in force; return ``False`` if it was so already.

        Raises ``UnknownRule``.
        """
        with self.conn.transaction():
            states = survey_rules.states(self.conn, self.workspace)
            if name not in {state.name for state in states}:
                raise UnknownRule(name)
            switch = survey_rules.switch_on if on else survey_rules.switch_off
            changed = switch(self.conn, self.workspace, name)
            return self._recorded(RULE_ON if on else RULE_OFF, f"rule {name}", changed)

    def withdraw(self, number: int) -> bool:
        """Do not send an invitation; return ``False`` if it is not due."""
        with self.conn.transaction():
            changed = invitations.withdraw(
                self.conn,
                self.workspace,
                number,
                reason=Reason.WITHDRAWN_BY_OPERATOR.value,
                settled_by="operator",
            )
            return self._recorded(WITHDRAW, f"invitation {number}", changed)

    def opt_out(
        self, workspace: SurveyWorkspace, contacts: Sequence[Contact], *, source: str
    ) -> int:
        """Never invite some persons; return how many are new. Raises ``NoPersonKey``."""
        with self.conn.transaction():
            new = opt_out.add(self.conn, workspace, contacts, source=source)
            self._recorded(OPT_OUT, None, bool(new))
        return new

    def opt_in(self, workspace: SurveyWorkspace, contact: Contact) -> bool:
        """Allow invitations to a person again; return ``False`` if the person had not opted out.

        Raises ``NoPersonKey``.
        """
        with self.conn.transaction():
            return self._recorded(OPT_IN, None, opt_out.remove(self.conn, workspace, contact))

    def _recorded(self, kind: str, of: str | None, changed: bool) -> bool:
        """Record what was done, of persons nothing; return ``changed``."""
        if self.person is not None:
            outcome = DONE if changed else NOTHING
            operator_actions.record(
                self.conn, self.person, kind, outcome, workspace=self.workspace, of=of
            )
        return changed
