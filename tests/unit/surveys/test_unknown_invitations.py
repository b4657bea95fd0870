"""When an operator may record that an invitation of unknown outcome was not sent."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from workers.surveys.jobs.unknown_invitations import TooEarly, check_age
from workers.surveys.store.invitations import UnknownInvitation


def asked_before(age_s):
    return UnknownInvitation(
        workspace="demo",
        invitation_id=1,
        reference="reference",
        errand_id=1,
        vendor="digidesk",
        contact=None,
        sent_at=datetime(2026, 3, 2, tzinfo=UTC),
        problem=None,
        age_s=age_s,
    )


@pytest.mark.parametrize(
    ("age_s", "wait"),
    [(0.0, "10 minutes"), (539.5, "2 minutes"), (540.0, "1 minute"), (599.5, "1 minute")],
)
def test_before_ten_minutes_the_vendor_may_still_write(age_s, wait):
    with pytest.raises(TooEarly, match=rf"^Too early: digidesk .* Wait another {wait}\.$"):
        check_age(asked_before(age_s))


@pytest.mark.parametrize("age_s", [600.0, 600.5, 86_400.0])
def test_after_ten_minutes_the_vendor_has_written_or_never_will(age_s):
    check_age(asked_before(age_s))
