"""Looks at Cention that are noted with their ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import Connection

from schemas.errors import DocumentError
from workers.clients.errors import ApiError
from workers.config.names import Family, Mirror
from workers.sync.jobs.failure_policy import REFUSALS
from workers.sync.rules import retry_policy
from workers.sync.store import polls


@contextmanager
def recorded_attempt(conn: Connection[Any], workspace: str, what: Family | Mirror) -> Iterator[int]:
    """Note that a look begins and, should it fail, how; lend the number of the look.

    The caller notes its success. What fails is raised again, and a refusal of Cention's pauses
    ``what``. ``conn`` is in autocommit mode.
    """
    poll_id = polls.start(conn, workspace, what)
    try:
        yield poll_id
    except (ApiError, DocumentError) as error:
        polls.end(conn, poll_id, found=None, error=str(error))
        if isinstance(error, REFUSALS):
            polls.pause(conn, workspace, what, reason=str(error), for_s=retry_policy.PAUSE_S)
        raise
    except Exception as error:
        polls.end(conn, poll_id, found=None, error=f"fault of ours: {type(error).__name__}")
        raise
