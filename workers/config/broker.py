"""The Celery client that sends messages to the workers."""

from __future__ import annotations

import redis.exceptions as redis
from amqp import exceptions as amqp  # type: ignore[import-untyped]
from celery import Celery
from kombu.entity import Exchange, Queue
from kombu.messaging import Producer

from workers.config import connection_errors
from workers.config.names import QUEUE_OF

TASK_ROUTES = {str(task): {"queue": str(queue)} for task, queue in QUEUE_OF.items()}
REFUSES_USER = "it refuses user or password"
MAY_NOT_SEND = "its user may not send messages"
BAD_URL = "its address cannot be read"
ABOUT_THE_URL = (REFUSES_USER, BAD_URL)  # what a password that is not percent-encoded leads to
_REASONS: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((redis.ReadOnlyError,), "it is a read-only replica"),
    ((redis.OutOfMemoryError,), "it is full: its maxmemory is used up"),
    ((redis.AuthenticationError, amqp.AccessRefused), REFUSES_USER),
    ((redis.NoPermissionError,), MAY_NOT_SEND),
    ((redis.BusyLoadingError,), "it is starting"),
    ((amqp.NotAllowed,), "it has no such virtual host, or its user may not use that"),
    ((redis.InvalidResponse, amqp.FrameSyntaxError), "something else answers there"),
)
_AFTER_LOG_IN = (40, 50, 60)  # AMQP's classes of methods about exchanges, queues and messages
READINESS_QUEUE = "readiness"
READINESS_KEPT_S = 60.0  # after its last use; Redis deletes it when it is empty


def create_sender(broker_url: str, *, timeout_s: float) -> Celery:
    """Return a Celery client that only sends; it connects on first use.

    The broker has ``timeout_s`` seconds to accept a connection, and to answer each read and write.
    """
    sender = Celery(broker=broker_url, set_as_current=False)
    sender.conf.task_routes = TASK_ROUTES
    sender.conf.broker_connection_timeout = timeout_s
    sender.conf.broker_transport_options = (
        {"read_timeout": timeout_s, "write_timeout": timeout_s}
        if broker_url.startswith("amqp")  # RabbitMQ's transport rejects unknown options
        else {"socket_connect_timeout": timeout_s, "socket_timeout": timeout_s}
    )
    return sender


def describe_failure(error: Exception) -> str:
    """Return why the broker cannot be used, without any text of the error.

    Its text may contain the password. Each transport raises errors of its own, and Celery wraps
    them.
    """
    cause = error.__cause__ or error
    if isinstance(cause, amqp.AccessRefused) and (cause.method_sig or (0,))[0] in _AFTER_LOG_IN:
        return MAY_NOT_SEND
    for kinds, reason in _REASONS:
        if isinstance(cause, kinds):
            return reason
    if isinstance(cause, KeyError | ImportError | NameError):  # a transport unknown to Celery
        return "BROKER_URL begins with none of redis://, rediss:// and amqp://"
    if isinstance(cause, ValueError):
        return BAD_URL
    return connection_errors.describe(error) or type(cause).__name__


def check_accepts(sender: Celery, *, timeout_s: float) -> None:
    """Check that the broker takes messages: sends one to a queue of its own, and removes it.

    A replica that is read-only and a broker that is full accept connections and nothing more.
    Raises what the transport raises.
    """
    with sender.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, interval_start=0, timeout=timeout_s)
        with connection.channel() as channel:
            exchange = Exchange(READINESS_QUEUE)  # type: ignore[no-untyped-call]
            queue = Queue(  # type: ignore[no-untyped-call]
                READINESS_QUEUE, exchange, READINESS_QUEUE, expires=READINESS_KEPT_S
            )
            producer = Producer(channel)  # type: ignore[no-untyped-call]
            producer.publish(  # type: ignore[no-untyped-call]
                "", exchange=exchange, routing_key=READINESS_QUEUE, declare=[queue]
            )
            # Also the proof for RabbitMQ, which reads nothing of a publisher while it is full.
            queue(channel).purge()  # type: ignore[no-untyped-call]
