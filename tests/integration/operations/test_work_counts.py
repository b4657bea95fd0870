"""What workers count is added up in the database, and shown to Prometheus."""

from __future__ import annotations

from contextlib import contextmanager

import psycopg
import pytest
from celery import Celery

from tests.integration.bridge import REPORTS
from workers.operations.jobs.work_counter import WRITE_EVERY_S, WorkCounter
from workers.operations.store.gauges import read_gauges
from workers.operations.store.work_counts import Kind
from workers.tasks import base
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

    task = app.task(base=BridgeTask, name="drain")(body)
    task("demo")
    task("demo")
    task("demo", psycopg.OperationalError())
    with pytest.raises(ZeroDivisionError):
        task("demo", ZeroDivisionError())
    base.write_counts()

    found = figures(offline_bridge)
    assert found["cention_tasks_total", "demo", "drain", "done"] == 2
    assert found["cention_tasks_total", "demo", "drain", "no_database"] == 1
    assert found["cention_tasks_total", "demo", "drain", "failed"] == 1
    assert 0 < found["cention_task_seconds_total", "demo", "drain", "done"] < 60


def test_fetches_are_counted_by_what_came_of_them(bridge, cention):
    [errand] = cention.control("errands", {"count": 1, "actions": 1})["ids"]
    bridge.want(REPORTS, errand, 999_999)

    result = bridge.drain()

    assert result.outcomes == {"parsed": 1, "missing": 1}


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
