"""Changes are made at a rate, can be stopped, and never use an id again."""

from __future__ import annotations

from tests.integration.sandbox.sandbox_server import sandbox_server
from tests.support.eventually import eventually


def test_errands_ratings_and_callbacks_are_made_at_the_given_rate(receiver):
    with sandbox_server(rate=300.0, callback_url=receiver.url) as cention:
        stats = eventually(lambda: active_state(cention))

    assert stats["changes"]["errand_changes"] > stats["errands"]
    assert receiver.bodies


def test_after_quiet_the_expected_state_does_not_change(cention):
    cention.control("resume", {"rate": 300})
    eventually(lambda: cention.control("stats")["errands"])

    cention.control("quiet", {})

    assert cention.control("truth") == cention.control("truth")
    assert not cention.control("stats")["running"]


def test_a_restarted_sandbox_uses_no_id_again():
    with sandbox_server(errands=100) as cention:
        before = set(cention.dirty_errands())
    with sandbox_server(errands=100) as cention:
        after = set(cention.dirty_errands())

    assert len(before) == len(after) == 100
    assert min(after) > max(before)


def test_the_first_id_can_be_chosen():
    with sandbox_server(errands=3, first_id=33) as cention:
        assert sorted(cention.dirty_errands()) == [33, 34, 35]


def active_state(cention):
    stats = cention.control("stats")
    return stats if stats["errands"] > 20 and stats["ratings"] and stats["attachments"] else None
