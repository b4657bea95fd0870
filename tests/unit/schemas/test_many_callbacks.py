"""Reads large documents, and reads in several threads."""

from __future__ import annotations

import time
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


def test_four_thousand_attachments_are_read_in_a_moment(callback):
    named = [{"type": "c3_response_attachments", "id": str(id_)} for id_ in range(1, 4001)]
    errand = next(one for one in callback["included"] if one["type"] == "c3_answer_errands")
    errand["relationships"]["attachments"]["data"] = named
    callback["included"] = [errand, *({**one, "attributes": {}} for one in named)]

    began = time.thread_time()
    read = read_callback(callback)
    took_s = time.thread_time() - began

    assert len(read.attachments) == 4001
    assert took_s < 0.3
