"""The logs of all processes have one format."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import psutil
import pytest

from tests.support.eventually import eventually

RECEIVER = ("gunicorn", "--config", "deploy/gunicorn.conf.py", "wsgi:app")
WORKER = ("celery", "--quiet", "--app", "workers.app", "worker", "--concurrency", "1")
SHUTDOWN = "worker: Warm shutdown (MainProcess)"  # Celery writes it in its signal handler
BEAT = ("celery", "--quiet", "--app", "workers.app", "beat")


@pytest.fixture
def settings(database, broker, tmp_path):
    return os.environ | {
        "DATABASE_URL": database,
        "BROKER_URL": broker,
        "CENTION_URL": "http://127.0.0.1:1/s/demo",
        "CENTION_TOKEN": "token",
        "CENTION_CALLBACK_SECRETS": "a-secret-of-callbacks",
        "RECEIVER_BIND": "127.0.0.1:0",
        "SPOOL_DIR": str(tmp_path / "spool"),
    }


def run(command, settings):
    return subprocess.Popen(
        [sys.executable, "-m", *command],
        env=settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("command", [RECEIVER, WORKER, BEAT], ids=["receiver", "worker", "beat"])
def test_wrong_settings_end_a_process_with_one_line_that_names_each(command, settings):
    process = run(command, settings | {"POLL_EVERY_S": "often", "LOG_LEVEL": "loud"})
    _, text = process.communicate(timeout=60)

    assert process.returncode == 4
    lines = [json.loads(line) for line in text.splitlines()]
    problems = next(one["problems"] for one in lines if one["event"] == "the settings are wrong")
    assert [one.partition(":")[0] for one in problems] == ["LOG_LEVEL", "POLL_EVERY_S"]
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEB_CONCURRENCY", "0"),
        ("ACCESS_LOG", "often"),
        ("RECEIVER_BIND", "127.0.0.1:http"),
        ("RECEIVER_BIND", "127.0.0.1:80000"),
        ("METRICS_BIND", "127.0.0.1:metrics"),
    ],
)
def test_wrong_settings_of_the_server_itself_end_it_in_the_same_way(name, value, settings):
    process = run(RECEIVER, settings | {name: value})
    _, text = process.communicate(timeout=60)

    assert process.returncode == 4
    [line] = [one for one in map(json.loads, text.splitlines()) if "problems" in one]
    assert [one.partition(":")[0] for one in line["problems"]] == [name]
    assert "Traceback" not in text


def test_a_missing_secret_of_callbacks_is_said_in_one_line(settings):
    process = run(RECEIVER, settings | {"CENTION_CALLBACK_SECRETS": ""})
    _, text = process.communicate(timeout=60)

    assert process.returncode == 4
    assert "No callback secret for demo: set CENTION_CALLBACK_SECRETS" in text
    assert "Traceback" not in text


@pytest.mark.parametrize("command", [RECEIVER, WORKER, BEAT], ids=["receiver", "worker", "beat"])
def test_each_line_of_a_process_is_json_also_those_of_libraries(command, settings, tmp_path):
    log = tmp_path / "log"
    unreachable = {"BROKER_URL": "redis://127.0.0.1:1/0", "LOG_LEVEL": "debug"}
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            env=settings | unreachable,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
        try:
            assert eventually(lambda: "logger" in log.read_text("utf-8"))
        finally:
            process.terminate()
            process.wait(30)

    lines = [line for line in log.read_text("utf-8").splitlines() if line]
    assert [line for line in lines if not line.startswith("{")] in ([], [SHUTDOWN])
    assert all(json.loads(line)["level"] for line in lines if line.startswith("{"))


def test_the_access_log_is_a_setting_and_names_no_survey(settings, tmp_path):
    log = tmp_path / "log"
    script = (
        "import requests, sys; url = sys.argv[1]; requests.get(url + '/health/live');"
        " requests.get(url + '/s/the-token-of-a-survey')"
    )
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", *RECEIVER],
            env=settings | {"ACCESS_LOG": "true", "LOG_LEVEL": "error", "WEB_CONCURRENCY": "1"},
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
        try:
            url = eventually(lambda: address_of(process.pid))
            subprocess.run([sys.executable, "-c", script, url], check=True, timeout=60)
            assert eventually(lambda: log.read_text("utf-8").count('"event": "request"') == 2)
        finally:
            process.terminate()
            process.wait(30)

    requests = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert [(one["path"], one["status"]) for one in requests] == [
        ("/health/live", 200),
        ("[removed]", 404),
    ]
    assert requests[0]["method"] == "GET"
    assert "the-token" not in log.read_text("utf-8")


def address_of(pid):
    """Return the URL of a server, once it has a process that accepts connections."""
    server = psutil.Process(pid)
    ports = [one.laddr.port for one in server.net_connections("tcp") if one.status == "LISTEN"]
    return f"http://127.0.0.1:{ports[0]}" if ports and server.children() else None
