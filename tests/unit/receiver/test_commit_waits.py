"""Who waits for a commit goes on when it ends or its time is over, whatever others wait for."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Future

import pytest

from receiver.commit_waits import CommitWaits

LONG_S, SHORT_S = 60.0, 0.05


def ends_within(seconds):
    return time.monotonic() + seconds


class CountingLoop:
    """Counts how often other threads wake the loop."""

    def __init__(self, loop):
        self.loop = loop
        self.calls = 0

    def call_soon_threadsafe(self, *arguments):
        self.calls += 1
        return self.loop.call_soon_threadsafe(*arguments)

    def __getattr__(self, name):
        return getattr(self.loop, name)


def test_a_group_that_commits_together_wakes_the_loop_once(monkeypatch):
    async def wait():
        loop = CountingLoop(asyncio.get_running_loop())
        monkeypatch.setattr(asyncio, "get_running_loop", lambda: loop)
        waits, commits = CommitWaits(), [Future() for _ in range(8)]
        waiting = [
            asyncio.ensure_future(waits.wait(commit, until=ends_within(LONG_S)))
            for commit in commits
        ]
        await asyncio.sleep(0)
        for commit in commits:
            commit.set_result(None)
        await asyncio.gather(*waiting)
        return loop.calls

    assert asyncio.run(wait()) == 1


def test_groups_one_after_the_other_wake_the_loop_each_time():
    async def wait():
        waits = CommitWaits()
        for _ in range(3):
            commit = Future()
            waiting = asyncio.ensure_future(waits.wait(commit, until=ends_within(LONG_S)))
            await asyncio.sleep(0)
            await asyncio.to_thread(commit.set_result, None)
            await asyncio.wait_for(waiting, 10)

    asyncio.run(wait())


@pytest.mark.parametrize("later", [1, 3])
def test_a_commit_that_is_late_is_waited_for_until_its_deadline_and_not_cancelled(later):
    async def wait():
        waits, commits = CommitWaits(), [Future() for _ in range(1 + later)]
        deadlines = [ends_within(SHORT_S * (1 + number)) for number in range(len(commits))]
        await asyncio.wait_for(
            asyncio.gather(*map(waits_until(waits), commits, deadlines)), timeout=10
        )
        return commits, deadlines[-1]

    commits, last = asyncio.run(wait())

    assert time.monotonic() >= last
    assert not any(commit.done() for commit in commits)


def waits_until(waits):
    def wait(commit, deadline):
        return waits.wait(commit, until=deadline)

    return wait
