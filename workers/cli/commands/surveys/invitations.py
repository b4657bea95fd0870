"""``cention surveys status``, ``invitations``, ``unknown`` and ``withdraw``"""

from __future__ import annotations

import click

from workers.cli.context import (
    json_option,
    optional_workspace_database,
    workspace_database,
    workspace_option,
)
from workers.cli.errors import CommandError
from workers.cli.outbound import confirm
from workers.cli.output import (
    TableColumn,
    format_cell,
    print_json,
    print_line,
    print_list,
    print_table,
)
from workers.database import Connection
from workers.operations.jobs.survey_acts import SurveyActs
from workers.operations.rules.wording import format_duration, pluralise
from workers.surveys.jobs import unknown_invitations
from workers.surveys.jobs.invite import mark_abandoned_unknown
from workers.surveys.jobs.unknown_invitations import NotUnknown, TooEarly
from workers.surveys.store import conversations, vendors
from workers.surveys.store import invitations as store
from workers.surveys.store.conversations import ConversationFigures, ConversationProblem
from workers.surveys.store.invitations import ListedInvitation, SurveyStatus, UnknownInvitation
from workers.surveys.store.vendors import VendorPause

STATES = ("due", "sending", "triggered", "refused", "unknown", "withdrawn")
STATUS = (
    TableColumn(heading="workspace"),
    TableColumn(heading="rules\non", right=True),
    TableColumn(heading="due", right=True),
    TableColumn(heading="oldest\ndue", right=True),
    TableColumn(heading="sending", right=True),
    TableColumn(heading="unknown", right=True),
    TableColumn(heading="stuck", right=True),
    TableColumn(heading="un-\nmatched", right=True),
    TableColumn(heading="last decided"),
    TableColumn(heading="last sent"),
    TableColumn(heading="held"),
)
VENDORS = (
    TableColumn(heading="workspace"),
    TableColumn(heading="vendor"),
    TableColumn(heading="paused until"),
    TableColumn(heading="cause"),
)
CONVERSATIONS = (
    TableColumn(heading="workspace"),
    TableColumn(heading="surveys of"),
    TableColumn(heading="waiting", right=True),
    TableColumn(heading="longest", right=True),
    TableColumn(heading="stuck", right=True),
    TableColumn(heading="unknown", right=True),
)
PROBLEMS = (
    TableColumn(heading="workspace"),
    TableColumn(heading="survey", right=True),
    TableColumn(heading="errand", right=True),
    TableColumn(heading="vendor"),
    TableColumn(heading="state"),
    TableColumn(heading="began"),
    TableColumn(heading="cause"),
)
PROBLEMS_SHOWN = 10
INVITATIONS = (
    TableColumn(heading="workspace"),
    TableColumn(heading="number", right=True),
    TableColumn(heading="errand", right=True),
    TableColumn(heading="rule"),
    TableColumn(heading="vendor"),
    TableColumn(heading="state"),
    TableColumn(heading="due"),
    TableColumn(heading="sent"),
    TableColumn(heading="cause"),
)
UNKNOWN = (
    TableColumn(heading="workspace"),
    TableColumn(heading="number", right=True),
    TableColumn(heading="errand", right=True),
    TableColumn(heading="vendor"),
    TableColumn(heading="sent"),
    TableColumn(heading="reference"),
    TableColumn(heading="contact"),
    TableColumn(heading="cause"),
)
ADVICE = """Search for each in the vendor's own pages, by the reference or the contact.
If the person was written to:  cention surveys unknown done NUMBER
If not:                        cention surveys unknown missing NUMBER"""


@click.command()
@json_option
@workspace_option
def status(as_json: bool, workspace: str | None) -> None:
    """Show how invitations and surveys stand, and which vendors are paused."""
    with optional_workspace_database(workspace) as conn:
        found = [one for one in store.statuses(conn) if workspace in (None, one.workspace)]
        asked = [one for one in vendors.pauses(conn) if workspace in (None, one.workspace)]
        under_way = [
            one for one in conversations.figures(conn) if workspace in (None, one.workspace)
        ]
        problems = conversations.problems(conn, workspace, limit=PROBLEMS_SHOWN)
    if as_json:
        print_json(
            {
                "workspaces": found,
                "vendors": asked,
                "conversations": under_way,
                "problems": problems,
            }
        )
        return
    print_table(STATUS, [_status_row(one) for one in found])
    if asked:
        print_line("")
        print_table(VENDORS, [_vendor_row(one) for one in asked])
    if under_way:
        print_line("")
        print_table(CONVERSATIONS, [_conversation_row(one) for one in under_way])
    if problems:
        print_line("")
        print_table(PROBLEMS, [_problem_row(one) for one in problems])


@click.command()
@click.option("--state", type=click.Choice(STATES), help="Only those in this state.")
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=50,
    show_default=True,
    help="At most so many.",
)
@json_option
@workspace_option
def invitations(state: str | None, limit: int, as_json: bool, workspace: str | None) -> None:
    """List invitations, the newest first."""
    with optional_workspace_database(workspace) as conn:
        found = store.listed(conn, workspace, state=state, limit=limit)
    print_list(found, INVITATIONS, _row, as_json=as_json, nothing="There are no invitations.")


@click.group(invoke_without_command=True)
@json_option
@workspace_option
@click.pass_context
def unknown(context: click.Context, as_json: bool, workspace: str | None) -> None:
    """List invitations with an unknown outcome, and record their outcome.

    A request to a vendor was interrupted, so it is not known whether the person was written to.
    It is not repeated until you record the outcome.
    """
    if context.invoked_subcommand is not None:
        return
    with optional_workspace_database(workspace, autocommit=True) as conn:
        mark_abandoned_unknown(conn)
        found = unknown_invitations.listed(conn, workspace)
    if print_list(found, UNKNOWN, _unknown_row, as_json=as_json, nothing="Nothing is unknown."):
        print_line("")
        for line in ADVICE.splitlines():
            print_line(line)


@unknown.command()
@click.argument("number", type=click.IntRange(1))
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@workspace_option
def done(number: int, yes: bool, workspace: str | None) -> None:
    """Record that the person was written to."""
    with workspace_database(workspace) as (conn, name):
        one = _one(conn, name, number)
        confirm(f"{one.vendor} has written to the person: {_about(one)}.", yes=yes)
        try:
            unknown_invitations.record_sent(conn, name, number)
        except NotUnknown:
            raise _resolved_meanwhile(number) from None
    print_line(f"Recorded: invitation {number} was sent.")


@unknown.command()
@click.argument("number", type=click.IntRange(1))
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@workspace_option
def missing(number: int, yes: bool, workspace: str | None) -> None:
    """Record that the person was not written to, so that it is sent again.

    Refused until ten minutes after the request: a vendor may be slow.
    """
    with workspace_database(workspace) as (conn, name):
        one = _one(conn, name, number)
        try:
            unknown_invitations.check_age(one)
        except TooEarly as error:
            raise CommandError(str(error)) from None
        confirm(f"{one.vendor} has not written to the person: {_about(one)}.", yes=yes)
        try:
            state = unknown_invitations.record_not_sent(conn, name, number)
        except NotUnknown:
            raise _resolved_meanwhile(number) from None
    follows = "It is sent again" if state == "due" else "It is withdrawn"
    print_line(f"Recorded: invitation {number} was not sent. {follows}.")


@click.command()
@click.argument("number", type=click.IntRange(1))
@workspace_option
def withdraw(number: int, workspace: str | None) -> None:
    """Do not send the invitation NUMBER, which is due."""
    with workspace_database(workspace) as (conn, name):
        done = SurveyActs(conn=conn, workspace=name).withdraw(number)
    if not done:
        raise CommandError(
            f"Invitation {number} is not due. To see what is: cention surveys invitations"
        )
    print_line(f"Invitation {number} is withdrawn.")


def _one(conn: Connection, workspace: str, number: int) -> UnknownInvitation:
    try:
        return unknown_invitations.find(conn, workspace, number)
    except NotUnknown:
        found = store.unknown(conn, workspace)
    numbers = ", ".join(str(one.invitation_id) for one in found) or pluralise(0, "such invitation")
    raise CommandError(
        f"No invitation with unknown outcome has number {number}. There is: {numbers}."
    )


def _resolved_meanwhile(number: int) -> CommandError:
    return CommandError(f"Another command has just recorded the outcome of invitation {number}.")


def _about(one: UnknownInvitation) -> str:
    return f"errand {one.errand_id}, {format_cell(one.sent_at)}"


def _status_row(one: SurveyStatus) -> tuple[object, ...]:
    return (
        *(one.workspace, one.rules_on, one.due, format_duration(one.oldest_due_s)),
        *(one.sending, one.unknown, one.stuck, one.unmatched),
        *(one.last_decided_at, one.last_sent_at, one.held),
    )


def _vendor_row(one: VendorPause) -> tuple[object, ...]:
    return (one.workspace, one.vendor, one.paused_until or "not paused", one.reason)


def _conversation_row(one: ConversationFigures) -> tuple[object, ...]:
    return (
        *(one.workspace, one.vendor, one.waiting, format_duration(one.longest_wait_s)),
        *(one.stuck, one.unknown),
    )


def _problem_row(one: ConversationProblem) -> tuple[object, ...]:
    state = one.state if one.state == "stuck" else f"{one.state}, outcome {one.outcome_state}"
    return (
        *(one.workspace, one.session_id, one.errand_id, one.vendor, state, one.started_at),
        one.problem,
    )


def _row(one: ListedInvitation) -> tuple[object, ...]:
    return (
        *(one.workspace, one.invitation_id, one.errand_id, one.rule, one.vendor, one.state),
        *(one.due_at, one.sent_at, one.problem),
    )


def _unknown_row(one: UnknownInvitation) -> tuple[object, ...]:
    return (
        *(one.workspace, one.invitation_id, one.errand_id, one.vendor, one.sent_at),
        *(one.reference, one.contact or "(erased)", one.problem),
    )
