"""The web process: ``gunicorn --config deploy/gunicorn.conf.py wsgi:app``."""

from __future__ import annotations

from functools import partial

from celery import Celery

from receiver import create_app, database
from receiver.announcing import Announcer
from receiver.keeping import GroupCommit
from workers import logs
from workers.queues import Queue, TaskName
from workers.settings import load_settings

logs.configure()
settings = load_settings()
sender = Celery(broker=settings.broker_url, set_as_current=False)
sender.conf.update(
    broker_connection_timeout=1,
    broker_transport_options={"socket_connect_timeout": 1, "socket_timeout": 1},
)


def nudge(workspace: str) -> None:
    """Have a worker file the callbacks of ``workspace``. Raises if the broker does not take it."""
    sender.send_task(
        TaskName.FILE_CALLBACKS,
        args=(workspace,),
        queue=Queue.CALLBACKS,
        retry=False,
        ignore_result=True,
    )


def broker_is_up() -> None:
    """Return if the broker accepts us. Raises if it does not."""
    with sender.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, timeout=1)


app = create_app(
    settings,
    keep=GroupCommit(database.Inbox(settings.database_url).write).keep,
    announce=Announcer(nudge).announce,
    read_gauges=partial(database.read_gauges, settings.database_url),
    database=partial(database.is_up, settings.database_url),
    broker=broker_is_up,
)
