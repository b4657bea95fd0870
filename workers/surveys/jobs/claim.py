"""Claims invitations that are due: each is checked once more, and recorded before it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

import structlog
from psycopg import Connection

from schemas.surveys.rule import MAILED, REACHES_MOBILES, Rule, Vendor
from schemas.surveys.rules import RulesFile
from workers.surveys.jobs.judgement import NoPersonKey, SurveyWorkspace, rules_of_version
from workers.surveys.jobs.vendor_requests import Accounts
from workers.surveys.rules.carrier import carrier_of
from workers.surveys.rules.eligibility import Reason
from workers.surveys.rules.errand_facts import ErrandFacts
from workers.surveys.rules.invitation_mail import Letter
from workers.surveys.rules.last_check import (
    Reconsider,
    Send,
    Step,
    WaitUntil,
    Withdraw,
    last_check,
)
from workers.surveys.rules.link import token_of
from workers.surveys.rules.person import Channel
from workers.surveys.store import (
    errand_facts,
    holds,
    invitations,
    opt_outs,
    person_keys,
    survey_rules,
    vendors,
)
from workers.surveys.store.invitations import DueInvitation
from workers.surveys.store.vendors import Pace

log = structlog.get_logger(__name__)

PAUSE = timedelta(seconds=60)  # of a vendor that refuses us, until it is tried again
KEPT_FREE = 2  # requests for each other vendor: one that hangs does not hold up the others


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """An invitation that this run sends, and which vendors come after the one it goes to."""

    invitation: DueInvitation
    is_probe: bool  # the vendor is paused, and this one tries whether it still refuses us
    others: tuple[tuple[Vendor, Mapping[str, Any]], ...] = ()  # with their surveys

    @property
    def vendor(self) -> Vendor:
        """The vendor that is asked."""
        return Vendor(self.invitation.vendor)


@dataclass(slots=True, kw_only=True)
class Claims:
    """What one claim came to."""

    claimed: list[Claimed] = field(default_factory=list)
    examined: int = 0  # 0: nothing is due that may be sent now
    held_back: bool = False  # more may be due for a vendor that has all its requests in flight


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimer:
    """Claims invitations of one workspace for one run."""

    workspace: SurveyWorkspace
    accounts: Accounts
    run: UUID
    files: dict[int, RulesFile] = field(default_factory=dict)  # by version

    def claim(
        self,
        conn: Connection[Any],
        limit: int,
        *,
        in_flight: Mapping[Vendor, int] = MappingProxyType({}),
        now: datetime,
    ) -> Claims:
        """Claim invitations in one transaction, so that at most ``limit`` are in flight.

        ``in_flight`` are those that were claimed before. The caller then sends the new ones.
        """
        found = Claims()
        share = max(1, limit - KEPT_FREE * (len(self.accounts) - 1))
        left = limit - sum(in_flight.values())
        with conn.transaction():
            if holds.hold_if_restored(conn):
                log.warning("surveys held: the database was restored")
            if holds.held(conn, self.workspace.name) is not None:
                return found
            for vendor in sorted(self.accounts):  # in the same order by all: no deadlock
                at_most = share - in_flight.get(vendor, 0)
                if at_most > 0:
                    self._claim_of(
                        conn, vendor, min(at_most, left - len(found.claimed)), found, now
                    )
                else:
                    found.held_back = True
        return found

    def _claim_of(
        self, conn: Connection[Any], vendor: Vendor, limit: int, found: Claims, now: datetime
    ) -> None:
        name = self.workspace.name
        if not invitations.any_due(conn, name, vendor, now=now):
            return
        carrier = carrier_of(vendor)
        if carrier != vendor and vendors.refuses_us(conn, name, vendor):
            return  # the mail would go out, but whoever follows its link would be asked nothing
        pace = vendors.lock(conn, name, carrier, now=now)
        allowed = min(limit, pace.allowed(self.accounts[vendor].per_minute, now=now))
        if allowed <= 0:
            return
        due = invitations.due(conn, name, vendor, limit=allowed, now=now)
        found.examined += len(due)
        claimed = self._checked(conn, due, pace, now)
        if not claimed:
            return
        asked = [one.invitation for one in claimed]
        tokens = {one.invitation_id: one.letter.token if one.letter else None for one in asked}
        invitations.begin_sending(conn, name, tokens, run=self.run, now=now)
        vendors.count_asked(conn, name, carrier, len(claimed), now=now)
        vendors.postpone_probe(conn, name, carrier, until=now + PAUSE)
        found.claimed += claimed

    def _checked(
        self, conn: Connection[Any], due: list[DueInvitation], pace: Pace, now: datetime
    ) -> list[Claimed]:
        """Return those that may be sent; withdraw, postpone or take back the others."""
        name = self.workspace.name
        read = errand_facts.read(conn, name, [one.errand_id for one in due])
        facts = {one.errand_id: one for one in read}
        objecting = opt_outs.among(conn, name, [one.person_sha256 for one in due])
        on_from = {rule.name: rule.on_from for rule in survey_rules.states(conn, name)}
        claimed = []
        for one in due:
            file = self._file(conn, one.rule_version)
            rule = file.rule(one.rule)
            step = last_check(
                facts.get(one.errand_id),
                rule if on_from.get(one.rule) else None,
                on_from=on_from.get(one.rule),
                opted_out=one.person_sha256 in objecting,
                send_until=one.send_until,
                now=now,
                zone=self.workspace.zone,
            )
            if isinstance(step, Send) and one.contact is None:
                step = Withdraw(Reason.ERASED)
            if isinstance(step, Send):
                others = self._others(one, rule, facts.get(one.errand_id))
                claimed.append(
                    Claimed(
                        invitation=self._with_letter(conn, one, file, rule),
                        is_probe=pace.paused_until is not None,
                        others=others,
                    )
                )
            else:
                self._not_now(conn, one, step)
        return claimed

    def _with_letter(
        self, conn: Connection[Any], one: DueInvitation, file: RulesFile, rule: Rule | None
    ) -> DueInvitation:
        """Return the invitation with what its mail is written from, if it goes out by mail."""
        if one.vendor not in MAILED:
            return one
        key = person_keys.read(conn, self.workspace.name)
        if key is None:  # it made the invitation
            raise NoPersonKey(self.workspace.name)
        letter = Letter(
            token=token_of(key, one.reference),
            company=file.theme.name,
            texts=rule.mail if rule else None,
        )
        return replace(one, letter=letter)

    def _file(self, conn: Connection[Any], version: int) -> RulesFile:
        if version not in self.files:
            self.files[version] = rules_of_version(conn, self.workspace.name, version)
        return self.files[version]

    def _not_now(self, conn: Connection[Any], one: DueInvitation, step: Step) -> None:
        name, number = self.workspace.name, one.invitation_id
        if isinstance(step, WaitUntil):
            invitations.postpone(conn, name, number, due_at=step.moment)
        elif isinstance(step, Reconsider) and one.tries == 0:
            invitations.take_back(conn, name, number)
        else:
            reason = step.reason if isinstance(step, Withdraw) else Reason.STILL_OPEN
            invitations.withdraw(conn, name, number, reason=reason.value, settled_by="check")

    def _others(
        self, one: DueInvitation, rule: Rule | None, facts: ErrandFacts | None
    ) -> tuple[tuple[Vendor, Mapping[str, Any]], ...]:
        """Return the vendors that the rule names after the present one, if they can be asked."""
        surveys = list(rule.surveys_for(facts.area if facts else None).items()) if rule else []
        names = [vendor for vendor, _ in surveys]
        after = names.index(Vendor(one.vendor)) + 1 if one.vendor in names else 0
        return tuple(
            (vendor, survey)
            for vendor, survey in surveys[after:]
            if vendor in self.accounts
            and (one.channel != Channel.MOBILE or vendor in REACHES_MOBILES)
        )
