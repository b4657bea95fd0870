"""Privacy: erase a person with the dry run first, export a person, retention, what was erased."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from workers.operations.jobs.operator_requests import (
    MAX_SUBJECT_CHARACTERS,
    BadPerson,
    NoDryRun,
    read_subject,
)
from workers.operations.store import operator_actions, operator_requests
from workers.operations.store.operator_requests import Kind, OperatorRequest
from workers.privacy.jobs.retention import ACTION_DAYS, ACTIVITY_DAYS
from workers.privacy.store import erased
from workers.web import formats, texts
from workers.web.database import asking, connection, settings
from workers.web.notices import warn_of
from workers.web.now import common_zone
from workers.web.parameters import act_of, known_id

privacy = Blueprint("privacy", __name__, url_prefix="/privacy")
KINDS = (Kind.ERASE_DRY_RUN, Kind.ERASE, Kind.EXPORT_PERSON)
MAX_SHOWN = 50
CONFIRMED = "yes"


@privacy.get("")
def index() -> ResponseReturnValue:
    """Show the forms, what is under way, retention, and what was erased when."""
    zone = common_zone()
    formats.use_zone(zone)
    with connection() as conn:
        return render_template(
            "privacy.html",
            requests=operator_requests.latest(conn, KINDS, limit=MAX_SHOWN),
            erased=erased.erased_days(conn, timezone=zone.key, limit=MAX_SHOWN),
            actions=operator_actions.latest_of_kinds(conn, KINDS, limit=MAX_SHOWN),
            retention=settings().retention,
            fixed={"activity": ACTIVITY_DAYS, "actions": ACTION_DAYS},
            longest=MAX_SUBJECT_CHARACTERS,
        )


@privacy.post("/requests")
def ask() -> ResponseReturnValue:
    """Ask for the dry run of an erasure, or for the data of a person."""
    wanted = act_of("dry_run", "export")
    person = request.form.get("address", ""), (request.form.get("reviewer", ""),)
    with asking() as requests:
        try:
            if wanted == "dry_run":
                number, problem = requests.dry_run(*person)
            else:
                number, problem = requests.export_person(*person)
        except BadPerson:
            flash(texts.text("privacy.bad_person"), "warning")
            return redirect(url_for("privacy.index"), 303)
    return _to(number, problem)


@privacy.get("/requests/<int:request_id>")
def show(request_id: int) -> ResponseReturnValue:
    """Show how a request stands, and what came of it."""
    formats.use_zone(common_zone())
    found = _find(request_id)
    address, reviewers = read_subject(found.subject) if found.subject else ("", ())
    return render_template(
        "person_request.html",
        asked=found,
        address=address,
        reviewers=reviewers,
        result=_counts(found),
        machine=settings().spool_dir,
        confirmed=CONFIRMED,
    )


@privacy.post("/requests/<int:request_id>/erase")
def erase(request_id: int) -> ResponseReturnValue:
    """Ask for the erasure whose dry run was shown."""
    found = _find(request_id)
    if found.kind != Kind.ERASE_DRY_RUN:
        abort(404)
    if request.form.get("sure") != CONFIRMED:
        flash(texts.text("privacy.not_sure"), "warning")
        return redirect(url_for("privacy.show", request_id=request_id), 303)
    with asking() as requests:
        try:
            number, problem = requests.erase(request_id)
        except NoDryRun:
            flash(texts.text("privacy.no_dry_run"), "warning")
            return redirect(url_for("privacy.index"), 303)
    return _to(number, problem)


@privacy.get("/requests/<int:request_id>/export")
def export(request_id: int) -> ResponseReturnValue:
    """Return all data of a person as a file."""
    found = _find(request_id)
    with connection() as conn:
        document = operator_requests.result(conn, request_id)
    if found.kind != Kind.EXPORT_PERSON or document is None:
        abort(404)
    response = Response(document, mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="person-{request_id}.json"'
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _find(request_id: int) -> OperatorRequest:
    """Return a request about a person, or end the request with 404."""
    with connection() as conn:
        found = operator_requests.find(conn, known_id(request_id))
    if found is None or found.kind not in KINDS:
        abort(404)
    return found


def _counts(found: OperatorRequest) -> dict[str, Any] | None:
    """Return what an erasure changed or would change; ``None``: it is no erasure, or not done."""
    if found.kind == Kind.EXPORT_PERSON:
        return None
    with connection() as conn:
        document = operator_requests.result(conn, found.request_id)
    counts: dict[str, Any] | None = orjson.loads(document) if document else None
    return counts


def _to(number: int, problem: str | None) -> ResponseReturnValue:
    warn_of(problem)
    return redirect(url_for("privacy.show", request_id=number), 303)
