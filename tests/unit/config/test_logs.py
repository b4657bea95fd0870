"""Logs of a process: one format for our events and those of libraries, from LOG_LEVEL on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

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


def test_commands_log_only_where_it_is_asked_for(tmp_path):
    script = "import sys; sys.argv = ['cention', '--version']; from workers.cli import main; "
    script += "import atexit, structlog; "
    script += "atexit.register(lambda: structlog.get_logger().info('an event')); main()"

    assert logged(script) == []
    assert [line["event"] for line in logged(script, LOG_LEVEL="debug")] == ["an event"]
