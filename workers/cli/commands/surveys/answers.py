"""``cention surveys answers`` and ``unmatched``"""

from __future__ import annotations

import click

from workers.cli.context import json_option, workspace_database, workspace_option
from workers.cli.output import TableColumn, print_list
from workers.surveys.store import answers as store
from workers.surveys.store.answers import Answer, UnmatchedRow

ANSWERS = (
    TableColumn(heading="answered"),
    TableColumn(heading="errand", right=True),
    TableColumn(heading="rule"),
    TableColumn(heading="vendor"),
    TableColumn(heading="question"),
    TableColumn(heading="kind"),
    TableColumn(heading="answer"),
)
UNMATCHED = (
    TableColumn(heading="received"),
    TableColumn(heading="vendor"),
    TableColumn(heading="reference"),
    TableColumn(heading="cells"),
)
limit_option = click.option(
    "--limit", default=100, show_default=True, type=click.IntRange(1, 100_000), metavar="NUMBER"
)


@click.command()
@limit_option
@json_option
@workspace_option
def answers(limit: int, as_json: bool, workspace: str | None) -> None:
    """List the last answers of customers, the newest first."""
    with workspace_database(workspace) as (conn, name):
        found = store.newest(conn, name, limit=limit)
    print_list(found, ANSWERS, _answer, as_json=as_json, nothing="There are no answers.")


@click.command()
@limit_option
@json_option
@workspace_option
def unmatched(limit: int, as_json: bool, workspace: str | None) -> None:
    """List rows of results that belong to no invitation, the newest first.

    Their reference is none of ours, or missing. They are never assigned to an errand.
    """
    with workspace_database(workspace) as (conn, name):
        found = store.unmatched(conn, name, limit=limit)
    nothing = "Every row belongs to an invitation."
    print_list(found, UNMATCHED, _unmatched, as_json=as_json, nothing=nothing)


def _answer(one: Answer) -> tuple[object, ...]:
    if one.number is None:
        answer = one.choice_text or one.comment
    else:
        answer = f"{one.number:g} ({one.lowest:g} to {one.highest:g})"
    return (
        one.answered_at,
        one.errand_id,
        one.rule,
        one.vendor,
        one.question_key,
        one.kind,
        answer,
    )


def _unmatched(one: UnmatchedRow) -> tuple[object, ...]:
    cells = (f"{column}: {text}" for column, text in (one.cells or {}).items() if text)
    return (one.received_at, one.vendor, one.reference, ", ".join(cells))
