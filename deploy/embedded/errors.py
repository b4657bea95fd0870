"""The error that stops ``make run`` before everything is up."""

from __future__ import annotations

from pathlib import Path


class StartupError(Exception):
    """Something cannot start. The message names the cause, the end of the log, and a remedy."""

    def __init__(self, what: str, *, log: Path | None = None, remedy: str | None = None) -> None:
        lines = [what]
        if log is not None:
            lines += [f"    {line}" for line in last_lines(log)] + [f"Log: {log}"]
        if remedy is not None:
            lines.append(remedy)
        super().__init__("\n".join(lines))


def last_lines(log: Path, count: int = 5) -> list[str]:
    """Return the last lines of a log file; none if it cannot be read."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 4096))
            return file.read().decode("utf-8", "replace").splitlines()[-count:]
    except OSError:
        return []
