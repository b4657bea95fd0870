"""``POST /answers/<workspace>/<vendor>``: rows of a vendor's results, saved before the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

import psycopg
import structlog
from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import NotFound, RequestEntityTooLarge, ServiceUnavailable, Unauthorized

from receiver import metrics
from receiver.authentication import Secrets
from receiver.database import connect
from receiver.refusals import RefusalLog
from receiver.request_body import read_body
from schemas.errors import MAX_FAULTS, DocumentError, Fault
from schemas.strict_json import InvalidJson, read_json
from schemas.surveys.results import MAX_PUSHED_ROWS, BadColumns, ResultRow, read_push
from schemas.surveys.rules import IMPORT_VENDORS, read_document
from workers.config.settings import Settings
from workers.config.workspaces import WorkspaceSettings
from workers.surveys.store import answers, survey_rules
from workers.surveys.store.answers import SavedRows

BODY_MAX_BYTES = 1024 * 1024
STATEMENT_S = 10.0
RETRY_AFTER_S = 5
UNANSWERED = "has no answer"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PushResult:
    """The rows of a push as they were read, and what was saved of them."""

    rows: Sequence[ResultRow]
    saved: SavedRows


SavePush = Callable[[WorkspaceSettings, str, Any], PushResult]
"""Saves a document for a workspace and vendor. Raises ``DocumentError`` or ``psycopg.Error``."""


def blueprint(settings: Settings, *, save: SavePush) -> Blueprint:
    """Build the route; without ``SURVEY_PUSH_SECRETS`` it answers 404."""
    routes = Blueprint("pushed_answers", __name__)
    secrets = Secrets(settings.survey_push_secrets)
    names = {each.name for each in settings.workspaces}
    refusals = RefusalLog("pushed answers refused")

    @routes.after_request
    def record_status(response: Response) -> Response:
        name = (request.view_args or {})["workspace"]
        known = name if name in names else ""
        metrics.PUSHES.labels(known, response.status_code).inc()
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            refusals.record(known, response.status_code, path=None if known else request.path)
        return response

    @routes.post("/answers/<workspace>/<vendor>", provide_automatic_options=False)
    def receive(workspace: str, vendor: str) -> Response:
        """Answer 200 once all rows that can be read are committed."""
        if not secrets:
            raise NotFound
        _require_secret(secrets)
        known = settings.workspace(workspace)
        if known is None or vendor not in IMPORT_VENDORS:
            raise NotFound
        document = _document()
        try:
            result = save(known, vendor, document)
        except psycopg.Error as error:
            log.warning("answers not saved", workspace=workspace, error=type(error).__name__)
            raise ServiceUnavailable("Please send it again.", retry_after=RETRY_AFTER_S) from None
        bad = list(_bad_rows(result.rows))
        if bad and len(bad) == len(result.rows):
            faults = (Fault(f"/rows/{row - 1}", problem) for row, problem in bad[:MAX_FAULTS])
            raise DocumentError(*faults)
        return jsonify(
            asdict(result.saved)
            | {"bad": [{"row": row, "problem": problem} for row, problem in bad]}
        )

    return routes


def save(url: str, workspace: WorkspaceSettings, vendor: str, document: Any) -> PushResult:
    """Save the rows of a push in one transaction, by the columns of the rules in force.

    Raises ``DocumentError`` or ``psycopg.Error``.
    """
    with connect(url, statement_s=STATEMENT_S) as conn, conn.transaction():
        stored = survey_rules.newest(conn, workspace.name)
        columns = read_document(stored.document).imports.get(vendor, {}) if stored else {}
        try:
            rows = read_push(document, columns, zone=workspace.timezone)
        except BadColumns:
            detail = f"the rules in force have no [import.{vendor}] with an answer"
            raise DocumentError(Fault("", detail)) from None
        answered = [row for row in rows if row.answers]
        saved = answers.save_results(conn, workspace.name, vendor, answered, origin="push")
    return PushResult(rows=rows, saved=saved)


def _bad_rows(rows: Sequence[ResultRow]) -> list[tuple[int, str]]:
    return [(row.line, row.problem or UNANSWERED) for row in rows if not row.answers]


def _document() -> Any:
    try:
        document = read_json(read_body(max_bytes=BODY_MAX_BYTES))
    except InvalidJson as error:
        raise DocumentError(Fault("", str(error))) from None
    rows = document.get("rows") if isinstance(document, dict) else None
    if isinstance(rows, list) and len(rows) > MAX_PUSHED_ROWS:
        raise RequestEntityTooLarge(f"At most {MAX_PUSHED_ROWS} rows are accepted at once.")
    return document


def _require_secret(secrets: Secrets) -> None:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    is_known = secrets.contain(given.strip())
    if scheme.lower() != "bearer" or not is_known:
        raise Unauthorized("The bearer token is missing or wrong.")
