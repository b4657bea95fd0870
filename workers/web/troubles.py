"""Troubles: what is parked, unreadable, unfiled or of unknown outcome, and what helps."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from workers.config.names import Family
from workers.operations.jobs.settlements import Settlements
from workers.operations.store import operator_actions
from workers.outbound.jobs import unknown_requests
from workers.outbound.jobs.unknown_requests import ErrandTaken, NotCreated
from workers.surveys.jobs import unknown_invitations
from workers.surveys.jobs.unknown_invitations import TooEarly
from workers.sync.store import callbacks, landed, wanted
from workers.web import formats, texts
from workers.web.database import acting, connection
from workers.web.errand import as_text, raw_document
from workers.web.notices import warn_of
from workers.web.now import common_zone
from workers.web.parameters import known_id, number_of, workspace_of
from workers.web.people import require_person

troubles = Blueprint("troubles", __name__, url_prefix="/troubles")
SHOWN = 100  # of each kind
MAX_ACTIONS = 30


@troubles.get("")
def index() -> ResponseReturnValue:
    """Show all troubles, the newest actions of people below them."""
    formats.use_zone(common_zone())
    with connection() as conn:
        parked = wanted.parked_counts(conn)
        lists: dict[str, Sequence[object]] = {
            "parked": wanted.parked(conn, None, limit=SHOWN),
            "unreadable": landed.unreadable(conn, None, limit=SHOWN),
            "callbacks": callbacks.listed(conn, problems_only=True, limit=SHOWN),
            "requests": unknown_requests.listed(conn, None),
            "invitations": unknown_invitations.listed(conn, None),
        }
        numbers = {name: len(rows) for name, rows in lists.items()}
        numbers |= {
            "parked": sum(parked.values()),
            "unreadable": landed.unreadable_count(conn, None),
            "callbacks": callbacks.problem_count(conn, None),
        }
        actions = operator_actions.latest(conn, limit=MAX_ACTIONS)
    return render_template(
        "troubles.html",
        **{name: rows[:SHOWN] for name, rows in lists.items()},
        numbers=numbers,
        shown=SHOWN,
        families=list(parked),
        fetched=set(Family),
        actions=actions,
    )


@troubles.post("/parked")
def release() -> ResponseReturnValue:
    """Release one parked record, or all of a family."""
    workspace, family = workspace_of(request.form.get("workspace", "")).name, _family()
    ids = [number_of("id")] if "id" in request.form else None
    with acting(workspace) as repairs:
        released, problem = repairs.release_parked(workspace, family, ids)
    flash(texts.text("troubles.released", number=len(released)))
    return _back("parked", problem)


@troubles.post("/unreadable")
def dismiss_document() -> ResponseReturnValue:
    """Stop showing a document that cannot be read, or have its record fetched again."""
    workspace, family = workspace_of(request.form.get("workspace", "")).name, _family()
    problem = None
    with acting(workspace) as repairs:
        if request.form.get("act") == "fetch":
            problem = repairs.fetch_again(workspace, family, [number_of("id")])
            flash(texts.text("errand.will_be_fetched"))
        else:
            found = repairs.dismiss_documents(workspace, family, [number_of("id")])
            flash(texts.text("troubles.dismissed", number=len(found)))
    return _back("unreadable", problem)


@troubles.post("/callbacks")
def settle_callback() -> ResponseReturnValue:
    """Have a callback filed again, or stop showing it."""
    problem = None
    callback_id = number_of("id")
    with connection() as conn:
        stored = callbacks.read(conn, callback_id)
    if stored is None:  # deleted since the page was read
        flash(texts.text("troubles.gone"), "warning")
        return _back("callbacks", None)
    with acting(stored.workspace) as repairs:
        if request.form.get("act") == "dismiss":
            found = repairs.dismiss_callbacks([callback_id])
            flash(texts.text("troubles.dismissed", number=found))
        else:
            found, problem = repairs.file_again([callback_id])
            flash(texts.text("troubles.filed_again", number=found))
    return _back("callbacks", problem)


@troubles.post("/requests")
def settle_request() -> ResponseReturnValue:
    """Record whether Cention did what was requested."""
    happened = _outcome()
    errand_id = number_of("errand") if happened and request.form.get("errand") else None
    try:
        with connection() as conn:
            one = unknown_requests.find(conn, number_of("id"))
        with acting(one.workspace) as repairs:
            settlements = Settlements(conn=repairs.conn, person=require_person().name)
            settlements.request(one.sent_id, happened=happened, errand_id=errand_id)
    except unknown_requests.NotUnknown:
        flash(texts.text("troubles.already"), "warning")
    except NotCreated:
        flash(texts.text("troubles.not_created"), "warning")
    except ErrandTaken as error:
        taken = texts.text("troubles.errand_taken", errand=error.errand_id, other=error.other)
        flash(taken, "warning")
    else:
        flash(texts.text("troubles.recorded"))
    return _back("requests")


@troubles.post("/invitations")
def settle_invitation() -> ResponseReturnValue:
    """Record whether a person was invited."""
    workspace = workspace_of(request.form.get("workspace", "")).name
    sent = _outcome()
    with acting(workspace) as repairs:
        settlements = Settlements(conn=repairs.conn, person=require_person().name)
        try:
            settlements.invitation(workspace, number_of("id"), sent=sent)
        except unknown_invitations.NotUnknown:
            flash(texts.text("troubles.already"), "warning")
        except TooEarly as error:
            early = texts.text("troubles.too_early", vendor=error.vendor, minutes=error.minutes)
            flash(early, "warning")
        else:
            flash(texts.text("troubles.recorded"))
    if request.form.get("page") == "surveys":
        return redirect(url_for("surveys.index", workspace=workspace, _anchor="unknown"), 303)
    return _back("invitations")


@troubles.get("/documents/<workspace>/<family>/<int:remote_id>")
def document(workspace: str, family: str, remote_id: int) -> ResponseReturnValue:
    """Return a stored document as Cention sent it."""
    workspace_of(workspace)
    if family not in set(Family):
        abort(404)
    return raw_document(workspace, Family(family), known_id(remote_id))


@troubles.get("/callbacks/<int:callback_id>")
def callback(callback_id: int) -> ResponseReturnValue:
    """Return a callback as Cention sent it, without its secret."""
    with connection() as conn:
        stored = callbacks.read(conn, known_id(callback_id))
    if stored is None or stored.document is None:
        abort(404)
    return as_text(stored.document)


def _family() -> Family:
    try:
        return Family(request.form.get("family", ""))
    except ValueError:
        abort(400)


def _outcome() -> bool:
    """Return whether the form says that it happened; without a choice the request ends with 400."""
    outcome = request.form.get("happened")
    if outcome not in ("yes", "no"):
        abort(400)
    return outcome == "yes"


def _back(place: str, problem: str | None = None) -> ResponseReturnValue:
    warn_of(problem)
    return redirect(url_for("troubles.index", _anchor=place), 303)
