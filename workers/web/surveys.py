"""Surveys: rules, what they would have done, invitations, reasons, answers, objections, hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from workers.operations.jobs.operator_requests import MAX_DAYS
from workers.operations.store import operator_requests
from workers.operations.store.operator_requests import Kind
from workers.surveys.jobs import opt_out
from workers.surveys.jobs.judgement import NoPersonKey
from workers.surveys.jobs.opt_out import BadContact
from workers.surveys.jobs.preview import UnknownRule
from workers.surveys.store import answers, decisions, invitations, opt_outs, survey_rules, vendors
from workers.surveys.store.decisions import INVITE
from workers.web import formats, texts
from workers.web.database import (
    acting_on_surveys,
    asking,
    connection,
    settings,
    survey_workspace,
)
from workers.web.notices import warn_of
from workers.web.parameters import act_of, known_id, number_of, workspace_of
from workers.web.people import require_person

surveys = Blueprint("surveys", __name__, url_prefix="/surveys")
STATES = ("due", "sending", "triggered", "refused", "unknown", "withdrawn")
SHOWN = 50  # of invitations, answers and objections
STATE_DAYS = 30
REASON_DAYS = 7
DAYS = (7, 30, 90, 365)  # of a preview, as the form offers them
MAX_PREVIEWS = 5
MAX_REASON = 200  # characters
OTHERS = "others"  # reasons that have no line of their own in the chart
LINES = 3  # reasons that have one


@surveys.get("")
def index() -> ResponseReturnValue:
    """Show the surveys of a workspace."""
    workspace = workspace_of(request.args.get("workspace") or settings().workspaces[0].name)
    formats.use_zone(workspace.timezone)
    state = request.args.get("state", "")
    if state and state not in STATES:
        abort(404)
    operates = require_person().operates
    with connection() as conn:
        statuses = {one.workspace: one for one in invitations.statuses(conn)}
        unknown = invitations.unknown(conn, workspace.name)
        return render_template(
            "surveys.html",
            workspace=workspace.name,
            workspaces=[one.name for one in settings().workspaces],
            status=statuses.get(workspace.name),
            pauses=[one for one in vendors.pauses(conn) if one.workspace == workspace.name],
            rules=survey_rules.states(conn, workspace.name),
            previews=operator_requests.latest(
                conn, [Kind.PREVIEW], workspace=workspace.name, limit=MAX_PREVIEWS
            ),
            days=DAYS,
            states=STATES,
            state=state,
            by_state=invitations.count_by_state(conn, workspace.name, days=STATE_DAYS),
            state_days=STATE_DAYS,
            invited=invitations.listed(conn, workspace.name, state=state or None, limit=SHOWN),
            reasons=decisions.reasons_since(conn, workspace.name, days=REASON_DAYS),
            reason_days=REASON_DAYS,
            unknown=unknown[:SHOWN],
            unknown_number=len(unknown),
            answers=answers.newest(conn, workspace.name, limit=SHOWN),
            opt_outs=opt_outs.standing(conn, workspace.name, limit=SHOWN) if operates else [],
            opt_out_number=opt_outs.count(conn, workspace.name),
            shown=SHOWN,
        )


@surveys.post("/hold")
def hold() -> ResponseReturnValue:
    """Invite nobody, or invite again."""
    workspace, wanted = _workspace(), act_of("hold", "resume")
    with acting_on_surveys(workspace) as acts:
        if wanted == "hold":
            changed = acts.hold(request.form.get("reason", "").replace("\0", "")[:MAX_REASON])
        else:
            changed = acts.resume()
    _flash_outcome(changed, "surveys.held_now" if wanted == "hold" else "surveys.resumed")
    return _back(workspace, "hold")


@surveys.post("/rules")
def switch_rule() -> ResponseReturnValue:
    """Switch a rule on or off."""
    workspace, wanted = _workspace(), act_of("on", "off")
    with acting_on_surveys(workspace) as acts:
        try:
            changed = acts.switch_rule(request.form.get("rule", ""), on=wanted == "on")
        except UnknownRule:
            flash(texts.text("surveys.no_such_rule"), "warning")
        else:
            _flash_outcome(changed, f"surveys.rule_is_{wanted}")
    return _back(workspace, "rules")


@surveys.post("/invitations")
def withdraw() -> ResponseReturnValue:
    """Do not send an invitation that is due."""
    workspace = _workspace()
    with acting_on_surveys(workspace) as acts:
        changed = acts.withdraw(number_of("id"))
    if changed:
        flash(texts.text("surveys.withdrawn"))
    else:
        flash(texts.text("surveys.not_due"), "warning")
    return _back(workspace, "invitations")


@surveys.post("/opt-outs")
def object_to() -> ResponseReturnValue:
    """Record that a person does not want to be invited, or may be again."""
    workspace, wanted = _workspace(), act_of("add", "remove")
    chosen = survey_workspace(workspace)
    with acting_on_surveys(workspace) as acts:
        try:
            text = request.form.get("contact", "").replace("\0", "")
            contact = opt_out.contact_from(text, chosen)
            if wanted == "add":
                changed = bool(acts.opt_out(chosen, [contact], source="operator"))
            else:
                changed = acts.opt_in(chosen, contact)
        except BadContact:
            flash(texts.text("surveys.bad_contact"), "warning")
        except NoPersonKey:
            flash(texts.text("surveys.no_key"), "warning")
        else:
            _flash_outcome(changed, f"surveys.opt_out_{wanted}ed")
    return _back(workspace, "opt-outs")


@surveys.post("/previews")
def ask_preview() -> ResponseReturnValue:
    """Ask what a rule would have done."""
    workspace, days = _workspace(), number_of("days")
    if not 1 <= days <= MAX_DAYS:
        abort(400)
    with asking() as requests:
        try:
            number, problem = requests.preview(workspace, request.form.get("rule", ""), days=days)
        except UnknownRule:
            flash(texts.text("surveys.no_such_rule"), "warning")
            return _back(workspace, "rules")
    warn_of(problem)
    return redirect(url_for("surveys.preview", request_id=number), 303)


@surveys.get("/previews/<int:request_id>")
def preview(request_id: int) -> ResponseReturnValue:
    """Show what a rule would have done, or that it is being found out."""
    with connection() as conn:
        found = operator_requests.find(conn, known_id(request_id))
        if found is None or found.kind != Kind.PREVIEW or found.workspace is None:
            abort(404)
        result = operator_requests.result(conn, request_id)
    formats.use_zone(workspace_of(found.workspace).timezone)
    document = orjson.loads(result) if result else None
    return render_template(
        "preview.html",
        asked=found,
        result=document,
        chart=_chart(document["days"], document["totals"]) if document else None,
        totals=_totals(document["totals"]) if document else [],
    )


def _totals(numbers: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(numbers.items(), key=lambda one: (one[0] != INVITE, -one[1], one[0]))


def _chart(days: Iterable[Mapping[str, Any]], totals: Mapping[str, int]) -> dict[str, Any]:
    """Return a line for invitations, for each of the commonest reasons, and for the others."""
    reasons = [name for name, _ in _totals(totals) if name != INVITE]
    lines = [INVITE, *reasons[:LINES]]
    rest = set(reasons[LINES:])
    names = [*lines, OTHERS] if rest else lines
    rows = [(one["day"], _line(Counter(one["numbers"]), lines, rest)) for one in days]
    return {"lines": names, "rows": rows}


def _line(numbers: Counter[str], lines: Sequence[str], rest: set[str]) -> list[int]:
    others = [sum(numbers[name] for name in rest)] if rest else []
    return [*(numbers[name] for name in lines), *others]


def _workspace() -> str:
    return workspace_of(request.form.get("workspace", "")).name


def _flash_outcome(changed: bool, done: str) -> None:
    """Say that it was done, or that it was so already."""
    if changed:
        flash(texts.text(done))
    else:
        flash(texts.text("surveys.nothing_to_do"), "warning")


def _back(workspace: str, place: str) -> ResponseReturnValue:
    return redirect(url_for("surveys.index", workspace=workspace, _anchor=place), 303)
