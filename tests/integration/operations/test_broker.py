"""A broker that accepts connections and takes no messages is reported as it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
import redis

from tests.support.settings import SETTINGS
from workers.operations.jobs.nudges import broker_problem, request_filing


@pytest.fixture
def client(valkey):
    """A client that leaves the server as it found it."""
    with redis.Redis(unix_socket_path=str(valkey.socket)) as connected:
        yield connected
        connected.execute_command("REPLICAOF", "NO", "ONE")
        connected.config_set("maxmemory", "0")


def test_a_broker_that_takes_messages_has_no_problem_and_nothing_is_left_in_it(broker, client):
    assert broker_problem(replace(SETTINGS, broker_url=broker)) is None
    assert client.exists("readiness") == 0


def test_a_replica_that_became_read_only_is_reported(broker, client):
    client.execute_command("REPLICAOF", "127.0.0.1", "9")

    assert broker_problem(replace(SETTINGS, broker_url=broker)) == "it is a read-only replica"
    refused = request_filing(replace(SETTINGS, broker_url=broker), ["demo"])
    assert "it is a read-only replica" in (refused or "")


def test_a_full_broker_is_reported(broker, client):
    client.config_set("maxmemory", "1")

    problem = broker_problem(replace(SETTINGS, broker_url=broker))

    assert problem == "it is full: its maxmemory is used up"
