"""A connection frees what it holds, whatever becomes of the request that it answers."""

from __future__ import annotations

import asyncio
import errno
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


def test_while_a_sender_reads_no_answers_its_next_request_waits():
    class IsFull(Transport):
        def write(self, data):
            super().write(data)
            self.connection.pause_writing()

    async def run():
        async def answer(scope, body):
            return Reply(status=200, headers=[], body=b"ok")

        worker, transport = Worker(answer), IsFull()
        connection = transport.connection = Connection(worker)
        connection.connection_made(transport)
        connection.data_received(REQUEST * 3)
        answered = []
        for _ in range(3):
            for _ in range(20):
                await asyncio.sleep(0)
            answered.append(transport.sent.count(b"200 OK"))
            connection.resume_writing()
        return answered

    assert asyncio.run(run()) == [1, 2, 3]


def test_that_a_sender_reads_no_answers_is_known_to_the_protocol_of_gunicorn(connect):
    class Protocol:
        def __init__(self):
            self.called = []

        def pause_writing(self):
            self.called.append("pause")

        def resume_writing(self):
            self.called.append("resume")

    async def run():
        _, connection = connect(None)
        connection.http = Protocol()
        connection.pause_writing()
        connection.resume_writing()
        return connection.http.called

    assert asyncio.run(run()) == ["pause", "resume"]


@pytest.mark.parametrize(
    ("headers", "pieces", "body", "is_last"),
    [
        ([], [(b"12345", True), (b"67890", False)], b"1234567890", False),
        ([], [(b"123456", True), (b"789012", True)], b"123456789012", True),
        ([], [(b"123456789012", False)], b"123456789012", False),
        ([(b"content-length", b"30")], [(b"12", False)], b"12", False),
        ([(b"content-length", b"31")], [], b"", True),
        ([(b"content-length", b"9" * 20)], [], b"", True),
    ],
)
def test_no_more_of_a_body_is_read_than_is_needed_to_refuse_it(
    connect, headers, pieces, body, is_last
):
    """Ten bytes may be counted, and thirty arrive; what is left unread ends the connection."""
    seen, sent = [], []

    async def run():
        async def answer(scope, body):
            seen.append(body)
            return Reply(status=200, headers=[], body=b"ok")

        async def receive():
            piece, more = pieces.pop(0)
            return {"type": "http.request", "body": piece, "more_body": more}

        async def send(message):
            sent.append(message)

        worker, connection = connect(answer)
        worker.callback_limit = CallbackLimit(10)
        await connection.respond({"type": "http", "headers": headers}, receive, send)

    asyncio.run(run())

    assert (seen, pieces) == ([body], [])
    assert ((b"connection", b"close") in sent[0]["headers"]) == is_last
    assert sent[1]["body"] == b"ok"


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


class Held:
    """A connection as its worker sees it."""

    def __init__(self, phase, held_bytes=0):
        self.phase, self.held_bytes = phase, held_bytes
        self.aborted = False

    def is_busy(self):
        return self.phase is Phase.ANSWERING

    def abort(self):
        self.aborted = True


def worker_of(*connections):
    """Return a worker with these connections."""

    async def make():
        worker = gunicorn_worker(answer=Reply(status=200, headers=[], body=b""))
        worker.connections = dict.fromkeys(connections)
        worker.not_accepted = SimpleNamespace(warn=lambda **_: None)
        worker.tmp.close()
        return worker

    return asyncio.run(make())


@pytest.mark.parametrize(
    ("phases", "evicted"),
    [
        ([Phase.READING, Phase.IDLE, Phase.CLOSING, Phase.IDLE], 2),
        ([Phase.READING, Phase.IDLE, Phase.IDLE], 1),
        ([Phase.ANSWERING, Phase.READING], 1),
        ([Phase.ANSWERING], None),
        ([], None),
    ],
)
def test_the_connection_that_is_needed_least_makes_room_and_none_that_is_answered(phases, evicted):
    connections = [Held(phase) for phase in phases]

    worker_of(*connections).evict_idle()

    assert [one.aborted for one in connections] == [n == evicted for n in range(len(phases))]


@pytest.mark.parametrize(
    ("error", "evicts"), [(errno.EMFILE, True), (errno.ENFILE, True), (errno.ECONNABORTED, False)]
)
def test_a_connection_makes_room_when_the_process_can_open_no_more_files(error, evicts):
    def accept():
        raise OSError(error, "")

    idle = Held(Phase.IDLE)

    worker_of(idle).accept(SimpleNamespace(accept=accept), for_metrics=False)

    assert idle.aborted == evicts


def test_if_too_many_bytes_are_held_the_connection_that_holds_most_is_closed():
    reading, most, answered, idle = connections = [
        Held(Phase.READING, 10),
        Held(Phase.READING, 20),
        Held(Phase.ANSWERING, 30),
        Held(Phase.IDLE),
    ]
    worker = worker_of(*connections)
    worker.held_bytes, worker.held_max_bytes = 60, 70

    worker.hold(10)
    assert not any(one.aborted for one in connections)
    worker.hold(1)

    assert most.aborted
    assert not any(one.aborted for one in (reading, answered, idle))


def test_bytes_that_are_freed_close_no_connection():
    held = Held(Phase.READING, 10)
    worker = worker_of(held)
    worker.held_bytes, worker.held_max_bytes = 100, 70

    worker.hold(-10)

    assert (worker.held_bytes, held.aborted) == (90, False)


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("certfile", "cert.pem", "does not speak TLS: put a proxy in front of it"),
        ("keepalive", 0, "Set keepalive to at least 1 s"),
        ("timeout", 20, "timeout to more than 20 s"),
    ],
)
def test_what_the_receiver_cannot_do_is_refused_at_its_start(setting, value, message):
    config = Config()
    GunicornWorker.check_config(config, None)
    config.set(setting, value)

    with pytest.raises(RuntimeError, match=message):
        GunicornWorker.check_config(config, None)


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
