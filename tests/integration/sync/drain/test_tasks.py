"""The base of every task: context after a fork, outages of the database and the broker."""

from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace

import psycopg
import pytest
from celery import Celery

from workers.config.names import Family, TaskName
from workers.tasks import base
from workers.tasks.base import BridgeTask

UNREACHABLE = "redis://127.0.0.1:1/0"


@pytest.fixture
def app() -> Celery:
    """A Celery application whose broker is down."""
    app = Celery("test", broker=UNREACHABLE, set_as_current=False)
    app.conf.broker_transport_options = {"socket_connect_timeout": 1}
    return app


@pytest.fixture
def checks(monkeypatch) -> list[str]:
    """How often the pool's connections were checked."""
    done: list[str] = []
    pool = SimpleNamespace(check=lambda: done.append("check"))
    monkeypatch.setattr(base, "context", lambda: SimpleNamespace(pool=pool))
    return done


def task_that(app: Celery, body) -> BridgeTask:
    return app.task(base=BridgeTask, name="test", shared=False)(body)


def test_a_forked_process_builds_its_own_context(database):
    environment = {
        **os.environ,
        "DATABASE_URL": database,
        "BROKER_URL": UNREACHABLE,
        "CENTION_URL": "http://127.0.0.1:1/s/demo",
        "CENTION_TOKEN": "token",
        "CENTION_CALLBACK_SECRETS": "a-secret-of-callbacks",
    }
    process = subprocess.run(
        [sys.executable, "-m", "tests.integration.sync.drain.fork_process"],
        env=environment,
        timeout=30,
        check=False,
        capture_output=True,
        text=True,
    )

    assert (process.returncode, process.stderr) == (0, "")


def test_a_task_without_database_ends_quietly_and_has_its_pool_checked(app, checks):
    """Its work is still in Postgres: the sweep finds it."""

    def body():
        raise psycopg.OperationalError

    assert task_that(app, body)() is None
    assert checks == ["check"]


def test_a_task_with_an_internal_error_fails(app, checks):
    def body():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        task_that(app, body)()


def test_a_nudge_that_the_broker_rejects_raises_nothing(app):
    def body(): ...

    task_that(app, body).nudge(TaskName.DRAIN, "demo", Family.ERRAND_REPORTS)
