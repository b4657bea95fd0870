"""The bridge on RabbitMQ: one worker per queue, restarts, and alarms that block publishers."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from celery import Celery

from tests.integration.receiver.receiver_process import serving
from tests.support.databases import database_copy, run_query
from tests.support.eventually import eventually
from tests.system.debian import PACKAGES
from tests.system.rabbitmq import RabbitMq, rabbitmq
from workers import beat
from workers.beat import NudgeScheduler
from workers.config import queue_lengths
from workers.config.names import Queue, TaskName
from workers.config.settings import load_settings
from workers.schedule import beat_schedule

SECRET = "callback-secret-of-demo"
WITHIN_S = 180.0  # on a busy machine; some seconds on an idle one
BODY = '{"meta": {"api_secret": "%s", "event": 99}, "data": {"type": "x", "id": "%d"}}'


@pytest.fixture(scope="module")
def node() -> Iterator[RabbitMq]:
    if not PACKAGES["rabbitmq-server"].exists():
        pytest.skip("RabbitMQ is missing: sudo apt-get install rabbitmq-server")
    with (
        tempfile.TemporaryDirectory(prefix="cention-rabbitmq-") as folder,
        rabbitmq(Path(folder)) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def database(postgres, template):
    with database_copy(postgres, template) as url:
        yield url


def settings_of(broker_url, database):
    return {
        "DATABASE_URL": database,
        "BROKER_URL": broker_url,
        "CENTION_URL": "http://127.0.0.1:1/s/demo",
        "CENTION_TOKEN": "token",
        "CENTION_CALLBACK_SECRETS": SECRET,
    }


@pytest.fixture(scope="module")
def bridge(node, database, tmp_path_factory):
    """A receiver, beat, and one worker for each queue, called as documented."""
    folder = tmp_path_factory.mktemp("bridge")
    settings = settings_of(node.url, database)
    commands = [("worker", "--queues", queue, "--concurrency", "1") for queue in Queue]
    with ExitStack() as running:
        for number, words in enumerate((*commands, ("beat",))):
            log = running.enter_context((folder / f"{number}.log").open("wb"))
            process = subprocess.Popen(
                [sys.executable, "-m", "celery", "--quiet", "--app", "workers.app", *words],
                env=os.environ | settings,
                stdout=log,
                stderr=log,
            )
            running.callback(process.wait, 60)
            running.callback(process.terminate)
        yield running.enter_context(serving(folder, settings))


def silent_queues(database):
    query = "SELECT queue FROM intake.canary WHERE answered_at > now() - interval '25 s'"
    return set(Queue) - {row["queue"] for row in run_query(database, query)}


def filed(database, number):
    query = "SELECT filed_at FROM intake.callback WHERE document->'data'->>'id' = %s"
    [row] = run_query(database, query, str(number))
    return row["filed_at"]


def broker(bridge):
    return bridge.get("/health/ready").json()["broker"]


def send(bridge, number):
    body = BODY % (SECRET, number)
    return requests.post(bridge.callbacks, data=body, timeout=30).status_code


def test_one_worker_for_each_queue_answers_and_each_queue_has_its_own_binding(
    bridge, node, database
):
    assert eventually(lambda: not silent_queues(database), within_s=WITHIN_S)

    lines = node.control("list_bindings", "source_name", "destination_name", "routing_key")
    bound = {tuple(line.split("\t")) for line in lines.splitlines()[1:]}
    for queue in Queue:
        from_exchanges = {one for one in bound if one[1] == queue and one[0]}
        assert from_exchanges == {(queue, queue, queue)}
    assert broker(bridge) == "up"


def test_work_goes_on_after_a_restart_and_meanwhile_readiness_says_that_the_broker_is_down(
    bridge, node, database
):
    eventually(lambda: not silent_queues(database), within_s=WITHIN_S)

    node.control("stop_app")
    assert eventually(lambda: broker(bridge) == "down", within_s=WITHIN_S)
    assert send(bridge, 1001) == 200
    assert filed(database, 1001) is None
    node.control("start_app")

    assert eventually(lambda: broker(bridge) == "up", within_s=WITHIN_S)
    assert eventually(lambda: filed(database, 1001), within_s=WITHIN_S)


@pytest.mark.parametrize(
    ("alarm", "end"),
    [
        (
            ("set_vm_memory_high_watermark", "absolute", "1"),
            ("set_vm_memory_high_watermark", "0.4"),
        ),
        (("set_disk_free_limit", "1000000GB"), ("set_disk_free_limit", "1MB")),
    ],
    ids=["memory", "disk"],
)
def test_an_alarm_that_blocks_publishers_loses_nothing_and_readiness_says_that_the_broker_is_down(
    bridge, node, database, alarm, end
):
    eventually(lambda: not silent_queues(database), within_s=WITHIN_S)
    number = 2000 + len(alarm)

    node.control(*alarm)
    try:
        assert eventually(lambda: broker(bridge) == "down", within_s=WITHIN_S)
        assert send(bridge, number) == 200
    finally:
        node.control(*end)

    assert eventually(lambda: broker(bridge) == "up", within_s=WITHIN_S)
    assert eventually(lambda: filed(database, number), within_s=WITHIN_S)
    assert eventually(lambda: not silent_queues(database), within_s=WITHIN_S)


def test_beat_counts_a_queue_before_it_exists_and_after(node, database, monkeypatch):
    node.control("add_vhost", "beat")
    node.control("set_permissions", "-p", "beat", "guest", ".*", ".*", ".*")
    url = node.url.removesuffix("//") + "/beat"
    for name, value in settings_of(url, database).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(beat, "MAX_WAITING", 2)
    monkeypatch.setattr(queue_lengths, "COUNT_EVERY_S", 0.0)
    app = Celery(broker=url, set_as_current=False)
    app.conf.beat_schedule = beat_schedule(load_settings())
    scheduler = NudgeScheduler(app)
    [poll] = [one for one in scheduler.schedule.values() if one.task == TaskName.POLL]

    def waiting() -> int:
        lines = node.control("list_queues", "-p", "beat", "name", "messages").splitlines()
        return next((int(one.split()[1]) for one in lines if one.split()[0] == Queue.POLLS), 0)

    for expected in (1, 2, 2, 2):
        scheduler.apply_entry(poll)
        assert eventually(lambda: waiting() == expected, within_s=WITHIN_S)  # noqa: B023

    scheduler.close()
