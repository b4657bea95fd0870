"""Beat: what it sends to a real broker, and its clock in the database."""

from __future__ import annotations

import ast
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis
from celery import Celery
from celery.beat import ScheduleEntry

from tests.support.databases import run_query
from tests.support.eventually import eventually
from workers import beat
from workers.beat import NudgeScheduler
from workers.config import queue_lengths
from workers.config.names import Mirror, Queue, TaskName
from workers.config.settings import load_settings
from workers.operations.jobs import pending_nudges
from workers.schedule import beat_schedule

MANY = [f"w{number}" for number in range(30)]
EVERYWHERE = [TaskName.SURVEY_ALERT, TaskName.SURVEY_CONVERSE, TaskName.SURVEY_DECIDE]
EVERYWHERE += [TaskName.SURVEY_INVITE]
RULE_ON = (
    "INSERT INTO feedback.rules_file (workspace, version, document, sha256)"
    " VALUES ('{0}', 1, '{{}}', sha256(''));"
    "INSERT INTO feedback.rule (workspace, name, version, document, sha256, on_from)"
    " VALUES ('{0}', 'csat', 1, '{{}}', sha256(''), now())"
)


def clock_threads() -> list[threading.Thread]:
    """The threads of this process that measure the clock of a scheduler."""
    return [thread for thread in threading.enumerate() if thread.name == "clock"]


@contextmanager
def scheduler_of(broker: str) -> Iterator[NudgeScheduler]:
    """A scheduler of the settings in the environment that has just started."""
    app = Celery(broker=broker, set_as_current=False)
    app.conf.beat_schedule = beat_schedule(load_settings())
    scheduler = NudgeScheduler(app)
    for thread in clock_threads():
        thread.join()
    yield scheduler
    scheduler.close()


@pytest.fixture
def settings(environment, broker):
    """The settings of one workspace with a token for all claims."""
    environment.setenv("BROKER_URL", broker)
    environment.setenv("CENTION_URL", "http://127.0.0.1:1/s/demo")
    environment.setenv("CENTION_TOKEN", "token")
    environment.setenv("CENTION_CALLBACK_SECRETS", "a-secret-of-callbacks")
    environment.setattr(beat, "_measure_clock", lambda url, closed: beat.record_clock(url))
    return environment


@pytest.fixture
def scheduler(settings, broker):
    """A scheduler that has just started, with an empty broker."""
    with scheduler_of(broker) as scheduler:
        yield scheduler


@pytest.fixture
def for_many(settings, broker, tmp_path):
    """A scheduler of ``MANY`` workspaces that has just started."""
    file = tmp_path / "workspaces.toml"
    file.touch(0o600)
    file.write_text(
        "".join(
            f'[{name}]\nurl = "http://127.0.0.1:1/s/{name}"\ntoken = "token"\n'
            'callback_secrets = ["a-secret-of-callbacks"]\n'
            for name in MANY
        )
    )
    settings.delenv("CENTION_URL")
    settings.setenv("CENTION_WORKSPACES_FILE", str(file))
    with scheduler_of(broker) as scheduler:
        yield scheduler


@pytest.fixture
def queues(valkey):
    with redis.Redis(unix_socket_path=str(valkey.socket)) as client:
        yield client


def send_all(scheduler: NudgeScheduler) -> None:
    for _ in range(3 * len(scheduler.schedule)):
        scheduler.tick()


def sent(queues: redis.Redis) -> list[tuple[str, tuple[str, ...]]]:
    """Return task and arguments of each message that waits."""
    messages = [json.loads(text) for queue in Queue for text in queues.lrange(queue, 0, -1)]
    assert {message["headers"]["expires"] for message in messages} <= {None}
    headers = [message["headers"] for message in messages]
    return sorted((one["task"], tuple(ast.literal_eval(one["argsrepr"]))) for one in headers)


def of_surveys(queues: redis.Redis) -> list[tuple[str, tuple[str, ...]]]:
    return [one for one in sent(queues) if one[0] in pending_nudges.SURVEY_TASKS]


def of_mirrors(queues: redis.Redis) -> list[tuple[str, ...]]:
    return [arguments for task, arguments in sent(queues) if task == TaskName.MIRROR]


def calls(queues: redis.Redis, command: str) -> int:
    """Return how often a command was called at the broker."""
    return queues.info("commandstats").get(f"cmdstat_{command}", {"calls": 0})["calls"]


def decide(scheduler: NudgeScheduler) -> ScheduleEntry:
    [entry] = [e for e in scheduler.schedule.values() if e.task == TaskName.SURVEY_DECIDE]
    return entry


def test_all_queues_get_their_nudges_at_the_start_and_none_expires(scheduler, queues):
    send_all(scheduler)

    scheduled = sorted((entry.task, tuple(entry.args)) for entry in scheduler.schedule.values())
    assert [one for one in sent(queues) if one[0] not in pending_nudges.TASKS] == [
        one for one in scheduled if one[0] not in pending_nudges.TASKS
    ]


def test_surveys_are_nudged_where_they_have_something_to_do(for_many, queues, database):
    run_query(database, RULE_ON.format("w7"))

    send_all(for_many)

    assert of_surveys(queues) == [(TaskName.SURVEY_DECIDE, ("w7",))]


def test_a_rule_that_is_switched_on_later_is_seen_at_the_next_nudge(
    for_many, queues, database, monkeypatch
):
    monkeypatch.setattr(pending_nudges, "LOOK_EVERY_S", 0.0)
    send_all(for_many)
    run_query(database, RULE_ON.format("w7"))

    for_many.apply_entry(decide(for_many))

    assert of_surveys(queues) == [(TaskName.SURVEY_DECIDE, ("w7",))]


def test_mirrors_are_nudged_where_they_are_due_and_not_paused(for_many, queues, database):
    run_query(
        database,
        "INSERT INTO intake.poll (workspace, family, started_at, ended_at, found)"
        " SELECT 'w' || number, mirror, now(), now(), 1"
        " FROM generate_series(0, 28) AS number, unnest(%s::text[]) AS mirror",
        list(Mirror),
    )
    run_query(
        database,
        "INSERT INTO intake.pause (workspace, family, until_at, reason)"
        " VALUES ('w29', 'library', now() + interval '1 hour', 'no')",
    )

    send_all(for_many)

    assert of_mirrors(queues) == [("w29", Mirror.AGENT_LOGONS)]


def test_a_mirror_that_failed_or_was_refreshed_an_interval_ago_is_due(scheduler, queues, database):
    run_query(
        database,
        "INSERT INTO intake.poll (workspace, family, started_at, ended_at, found)"
        " VALUES ('demo', 'library', now(), now(), NULL),"
        " ('demo', 'agent_logons', now() - interval '1 week', now(), 1)",
    )

    send_all(scheduler)

    assert of_mirrors(queues) == [("demo", Mirror.AGENT_LOGONS), ("demo", Mirror.LIBRARY)]


def test_without_a_database_surveys_and_mirrors_are_nudged_everywhere(settings, broker, queues):
    settings.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/gone")
    settings.setattr(beat, "_measure_clock", lambda url, closed: None)

    with scheduler_of(broker) as scheduler:
        send_all(scheduler)

    assert of_surveys(queues) == [(task, ("demo",)) for task in sorted(EVERYWHERE)]
    assert of_mirrors(queues) == [("demo", Mirror.AGENT_LOGONS), ("demo", Mirror.LIBRARY)]


def test_alerts_are_nudged_only_where_errands_may_be_created(settings, broker, queues):
    settings.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/gone")
    settings.setattr(beat, "_measure_clock", lambda url, closed: None)
    settings.delenv("CENTION_TOKEN")

    with scheduler_of(broker) as scheduler:
        send_all(scheduler)

    assert (TaskName.SURVEY_INVITE, ("demo",)) in of_surveys(queues)
    assert (TaskName.SURVEY_ALERT, ("demo",)) not in of_surveys(queues)


def test_after_its_connection_to_the_database_was_cut_beat_opens_another(
    settings, broker, queues, database
):
    settings.setattr(pending_nudges, "LOOK_EVERY_S", 0.0)
    settings.setattr(pending_nudges, "TRY_AGAIN_S", 0.0)
    with scheduler_of(broker) as scheduler:
        scheduler.apply_entry(decide(scheduler))
        assert of_surveys(queues) == []
        run_query(
            database,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )

        scheduler.apply_entry(decide(scheduler))
        assert of_surveys(queues) == [(TaskName.SURVEY_DECIDE, ("demo",))]
        scheduler.apply_entry(decide(scheduler))

    assert of_surveys(queues) == [(TaskName.SURVEY_DECIDE, ("demo",))]


def test_a_queue_that_no_worker_empties_does_not_grow_without_end(scheduler, queues, monkeypatch):
    monkeypatch.setattr(beat, "MAX_WAITING", 2)
    queues.rpush(Queue.CALLBACKS, "{}", "{}")

    send_all(scheduler)

    assert queues.llen(Queue.CALLBACKS) == 2
    assert queues.llen(Queue.POLLS) == 1


def test_what_is_sent_between_two_counts_fills_a_queue_too(for_many, queues, monkeypatch):
    monkeypatch.setattr(beat, "MAX_WAITING", 5)
    monkeypatch.setattr(queue_lengths, "COUNT_EVERY_S", 3600.0)

    send_all(for_many)

    assert {queue: queues.llen(queue) for queue in Queue} == {
        Queue.CALLBACKS: 2,
        Queue.POLLS: 4,
        Queue.FETCH: 5,
        Queue.SURVEYS: 0,
    }


def test_a_queue_that_was_full_gets_nudges_again_once_it_is_counted_anew(
    scheduler, queues, monkeypatch
):
    monkeypatch.setattr(beat, "MAX_WAITING", 1)
    monkeypatch.setattr(queue_lengths, "COUNT_EVERY_S", 0.0)
    [poll] = [entry for entry in scheduler.schedule.values() if entry.task == TaskName.POLL]
    queues.rpush(Queue.POLLS, "{}")
    scheduler.apply_entry(poll)
    queues.delete(Queue.POLLS)

    scheduler.apply_entry(poll)

    assert sent(queues) == [(TaskName.POLL, ("demo",))]


def test_a_queue_is_counted_once_for_many_messages(for_many, queues, monkeypatch):
    monkeypatch.setattr(queue_lengths, "COUNT_EVERY_S", 3600.0)
    for queue in Queue:
        queues.rpush(queue, "{}")
    queues.config_resetstat()

    send_all(for_many)

    assert queues.llen(Queue.FETCH) > 2 * len(MANY)  # two mirrors each
    assert calls(queues, "exists") <= 4 * len(Queue)  # one for each priority


def test_no_count_connects_to_the_broker_anew(for_many, queues, monkeypatch):
    monkeypatch.setattr(queue_lengths, "COUNT_EVERY_S", 0.0)
    queues.config_resetstat()

    send_all(for_many)

    assert calls(queues, "exists") > len(MANY)
    assert queues.info("stats")["total_connections_received"] < 10


def test_the_schedule_is_not_compared_with_itself_before_each_message(for_many, monkeypatch):
    compared = []
    monkeypatch.setattr(
        ScheduleEntry, "editable_fields_equal", lambda *both: compared.append(both) or True
    )

    send_all(for_many)

    assert compared == []


def test_beat_sleeps_until_an_entry_is_due(scheduler):
    assert scheduler.adjust(5.0) == 5.0


def test_beat_compares_its_clock_with_the_database(scheduler, offline_bridge):
    query = "SELECT ahead_ms FROM intake.clock WHERE process = 'beat'"

    [row] = eventually(lambda: offline_bridge.rows(query))

    assert abs(row["ahead_ms"]) < 1000


def test_a_closed_scheduler_measures_its_clock_no_longer(broker, environment, database):
    thread_count = len(clock_threads())
    environment.setenv("BROKER_URL", broker)
    environment.setenv("CENTION_URL", "http://127.0.0.1:1/s/demo")
    scheduler = NudgeScheduler(Celery(broker=broker, set_as_current=False))
    [thread] = clock_threads()[thread_count:]

    scheduler.close()
    thread.join(timeout=20)

    assert not thread.is_alive()
