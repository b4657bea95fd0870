"""The blows: each takes a scene; most are over at once, some go on beside the life they disturb."""

from __future__ import annotations

import contextlib
import random
import subprocess
import threading
import time
from collections.abc import Callable, Mapping

import psutil
import psycopg

from tests.chaos.scene import WORKERS, Scene

Strike = Callable[[Scene, random.Random], threading.Thread | None]
"""Returns when its cause is over, or the thread in which it goes on."""

NUDGES = 100
LISTS = ("c3_dirty_errand_list", "c3_dirty_facebook_ratings")
BEYOND_S = 3  # how much longer than its lease a worker sleeps


def kill_receiver_worker(scene: Scene, chance: random.Random) -> None:
    chance.choice(scene.children("receiver")).kill()


def kill_receiver(scene: Scene, chance: random.Random) -> None:
    scene.process("receiver").kill()


def kill_celery_child(scene: Scene, chance: random.Random) -> None:
    chance.choice(scene.children(chance.choice(WORKERS))).kill()


def kill_celery_worker(scene: Scene, chance: random.Random) -> None:
    scene.process(chance.choice(WORKERS)).kill()


def kill_beat(scene: Scene, chance: random.Random) -> None:
    scene.process("beat").kill()


def kill_broker(scene: Scene, chance: random.Random) -> None:
    scene.process("valkey").kill()


def kill_postgres(scene: Scene, chance: random.Random) -> None:
    scene.process("postgres").kill()


def flush_broker(scene: Scene, chance: random.Random) -> None:
    with scene.broker() as broker:
        broker.flushall()


def pause_worker(scene: Scene, chance: random.Random) -> None:
    part = chance.choice(WORKERS)
    _pause([scene.process(part), *scene.children(part)], scene.lease_s + BEYOND_S)


def pause_celery_child(scene: Scene, chance: random.Random) -> threading.Thread:
    """The others go on, take over what it has claimed, and meet it again when it wakes."""
    child = chance.choice(scene.children("worker-fetch"))
    return _beside(lambda: _pause([child], scene.lease_s + BEYOND_S))


def _pause(processes: list[psutil.Process], for_s: float) -> None:
    try:
        for process in processes:
            process.suspend()
        time.sleep(for_s)
    finally:
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()


def take_all_connections(scene: Scene, chance: random.Random) -> None:
    """Take every connection, those of the bridge too, which it cannot open again meanwhile."""
    with contextlib.ExitStack() as taken:
        _take_what_is_free(scene, taken)[0].execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name <> 'chaos' AND backend_type = 'client backend'"
        )
        ends_at = time.monotonic() + scene.hold_s
        while time.monotonic() < ends_at:
            _take_what_is_free(scene, taken)
            time.sleep(0.02)


def _take_what_is_free(
    scene: Scene, taken: contextlib.ExitStack
) -> list[psycopg.Connection[tuple[int, ...]]]:
    found = []
    while True:
        try:
            found.append(taken.enter_context(contextlib.closing(scene.database())))
        except psycopg.OperationalError:
            return found


def run_second_beat(scene: Scene, chance: random.Random) -> threading.Thread:
    beat = subprocess.Popen(
        scene.beat_command(),
        cwd=scene.run.folder,
        env=scene.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return _beside(lambda: _end(beat, after_s=scene.hold_s))


def _end(process: subprocess.Popen[bytes], *, after_s: float) -> None:
    try:
        status = process.wait(after_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    else:
        raise RuntimeError(f"the second beat ended by itself with {status}")


def _beside(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def hang_lists(scene: Scene, chance: random.Random) -> threading.Thread:
    """Cention's lists of changes answer slowly; what callbacks tell must not wait for them."""
    drips = {"probability": 1, "seconds": 2 * scene.hold_s, "types": LISTS}
    scene.sandbox.post("faults", {"slow_body": drips})
    return _beside(lambda: _end_slow_body(scene))


def _end_slow_body(scene: Scene) -> None:
    time.sleep(2 * scene.hold_s)
    scene.sandbox.post("faults", {"slow_body": None})


def double_nudges(scene: Scene, chance: random.Random) -> None:
    scene.send_nudges(NUDGES)


SINGLE: Mapping[str, Strike] = {
    "SIGKILL a gunicorn worker": kill_receiver_worker,
    "SIGKILL gunicorn": kill_receiver,
    "SIGKILL a Celery child": kill_celery_child,
    "SIGKILL a Celery worker": kill_celery_worker,
    "SIGKILL beat": kill_beat,
    "flush the broker": flush_broker,
    "SIGKILL the broker": kill_broker,
    "SIGKILL Postgres": kill_postgres,
    "pause a worker beyond its lease": pause_worker,
    "pause a Celery child beyond its lease": pause_celery_child,
    "no connection left": take_all_connections,
    "two beats at once": run_second_beat,
    "Cention's lists hang": hang_lists,
    f"{NUDGES} nudges of each kind": double_nudges,
}
AT_ONCE = tuple(strike for name, strike in SINGLE.items() if name.startswith(("SIGKILL", "flush")))


def strike_twice(scene: Scene, chance: random.Random) -> None:
    """Strike again before anybody has recovered."""
    for strike in chance.sample(AT_ONCE, 2):
        strike(scene, chance)
        time.sleep(chance.random())


STRIKES: Mapping[str, Strike] = {**SINGLE, "two of the kills within a second": strike_twice}
