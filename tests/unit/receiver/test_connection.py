"""A connection frees what it holds, whatever becomes of the request that it answers."""

from __future__ import annotations

import asyncio
import logging
import os
from types import SimpleNamespace

import pytest
from gunicorn.config import Config

from receiver.asgi import Reply
from receiver.callback_size import CallbackLimit
from receiver.connection_limits import Connection, Phase
from receiver.gunicorn_worker import Worker as GunicornWorker
from receiver.plain_requests import HEAD_LIMITS

BODY = b'{"data":{}}'
REQUEST = b"POST /callbacks/demo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b" % (
    len(BODY),
    BODY,
)


class Transport:
    """The end of a socket that only remembers."""

    def __init__(self):
        self.sent = b""
        self.aborted = False

    def get_extra_info(self, name):
        return ("127.0.0.1", 1)

    def set_write_buffer_limits(self, high):
        pass

    def write(self, data):
        self.sent += data

    def is_closing(self):
        return self.aborted

    def abort(self):
        self.aborted = True

    def write_eof(self):
        pass

    def pause_reading(self):
        pass

    resume_reading = pause_reading


class Worker:
    """What a connection needs of its worker; ``answer`` is the application's."""

    answers_plain = True
    is_stopping = False
    head_limits = dict.fromkeys(HEAD_LIMITS, 1000)

    def __init__(self, answer):
        self.application = SimpleNamespace(answer=answer)
        self.limits_s = dict.fromkeys(Phase, 60.0)
        self.connections = {}
        self.cfg = SimpleNamespace(worker_connections=10)
        self.callback_limit = CallbackLimit(1_000_000)
        self.refused = SimpleNamespace(warn=lambda **_: None)
        self.loop = asyncio.get_running_loop()
        self.held_bytes = 0
        self.tasks = []

    def hold(self, more_bytes):
        self.held_bytes += more_bytes

    def answer_plain(self, answer):
        self.tasks.append(self.loop.create_task(answer))


@pytest.fixture
def connect():
    def connect(answer):
        worker = Worker(answer)
        connection = Connection(worker)
        connection.connection_made(Transport())
        return worker, connection

    return connect


def test_an_error_of_the_application_is_answered_with_500_and_frees_what_was_held(connect):
    async def run():
        async def answer(scope, body):
            raise RuntimeError("can't start new thread")

        worker, connection = connect(answer)
        connection.data_received(REQUEST)
        await asyncio.gather(*worker.tasks)
        return worker, connection

    worker, connection = asyncio.run(run())

    assert connection.transport.sent.startswith(b"HTTP/1.1 500 ")
    assert connection.phase is Phase.CLOSING
    assert worker.held_bytes == 0


def test_a_wrong_secret_holds_no_bytes_while_its_answer_waits(connect):
    async def run():
        async def answer(scope, body):
            return Reply(status=401, headers=[], body=b"", wait_s=60)

        worker, connection = connect(answer)
        connection.data_received(REQUEST)
        for _ in range(5):
            await asyncio.sleep(0)
        waiting = worker.held_bytes, connection.transport.sent
        connection.connection_lost(None)
        await asyncio.wait_for(asyncio.gather(*worker.tasks), 5)
        return waiting, worker

    waiting, worker = asyncio.run(run())

    assert waiting == (0, b"")
    assert worker.held_bytes == 0


def test_a_sender_that_vanishes_while_it_is_answered_frees_what_was_held_at_the_end(connect):
    async def run():
        committed = asyncio.Event()

        async def answer(scope, body):
            await committed.wait()
            return Reply(status=200, headers=[], body=b"")

        worker, connection = connect(answer)
        connection.data_received(REQUEST)
        connection.connection_lost(None)
        held = worker.held_bytes
        committed.set()
        await asyncio.gather(*worker.tasks)
        return held, worker, connection

    held, worker, connection = asyncio.run(run())

    assert held == len(REQUEST)
    assert worker.held_bytes == 0
    assert connection.transport.sent == b""


def test_a_connection_that_is_closed_because_too_much_is_held_answers_nothing(connect):
    async def run():
        async def answer(scope, body):
            raise AssertionError

        worker, connection = connect(answer)
        worker.hold = lambda more_bytes: connection.abort()
        connection.data_received(REQUEST)
        return worker

    assert asyncio.run(run()).tasks == []


def test_a_connection_that_was_not_told_to_close_stays_open_when_the_process_begins_to_stop():
    class StopsTheProcess(Transport):
        def write(self, data):
            super().write(data)
            self.worker.handle_exit_signal()

    async def run():
        worker = gunicorn_worker(answer=Reply(status=200, headers=[], body=b"ok"))
        connection, transport = Connection(worker), StopsTheProcess()
        transport.worker = worker
        connection.connection_made(transport)
        sent = []
        for _ in range(2):
            transport.sent = b""
            connection.data_received(b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
            for _ in range(20):
                await asyncio.sleep(0)
            sent.append(transport.sent.lower())
        worker.tmp.close()
        return sent

    first, second = asyncio.run(run())

    assert b"200 ok" in first
    assert b"connection: close" not in first
    assert b"200 ok" in second
    assert b"connection: close" in second


def gunicorn_worker(*, answer: Reply) -> GunicornWorker:
    """Return a worker that accepts no connections itself; its application gives ``answer``."""

    async def application(scope, body):
        return answer

    log = SimpleNamespace(access_log_enabled=False, debug=logging.debug, error=logging.error)
    worker = GunicornWorker(1, os.getppid(), [], None, 30, Config(), log)
    worker.loop = asyncio.get_running_loop()
    worker.application = SimpleNamespace(answer=application)
    worker.limits_s = dict.fromkeys(Phase, 60.0)
    worker.asgi, worker.connections = None, {}
    worker.head_limits = dict.fromkeys(HEAD_LIMITS, 1000)
    worker.callback_limit = CallbackLimit(1_000_000)
    worker.held_bytes, worker.held_max_bytes = 0, 1_000_000
    worker.nr, worker.max_requests = 0, 1_000_000
    worker.stop_asked = False
    return worker
