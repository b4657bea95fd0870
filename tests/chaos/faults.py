"""The faults. Most are over at once; some continue in a thread."""

from __future__ import annotations

import contextlib
import random
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from typing import LiteralString

import psutil
import psycopg

from tests.chaos import surveys
from tests.chaos.bridge import WORKERS, ChaosBridge
from workers.surveys.jobs.invite import SEND_WITHIN_S

Fault = Callable[[ChaosBridge, random.Random], threading.Thread | None]
"""Injects the fault; returns the thread in which it continues, if there is one."""

NUDGES = 100
SURVEY_LOCKS = [
    "surveys/decide/sandbox/0",
    *(f"surveys/{work}/sandbox/{slot}" for work in ("invite", "converse") for slot in range(2)),
]
END_SURVEY_SESSIONS: LiteralString = """
    SELECT pg_terminate_backend(pid) FROM pg_locks
    WHERE locktype = 'advisory' AND (classid::bigint << 32) | objid::bigint IN (
        SELECT hashtextextended(name, 0) FROM unnest(%s::text[]) AS lock (name)
    )
"""
LISTS = ("c3_dirty_errand_list", "c3_dirty_facebook_ratings")
BEYOND_S = 3  # how much longer than its lease a worker is paused


def kill_receiver_worker(bridge: ChaosBridge, rng: random.Random) -> None:
    rng.choice(bridge.children("receiver")).kill()


def kill_receiver(bridge: ChaosBridge, rng: random.Random) -> None:
    bridge.process("receiver").kill()


def kill_celery_child(bridge: ChaosBridge, rng: random.Random) -> None:
    rng.choice(bridge.children(rng.choice(WORKERS))).kill()


def kill_celery_worker(bridge: ChaosBridge, rng: random.Random) -> None:
    bridge.process(rng.choice(WORKERS)).kill()


def kill_survey_worker(bridge: ChaosBridge, rng: random.Random) -> None:
    """Its requests to vendors are under way."""
    for child in bridge.children("worker-surveys"):
        child.kill()


def kill_beat(bridge: ChaosBridge, rng: random.Random) -> None:
    bridge.process("beat").kill()


def kill_broker(bridge: ChaosBridge, rng: random.Random) -> None:
    bridge.process("valkey").kill()


def kill_postgres(bridge: ChaosBridge, rng: random.Random) -> None:
    bridge.process("postgres").kill()


def flush_broker(bridge: ChaosBridge, rng: random.Random) -> None:
    with bridge.broker() as broker:
        broker.flushall()


def pause_worker(bridge: ChaosBridge, rng: random.Random) -> None:
    _pause(bridge.tree(rng.choice(WORKERS)), bridge.lease_s + BEYOND_S)


def pause_celery_child(bridge: ChaosBridge, rng: random.Random) -> threading.Thread:
    """The other processes take over its claims, and it continues after that."""
    child = rng.choice(bridge.children("worker-fetch"))
    return in_thread(lambda: _pause([child], bridge.lease_s + BEYOND_S))


def _pause(processes: list[psutil.Process], for_s: float) -> None:
    try:
        for process in processes:
            process.suspend()
        time.sleep(for_s)
    finally:
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()


def replace_survey_worker(bridge: ChaosBridge, rng: random.Random) -> threading.Thread:
    """Pause the worker of surveys beyond its deadlines, and let another do its work meanwhile.

    The other finds the locks free, since the sessions of the first are ended.
    """
    paused = bridge.tree("worker-surveys")
    other = _start(bridge, bridge.worker_command("surveys"))
    return in_thread(lambda: _replace(bridge, paused, other))


def _replace(
    bridge: ChaosBridge, paused: list[psutil.Process], other: subprocess.Popen[bytes]
) -> None:
    sessions = threading.Timer(1, lambda: _end_survey_sessions(bridge))
    sessions.start()
    try:
        _pause(paused, max(bridge.lease_s, SEND_WITHIN_S) + BEYOND_S)
    finally:
        sessions.join()
        _end(other, after_s=bridge.hold_s)


def _end_survey_sessions(bridge: ChaosBridge) -> None:
    with contextlib.suppress(psycopg.OperationalError), bridge.database() as conn:
        conn.execute(END_SURVEY_SESSIONS, [SURVEY_LOCKS])


def take_all_connections(bridge: ChaosBridge, rng: random.Random) -> None:
    """Take every connection, those of the bridge too, so that it cannot connect."""
    with contextlib.ExitStack() as taken:
        _take_what_is_free(bridge, taken)[0].execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name <> 'chaos' AND backend_type = 'client backend'"
        )
        ends_at = time.monotonic() + bridge.hold_s
        while time.monotonic() < ends_at:
            _take_what_is_free(bridge, taken)
            time.sleep(0.02)


def _take_what_is_free(
    bridge: ChaosBridge, taken: contextlib.ExitStack
) -> list[psycopg.Connection[tuple[int, ...]]]:
    found = []
    while True:
        try:
            found.append(taken.enter_context(contextlib.closing(bridge.database())))
        except psycopg.OperationalError:
            return found


def run_second_beat(bridge: ChaosBridge, rng: random.Random) -> threading.Thread:
    beat = _start(bridge, bridge.beat_command())
    return in_thread(lambda: _end(beat, after_s=bridge.hold_s))


def _start(bridge: ChaosBridge, command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        cwd=bridge.run.folder,
        env=bridge.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _end(process: subprocess.Popen[bytes], *, after_s: float) -> None:
    try:
        status = process.wait(after_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    else:
        raise RuntimeError(f"it ended by itself with {status}")


def in_thread(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def hang_lists(bridge: ChaosBridge, rng: random.Random) -> threading.Thread:
    """Delay Cention's lists of changes; callbacks must not wait for them."""
    slow_body = {"probability": 1, "seconds": 2 * bridge.hold_s, "types": LISTS}
    bridge.sandbox.post("faults", {"slow_body": slow_body})
    return in_thread(lambda: _end_slow_body(bridge))


def _end_slow_body(bridge: ChaosBridge) -> None:
    time.sleep(2 * bridge.hold_s)
    bridge.sandbox.post("faults", {"slow_body": surveys.FAULTS["slow_body"]})


def double_nudges(bridge: ChaosBridge, rng: random.Random) -> None:
    bridge.send_nudges(NUDGES)


SINGLE: Mapping[str, Fault] = {
    "SIGKILL a gunicorn worker": kill_receiver_worker,
    "SIGKILL gunicorn": kill_receiver,
    "SIGKILL a Celery child": kill_celery_child,
    "SIGKILL a Celery worker": kill_celery_worker,
    "SIGKILL beat": kill_beat,
    "flush the broker": flush_broker,
    "SIGKILL the broker": kill_broker,
    "SIGKILL Postgres": kill_postgres,
    "pause a worker beyond its lease": pause_worker,
    "SIGKILL the worker of surveys": kill_survey_worker,
    "replace the worker of surveys while it is paused": replace_survey_worker,
    "pause a Celery child beyond its lease": pause_celery_child,
    "no connection left": take_all_connections,
    "two beats at once": run_second_beat,
    "Cention's lists hang": hang_lists,
    f"{NUDGES} nudges of each kind": double_nudges,
}
AT_ONCE = tuple(fault for name, fault in SINGLE.items() if name.startswith(("SIGKILL", "flush")))


def inject_two(bridge: ChaosBridge, rng: random.Random) -> None:
    """Inject a second fault before the recovery from the first."""
    for fault in rng.sample(AT_ONCE, 2):
        fault(bridge, rng)
        time.sleep(rng.random())


FAULTS: Mapping[str, Fault] = {**SINGLE, "two of the kills within a second": inject_two}
