"""Beat: what it sends to a real broker, and its clock in the database."""

from __future__ import annotations

import json
import threading

import pytest
import redis
from celery import Celery

from tests.support.eventually import eventually
from tests.support.settings import settings_for
from workers import beat
from workers.beat import NudgeScheduler
from workers.config.names import Queue
from workers.schedule import beat_schedule


@pytest.fixture
def scheduler(environment, broker, database, valkey):
    """A scheduler that has just started, with an empty broker."""
    environment.setenv("BROKER_URL", broker)
    environment.setattr(beat, "_measure_for_ever", beat.record_clock)
    app = Celery(broker=broker, set_as_current=False)
    app.conf.beat_schedule = beat_schedule(settings_for(database, "http://127.0.0.1:1/s/demo"))
    scheduler = NudgeScheduler(app)
    for thread in threading.enumerate():
        if thread.name == "clock":
            thread.join()
    return scheduler


@pytest.fixture
def queues(valkey):
    with redis.Redis(unix_socket_path=str(valkey.socket)) as client:
        yield client


def send_all(scheduler: NudgeScheduler) -> None:
    for _ in range(3 * len(scheduler.schedule)):
        scheduler.tick()


def test_all_queues_get_their_nudges_at_the_start_and_none_expires(scheduler, queues):
    send_all(scheduler)

    messages = [json.loads(text) for queue in Queue for text in queues.lrange(queue, 0, -1)]
    sent = {(one["headers"]["task"], one["headers"]["argsrepr"]) for one in messages}
    assert len(sent) == len(scheduler.schedule)
    assert {message["headers"]["expires"] for message in messages} == {None}


def test_a_queue_that_no_worker_empties_does_not_grow_without_end(scheduler, queues, monkeypatch):
    monkeypatch.setattr(beat, "MAX_WAITING", 2)
    queues.rpush(Queue.CALLBACKS, "{}", "{}")

    send_all(scheduler)

    assert queues.llen(Queue.CALLBACKS) == 2
    assert queues.llen(Queue.POLLS) == 1


def test_beat_compares_its_clock_with_the_database(scheduler, offline_bridge):
    query = "SELECT ahead_ms FROM intake.clock WHERE process = 'beat'"

    [row] = eventually(lambda: offline_bridge.rows(query))

    assert abs(row["ahead_ms"]) < 1000
