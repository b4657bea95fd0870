"""What follows from the outcome of asking a vendor."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from schemas.surveys.rule import Vendor
from workers.clients.surveys.outcomes import (
    Refused,
    SurelyNotSent,
    Triggered,
    Unknown,
    VendorRefusesUs,
)
from workers.surveys.jobs.claim import Claimed
from workers.surveys.jobs.settlement import settlement_of
from workers.surveys.store.invitations import DueInvitation

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
RADAR = (Vendor.CUSTOMER_RADAR, {"programme": "p"})


def claimed(*others, tries=0):
    invitation = DueInvitation(
        invitation_id=7,
        reference="r",
        errand_id=1,
        display_id="1",
        rule="csat",
        rule_version=1,
        vendor="digidesk",
        survey={"campaign": "c"},
        channel="email",
        contact="anna@example.org",
        contact_name=None,
        person_sha256=b"",
        language=None,
        send_until=NOW,
        tries=tries,
    )
    return Claimed(invitation=invitation, is_probe=False, others=others)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Triggered(remote_id="5"), "triggered"),
        (Refused(reason="no"), "due"),
        (SurelyNotSent(reason="busy"), "due"),
        (VendorRefusesUs(reason="401"), "due"),
        (Unknown(reason="500"), "unknown"),
    ],
)
def test_only_a_refusal_goes_to_the_next_vendor(outcome, state):
    settled = settlement_of(claimed(RADAR), outcome, now=NOW)

    assert settled.state == state
    assert settled.vendor == ("customer_radar" if isinstance(outcome, Refused) else "digidesk")


def test_a_refusal_without_another_vendor_is_final():
    assert settlement_of(claimed(), Refused(reason="no"), now=NOW).state == "refused"


@pytest.mark.parametrize(
    ("tries", "retry_after_s", "wait_s"),
    [
        (0, None, 15),
        (1, None, 30),
        (2, None, 60),
        (40, None, 600),
        (3, 7.0, 120),
        (0, 0.0, 15),
        (0, 90.0, 90),
    ],
)
def test_a_wait_is_longer_each_time_and_as_long_as_the_vendor_names(tries, retry_after_s, wait_s):
    outcome = SurelyNotSent(reason="busy", retry_after_s=retry_after_s)

    settled = settlement_of(claimed(tries=tries), outcome, now=NOW)

    assert settled.due_at == NOW + timedelta(seconds=wait_s)
