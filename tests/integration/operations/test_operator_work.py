"""The task that carries out what operators ask for, one request at a time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.integration.conftest import context_of
from tests.support.databases import run_query
from tests.support.settings import SETTINGS
from workers.database import connections
from workers.operations.jobs.operator_requests import OperatorRequests
from workers.tasks import operator_work as tasks
from workers.tasks.base import BridgeTask


@pytest.fixture
def settings(database, monkeypatch):
    chosen = replace(SETTINGS, database_url=database, broker_url="redis://127.0.0.1:1/0")
    with context_of(chosen) as built:
        monkeypatch.setattr(tasks, "context", lambda: built)
        monkeypatch.setattr(tasks, "load_settings", lambda: chosen)
        yield chosen


@pytest.fixture
def nudges(monkeypatch):
    """The nudges that the task sends."""
    sent: list[tuple[str, ...]] = []
    monkeypatch.setattr(BridgeTask, "nudge", lambda self, *words: sent.append(words))
    return sent


def states(database):
    found = run_query(database, "SELECT state FROM intake.operator_request ORDER BY request_id")
    return [row["state"] for row in found]


def test_requests_are_carried_out_one_by_one_the_oldest_first(settings, nudges, database):
    with connections.connect(database) as conn:
        conn.autocommit = True
        asked = OperatorRequests(conn=conn, settings=settings, person="olga")
        for address in ("a@customer.example", "b@customer.example"):
            asked.export_person(address, ())

    tasks.operator_work.run()
    assert states(database) == ["done", "waiting"]
    assert nudges == [("operator_work",)]
    tasks.operator_work.run()
    assert states(database) == ["done", "done"]
    tasks.operator_work.run()
    assert len(nudges) == 2
