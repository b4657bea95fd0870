"""Logs of a process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FULL = Path("/dev/full")
SCRIPT = """
import structlog
from workers.config import logs
logs.configure()
structlog.get_logger().warning("an event")
print("goes on")
"""


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
