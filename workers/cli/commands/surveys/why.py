"""``cention surveys why``"""

from __future__ import annotations

from dataclasses import asdict

import click

from schemas.surveys.rule import MAX_ID
from workers.cli.commands.surveys.context import survey_workspace
from workers.cli.context import json_option, workspace_option
from workers.cli.errors import CommandError
from workers.cli.output import TableColumn, format_cell, print_json, print_line, print_table
from workers.surveys.jobs import why as job
from workers.surveys.jobs.why import Condition, RuleAnswer, UnknownErrand, Why
from workers.surveys.store.decisions import Decision

CONDITIONS = (
    TableColumn(heading=""),
    TableColumn(heading="condition"),
    TableColumn(heading="value"),
    TableColumn(heading="limit"),
)


@click.command()
@click.argument("errand_id", metavar="ERRAND", type=click.IntRange(1, MAX_ID))
@json_option
@workspace_option
def why(errand_id: int, as_json: bool, workspace: str | None) -> None:
    """Explain why the customer of an ERRAND is invited or not.

    Shows the decision, and every condition of every rule with its value and its limit now.
    """
    with survey_workspace(workspace) as (conn, chosen):
        conn.read_only = True
        try:
            found = job.why(conn, chosen, errand_id)
        except UnknownErrand:
            raise CommandError(
                f"Errand {errand_id} is not in the database. To fetch it: cention want {errand_id}"
            ) from None
    if as_json:
        print_json(_document(found))
    else:
        _print(found)


def _print(found: Why) -> None:
    print_line(_sentence(found))
    if not found.rules:
        print_line("No rules are loaded. To load some: cention surveys rules load FILE")
    for answer in found.rules:
        print_line("")
        print_line(_heading(answer), style="bold")
        print_table(CONDITIONS, [_row(condition) for condition in answer.conditions])


def _sentence(found: Why) -> str:
    decision = found.decision
    if decision is None:
        return f"Nothing was decided about errand {found.errand_id} yet."
    decided = f"Errand {found.errand_id} was decided at {format_cell(decision.decided_at)}"
    if decision.reason is None:
        return f"{decided}: {_invitation(decision)}."
    detail = f" ({decision.detail})" if decision.detail else ""
    by = f", by rule {decision.rule}" if decision.rule else ""
    return f"{decided}{by}: {decision.reason}{detail}."


def _invitation(decision: Decision) -> str:
    if decision.rule is None:
        return f"invitation {decision.invitation_id}, {decision.detail}, is {decision.state}"
    return (
        f"invitation {decision.invitation_id} by rule {decision.rule}, version "
        f"{decision.rule_version}, due at {format_cell(decision.due_at)}, is {decision.state}"
    )


def _heading(answer: RuleAnswer) -> str:
    fits = "would invite now" if answer.fits else "does not invite now"
    return f"Rule {answer.rule}, version {answer.version}: {fits}."


def _row(condition: Condition) -> tuple[str, str, str, str]:
    mark = "ok" if condition.passed else "NOT"
    return (mark, condition.name, _shown(condition.value), _shown(condition.limit))


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return format_cell(value)


def _document(found: Why) -> dict[str, object]:
    return {
        "errand_id": found.errand_id,
        "decision": found.decision,
        "rules": [{**asdict(answer), "fits": answer.fits} for answer in found.rules],
    }
