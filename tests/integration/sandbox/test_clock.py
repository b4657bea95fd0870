"""The clock: the invented contact centre lives, can be stopped, and never repeats an id."""

from __future__ import annotations

from tests.integration.sandbox.sandbox_server import sandbox_server
from tests.support.waiting import eventually


def test_errands_ratings_and_callbacks_come_by_themselves(receiver):
    with sandbox_server(rate=300.0, callback_url=receiver.url) as cention:
        stats = eventually(lambda: lively(cention))

    assert stats["changes"]["errand_changes"] > stats["errands"]
    assert receiver.bodies


def test_when_all_is_quiet_truth_stands_still(cention):
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


def lively(cention):
    stats = cention.control("stats")
    return stats if stats["errands"] > 20 and stats["ratings"] and stats["attachments"] else None
