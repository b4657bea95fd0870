"""One recorded attempt to fetch a list or a mirror: one process at a time, refusals pause it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from schemas.errors import DocumentError
from workers.clients.errors import ApiError
from workers.config.names import Family, Mirror
from workers.database import Connection, Transaction, advisory_locks
from workers.sync.jobs.failure_policy import REFUSALS
from workers.sync.rules import retry_policy
from workers.sync.store import polls

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt(Generic[Result]):
    """A fetch that succeeded. The caller records that with ``polls.end``."""

    conn: Connection  # in autocommit mode
    poll_id: int
    result: Result


@contextmanager
def recorded_attempt(
    session: Transaction,
    workspace: str,
    target: Family | Mirror,
    fetch: Callable[[], Result],
    *,
    lock: str,
) -> Iterator[Attempt[Result] | None]:
    """Fetch while holding a lock of this name; yields ``None`` if another process holds it.

    ``session`` yields a connection in autocommit mode. Raises what ``fetch`` raises, once the
    failure is recorded; if Cention refused, ``target`` is paused.
    """
    with session() as conn, advisory_locks.hold(conn, lock, slots=1) as slot:
        if slot is None:
            yield None
            return
        poll_id = polls.start(conn, workspace, target)
        try:
            result = fetch()
        except (ApiError, DocumentError) as error:
            polls.end(conn, poll_id, found=None, error=str(error))
            if isinstance(error, REFUSALS):
                polls.pause(conn, workspace, target, reason=str(error), for_s=retry_policy.PAUSE_S)
            raise
        except Exception as error:
            polls.end(conn, poll_id, found=None, error=f"internal error: {type(error).__name__}")
            raise
        yield Attempt(conn=conn, poll_id=poll_id, result=result)
