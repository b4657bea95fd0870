"""The receiver's web application with parts that only record their calls."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from math import inf
from typing import Any

import pytest
from flask.testing import FlaskClient

from receiver import create_app
from receiver.health import Check
from receiver.metrics import ReadGauges, ReadSpool
from receiver.notifier import Notify
from receiver.pushed_answers import PushResult, SavePush
from receiver.surveys.database import PageDatabase
from receiver.surveys.storage import SurveyStorage
from tests.support.settings import SETTINGS, WORKSPACE
from workers.config.settings import Settings
from workers.surveys.store.answers import SavedRows
from workers.sync.store.callbacks import NewCallback

PATH = "/callbacks/demo"
ERROR = "application/vnd.api+json"
SECRET = "123456"
NO_DATABASE = "postgresql://nobody@127.0.0.1:1/none"

MakeSettings = Callable[..., Settings]
MakeClient = Callable[..., FlaskClient]


def refused(response: Any, status: int) -> bool:
    """Return whether ``response`` is an error document of this status."""
    return (
        response.status_code == status
        and response.mimetype == ERROR
        and {error["status"] for error in json.loads(response.data)["errors"]} == {str(status)}
    )


def new_callback(number: int, **other: Any) -> NewCallback:
    """Make a callback that arrived ``number`` seconds into 2026."""
    given: dict[str, Any] = {
        "workspace": "demo",
        "received_at": datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number),
        "event": 1,
        "remote_id": number,
        "body_sha256": number.to_bytes(32, "big"),
        "document": {"data": {"id": str(number)}},
        "problem": None,
    }
    return NewCallback(**given | other)


def save_nothing(*_: Any) -> PushResult:
    """Save a push nowhere."""
    return PushResult(rows=(), saved=SavedRows())


@dataclass(frozen=True, slots=True)
class InstantStore:
    """Passes a callback to a function in place of Postgres when its result is requested."""

    store: Callable[[NewCallback], None]
    callback: NewCallback
    size_bytes: int
    commit: None = None
    deadline: float = inf

    def result(self) -> None:
        self.store(self.callback)


@pytest.fixture
def callback(document: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """The callback in Cention's documentation, with its secret ``123456``."""
    return document("callback_answer_errand")


@pytest.fixture
def make_settings() -> MakeSettings:
    def make(*, secrets: tuple[str, ...] = (SECRET,), allow_unsigned: bool = False) -> Settings:
        workspace = replace(WORKSPACE, callback_secrets=secrets)
        return replace(SETTINGS, workspaces=(workspace,), allow_unsigned=allow_unsigned)

    return make


@pytest.fixture
def stored() -> list[NewCallback]:
    """The callbacks that were stored."""
    return []


@pytest.fixture
def notified() -> list[str]:
    """The workspaces for which a worker was notified."""
    return []


@pytest.fixture
def make_client(
    make_settings: MakeSettings, stored: list[NewCallback], notified: list[str]
) -> MakeClient:
    """Build a client of the web application; every part can be replaced."""

    def make(
        settings: Settings | None = None,
        *,
        store: Callable[[NewCallback], None] = stored.append,
        read_gauges: ReadGauges = list,
        database: Check = lambda: None,
        broker: Check = lambda: None,
        spool: Check = lambda: None,
        read_spool: ReadSpool = lambda: None,
        save_pushed_answers: SavePush = save_nothing,
        surveys: SurveyStorage | None = None,
        notify_surveys: Notify = lambda _: None,
    ) -> FlaskClient:
        app = create_app(
            settings or make_settings(),
            store=partial(InstantStore, store),
            notify=notified.append,
            read_gauges=read_gauges,
            database=database,
            broker=broker,
            spool=spool,
            read_spool=read_spool,
            save_pushed_answers=save_pushed_answers,
            surveys=surveys or SurveyStorage(PageDatabase(NO_DATABASE)),
            notify_surveys=notify_surveys,
        )
        return app.test_client()

    return make


@pytest.fixture
def client(make_client: MakeClient) -> FlaskClient:
    return make_client()
