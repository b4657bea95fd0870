"""What workers count is added up in the database, and shown to Prometheus."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager

import psycopg
import pytest
from celery import Celery

from tests.integration.bridge import REPORTS
from workers.operations.jobs.work_counter import WRITE_EVERY_S, WorkCounter
from workers.operations.store.gauges import read_gauges
from workers.operations.store.work_counts import Kind
from workers.tasks import base, fetch
from workers.tasks.base import BridgeTask


@pytest.fixture
def counter(monkeypatch, offline_bridge):
    """The counter of this process, which has something to write ten seconds later."""
    counter = WorkCounter(clock=iter((0.0, WRITE_EVERY_S, WRITE_EVERY_S)).__next__)
    monkeypatch.setattr(base, "counter", counter)
    monkeypatch.setattr(base, "context", lambda: offline_bridge.context)
    return counter


def figures(bridge):
    with bridge.context.transaction() as conn:
        return {
            (gauge.name, *gauge.labels.values()): gauge.value
            for gauge in read_gauges(conn)
            if gauge.name.startswith(("cention_task", "cention_fetched"))
        }


def test_tasks_of_all_workers_are_counted_by_workspace_and_outcome(counter, offline_bridge):
    app = Celery("test", broker="redis://127.0.0.1:1/0", set_as_current=False)

    def body(workspace, ends=None):
        if ends is not None:
            raise ends

    task = app.task(base=BridgeTask, name="work")(body)
    task("demo")
    task("demo")
    task("demo", psycopg.OperationalError())
    with pytest.raises(ZeroDivisionError):
        task("demo", ZeroDivisionError())
    base.write_counts()

    found = figures(offline_bridge)
    assert found["cention_tasks_total", "demo", "work", "done"] == 2
    assert found["cention_tasks_total", "demo", "work", "no_database"] == 1
    assert found["cention_tasks_total", "demo", "work", "failed"] == 1
    assert 0 < found["cention_task_seconds_total", "demo", "work", "done"] < 60


def test_fetches_are_counted_by_what_came_of_them(counter, bridge, cention, monkeypatch):
    monkeypatch.setattr(fetch, "counter", counter)
    for module in (base, fetch):
        monkeypatch.setattr(module, "context", lambda: bridge.context)
    [errand] = cention.control("errands", {"count": 1, "actions": 1})["ids"]
    bridge.want(REPORTS, errand, 999_999)

    fetch.drain("demo", REPORTS)
    base.write_counts()

    found = figures(bridge)
    assert found["cention_fetched_total", "demo", REPORTS, "parsed"] == 1
    assert found["cention_fetched_total", "demo", REPORTS, "missing"] == 1


def test_a_worker_writes_its_figures_after_each_task(database):
    """In a process of its own, for the worker's application is that of the whole process."""
    program = """
from celery.signals import task_postrun
from workers.tasks import base, fetch

base.write_counts = lambda **_: print("written")

import workers.app

task_postrun.send(sender=None)
"""
    settings = {
        "DATABASE_URL": database,
        "BROKER_URL": "redis://127.0.0.1:1/0",
        "CENTION_URL": "http://127.0.0.1:1/s/demo",
        "CENTION_TOKEN": "token",
        "CENTION_CALLBACK_SECRETS": "a-secret-of-callbacks",
    }

    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | settings,
        timeout=60,
        check=False,
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "written\n", "")


def test_figures_are_written_every_ten_seconds_and_kept_while_the_database_is_down(offline_bridge):
    now = [0.0]
    counter = WorkCounter(clock=lambda: now[0])

    @contextmanager
    def down():
        raise psycopg.OperationalError
        yield

    def count():
        counter.add(Kind.FETCH, workspace="demo", name=REPORTS, outcome="parsed", number=3)

    count()
    assert not counter.is_due()
    now[0] = WRITE_EVERY_S
    assert counter.is_due()
    counter.write(down)
    count()
    counter.write(offline_bridge.context.session)

    assert figures(offline_bridge) == {("cention_fetched_total", "demo", REPORTS, "parsed"): 6}
    assert not counter.is_due()
