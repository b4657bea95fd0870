"""The composition roots of the web processes; each is built when it is asked for.

* ``gunicorn --config deploy/gunicorn.conf.py wsgi:app``: the receiver
* ``gunicorn --config deploy/gunicorn_web.conf.py wsgi:web``: the web face
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

from flask import Flask

from receiver import (
    callbacks,
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
from workers.config import logs, tracing
from workers.config.broker import check_accepts, create_sender, describe_failure
from workers.config.names import QUEUE_OF, TaskName
from workers.config.queue_lengths import QueueLengths, most_waiting
from workers.database import version
from workers.spool.layout import spool_status

BROKER_TIMEOUT_S = 1  # short: a nudge is not worth waiting for


def __getattr__(name: str) -> Any:
    """Build the application of this name, once."""
    builders = {"app": build_receiver, "web": build_web}
    if name not in builders:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = built = builders[name]()
    return built


def build_receiver() -> Flask:
    """Build the receiver; begins to empty its spool."""
    logs.configure()
    settings = receiver_settings_or_exit()
    tracing.start("cention-receiver")
    sender = create_sender(settings.broker_url, timeout_s=BROKER_TIMEOUT_S)
    # Import the transport now, or the first nudge would delay the first callbacks. A broker that
    # fails here fails again when nudges are sent, and must not stop the receiver.
    with suppress(Exception):
        sender.connection_for_write().get_transport_cls()

    def nudge(task: TaskName, workspace: str) -> None:
        """Have a worker do ``task`` for ``workspace``. Raises if the broker refuses the nudge."""
        sender.send_task(task, args=(workspace,), retry=False, ignore_result=True)

    def notifier_of(task: TaskName) -> WorkerNotifier:
        may_send = partial(
            QueueLengths(sender.connection_for_read).may_send,
            QUEUE_OF[task],
            most=most_waiting(len(settings.workspaces)),
        )
        return WorkerNotifier(partial(nudge, task), may_send=may_send, describe=describe_failure)

    writer = database.InboxWriter(settings.database_url)
    committer = GroupCommit(writer.write, abort=writer.abort)
    notifier = notifier_of(TaskName.FILE_CALLBACKS)
    spool = Spool(settings.spool_dir, max_bytes=settings.spool_max_bytes)
    breaker = CircuitBreaker()
    app = create_app(
        settings,
        store=DurableInbox(committer, spool.append, breaker).store,
        notify=notifier.notify,
        read_gauges=partial(database.read_gauges, settings.database_url),
        database=partial(database.is_up, settings.database_url),
        broker=partial(check_accepts, sender, timeout_s=BROKER_TIMEOUT_S),
        spool=spool.check,
        read_spool=partial(spool_status, settings.spool_dir),
        save_pushed_answers=partial(pushed_answers.save, settings.database_url),
        surveys=SurveyStorage(PageDatabase(settings.database_url)),
        notify_surveys=notifier_of(TaskName.SURVEY_CONVERSE).notify,
    )
    tracing.trace_pages(app, except_paths=(callbacks.PREFIX, "/health/", "/metrics"))
    version.report_in_background(settings.database_url)
    # The spool may hold callbacks of an earlier process: move them now, not with the next callback.
    SpoolDrainer(
        spool,
        partial(database.open_spool_writer, settings.database_url),
        breaker=breaker,
        notify=notifier.notify,
    ).start()
    return app


def build_web() -> Flask:
    """Build the web face; exits with a line in the log if nobody can sign in."""
    from workers import wiring
    from workers.config.startup import settings_or_exit
    from workers.database import connections
    from workers.web import application
    from workers.web.startup import require_people

    logs.configure()
    settings = settings_or_exit()
    require_people(settings)
    return application.create_app(
        settings,
        connections.open_pool(settings.database_url),
        survey_workspaces={
            one.name: wiring.survey_workspace(settings, one) for one in settings.workspaces
        },
    )
