"""Which queue of a real broker the message of a task goes to."""

from __future__ import annotations

import importlib

import pytest
import redis
from celery import Celery

from workers import tasks
from workers.config.broker import TASK_ROUTES, create_sender
from workers.config.names import QUEUE_OF, TaskName
from workers.tasks.base import BridgeTask


@pytest.fixture
def sender(broker):
    with create_sender(broker, timeout_s=10) as sender:
        yield sender


@pytest.fixture
def queues(valkey):
    with redis.Redis(unix_socket_path=str(valkey.socket)) as client:
        yield client


@pytest.mark.parametrize("task", TaskName)
def test_a_message_goes_to_the_queue_of_its_task(sender, queues, task):
    sender.send_task(task, ignore_result=True)

    assert queues.llen(QUEUE_OF[task]) == 1


def test_a_worker_sends_its_nudges_to_the_queues_of_their_tasks(broker, queues):
    with Celery(broker=broker, set_as_current=False) as app:
        app.conf.task_routes = TASK_ROUTES

        @app.task(base=BridgeTask, bind=True, shared=False)
        def example(self: BridgeTask) -> None:
            self.nudge(TaskName.POLL, "demo")

        example()

    assert queues.llen("polls") == 1


def test_every_task_has_a_name_and_a_queue():
    for module in tasks.MODULES:
        importlib.import_module(module)

    with Celery(set_as_current=False) as app:
        known = {name for name, task in app.tasks.items() if task.__module__ in tasks.MODULES}

    assert known == set(QUEUE_OF) == set(TaskName)
