"""The worker and beat processes: ``celery --app workers.app worker``."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from celery import Celery
from celery.signals import (
    beat_init,
    celeryd_init,
    setup_logging,
    task_postrun,
    worker_process_init,
    worker_process_shutdown,
    worker_ready,
)
from kombu.entity import Exchange
from kombu.entity import Queue as KombuQueue

from workers import tasks
from workers.config import logs, tracing
from workers.config.broker import TASK_ROUTES
from workers.config.names import Queue
from workers.config.settings import Settings
from workers.config.startup import settings_or_exit
from workers.database import version
from workers.schedule import beat_schedule
from workers.tasks.base import write_counts

CONSUMER = "celery.worker.consumer.consumer"  # the logger of Celery's connection to the broker
DEFAULT_NODE = "celery"  # what Celery calls a worker without --hostname
MARGIN_S = 60  # between a lease, the hard limit of a task, and the redelivery of its message


def create_celery(settings: Settings) -> Celery:
    """Build the Celery application; opens no connection."""
    app = Celery("cention", broker=settings.broker_url, include=tasks.MODULES)
    time_limit_s = settings.lease_s + MARGIN_S
    app.conf.update(
        task_queues=[
            KombuQueue(queue, Exchange(queue), routing_key=queue)  # type: ignore[no-untyped-call]
            for queue in Queue
        ],
        task_default_queue=Queue.CALLBACKS,
        task_routes=TASK_ROUTES,
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_time_limit=time_limit_s,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_max_memory_per_child=250_000,  # KiB
        worker_cancel_long_running_tasks_on_connection_loss=True,
        worker_send_task_events=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        # A replica that became read-only, a full or a restarted broker: tried again, not given up.
        broker_channel_error_retry=True,
        broker_transport_options=transport_options(settings.broker_url, time_limit_s),
        timezone="UTC",
        beat_schedule=beat_schedule(settings),
        beat_scheduler="workers.beat:NudgeScheduler",
        beat_max_loop_interval=5,
    )
    return app


def transport_options(broker_url: str, time_limit_s: int) -> dict[str, Any]:
    """Return the options for Redis and Valkey, none for RabbitMQ, which rejects them."""
    if broker_url.startswith("amqp"):
        return {}
    return {
        "visibility_timeout": time_limit_s + MARGIN_S,
        "socket_timeout": 10,
        "socket_connect_timeout": 3,
        "socket_keepalive": True,
        "health_check_interval": 25,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
    }


def name_node(instance: Any, **_: Any) -> None:
    """Give a worker without ``--hostname`` a name of its own.

    RabbitMQ gives the queue of a node's remote control to one connection only: a second worker of
    the same name on the same machine would end.
    """
    name, at, host = str(instance.hostname).partition("@")
    if name == DEFAULT_NODE:
        instance.hostname = f"{name}-{secrets.token_hex(4)}{at}{host}"


def configure_logs(**_: Any) -> None:
    """Log as all processes of the bridge do."""
    logs.configure()


def limit_lines(**_: Any) -> None:
    """Log each kind of failure of the broker once a minute.

    A worker tries a broker that takes no messages, such as a read-only replica, again and again.
    """
    logging.getLogger(CONSUMER).addFilter(logs.RateLimitedLines())


def report_version(**_: Any) -> None:
    """Log an error if the database is of another version than this worker."""
    version.report_in_background(settings_or_exit().database_url)


def load_traces(**_: Any) -> None:
    """Import what traces need before the fork: Celery ends a child that takes 4 s to start."""
    tracing.load()


def trace_worker(**_: Any) -> None:
    """Trace what a process of a worker does."""
    tracing.start("cention-worker")


def trace_beat(**_: Any) -> None:
    """Trace what beat sends."""
    tracing.start("cention-beat")


def stop_traces(**_: Any) -> None:
    """Send the traces of a process that ends."""
    tracing.stop()


celeryd_init.connect(load_traces)
worker_process_init.connect(trace_worker)
worker_process_shutdown.connect(stop_traces)
beat_init.connect(trace_beat)
celeryd_init.connect(name_node)
task_postrun.connect(write_counts)
worker_ready.connect(report_version)
celeryd_init.connect(limit_lines)
celeryd_init.connect(configure_logs)  # a worker warns before it sets up logging
setup_logging.connect(configure_logs)  # otherwise Celery configures logging itself
app = create_celery(settings_or_exit())
