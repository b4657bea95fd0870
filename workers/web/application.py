"""The web application: its pages, and what every request and answer passes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import structlog
from flask import Flask, current_app, render_template
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, CSRFProtect
from psycopg_pool import ConnectionPool, PoolTimeout
from werkzeug.exceptions import HTTPException

from workers.config.settings import Settings
from workers.database import Connection, error_messages
from workers.operations.jobs.repairs import WorkspaceMoved
from workers.web import errand, errands, figures, formats, gate, now, people, texts, troubles
from workers.web.access import access
from workers.web.database import FiguresBusy, NoConnectionFree, SurveyWorkspaces, add_pool
from workers.web.privacy import privacy
from workers.web.proxies import TrustedProxies
from workers.web.shown_settings import shown_settings
from workers.web.surveys import surveys

log = structlog.get_logger(__name__)
MAX_FORM_BYTES = 64 * 1024
COOKIE = "cention_web"
BUSY_S = 10  # then a request that found no connection free may be sent again
OTHER_HOST = "The referrer does not match the host."  # as Flask-WTF says it


def create_app(
    settings: Settings,
    pool: ConnectionPool[Connection],
    *,
    survey_workspaces: SurveyWorkspaces,
) -> Flask:
    """Build the application. The settings let somebody sign in, and have a key for cookies."""
    app = Flask(__name__)
    app.config.update(
        SETTINGS=settings,
        SURVEY_WORKSPACES=survey_workspaces,
        SECRET_KEY=settings.web.secret_key,
        SESSION_COOKIE_NAME=COOKIE,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(seconds=people.SESSION_S),
        SESSION_REFRESH_EACH_REQUEST=False,
        MAX_CONTENT_LENGTH=MAX_FORM_BYTES,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        WTF_CSRF_CHECK_DEFAULT=False,  # after the gate, below
    )
    add_pool(app, pool)
    app.session_interface = gate.Sessions()
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    csrf = CSRFProtect(app)
    app.before_request(gate.check)
    app.before_request(csrf.protect)
    app.after_request(gate.add_headers)
    for blueprint in (
        access,
        now.now,
        errands.errands,
        errand.errand,
        figures.figures,
        troubles.troubles,
        surveys,
        privacy,
        shown_settings,
    ):
        app.register_blueprint(blueprint)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(psycopg.Error, _no_database)
    app.register_error_handler(PoolTimeout, _no_database)
    app.register_error_handler(NoConnectionFree, _busy)
    app.register_error_handler(WorkspaceMoved, _moved)
    app.context_processor(_for_every_page)
    formats.add_to(app.jinja_env)
    app.wsgi_app = TrustedProxies(app.wsgi_app, settings.web)  # type: ignore[method-assign]
    return app


def _for_every_page() -> dict[str, Any]:
    return {
        "t": texts.text,
        "has_text": texts.has_text,
        "language": texts.current_language(),
        "languages": texts.LANGUAGES,
        "person": people.current_person(),
        "pages_of_operators": gate.PAGES_OF_OPERATORS,
        "here": gate.page_of_request(),
        "passwords": bool(people.web_settings().users),
    }


def _refused(error: HTTPException) -> ResponseReturnValue:
    """Answer with a page that says what is wrong; redirects pass."""
    if error.code is None or error.code < 400:
        return error
    key = str(error.code)
    if isinstance(error, CSRFError):
        key = "form_host" if error.description == OTHER_HOST else "form_expired"
    key = key if texts.has_text(f"error.{key}") else "other"
    return render_template("error.html", key=key), error.code


def _no_database(error: Exception) -> ResponseReturnValue:
    detail = ""
    if isinstance(error, psycopg.Error):
        detail = error_messages.describe(error, _database_url())
    log.error("the database failed", error=type(error).__name__, reason=detail)
    if isinstance(error, psycopg.errors.QueryCanceled):
        return render_template("error.html", key="too_slow"), 503
    away = isinstance(error, (psycopg.OperationalError, PoolTimeout))
    key = "database" if away else "database_fault"
    shown = detail if people.current_person() else ""
    return render_template("error.html", key=key, detail=shown), 503


def _busy(error: NoConnectionFree) -> ResponseReturnValue:
    key = "busy_figures" if isinstance(error, FiguresBusy) else "busy"
    log.warning("no connection is free", reason=key)
    page = render_template("error.html", key=key)
    return page, 503, {"Retry-After": str(BUSY_S)}


def _moved(error: WorkspaceMoved) -> ResponseReturnValue:
    values = {
        "workspace": error.moved.workspace,
        "stored": error.moved.stored,
        "configured": error.moved.configured,
    }
    return render_template("error.html", key="moved", values=values), 409


def _database_url() -> str:
    settings: Settings = current_app.config["SETTINGS"]
    return settings.database_url
