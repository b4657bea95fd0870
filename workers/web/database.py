"""The connections of the web face."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from threading import BoundedSemaphore

from flask import Flask, current_app
from psycopg_pool import ConnectionPool, PoolTimeout

from workers.config.settings import Settings
from workers.database import Connection, connections
from workers.operations.jobs.operator_requests import OperatorRequests
from workers.operations.jobs.repairs import Repairs, check_workspace
from workers.operations.jobs.survey_acts import SurveyActs
from workers.surveys.jobs.judgement import SurveyWorkspace
from workers.web.people import require_person

SurveyWorkspaces = Mapping[str, SurveyWorkspace]
FIGURES_WAIT_S = 5.0  # for others who read figures


class NoConnectionFree(Exception):
    """Other requests have had all connections for as long as one is waited for."""


class FiguresBusy(NoConnectionFree):
    """Other requests read figures, as many at once as are allowed."""


def add_pool(app: Flask, pool: ConnectionPool[Connection]) -> None:
    """Let requests use the connections of a pool; figures, which take long, only half of them."""
    free = BoundedSemaphore(connections.POOL_SIZE // 2)
    app.config.update(POOL=pool, TAKEN=set(), FREE_FOR_FIGURES=free)


def settings() -> Settings:
    """Return the settings of the bridge."""
    found: Settings = current_app.config["SETTINGS"]
    return found


def survey_workspace(name: str) -> SurveyWorkspace:
    """Return what surveys need to know of a configured workspace. Raises ``KeyError``."""
    found: SurveyWorkspaces = current_app.config["SURVEY_WORKSPACES"]
    return found[name]


@contextmanager
def connection() -> Iterator[Connection]:
    """Yield a connection in autocommit mode. Raises ``NoConnectionFree``, ``psycopg.Error``.

    ``PoolTimeout``, one of the latter, means that Postgres does not answer.
    """
    pool: ConnectionPool[Connection] = current_app.config["POOL"]
    taken: set[Connection] = current_app.config["TAKEN"]
    with ExitStack() as opened:
        try:
            conn = opened.enter_context(pool.connection())
        except PoolTimeout:
            if len(taken) < pool.max_size:
                raise
            raise NoConnectionFree from None
        taken.add(conn)
        opened.callback(taken.discard, conn)
        yield conn


@contextmanager
def figures_connection() -> Iterator[Connection]:
    """Yield a connection on which to read figures. Raises ``FiguresBusy``, and as ``connection``.

    So other pages do not wait for figures.
    """
    free: BoundedSemaphore = current_app.config["FREE_FOR_FIGURES"]
    if not free.acquire(timeout=FIGURES_WAIT_S):
        raise FiguresBusy
    try:
        with connection() as conn:
            yield conn
    finally:
        free.release()


@contextmanager
def acting(workspace: str) -> Iterator[Repairs]:
    """Yield what the person of the request may do about a workspace.

    Raises ``psycopg.Error``, and ``WorkspaceMoved`` if that workspace has moved.
    """
    with connection() as conn:
        check_workspace(conn, settings(), workspace)
        yield Repairs(conn=conn, settings=settings(), person=require_person().name)


@contextmanager
def acting_on_surveys(workspace: str) -> Iterator[SurveyActs]:
    """Yield what the person may do about the surveys of a workspace. Raises as ``acting``."""
    with acting(workspace) as repairs:
        yield SurveyActs(conn=repairs.conn, workspace=workspace, person=require_person().name)


@contextmanager
def asking() -> Iterator[OperatorRequests]:
    """Yield what the person may ask workers for. Raises ``psycopg.Error``.

    It reads, or is about a person in all workspaces: one that has moved stops none of it.
    """
    with connection() as conn:
        yield OperatorRequests(conn=conn, settings=settings(), person=require_person().name)
