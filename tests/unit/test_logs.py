"""What a process says of itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FULL = Path("/dev/full")
SPEAK = """
import structlog
from workers.config import logs
logs.configure()
structlog.get_logger().warning("a word")
print("goes on")
"""


def test_a_log_that_cannot_be_written_stops_nobody():
    with FULL.open("wb") as full:
        said = subprocess.run(
            [sys.executable, "-c", SPEAK],
            stdout=subprocess.PIPE,
            stderr=full,
            text=True,
            check=False,
        )

    assert said.stdout == "goes on\n"
