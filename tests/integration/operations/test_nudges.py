"""However much happens, no more nudges wait than a few for each workspace, and none is missed."""

from __future__ import annotations

import json
from base64 import b64decode

import pytest
import redis
from celery import Celery

from tests.integration.bridge import RATINGS, REPORTS, Bridge
from workers.config import queue_lengths
from workers.config.broker import TASK_ROUTES, create_sender
from workers.config.names import QUEUE_OF, Queue, TaskName
from workers.config.queue_lengths import SWEEP_MOST, QueueLengths, most_waiting
from workers.sync.jobs.drain import DrainResult
from workers.tasks import base, callbacks, fetch, maintenance

USUAL = most_waiting(1)


@pytest.fixture
def bridge(offline_bridge, monkeypatch) -> Bridge:
    """A worker that sweeps as often as it is asked to, and counts queues before each message."""
    for module in (base, callbacks, fetch, maintenance):
        monkeypatch.setattr(module, "context", lambda: offline_bridge.context)
    monkeypatch.setattr(offline_bridge.context.sweep_throttle, "allow", lambda: True)
    monkeypatch.setattr(queue_lengths, "COUNT_EVERY_S", 0.0)
    return offline_bridge


@pytest.fixture
def tasks(broker, bridge):
    """The tasks of that worker, by name."""
    with Celery(broker=broker, set_as_current=False) as app:
        app.conf.task_routes = TASK_ROUTES
        yield app.tasks
        for lengths in filter(None, [base._lengths.pop(app, None)]):
            lengths.close()


@pytest.fixture
def broker_client(valkey):
    with redis.Redis(unix_socket_path=str(valkey.socket)) as client:
        yield client


def fill(client: redis.Redis, queue: Queue, messages: int) -> None:
    client.rpush(queue, *["{}"] * messages)


def nudges(client: redis.Redis, queue: Queue) -> list[str]:
    """Return the tasks whose messages wait, other than those of ``fill``."""
    found = (json.loads(text) for text in client.lrange(queue, 0, -1))
    return [message["headers"]["task"] for message in found if message]


@pytest.fixture
def received(bridge, document):
    """A callback that names an errand and files is stored."""
    bridge.execute(
        "INSERT INTO intake.callback (workspace, received_at, body_sha256, document)"
        " VALUES ('demo', now(), sha256('1'), %s)",
        json.dumps(document("callback_answer_errand")),
    )


@pytest.mark.parametrize("senders", [1, 2])
def test_however_many_callbacks_come_a_queue_without_workers_stays_short(
    broker, broker_client, monkeypatch, senders
):
    monkeypatch.setattr(queue_lengths, "COUNT_EVERY_S", 0.0)
    with create_sender(broker, timeout_s=10) as sender:
        receivers = [QueueLengths(sender.connection_for_read) for _ in range(senders)]
        for _ in range(5 * USUAL):
            for lengths in receivers:
                if lengths.may_send(Queue.CALLBACKS, most=USUAL):
                    sender.send_task(TaskName.FILE_CALLBACKS, args=("demo",), ignore_result=True)
        for lengths in receivers:
            lengths.close()

    assert broker_client.llen(Queue.CALLBACKS) == USUAL


def test_what_is_sent_between_two_counts_fills_a_queue_too(broker, broker_client):
    with create_sender(broker, timeout_s=10) as sender:
        lengths = QueueLengths(sender.connection_for_read, clock=lambda: 0.0)
        allowed = [lengths.may_send(Queue.CALLBACKS, most=3) for _ in range(5)]
        lengths.close()

    assert allowed == [True, True, True, False, False]


def test_a_broker_that_was_flushed_or_has_lost_its_connections_gets_messages_again(
    broker, broker_client, monkeypatch
):
    monkeypatch.setattr(queue_lengths, "COUNT_EVERY_S", 0.0)
    monkeypatch.setattr(queue_lengths, "TRY_AGAIN_S", 0.0)
    fill(broker_client, Queue.CALLBACKS, 5)
    with create_sender(broker, timeout_s=10) as sender:
        lengths = QueueLengths(sender.connection_for_read)
        assert not lengths.may_send(Queue.CALLBACKS, most=5)

        broker_client.flushall()
        assert lengths.may_send(Queue.CALLBACKS, most=5)
        fill(broker_client, Queue.CALLBACKS, 5)
        broker_client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        allowed = [lengths.may_send(Queue.CALLBACKS, most=5) for _ in range(3)]
        lengths.close()

    assert allowed[-1] is False


def test_to_a_broker_that_does_not_answer_everything_may_be_sent_and_it_is_rarely_asked():
    asked = []
    with create_sender("redis://127.0.0.1:1/0", timeout_s=1) as sender:

        def connect():
            asked.append("broker")
            return sender.connection_for_read()

        now = [0.0]
        lengths = QueueLengths(connect, clock=lambda: now[0])
        allowed = [lengths.may_send(Queue.CALLBACKS, most=1) for _ in range(5)]
        now[0] = queue_lengths.TRY_AGAIN_S
        allowed.append(lengths.may_send(Queue.CALLBACKS, most=1))

    assert (set(allowed), asked) == ({True}, ["broker", "broker"])


def test_callbacks_that_are_filed_send_no_drain_to_workers_that_are_behind(
    bridge, received, tasks, broker_client
):
    fill(broker_client, Queue.FETCH, USUAL)

    tasks[TaskName.FILE_CALLBACKS]("demo")

    assert nudges(broker_client, Queue.FETCH) == []
    assert bridge.wanted_ids(REPORTS)


def test_what_was_not_sent_is_sent_by_the_sweep(received, tasks, broker_client):
    """It may send more than others, so that busy workspaces keep out no other."""
    fill(broker_client, Queue.FETCH, USUAL)
    tasks[TaskName.FILE_CALLBACKS]("demo")

    tasks[TaskName.SWEEP]()

    assert set(nudges(broker_client, Queue.FETCH)) == {TaskName.DRAIN}


def test_however_often_is_swept_a_queue_without_workers_stays_short(
    bridge, tasks, broker_client, monkeypatch
):
    monkeypatch.setattr(base, "MAX_WAITING", 3 * USUAL)
    bridge.want(RATINGS, 1)
    bridge.want(REPORTS, 2)

    for _ in range(4 * USUAL):
        tasks[TaskName.SWEEP]()

    assert broker_client.llen(Queue.FETCH) == 3 * USUAL


def test_behind_messages_of_other_tasks_each_sweep_sends_one_drain(bridge, tasks, broker_client):
    fill(broker_client, Queue.FETCH, SWEEP_MOST * USUAL)
    bridge.want(RATINGS, 1)
    bridge.want(REPORTS, 2)

    tasks[TaskName.SWEEP]()

    assert nudges(broker_client, Queue.FETCH) == [TaskName.DRAIN]


def test_if_there_is_room_for_one_nudge_no_work_is_always_the_last(bridge, tasks, broker_client):
    bridge.want(RATINGS, 1)
    bridge.want(REPORTS, 2)

    nudged = set()
    for _ in range(200):  # each is the first in half of the sweeps
        broker_client.delete(Queue.FETCH)
        fill(broker_client, Queue.FETCH, SWEEP_MOST * USUAL)
        tasks[TaskName.SWEEP]()
        [nudge] = filter(None, map(json.loads, broker_client.lrange(Queue.FETCH, 0, -1)))
        [_, family], *_ = json.loads(b64decode(nudge["body"]))
        nudged.add(family)
        if len(nudged) > 1:
            break

    assert nudged == {RATINGS, REPORTS}


def test_after_all_messages_were_lost_the_sweep_sends_others(
    bridge, tasks, broker_client, monkeypatch
):
    monkeypatch.setattr(base, "MAX_WAITING", SWEEP_MOST * USUAL)
    bridge.want(RATINGS, 1)
    fill(broker_client, Queue.FETCH, SWEEP_MOST * USUAL)
    tasks[TaskName.SWEEP]()
    assert nudges(broker_client, Queue.FETCH) == []

    broker_client.flushall()
    tasks[TaskName.SWEEP]()

    assert nudges(broker_client, Queue.FETCH) == [TaskName.DRAIN]


def test_a_drain_that_leaves_records_sends_one_in_its_own_place_however_many_wait(
    bridge, tasks, broker_client, monkeypatch
):
    more = DrainResult(claimed=1, more=True)
    monkeypatch.setattr(fetch, "drain_once", lambda *_, **__: more)
    fill(broker_client, Queue.FETCH, SWEEP_MOST * USUAL)

    tasks[TaskName.DRAIN]("demo", RATINGS)

    assert nudges(broker_client, Queue.FETCH) == [TaskName.DRAIN]


def test_every_queue_has_room_for_what_one_poll_of_all_workspaces_sends():
    """Two lists of each: drains of both."""
    assert all(most_waiting(number) >= 2 * number for number in (1, 100))
    assert QUEUE_OF[TaskName.DRAIN] is Queue.FETCH
