"""One errand: what is known, what happened, its texts in a frame that runs nothing, its files."""

from __future__ import annotations

from io import BytesIO

import orjson
from flask import Blueprint, Response, abort, flash, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue

from schemas.text.printable import escape
from workers.config.names import Family
from workers.database import Connection
from workers.operations.store import errand_details, operator_actions
from workers.surveys.jobs import why as why_job
from workers.surveys.jobs.judgement import NoPersonKey
from workers.surveys.jobs.why import UnknownErrand, Why
from workers.sync.store import landed
from workers.web import formats, texts
from workers.web.database import acting, connection, survey_workspace
from workers.web.notices import warn_of
from workers.web.parameters import known_id, workspace_of

errand = Blueprint("errand", __name__, url_prefix="/errands/<workspace>/<int:errand_id>")
IMAGES = {"image/png", "image/jpeg", "image/gif", "image/webp"}
MAX_ACTIONS = 20
MAX_FILE_NAME = 150
# Nothing runs in the frame, nothing is asked for, no form is sent; styles of mails are inline.
FRAME_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)


@errand.get("")
def index(workspace: str, errand_id: int) -> ResponseReturnValue:
    """Show one errand."""
    formats.use_zone(workspace_of(workspace).timezone)
    of = f"{Family.ERRAND_REPORTS} {known_id(errand_id)}"
    with connection() as conn:
        found = errand_details.read(conn, workspace, errand_id)
        answers = errand_details.answers(conn, workspace, errand_id)
        awaited = errand_details.awaited(conn, workspace, errand_id)
        if found is None and awaited is None and not answers:
            abort(404)
        return render_template(
            "errand.html",
            workspace=workspace,
            errand_id=errand_id,
            errand=found,
            events=errand_details.events(conn, workspace, errand_id),
            answers=answers,
            files=errand_details.files(conn, workspace, errand_id),
            awaited=awaited,
            why=_why(conn, workspace, errand_id) if found else None,
            actions=operator_actions.latest(conn, workspace=workspace, of=of, limit=MAX_ACTIONS),
        )


@errand.get("/body")
def body(workspace: str, errand_id: int) -> ResponseReturnValue:
    """Return the HTML of the errand, for a frame."""
    workspace_of(workspace)
    with connection() as conn:
        return _framed(errand_details.body_html(conn, workspace, known_id(errand_id)))


@errand.get("/answers/<int:answer_id>/<int(signed=True):response_id>")
def answer(workspace: str, errand_id: int, answer_id: int, response_id: int) -> ResponseReturnValue:
    """Return the HTML of an answer, for a frame."""
    workspace_of(workspace)
    known_id(answer_id), known_id(abs(response_id))
    with connection() as conn:
        return _framed(
            errand_details.answer_html(conn, workspace, known_id(errand_id), answer_id, response_id)
        )


@errand.get("/files/<kind>/<int:attachment_id>")
def file(workspace: str, errand_id: int, kind: str, attachment_id: int) -> ResponseReturnValue:
    """Return a file of an answer, to be saved and not shown."""
    workspace_of(workspace)
    with connection() as conn:
        found = errand_details.file(
            conn, workspace, known_id(errand_id), kind.replace("\0", ""), known_id(attachment_id)
        )
    if found is None:
        abort(404)
    content_type = (found.content_type or "").partition(";")[0].strip().lower()
    response = send_file(
        BytesIO(found.content),
        mimetype=content_type if content_type in IMAGES else "application/octet-stream",
        as_attachment=True,
        download_name=_file_name(found.name, attachment_id),
    )
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@errand.get("/document")
def document(workspace: str, errand_id: int) -> ResponseReturnValue:
    """Return the newest report as Cention sent it."""
    workspace_of(workspace)
    return raw_document(workspace, Family.ERRAND_REPORTS, known_id(errand_id))


@errand.post("/fetch")
def fetch(workspace: str, errand_id: int) -> ResponseReturnValue:
    """Have the errand fetched again."""
    workspace_of(workspace)
    with acting(workspace) as repairs:
        problem = repairs.fetch_again(workspace, Family.ERRAND_REPORTS, [known_id(errand_id)])
    flash(texts.text("errand.will_be_fetched"))
    warn_of(problem)
    return redirect(url_for("errand.index", workspace=workspace, errand_id=errand_id), 303)


def raw_document(workspace: str, family: Family, remote_id: int) -> Response:
    """Return a stored document as text, or end the request with 404."""
    with connection() as conn:
        found = landed.read(conn, workspace, family, remote_id)
    if found is None or found.document is None:
        abort(404)
    return as_text(found.document)


def as_text(value: object) -> Response:
    """Return a document as JSON that a browser shows as plain text."""
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS, default=str)
    response = Response(text, mimetype="text/plain")
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _why(conn: Connection, workspace: str, errand_id: int) -> Why | None:
    """Return why the customer is invited or not; ``None``: the workspace knows no surveys yet."""
    try:
        return why_job.why(conn, survey_workspace(workspace), errand_id)
    except (NoPersonKey, UnknownErrand):
        return None


def _framed(html: str | None) -> Response:
    if not html:
        abort(404)
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = FRAME_POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _file_name(name: str | None, attachment_id: int) -> str:
    """Return a name without paths and without characters that do not print."""
    last = (name or "").replace("\\", "/").rpartition("/")[2]
    return escape(last).strip(". ")[-MAX_FILE_NAME:] or f"file-{attachment_id}"
