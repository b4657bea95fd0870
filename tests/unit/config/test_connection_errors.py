"""Why a connection could not be made is said in words, and without any text of the error."""

from __future__ import annotations

import errno
import socket
import ssl

import pytest
import requests
import urllib3
from amqp import exceptions as amqp
from redis import exceptions as redis

from workers.config import connection_errors
from workers.config.broker import describe_failure


def untrusted(code):
    error = ssl.SSLCertVerificationError(1, "s3cret")
    error.verify_code = code
    return error


def tls(reason):
    error = ssl.SSLError(1, "s3cret")
    error.reason = reason
    return error


def os_error(number):
    return OSError(number, "s3cret")


def amqp_refusal(about):
    """What RabbitMQ raises; ``about`` is the class of the method that it refused."""
    return amqp.error_for_code(403, "s3cret", (about, 10), amqp.ChannelError)


REASONS = [
    (untrusted(9), "its certificate is not valid yet"),
    (untrusted(10), "its certificate has expired"),
    (untrusted(18), "its certificate is signed by itself"),
    (untrusted(19), "authority that is unknown here"),
    (untrusted(20), "authority that is unknown here"),
    (untrusted(62), "its certificate is for another name"),
    (untrusted(79), "its certificate is not valid"),
    (tls("WRONG_VERSION_NUMBER"), "it does not speak TLS there"),
    (tls("TLSV1_ALERT_PROTOCOL_VERSION"), "TLS failed: tlsv1 alert protocol version"),
    (tls("TLSV13_ALERT_CERTIFICATE_REQUIRED"), "it wants a client certificate"),
    (ssl.SSLEOFError(8, "s3cret"), "it ended the connection while TLS was set up"),
    (socket.gaierror(socket.EAI_NONAME, "s3cret"), "there is no such host"),
    (socket.gaierror(socket.EAI_AGAIN, "s3cret"), "no name server answers"),
    (os_error(errno.ECONNREFUSED), "the connection was refused"),
    (os_error(errno.ENOENT), "that the settings name does not exist"),
    (os_error(errno.ETIMEDOUT), "it does not answer in time"),
    (TimeoutError("s3cret"), "it does not answer in time"),
    (os_error(errno.ENETUNREACH), "no network leads there"),
    (os_error(errno.EHOSTUNREACH), "no network leads there"),
    (os_error(errno.ECONNRESET), "it ended the connection"),
    (
        OSError("Could not find a suitable TLS CA certificate bundle, invalid path: s3cret"),
        "the file of certificates in the settings cannot be read",
    ),
]


def as_requests_raises_it(error):
    below = urllib3.exceptions.SSLError(error)
    retries = urllib3.exceptions.MaxRetryError(None, "https://x?key=s3cret", below)
    return requests.exceptions.ConnectionError(retries)


def as_redis_raises_it(error):
    raised = redis.ConnectionError("s3cret")
    raised.__cause__ = error
    outer = OSError("s3cret")
    outer.__cause__ = raised
    return outer


def as_smtplib_raises_it(error):
    raised = OSError("s3cret")
    raised.__context__ = error
    return raised


@pytest.mark.parametrize(
    "wrapped",
    [lambda error: error, as_requests_raises_it, as_redis_raises_it, as_smtplib_raises_it],
)
@pytest.mark.parametrize(("error", "words"), REASONS)
def test_the_reason_is_named_however_the_error_is_wrapped(error, words, wrapped):
    reason = connection_errors.describe(wrapped(error))

    assert words in reason
    assert "s3cret" not in reason


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (os_error(errno.ECONNREFUSED), "of the proxy: nothing listens there"),
        (socket.gaierror(socket.EAI_NONAME, "x"), "of the proxy: there is no such host"),
        (
            OSError("Tunnel connection failed: 407 Proxy Authentication Required"),
            "the proxy refuses it (HTTP 407)",
        ),
        (OSError("Tunnel connection failed: 502 s3cret"), "the proxy refuses it (HTTP 502)"),
        (OSError("s3cret"), "the proxy does not work"),
    ],
)
def test_a_proxy_is_told_from_the_server_behind_it(error, words):
    below = urllib3.exceptions.ProxyError("s3cret", error)
    raised = requests.exceptions.ProxyError(urllib3.exceptions.MaxRetryError(None, "/", below))

    assert words in connection_errors.describe(raised)


def test_an_error_that_says_nothing_has_no_reason():
    assert connection_errors.describe(requests.exceptions.ConnectionError("s3cret")) is None


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (redis.AuthenticationError("s3cret"), "it refuses user or password"),
        (redis.NoPermissionError("s3cret"), "its user may not send messages"),
        (amqp_refusal(0), "it refuses user or password"),
        (amqp_refusal(50), "its user may not send messages"),
        (amqp_refusal(60), "its user may not send messages"),
        (redis.BusyLoadingError("s3cret"), "it is starting"),
        (redis.ReadOnlyError("s3cret"), "it is a read-only replica"),
        (redis.OutOfMemoryError("s3cret"), "it is full"),
        (redis.ResponseError("s3cret"), "ResponseError"),
        (KeyError("No such transport: s3cret"), "BROKER_URL begins with none of redis://"),
    ],
)
def test_what_a_broker_refuses_is_named(error, words):
    assert words in describe_failure(error)
    assert "s3cret" not in describe_failure(error)
