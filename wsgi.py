"""The web process: ``gunicorn --config deploy/gunicorn.conf.py wsgi:app``."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from receiver import (
    create_app,
    database,
    pushed_answers,
)
from receiver.circuit_breaker import CircuitBreaker
from receiver.durable_inbox import DurableInbox
from receiver.group_commit import GroupCommit
from receiver.notifier import WorkerNotifier
from receiver.spool import Spool
from receiver.spool_drain import SpoolDrainer
from receiver.startup import receiver_settings_or_exit
from receiver.surveys.database import PageDatabase
from receiver.surveys.storage import SurveyStorage
from workers.config import logs
from workers.config.broker import check_accepts, create_sender, describe_failure
from workers.config.names import TaskName
from workers.database import version
from workers.spool.layout import spool_status

BROKER_TIMEOUT_S = 1  # short: a nudge is not worth waiting for

logs.configure()
settings = receiver_settings_or_exit()
sender = create_sender(settings.broker_url, timeout_s=BROKER_TIMEOUT_S)
# Import the transport now, or the first nudge would delay the first callbacks. A broker that fails
# here fails again when nudges are sent, and must not stop the receiver.
with suppress(Exception):
    sender.connection_for_write().get_transport_cls()


def nudge(workspace: str) -> None:
    """Have a worker file the callbacks of ``workspace``. Raises if the broker refuses the nudge."""
    sender.send_task(
        TaskName.FILE_CALLBACKS,
        args=(workspace,),
        retry=False,
        ignore_result=True,
    )


def nudge_surveys(workspace: str) -> None:
    """Have a worker go on with surveys of ``workspace``. Raises if the broker refuses the nudge."""
    sender.send_task(
        TaskName.SURVEY_CONVERSE,
        args=(workspace,),
        retry=False,
        ignore_result=True,
    )


def broker_is_up() -> None:
    """Check that the broker takes messages. Raises if it does not."""
    check_accepts(sender, timeout_s=BROKER_TIMEOUT_S)


writer = database.InboxWriter(settings.database_url)
committer = GroupCommit(writer.write, abort=writer.abort)
notifier = WorkerNotifier(nudge, describe=describe_failure)
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
    read_spool=partial(spool_status, settings.spool_dir),
    save_pushed_answers=partial(pushed_answers.save, settings.database_url),
    surveys=SurveyStorage(PageDatabase(settings.database_url)),
    notify_surveys=WorkerNotifier(nudge_surveys, describe=describe_failure).notify,
)
version.report_in_background(settings.database_url)
# The spool may hold callbacks of an earlier process: move them now, not with the next callback.
SpoolDrainer(
    spool,
    partial(database.open_spool_writer, settings.database_url),
    breaker=breaker,
    notify=notifier.notify,
).start()
