"""A worker goes on by itself when its broker takes messages again, or has lost its queues."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis

from deploy.embedded import Valkey
from tests.support.databases import run_query
from tests.support.eventually import eventually
from tests.support.folders import server_folder
from workers.config.broker import create_sender
from workers.config.names import Queue, TaskName

WORKER = ("celery", "--quiet", "--app", "workers.app", "worker", "--concurrency", "1")
WITHIN_S = 120.0  # on a busy machine; 10 is the promise, and 2 are usual
ANSWERED = "SELECT answered_at FROM intake.canary WHERE queue = 'callbacks'"


@contextmanager
def own_broker() -> Iterator[tuple[Valkey, redis.Redis]]:
    """Run a broker for one test; yields it, and a client of it."""
    with server_folder() as folder:
        server = Valkey(folder / "valkey")
        server.start()
        with redis.Redis(unix_socket_path=str(server.socket)) as client:
            yield server, client
        server.remove()


@pytest.fixture
def broker_and_client():
    with own_broker() as running:
        yield running


@pytest.fixture
def client(broker_and_client):
    return broker_and_client[1]


@pytest.fixture
def other_port():
    """The TCP port of another, empty broker."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with own_broker() as (_, client):
        client.config_set("repl-diskless-sync-delay", "0")
        client.config_set("port", str(port))
        yield port


@pytest.fixture
def log(tmp_path):
    """The log of the worker."""
    return tmp_path / "log"


@pytest.fixture
def do_nudge(broker_and_client, database, log):
    """Run a worker; the function sends it a nudge, and returns once this process has done it."""
    url = broker_and_client[0].url
    settings = {
        "DATABASE_URL": database,
        "BROKER_URL": url,
        "CENTION_URL": "http://127.0.0.1:1/s/demo",
        "CENTION_TOKEN": "token",
    }
    with log.open("wb") as output:
        worker = subprocess.Popen(
            [sys.executable, "-m", *WORKER],
            env=os.environ | settings,
            stdout=output,
            stderr=output,
        )
    sender = create_sender(url, timeout_s=10)  # as that of a receiver, which also goes on

    def send_and_wait():
        before = run_query(database, ANSWERED)
        sender.send_task(TaskName.CANARY, args=[Queue.CALLBACKS])
        eventually(lambda: run_query(database, ANSWERED) != before, within_s=WITHIN_S)
        assert worker.poll() is None

    try:
        yield send_and_wait
    finally:
        sender.close()
        worker.terminate()
        worker.wait(60)


def test_a_worker_goes_on_after_its_broker_was_a_read_only_replica(
    do_nudge, client, other_port, log
):
    do_nudge()
    client.execute_command("REPLICAOF", "127.0.0.1", other_port)
    eventually(lambda: client.info("replication").get("master_link_status") == "up")
    eventually(lambda: "write against a read only replica" in log.read_text("utf-8"))
    assert client.dbsize() == 0  # as the other is

    client.execute_command("REPLICAOF", "NO", "ONE")

    do_nudge()


def test_a_worker_logs_that_its_broker_is_read_only_once_a_minute(
    do_nudge, client, other_port, log
):
    """It is tried some times a second."""
    do_nudge()
    client.execute_command("REPLICAOF", "127.0.0.1", other_port)
    before = connections(client)
    eventually(lambda: connections(client) > before + 100, within_s=WITHIN_S)

    assert 1 <= log.read_text("utf-8").count("write against a read only replica") < 20


def connections(client):
    """Return how many connections the broker has had."""
    return client.info("stats")["total_connections_received"]


def test_a_worker_goes_on_after_its_broker_was_full_and_cut_its_connections(do_nudge, client, log):
    do_nudge()
    client.config_set("maxmemory", "1")
    client.client_kill_filter(_type="normal")
    eventually(lambda: "command not allowed when used memory" in log.read_text("utf-8"))

    client.config_set("maxmemory", "0")

    do_nudge()


def test_a_worker_goes_on_after_its_broker_has_lost_the_queues(do_nudge, client):
    do_nudge()
    bindings = client.keys("_kombu.binding*")
    assert bindings

    client.delete(*bindings, *Queue)

    do_nudge()
