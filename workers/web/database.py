"""The connections of the web face."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from flask import current_app
from psycopg_pool import ConnectionPool

from workers.config.settings import Settings
from workers.database import Connection
from workers.operations.jobs.operator_requests import OperatorRequests
from workers.operations.jobs.repairs import Repairs, check_workspace
from workers.operations.jobs.survey_acts import SurveyActs
from workers.surveys.jobs.judgement import SurveyWorkspace
from workers.web.people import require_person

SurveyWorkspaces = Mapping[str, SurveyWorkspace]


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
    """Yield a connection in autocommit mode. Raises ``psycopg.Error``."""
    pool: ConnectionPool[Connection] = current_app.config["POOL"]
    with pool.connection() as conn:
        yield conn


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
