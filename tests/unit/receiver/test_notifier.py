"""Workers are nudged outside of requests, and seldom."""

from __future__ import annotations

import threading
from queue import Queue

import pytest
from kombu.exceptions import OperationalError
from prometheus_client import REGISTRY
from redis.exceptions import ReadOnlyError

from receiver import notifier as notifier_module
from receiver.notifier import PAUSE_S, WorkerNotifier
from workers.config.broker import describe_failure


class Broker:
    """Receives nudges; answers when the test allows it."""

    def __init__(self):
        self.nudges = Queue()
        self.may_answer = threading.Event()
        self.down = False
        self.behind = 0  # how often workers are asked in vain whether they have caught up
        self.asked = threading.Event()

    def may_send(self):
        self.asked.set()
        self.behind -= 1
        return self.behind < 0

    def send(self, workspace):
        self.nudges.put(workspace)
        assert self.may_answer.wait(10)
        if self.down:
            raise OperationalError("redis://:password@broker.test") from ReadOnlyError("password")


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(notifier_module, "PAUSE_S", 0)
    monkeypatch.setattr(notifier_module, "PAUSE_AFTER_FAILURE_S", 0)
    monkeypatch.setattr(notifier_module, "PAUSE_WHILE_BEHIND_S", 0)


@pytest.fixture
def broker():
    return Broker()


@pytest.fixture
def notifier(broker):
    return WorkerNotifier(broker.send, may_send=broker.may_send, describe=describe_failure)


def nudges(outcome):
    return REGISTRY.get_sample_value("cention_nudges_total", {"outcome": outcome}) or 0


def test_a_workspace_is_nudged(notifier, broker):
    broker.may_answer.set()

    notifier.notify("demo")

    assert broker.nudges.get(timeout=10) == "demo"


def test_a_broker_that_never_answers_delays_no_callback(notifier, broker):
    for _ in range(1000):
        notifier.notify("demo")

    broker.may_answer.set()


def test_callbacks_during_a_nudge_need_one_more_and_not_one_each(notifier, broker):
    notifier.notify("demo")
    broker.nudges.get(timeout=10)

    for _ in range(100):
        notifier.notify("demo")
    broker.may_answer.set()
    notifier.notify("end")

    received = {broker.nudges.get(timeout=10) for _ in range(2)}
    assert received == {"demo", "end"}
    assert broker.nudges.empty()


def test_workspaces_do_not_wait_for_each_other_to_be_nudged(notifier, broker):
    broker.may_answer.set()
    for workspace in ("a", "b", "c"):
        notifier.notify(workspace)

    assert {broker.nudges.get(timeout=10) for _ in range(3)} == {"a", "b", "c"}


def test_workers_that_are_behind_get_no_nudge_until_they_have_caught_up(notifier, broker):
    broker.may_answer.set()
    broker.behind = 10**9
    for workspace in ("a", "b", "c") * 100:
        notifier.notify(workspace)
    assert broker.asked.wait(30)
    while_behind = broker.nudges.empty()

    broker.behind = 0

    assert while_behind
    assert [broker.nudges.get(timeout=30) for _ in range(3)] == ["a", "b", "c"]
    assert broker.nudges.empty()


@pytest.mark.parametrize(("callbacks", "pause_s"), [(1, 0.02), (50, 0.1)])
def test_the_pause_after_nudges_is_short_while_few_callbacks_come(
    broker, monkeypatch, callbacks, pause_s
):
    pauses = Queue()
    monkeypatch.setattr(notifier_module, "PAUSE_S", PAUSE_S)
    monkeypatch.setattr(notifier_module.time, "sleep", pauses.put)
    notifier = WorkerNotifier(broker.send, may_send=broker.may_send, describe=describe_failure)

    for _ in range(callbacks):
        notifier.notify("demo")
    broker.may_answer.set()

    assert pauses.get(timeout=10) == pause_s


def test_a_nudge_that_fails_is_counted_and_not_repeated(notifier, broker, capsys):
    failed = nudges("failed")
    broker.down = True
    broker.may_answer.set()
    notifier.notify("demo")
    broker.nudges.get(timeout=10)

    broker.down = False
    notifier.notify("other")

    assert broker.nudges.get(timeout=10) == "other"
    assert nudges("failed") == failed + 1
    written = capsys.readouterr()
    assert "it is a read-only replica" in written.out + written.err
    assert "password" not in written.out + written.err
