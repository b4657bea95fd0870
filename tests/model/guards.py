"""Removes one guard of the list at a time and lets the state machine search for a consequence.

``python -m tests.model.guards [part of a guard's name]`` prints for each guard after how many
examples it was missed, and the shortest story of what happens without it.
"""

from __future__ import annotations

import logging
import math
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import psycopg
import structlog
from hypothesis.errors import HypothesisException
from hypothesis.stateful import run_state_machine_as_test

from deploy.embedded import Postgres
from tests.model.test_wanted_list import SETTINGS, WantedList
from tests.model.world import ModelConnections, open_model_connections
from workers.database import Connection, advisory_locks
from workers.database.migrate import migrate
from workers.sync.jobs import drain, settle
from workers.sync.jobs.fetching import Batch, Fetching, Finished
from workers.sync.store import errand_reports, landed, wanted
from workers.sync.store.wanted import Claim, Claimed

EXAMPLES = 400
Break = Callable[[], Any]  # makes a context manager


def sql(queries: dict[str, Any], name: str, *changes: tuple[str, str]) -> Break:
    """Replace texts in one query."""
    text = queries[name]
    for old, new in changes:
        assert old in text, f"{name} has no {old!r}"
        text = text.replace(old, new)
    return lambda: patch.dict(queries, {name: text})


def do_nothing(*_args: Any, **_kwargs: Any) -> None:
    """Replaces a removed guard."""


def late_finishers_want_nothing() -> Any:
    without_want = SimpleNamespace(**{**vars(wanted), "want": do_nothing})
    return patch.object(settle, "wanted", without_want)


@contextmanager
def stalled_claims_are_released_without_the_lock() -> Iterator[None]:
    hold = advisory_locks.hold

    @contextmanager
    def without_lock(
        conn: Connection, name: str, *, slots: int, on_free: Any = do_nothing
    ) -> Iterator[int | None]:
        on_free(range(slots))
        with hold(conn, name, slots=slots) as held:
            yield held

    with patch.object(advisory_locks, "hold", without_lock):
        yield


@contextmanager
def records_are_wanted_only_after_their_fetch() -> Iterator[None]:
    claim, hold = wanted.claim, wanted.hold
    taken: dict[Any, dict[int, Claimed]] = {}

    def take(conn: Connection, *args: Any, **kwargs: Any) -> Claim:
        claimed = claim(conn, *args, **kwargs)
        conn.execute("DELETE FROM intake.wanted WHERE claim = %s", [claimed.token])
        taken[claimed.token] = {record.remote_id: record for record in claimed.records}
        return claimed

    def put_back(conn: Connection, claim: Claim, ids: Any) -> set[int]:
        wanted.want(conn, claim.workspace, claim.family, ids)
        conn.execute(
            "UPDATE intake.wanted SET claim = %s, claimed_until = now() + interval '1 hour'"
            " WHERE workspace = %s AND remote_id = ANY (%s)",
            [claim.token, claim.workspace, list(ids)],
        )
        return hold(conn, claim, ids)

    with patch.object(wanted, "claim", take), patch.object(wanted, "hold", put_back):
        yield


def a_fetch_may_begin_late_in_the_lease() -> Any:
    async def fetch(self: Fetching, batch: Batch, claimed: Claimed) -> Finished:
        batch.lease_half_over_s = self.session_checked_s = math.inf
        return await original(self, batch, claimed)

    original = Fetching._fetch
    return patch.object(Fetching, "_fetch", fetch)


W, R, L = wanted.SQL, errand_reports.SQL, landed.SQL
NOT_NEWER = "WHERE old.fetched_at <= EXCLUDED.fetched_at"
GUARDS: dict[str, Break] = {
    "hold: claim = token": sql(W, "hold", ("claim = %(token)s", "%(token)s::uuid IS NOT NULL")),
    "hold: the lease runs": sql(W, "hold", ("AND claimed_until > clock_timestamp()", "")),
    "settle: marks as seen": sql(
        W,
        "settle",
        ("AND w.marks = seen.marks AND", "AND"),
        ("(w.marks <> seen.marks OR", "(false OR"),
    ),
    "settle: not in doubt": sql(
        W, "settle", ("AND w.doubt_until IS NULL", ""), ("OR w.doubt_until IS NOT NULL", "")
    ),
    "claim: doubt lasts": sql(
        W, "claim", ("CASE WHEN w.doubt_until > clock_timestamp() THEN w.doubt_until END", "NULL")
    ),
    "postpone: a request that may still take effect is in doubt": sql(
        W, "postpone", ("WHEN failed.in_doubt THEN", "WHEN false THEN")
    ),
    "release stalled: the records are in doubt": sql(
        W,
        "release_stalled",
        (
            "doubt_until = now() + make_interval(secs => %(in_flight_s)s)",
            "doubt_until = w.doubt_until",
        ),
    ),
    "reschedule: marks as seen": sql(W, "reschedule", ("w.marks = seen.marks", "true")),
    "want: a mark for a record being fetched": sql(
        W, "want", ("w.claim IS NOT NULL OR", "w.claim IS NOT NULL AND false OR")
    ),
    "claim: unclaimed records only": sql(W, "claim", ("AND claim IS NULL", "")),
    "records are wanted before their fetch": records_are_wanted_only_after_their_fetch,
    "late finishers want again": late_finishers_want_nothing,
    "a drain that lost its session wants again": lambda: patch.object(
        drain, "_want_unsettled", do_nothing
    ),
    "stalled claims are released under the lock": stalled_claims_are_released_without_the_lock,
    "no fetch late in the lease": a_fetch_may_begin_late_in_the_lease,
    "postpone: claim = token": sql(W, "postpone", ("AND w.claim = %(token)s", "")),
    "release: claim = token": sql(W, "release", ("AND claim = %(token)s", "")),
    "errands: fetched_at": sql(
        R,
        "save_errand_reports",
        ("WHERE e.fetched_at <= EXCLUDED.fetched_at OR", "WHERE true OR"),
        ("greatest(e.fetched_at, EXCLUDED.fetched_at)", "EXCLUDED.fetched_at"),
    ),
    "names of areas: fetched_at": sql(errand_reports.SAVE_NAMES, "area", (NOT_NEWER, "")),
    "documents: fetched_at": sql(L, "insert_documents", (NOT_NEWER, "")),
}


class Watched(WantedList):
    """Records the number of the first example that failed."""

    def __init__(self, model_connections: ModelConnections, found: list[int], first: int) -> None:
        super().__init__(model_connections)
        self.found = found
        self.number = int(self.world.workspace.removeprefix("world-")) - first

    def teardown(self) -> None:
        error = sys.exc_info()[1]
        try:
            super().teardown()
        except Exception as raised:
            error = raised
            raise
        finally:
            if isinstance(error, Exception) and not isinstance(error, HypothesisException):
                self.found.append(self.number)


def search(model_connections: ModelConnections, broken: Break) -> tuple[int | None, str]:
    """Return the number of the first example that failed, and its story when shrunk."""
    found: list[int] = []
    first = next(model_connections.numbers)
    with broken():
        try:
            for _ in range(EXAMPLES):
                run_state_machine_as_test(
                    partial(Watched, model_connections, found, first), settings=SETTINGS
                )
        except Exception as error:
            story = [str(error), *getattr(error, "__notes__", ())]
            return found[0] // 2 if found else None, "\n".join(story)
    return None, ""


@contextmanager
def served_database() -> Iterator[str]:
    """Run a migrated database for the search; yields its URL."""
    with tempfile.TemporaryDirectory(prefix="cention-tests-") as folder:
        server = Postgres(Path(folder) / "postgres")
        server.start()
        try:
            with psycopg.connect(server.url) as conn:
                migrate(conn)
            yield server.url
        finally:
            server.remove()


def main(part: str = "") -> None:
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet)
    with served_database() as url, open_model_connections(url) as model_connections:
        for name, broken in GUARDS.items():
            if part not in name:
                continue
            began_s = time.monotonic()
            number, story = search(model_connections, broken)
            result = (
                f"missed in example {number}" if story else f"not missed in {EXAMPLES} examples"
            )
            print(
                f"\n=== {name}: {result} ({time.monotonic() - began_s:.0f} s)\n{story}", flush=True
            )


if __name__ == "__main__":
    main(*sys.argv[1:])
