"""What gunicorn's protocol may send itself, and what is replaced."""

from __future__ import annotations

import pytest

from receiver.guarded_transport import GuardedTransport


class Socket:
    def __init__(self):
        self.sent = []

    def get_extra_info(self, name):
        return name

    def write(self, data):
        self.sent.append(data)

    def writelines(self, pieces):
        self.sent.extend(pieces)

    def pause_reading(self):
        raise AssertionError

    resume_reading = write_eof = close = pause_reading


class Connection:
    def __init__(self, *, may_write=False):
        self.may_write = may_write
        self.refused = []
        self.lingers = False

    def refuse(self, status):
        self.refused.append(status)

    def linger(self):
        self.lingers = True


@pytest.fixture
def guarded():
    def make(**options):
        socket, connection = Socket(), Connection(**options)
        return socket, connection, GuardedTransport(socket, connection)

    return make


def test_the_answer_of_the_application_is_sent_as_it_is(guarded):
    socket, connection, transport = guarded(may_write=True)

    transport.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    transport.writelines([b"one", b"two"])

    assert socket.sent == [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"one", b"two"]
    assert connection.refused == []


def test_an_error_of_gunicorn_is_replaced_and_nothing_else_of_it_is_sent(guarded):
    socket, connection, transport = guarded()

    transport.write(b"HTTP/1.1 400 Bad Request\r\n\r\nquotes the request")
    transport.write(b"quotes the request")
    transport.writelines([b"quotes", b"it"])

    assert (socket.sent, connection.refused) == ([], [400])


def test_that_a_sender_may_go_on_is_sent(guarded):
    socket, _, transport = guarded()

    transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    assert socket.sent == [b"HTTP/1.1 100 Continue\r\n\r\n"]


def test_reading_and_the_end_of_the_connection_are_left_to_the_connection(guarded):
    _, connection, transport = guarded()

    transport.pause_reading()
    transport.resume_reading()
    transport.write_eof()
    assert not connection.lingers

    transport.close()
    assert connection.lingers


def test_where_the_connection_came_from_is_known_after_the_socket_is_closed(guarded):
    socket, _, transport = guarded()
    socket.get_extra_info = None

    assert transport.get_extra_info("peername") == "peername"
    assert transport.get_extra_info("other", "default") == "default"
