"""Singer: a tap writes lines to target-postgres, which both end with their work.

A pair of them is started and imported before each round, and waits for its beginning.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.bench.race.peers import handshake

CONFIG = {
    "default_target_schema": "peer",
    "use_copy": True,
    "add_record_metadata": False,
    "validate_records": False,
    "activate_version": False,
    "sanitize_null_text_characters": False,
    "batch_size_rows": 10_000,
}


class Pair:
    """A tap and a target that are ready to begin."""

    def __init__(self, config: Path) -> None:
        ready, tell_ready = os.pipe()
        environment = {**os.environ, "RACE_READY": str(tell_ready)}
        module = "tests.bench.race.peers"
        self._target = subprocess.Popen(
            [sys.executable, "-m", f"{module}.singer_target", "--config", str(config)],
            env=environment,
            stdin=subprocess.PIPE,
            pass_fds=[tell_ready],
        )
        self._tap = subprocess.Popen(
            [sys.executable, "-m", f"{module}.singer_tap"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=self._target.stdin,
            pass_fds=[tell_ready],
        )
        os.close(tell_ready)
        self._target.stdin.close()  # type: ignore[union-attr]  # the tap alone writes to it
        with os.fdopen(ready, "rb") as both:
            if len(both.read(2)) < 2:
                raise RuntimeError("a process of Singer ended before it was ready")

    def run(self) -> None:
        """Let them work; return when both have ended. Raises ``RuntimeError`` if one failed."""
        self._tap.communicate(b"GO\n")
        statuses = [self._tap.wait(), self._target.wait()]
        if any(statuses):
            raise RuntimeError(f"tap and target ended with {statuses}")


def main() -> None:
    url = urlsplit(handshake.DATABASE_URL)
    host = parse_qs(url.query)["host"][0]
    sqlalchemy_url = f"postgresql+psycopg://{url.username}@{url.path}?host={host}"
    config = Path(os.environ["RACE_FOLDER"]) / "target.json"
    config.write_text(json.dumps(CONFIG | {"sqlalchemy_url": sqlalchemy_url}), "utf-8")
    talk = handshake.Handshake()
    for _ in talk.rounds():
        pair = Pair(config)
        talk.wait()
        pair.run()


if __name__ == "__main__":
    main()
