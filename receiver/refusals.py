"""Logs requests that are refused: who sends them sees the answer, an operator sees this."""

from __future__ import annotations

from workers.config.logs import RateLimitedWarning

MAX_SEGMENT_LENGTH = 40
MORE = "…"
NAMED = ("callbacks", "answers")  # no secret stands in the next segment of such a path


class RefusalLog:
    """One warning a minute, at most, for each workspace and status; all others are counted in it.

    Not thread-safe: two lines may come in the same minute.
    """

    def __init__(self, event: str) -> None:
        self._event = event
        self._warnings: dict[tuple[str, int], RateLimitedWarning] = {}

    def record(self, workspace: str, status: int, *, path: str | None = None) -> None:
        """Log a refusal; where the workspace is unknown (empty), by its ``path``."""
        key = workspace, status
        warning = self._warnings.get(key)
        if warning is None:
            warning = self._warnings[key] = RateLimitedWarning(self._event)
        where = {"workspace": workspace} if path is None else {"path": shortened(path)}
        warning.warn(status=status, **where)


def shortened(path: str) -> str:
    """Return so much of a path as shows a mistyped address, and no secret that may stand in it."""
    _, *segments = path.split("/")
    shown = segments[:2] if segments[0] in NAMED else segments[:1]
    cut = [part[:MAX_SEGMENT_LENGTH] + MORE * (len(part) > MAX_SEGMENT_LENGTH) for part in shown]
    return "/" + "/".join(cut) + f"/{MORE}" * (len(segments) > len(shown))
