"""Logs of a process: one format for our events and those of libraries, from LOG_LEVEL on."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from workers.config import logs

FULL = Path("/dev/full")
SCRIPT = """
import structlog
from workers.config import logs
logs.configure()
structlog.get_logger().warning("an event")
print("goes on")
"""
LEVELS = """
import logging, structlog, threading, warnings
from workers.config import logs
logs.configure()
for level in ("debug", "info", "warning", "error"):
    getattr(structlog.get_logger(), level)(f"our {level}")
    getattr(logging.getLogger("library"), level)(f"its {level}")
warnings.warn("outdated")
threading.Thread(target=lambda: int("a customer's text")).start()
{}["another text"]
"""


def logged(script, **environment):
    process = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | environment,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    return [json.loads(line) for line in process.stderr.splitlines()]


def test_a_log_that_cannot_be_written_does_not_stop_the_process():
    with FULL.open("wb") as full:
        result = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            stdout=subprocess.PIPE,
            stderr=full,
            text=True,
            check=False,
        )

    assert result.stdout == "goes on\n"


@pytest.mark.parametrize(
    ("level", "ours", "others"),
    [
        ("debug", ["debug", "info", "warning", "error"], ["info", "warning", "error"]),
        ("info", ["info", "warning", "error"], ["warning", "error"]),
        ("", ["info", "warning", "error"], ["warning", "error"]),
        ("nonsense", ["info", "warning", "error"], ["warning", "error"]),
        ("WARNING", ["warning", "error"], ["warning", "error"]),
        ("error", ["error"], ["error"]),
    ],
)
def test_our_events_and_those_of_libraries_have_one_format_and_a_level(level, ours, others):
    lines = logged(LEVELS, LOG_LEVEL=level)
    events = [line["event"] for line in lines]

    assert [one for one in events if one.startswith("our ")] == [f"our {one}" for one in ours]
    assert [one for one in events if one.startswith("its ")] == [f"its {one}" for one in others]
    assert all({"level", "timestamp"} <= line.keys() for line in lines)


def test_warnings_and_errors_that_end_a_thread_or_process_are_logged_without_their_texts():
    lines = logged(LEVELS)

    assert any("outdated" in line["event"] for line in lines)
    ended = sorted(line["error"] for line in lines if line["event"] == "ended")
    assert ended == ["KeyError", "ValueError"]
    assert "text" not in "".join(json.dumps(line) for line in lines if line["event"] == "ended")


@pytest.mark.parametrize(
    ("level", "shown"), [(25, "info"), (35, "warning"), (45, "error"), (60, "critical")]
)
def test_a_level_of_a_library_alone_is_the_next_lower_one(level, shown):
    script = f"logs.configure(); logging.getLogger('library').log({level}, 'an event')"
    [line] = logged(f"import logging; from workers.config import logs; {script}", LOG_LEVEL="debug")

    assert (line["level"], line["event"]) == (shown, "an event")


def test_arguments_that_do_not_fit_the_text_of_a_library_do_not_stop_it():
    script = "logs.configure(); logging.getLogger('library').error('%d of %d', 's3cret')"
    [line] = logged(f"import logging; from workers.config import logs; {script}")

    assert line["event"] == "%d of %d"


def test_a_thread_that_ends_by_exit_is_no_event():
    script = "logs.configure(); threading.Thread(target=sys.exit).start()"
    assert logged(f"import sys, threading; from workers.config import logs; {script}") == []


@pytest.mark.slow
def test_a_failed_command_prints_its_traceback_also_where_it_logs():
    script = (
        "import sys; sys.argv = ['cention', 'status']; from workers.cli import registry; "
        "registry.cention = lambda **_: {}['a key']; registry.main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"LOG_LEVEL": "debug"},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )

    assert "KeyError: 'a key'" in ended.stderr


@pytest.mark.slow
def test_commands_log_only_where_it_is_asked_for(tmp_path):
    script = "import sys; sys.argv = ['cention', '--version']; from workers.cli import main; "
    script += "import atexit, structlog; "
    script += "atexit.register(lambda: structlog.get_logger().info('an event')); main()"

    assert logged(script) == []
    assert [line["event"] for line in logged(script, LOG_LEVEL="debug")] == ["an event"]


def test_each_line_of_a_library_is_written_once_a_minute_with_the_number_it_stands_for():
    now = [0.0]
    limit = logs.RateLimitedLines(clock=lambda: now[0])

    def written(line, second):
        now[0] = second
        record = logging.LogRecord("library", logging.ERROR, "f.py", line, "no %s", ("way",), None)
        return record.getMessage() if limit.filter(record) else None

    assert [written(1, 0), written(2, 0), written(1, 1), written(1, 59)] == [
        *("no way", "no way", None, None)
    ]
    assert [written(1, 60), written(1, 61), written(2, 90)] == ["no way (3 times)", None, "no way"]
