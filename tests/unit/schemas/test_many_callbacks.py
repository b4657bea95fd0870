"""Reads large documents, and reads in several threads."""

from __future__ import annotations

import time
from copy import deepcopy
from threading import Thread

from schemas.cention.callbacks import read_callback


def test_many_threads_can_read_at_once(callback):
    """Schemas are not thread-safe."""
    expected = read_callback(callback)
    got = []

    def work():
        got.extend(read_callback(callback) for _ in range(50))

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert got == [expected] * 200


def test_the_time_to_read_attachments_grows_as_their_number(callback):
    """Four times as many take four times as long; sixteen times, if each looked at all others."""
    few, many = _with_attachments(callback, 1000), _with_attachments(callback, 4000)

    assert min(_seconds(many) for _ in range(3)) < 8 * min(_seconds(few) for _ in range(3))


def _with_attachments(callback, number):
    named = [{"type": "c3_response_attachments", "id": str(id_ + 1)} for id_ in range(number)]
    errand = deepcopy(
        next(one for one in callback["included"] if one["type"] == "c3_answer_errands")
    )
    errand["relationships"]["attachments"]["data"] = named
    return {**callback, "included": [errand, *({**one, "attributes": {}} for one in named)]}


def _seconds(callback):
    """Return the CPU time of reading a callback with many attachments."""
    began_s = time.thread_time()
    read = read_callback(callback)
    took_s = time.thread_time() - began_s
    assert len(read.attachments) == len(callback["included"])
    return took_s
