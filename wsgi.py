"""The web process: ``gunicorn --config deploy/gunicorn.conf.py wsgi:app``."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from celery import Celery

from receiver import create_app, database
from receiver.circuit_breaker import CircuitBreaker
from receiver.durable_inbox import DurableInbox
from receiver.group_commit import GroupCommit
from receiver.notifier import WorkerNotifier
from receiver.spool import Spool
from receiver.spool_drain import SpoolDrainer
from workers.config import logs
from workers.config.names import Queue, TaskName
from workers.config.settings import load_settings
from workers.spool.layout import read_spool

BROKER_S = 1  # for the broker to answer; a nudge is not worth waiting for

logs.configure()
settings = load_settings()
sender = Celery(broker=settings.broker_url, set_as_current=False)
sender.conf.broker_connection_timeout = BROKER_S
sender.conf.broker_transport_options = (
    {"read_timeout": BROKER_S, "write_timeout": BROKER_S}
    if settings.broker_url.startswith("amqp")
    else {"socket_connect_timeout": BROKER_S, "socket_timeout": BROKER_S}
)
# What is imported only with the first nudge would hold up the first callbacks. A broker that cannot
# be used at all is told by the nudges, and keeps nobody from coming in.
with suppress(Exception):
    sender.connection_for_write().get_transport_cls()


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
        connection.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_S)


connection = database.InboxConnection(settings.database_url)
committer = GroupCommit(connection.write, abort=connection.abort)
notifier = WorkerNotifier(nudge)
spool = Spool(settings.spool_dir, max_bytes=settings.spool_max_bytes)
breaker = CircuitBreaker()
app = create_app(
    settings,
    store=DurableInbox(committer, spool.append, breaker).store,
    notify=notifier.notify,
    read_gauges=partial(database.read_gauges, settings.database_url),
    database=partial(database.is_up, settings.database_url),
    broker=broker_is_up,
    spool=spool.check,
    read_spool=partial(read_spool, settings.spool_dir),
)
# Callbacks of an earlier process may wait: they go to Postgres without waiting for a new one.
SpoolDrainer(
    spool,
    partial(database.inbox_connection, settings.database_url),
    breaker=breaker,
    notify=notifier.notify,
).start()
