"""``cention errands unknown``"""

from __future__ import annotations

import click

from workers.cli.context import json_option, optional_workspace_database, workspace_option
from workers.cli.errors import CommandError
from workers.cli.outbound import confirm
from workers.cli.output import TableColumn, format_cell, print_line, print_list
from workers.database import Connection
from workers.outbound.jobs import unknown_requests
from workers.outbound.jobs.send import mark_abandoned_unknown
from workers.outbound.jobs.unknown_requests import ErrandTaken, NotCreated, NotUnknown
from workers.outbound.store.sent_errands import UnknownRequest

COLUMNS = (
    TableColumn(heading="workspace"),
    TableColumn(heading="number", right=True),
    TableColumn(heading="what"),
    TableColumn(heading="sent"),
    TableColumn(heading="possible\nerrand", right=True),
    TableColumn(heading="about"),
    TableColumn(heading="cause"),
)
ADVICE = """Search for each in Cention; "possible errand" has the same sender, subject and time.
If it is there:  cention errands unknown done NUMBER --errand ID
If it is not:    cention errands unknown missing NUMBER"""


@click.group(invoke_without_command=True)
@json_option
@workspace_option
@click.pass_context
def unknown(context: click.Context, as_json: bool, workspace: str | None) -> None:
    """List requests with an unknown outcome, and record their outcome.

    A request was interrupted, so it is not known whether Cention created or closed the errand, or
    received the end of the call. It is not sent again until you record the outcome.
    """
    if context.invoked_subcommand is not None:
        return
    with optional_workspace_database(workspace, autocommit=True) as conn:
        mark_abandoned_unknown(conn)
        found = unknown_requests.listed(conn, workspace)
    if print_list(
        found, COLUMNS, _row, as_json=as_json, nothing="No request has an unknown outcome."
    ):
        print_line("")
        for line in ADVICE.splitlines():
            print_line(line)


@unknown.command()
@click.argument("number", type=click.IntRange(1))
@click.option(
    "--errand", "errand_id", type=click.IntRange(1), help="Id of the errand that it created."
)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def done(number: int, errand_id: int | None, yes: bool) -> None:
    """Record that Cention did it."""
    with optional_workspace_database(None, autocommit=True) as conn:
        one = _one(conn, number)
        if errand_id is not None:
            _check_errand(conn, one, errand_id)
        as_what = f" as errand {errand_id}" if errand_id else ""
        confirm(
            f"Cention did this{as_what}: {one.kind}, {one.about}, {format_cell(one.sent_at)}.",
            yes=yes,
        )
        _record(conn, one, happened=True, errand_id=errand_id)
    print_line(f"Recorded: number {number} was done{as_what}.")


@unknown.command()
@click.argument("number", type=click.IntRange(1))
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def missing(number: int, yes: bool) -> None:
    """Record that Cention did not do it, so that it can be sent again."""
    with optional_workspace_database(None, autocommit=True) as conn:
        one = _one(conn, number)
        confirm(
            f"Cention did not do this: {one.kind}, {one.about}, {format_cell(one.sent_at)}.",
            yes=yes,
        )
        _record(conn, one, happened=False)
    again = f" again ({one.origin})" if one.origin else " again"
    print_line(
        f"Recorded: number {number} was not done. To send it, run the command or import{again}."
    )


def _row(one: UnknownRequest) -> tuple[object, ...]:
    return (
        one.workspace,
        one.sent_id,
        one.kind,
        one.sent_at,
        one.looks_like,
        one.about,
        one.problem,
    )


def _one(conn: Connection, number: int) -> UnknownRequest:
    mark_abandoned_unknown(conn)
    try:
        return unknown_requests.find(conn, number)
    except NotUnknown:
        raise CommandError(
            f"No request with unknown outcome has number {number}. {_numbers(conn)}"
        ) from None


def _check_errand(conn: Connection, one: UnknownRequest, errand_id: int) -> None:
    try:
        unknown_requests.check_errand(conn, one, errand_id)
    except NotCreated:
        raise click.UsageError("--errand is for errands that were created.") from None
    except ErrandTaken as error:
        raise CommandError(str(error)) from None


def _numbers(conn: Connection) -> str:
    numbers = [str(one.sent_id) for one in unknown_requests.listed(conn, None)]
    if not numbers:
        return "No request has an unknown outcome."
    return f"Requests with unknown outcome: {', '.join(numbers)}."


def _record(
    conn: Connection, one: UnknownRequest, *, happened: bool, errand_id: int | None = None
) -> None:
    try:
        unknown_requests.record(conn, one, happened=happened, errand_id=errand_id)
    except NotUnknown:
        raise CommandError(
            f"Another command has just recorded the outcome of number {one.sent_id}."
        ) from None
