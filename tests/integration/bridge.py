"""The steps of a worker one at a time, and a fake Cention for precise interleavings."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from functools import partial
from io import BytesIO
from typing import Any

from tests.support.databases import run_query
from workers.clients.cention.attachments import FetchedAttachment
from workers.config.names import Family
from workers.sync.jobs.drain import DrainResult, drain
from workers.sync.jobs.families import facebook_ratings_spec
from workers.sync.jobs.family_spec import DrainLimits, FamilySpec, PlainDocument
from workers.sync.jobs.file_callbacks import FilingResult, file_callbacks
from workers.sync.jobs.poll import poll
from workers.sync.store import wanted
from workers.wiring import WorkerContext

RATINGS = Family.FACEBOOK_RATINGS
REPORTS = Family.ERRAND_REPORTS


@dataclass
class Bridge:
    """The steps of a worker, one at a time."""

    context: WorkerContext
    database: str
    drain_nudges: int = 0  # number of nudges sent

    def poll(self, family: Family = REPORTS) -> int | None:
        [changed] = [c for c in self.context.changed_lists["demo"] if c.family == family]
        return poll(changed, session=self.context.session)

    def drain(self, what: Family | FamilySpec = REPORTS, **changes: Any) -> DrainResult:
        spec = what if isinstance(what, FamilySpec) else self.context.families["demo", what]
        return drain(
            changed_spec(spec, **changes),
            session=self.context.session,
            loop=self.context.fetch_loop,
            nudge_another=self._nudge_another,
        )

    def _nudge_another(self) -> None:
        self.drain_nudges += 1

    def file(self) -> FilingResult:
        return file_callbacks("demo", transaction=self.context.transaction)

    def want(self, family: Family, *ids: int) -> None:
        with self.context.transaction() as conn:
            wanted.want(conn, "demo", family, ids)

    def rows(self, query: str, *parameters: object) -> list[dict[str, Any]]:
        return run_query(self.database, query, *parameters)

    def advance_time(self, seconds: float) -> None:
        """Let time pass for polls and pauses."""
        for statement in (
            "UPDATE intake.poll SET started_at = started_at - make_interval(secs => %s)",
            "UPDATE intake.poll SET ended_at = ended_at - make_interval(secs => %s)",
            "UPDATE intake.pause SET until_at = until_at - make_interval(secs => %s)",
        ):
            self.execute(statement, seconds)

    def execute(self, statement: str, *parameters: object) -> None:
        run_query(self.database, statement, *parameters)

    def wanted_ids(self, family: Family | str = "%") -> list[int]:
        found = self.rows(
            "SELECT remote_id FROM intake.wanted WHERE family LIKE %s ORDER BY remote_id", family
        )
        return [row["remote_id"] for row in found]

    def wanted(self, remote_id: int) -> dict[str, Any]:
        """Return the row of one wanted record, with ``wait_s`` until it is due."""
        [row] = self.rows(
            "SELECT *, extract(epoch FROM due_at - now())::float8 AS wait_s"
            " FROM intake.wanted WHERE remote_id = %s",
            remote_id,
        )
        return row

    def pages_read(self, action: Callable[[], object]) -> int:
        """Count the pages of the list, and of its indexes, that an action reads."""
        count = (
            "SELECT heap_blks_read + heap_blks_hit + idx_blks_read + idx_blks_hit AS pages"
            " FROM pg_statio_user_tables WHERE relname = 'wanted'"
        )
        before = self._flushed(count)
        action()
        return self._flushed(count) - before

    def _flushed(self, count: str) -> int:
        with self.context.session() as conn:
            conn.execute("SELECT pg_stat_force_next_flush()")
        return int(self.rows(count)[0]["pages"])

    def make_due(self) -> None:
        """Let the waits and doubts of all records end."""
        self.execute(
            "UPDATE intake.wanted SET due_at = now(), doubt_until = least(doubt_until, now()),"
            " missing_since = missing_since - interval '1h'"
        )

    def end_pauses(self) -> None:
        """Let all pauses end."""
        self.execute("UPDATE intake.pause SET until_at = now()")

    def end_leases(self) -> None:
        """Let the leases of all claims end."""
        self.execute("UPDATE intake.wanted SET claimed_until = now() WHERE claim IS NOT NULL")


@dataclass
class FakeRatingsApi:
    """Facebook ratings in memory; a fetch can be observed, delayed and made to fail."""

    versions: dict[int, int] = field(default_factory=lambda: defaultdict(lambda: 1))
    fetched: list[int] = field(default_factory=list)
    before_answer: Callable[[int], object] = lambda rating_id: None  # before the answer is made
    after_answer: Callable[[int], object] = lambda rating_id: None  # once the answer is made

    async def fetch_report(self, errand_id: int) -> dict[str, Any]:
        raise NotImplementedError

    async def fetch_facebook_rating(self, rating_id: int) -> dict[str, Any]:
        return await asyncio.to_thread(self.answer, rating_id)

    def answer(self, rating_id: int) -> dict[str, Any]:
        self.fetched.append(rating_id)
        self.before_answer(rating_id)
        answer = rating(rating_id, message=f"version {self.versions[rating_id]}")
        self.after_answer(rating_id)
        return answer

    @property
    def fetches(self) -> Counter[int]:
        return Counter(self.fetched)

    def spec(self, **changes: Any) -> FamilySpec:
        limits = DrainLimits(max_drains=2, lease_s=60)
        return changed_spec(facebook_ratings_spec("demo", self, limits=limits), **changes)


def changed_spec(spec: FamilySpec, **changes: Any) -> FamilySpec:
    """Replace fields of a spec or of its limits; a ``fetch`` that blocks runs in a thread."""
    names = {one.name for one in fields(DrainLimits)}
    limits = {name: value for name, value in changes.items() if name in names}
    others = {name: value for name, value in changes.items() if name not in names}
    fetch = others.get("fetch")
    if fetch and not inspect.iscoroutinefunction(fetch):
        others["fetch"] = partial(asyncio.to_thread, fetch)
    return replace(spec, limits=replace(spec.limits, **limits), **others)


def rating(rating_id: int, *, message: str = "fine", stars: int = 5) -> dict[str, Any]:
    """Return Cention's document of a Facebook rating."""
    return {
        "data": {
            "type": "c3_facebook_ratings",
            "id": str(rating_id),
            "attributes": {
                "c3_id": rating_id,
                "data": {
                    "isChanged": False,
                    "message": message,
                    "rating": stars,
                    "ratingId": rating_id,
                    "reviewerId": 2117249628,
                    "reviewerName": "Somebody",
                    "timestampCreated": 1437051017,
                },
            },
        }
    }


def answering(*documents: dict[str, Any]) -> Callable[[int], PlainDocument]:
    """Return a fetch function that returns the documents in turn, then the last one always."""
    left = list(documents)
    return lambda _: PlainDocument(document=left.pop(0) if len(left) > 1 else left[0])


def answering_with_file(
    content: bytes, *, name: str = "a.txt", id_: int = 5
) -> Callable[[int], FetchedAttachment]:
    """Return a fetch function that returns one file."""
    document = {
        "data": {
            "type": "c3_response_attachments",
            "id": str(id_),
            "attributes": {
                "attachment": {"c3_id": id_, "name": name, "content_type": "text/plain"}
            },
        }
    }
    return lambda _: FetchedAttachment(
        document=document,
        content=BytesIO(content),
        size_bytes=len(content),
        sha256=hashlib.sha256(content).digest(),
    )


def raising(error: Exception) -> Callable[[int], PlainDocument]:
    """Return a fetch function that raises ``error``."""

    def fetch(_: int) -> PlainDocument:
        raise error

    return fetch
