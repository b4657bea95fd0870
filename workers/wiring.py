"""Where the workers' parts are put together: the only place that builds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg_pool import ConnectionPool

from schemas.cention.errand_reports import read_changed_errands
from schemas.cention.facebook_ratings import read_changed_facebook_ratings
from workers.clients.cention.attachments import AttachmentsApi
from workers.clients.cention.errand_data import ErrandDataApi
from workers.clients.http import HttpApi, Timeouts
from workers.jobs.families import (
    Pace,
    attachments_plan,
    errand_reports_plan,
    facebook_ratings_plan,
)
from workers.jobs.mirroring import MirrorPlan
from workers.jobs.plans import Plan
from workers.jobs.polling import ChangedList
from workers.jobs.readings import KINDS
from workers.queues import Family, Mirror
from workers.settings import Retention, Settings
from workers.store import errand_reports, facebook_ratings, sessions
from workers.workspaces import WorkspaceSettings

CONNECT_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the tasks of one process work with."""

    pool: ConnectionPool[Connection[Any]]
    fetchers: ThreadPoolExecutor
    plans: Mapping[tuple[str, Family], Plan]
    changed_lists: Mapping[str, Sequence[ChangedList]]  # by workspace
    retention: Retention
    mirrors: Mapping[tuple[str, Mirror], MirrorPlan]

    @contextmanager
    def session(self) -> Iterator[Connection[Any]]:
        """Lend a connection in autocommit mode."""
        with self.pool.connection() as conn:
            yield conn

    @contextmanager
    def transaction(self) -> Iterator[Connection[Any]]:
        """Lend a connection; commit at the end, or roll back on an error."""
        with self.pool.connection() as conn, conn.transaction():
            yield conn


def build(settings: Settings) -> Parts:
    """Open the pool and the clients. Call it after the fork, once per process."""
    plans: dict[tuple[str, Family], Plan] = {}
    changed_lists: dict[str, list[ChangedList]] = {}
    for workspace in settings.workspaces:
        for plan in _plans(settings, workspace):
            plans[plan.workspace, plan.family] = plan
        changed_lists[workspace.name] = changed_lists_of(settings, workspace)
    return Parts(
        pool=sessions.open_pool(settings.database_url),
        fetchers=ThreadPoolExecutor(settings.fetch_threads, thread_name_prefix="fetch"),
        plans=plans,
        changed_lists=changed_lists,
        retention=settings.retention,
        mirrors={
            (plan.workspace, plan.mirror): plan
            for workspace in settings.workspaces
            for plan in mirror_plans(settings, workspace)
        },
    )


def errand_data(settings: Settings, workspace: WorkspaceSettings) -> ErrandDataApi | None:
    """Return the client of the claim "Access to errand data", if it has a token."""
    token = workspace.tokens.errand_data
    return ErrandDataApi(_http(settings, workspace), token=token) if token else None


def _plans(settings: Settings, workspace: WorkspaceSettings) -> Iterator[Plan]:
    pace = Pace(places=settings.drains_per_workspace, lease_s=settings.lease_s)
    if data := errand_data(settings, workspace):
        yield errand_reports_plan(workspace.name, data, zone=workspace.timezone, pace=pace)
        yield facebook_ratings_plan(workspace.name, data, pace=pace)
    if token := workspace.tokens.attachments:
        files = AttachmentsApi(_http(settings, workspace, patient=True), token=token)
        # Each of a batch may be as large as a temporary file gets, so few at once.
        few = Pace(places=pace.places, lease_s=pace.lease_s, batch=32, group=4)
        for family in KINDS:
            yield attachments_plan(
                workspace.name, family, files, max_bytes=settings.attachment_max_bytes, pace=few
            )


def mirror_plans(settings: Settings, workspace: WorkspaceSettings) -> Iterator[MirrorPlan]:
    """Tell how each picture is renewed that has a token and an interval."""
    yield from ()


def changed_lists_of(settings: Settings, workspace: WorkspaceSettings) -> list[ChangedList]:
    """Return Cention's lists that can be polled; none without a token for them."""
    data = errand_data(settings, workspace)
    if data is None:
        return []
    return [
        ChangedList(
            workspace=workspace.name,
            family=Family.ERRAND_REPORTS,
            ask=data.changed_errands,
            read=read_changed_errands,
            resting=errand_reports.resting,
        ),
        ChangedList(
            workspace=workspace.name,
            family=Family.FACEBOOK_RATINGS,
            ask=data.changed_facebook_ratings,
            read=read_changed_facebook_ratings,
            resting=facebook_ratings.resting,
        ),
    ]


def _http(settings: Settings, workspace: WorkspaceSettings, *, patient: bool = False) -> HttpApi:
    """Build the caller of a workspace; a ``patient`` one takes files over slow lines."""
    timeouts = timeouts_of(settings, patient=patient)
    return HttpApi("cention", workspace.cention_url, timeouts=timeouts)


def timeouts_of(settings: Settings, *, patient: bool = False) -> Timeouts:
    """Return how long a fetch may take: none outlasts the second half of a lease.

    None begins after the first half, and settings bear no silence longer than a half.
    """
    half_s = settings.lease_s / 2
    total_s = half_s if patient else min(half_s, settings.fetch_timeout_s * 2)
    return Timeouts(connect_s=CONNECT_S, read_s=settings.fetch_timeout_s, total_s=total_s)
