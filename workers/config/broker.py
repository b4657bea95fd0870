"""The Celery client that sends messages to the workers."""

from __future__ import annotations

from celery import Celery


def create_sender(broker_url: str, *, timeout_s: float) -> Celery:
    """Return a Celery client that only sends; it connects on first use.

    The broker has ``timeout_s`` seconds to accept a connection, and to answer each read and write.
    """
    sender = Celery(broker=broker_url, set_as_current=False)
    sender.conf.broker_connection_timeout = timeout_s
    sender.conf.broker_transport_options = (
        {"read_timeout": timeout_s, "write_timeout": timeout_s}
        if broker_url.startswith("amqp")  # RabbitMQ's transport rejects unknown options
        else {"socket_connect_timeout": timeout_s, "socket_timeout": timeout_s}
    )
    return sender
