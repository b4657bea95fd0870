"""``cention surveys opt-out``"""

from __future__ import annotations

from collections.abc import Iterator

import click

from workers.cli.commands.surveys.context import survey_workspace
from workers.cli.context import json_option, workspace_option
from workers.cli.errors import CommandError
from workers.cli.output import TableColumn, print_line, print_list, print_stderr
from workers.database import Connection
from workers.operations.jobs.survey_acts import SurveyActs
from workers.operations.rules.wording import pluralise
from workers.surveys.jobs import opt_out as job
from workers.surveys.jobs.judgement import SurveyWorkspace
from workers.surveys.jobs.opt_out import BadContact
from workers.surveys.rules.person import Contact
from workers.surveys.store import opt_outs
from workers.surveys.store.opt_outs import OptOut

COLUMNS = (
    TableColumn(heading="since"),
    TableColumn(heading="source"),
    TableColumn(heading="contact"),
)
MAX_SHOWN = 10


@click.group("opt-out", invoke_without_command=True)
@json_option
@workspace_option
@click.pass_context
def opt_out(context: click.Context, as_json: bool, workspace: str | None) -> None:
    """List the persons who do not want to be invited, or change the list."""
    if context.invoked_subcommand is not None:
        return
    with survey_workspace(workspace) as (conn, chosen):
        found = opt_outs.standing(conn, chosen.name)
    print_list(found, COLUMNS, _row, as_json=as_json, nothing="Nobody has opted out.")


@opt_out.command()
@click.argument("contact")
@workspace_option
def add(contact: str, workspace: str | None) -> None:
    """Never invite the person at CONTACT, an address or a number, by any vendor."""
    with survey_workspace(workspace) as (conn, chosen):
        contacts = [_contact(contact, chosen)]
        new = _acts(conn, chosen).opt_out(chosen, contacts, source="operator")
    print_line("The person has opted out." if new else "The person had opted out already.")


@opt_out.command()
@click.argument("contact")
@workspace_option
def remove(contact: str, workspace: str | None) -> None:
    """Allow invitations to the person at CONTACT again."""
    with survey_workspace(workspace) as (conn, chosen):
        removed = _acts(conn, chosen).opt_in(chosen, _contact(contact, chosen))
    if not removed:
        raise CommandError("The person has not opted out.")
    print_line("The person may be invited again.")


@opt_out.command("import")
@click.argument("file", type=click.File(encoding="utf-8-sig"))
@workspace_option
def import_(file: Iterator[str], workspace: str | None) -> None:
    """Opt out everybody in FILE, one address or number per line; - is standard input.

    Nothing is recorded if a line is neither.
    """
    with survey_workspace(workspace) as (conn, chosen):
        contacts = _contacts(file, chosen)
        new = _acts(conn, chosen).opt_out(chosen, contacts, source="import")
    print_line(f"{pluralise(len(contacts), 'person')} read, {new} of them new.")


def _acts(conn: Connection, workspace: SurveyWorkspace) -> SurveyActs:
    return SurveyActs(conn=conn, workspace=workspace.name)


def _contacts(lines: Iterator[str], workspace: SurveyWorkspace) -> list[Contact]:
    found, bad = [], []
    try:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                found.append(job.contact_from(line, workspace))
            except BadContact:
                bad.append(number)
    except UnicodeDecodeError:
        raise CommandError("The file is not in UTF-8.") from None
    if bad:
        shown = ", ".join(map(str, bad[:MAX_SHOWN]))
        more = f" and {len(bad) - MAX_SHOWN} more" if len(bad) > MAX_SHOWN else ""
        print_stderr(f"Neither an address nor a mobile number: lines {shown}{more}.")
        raise CommandError("Nothing was recorded.")
    return found


def _contact(text: str, workspace: SurveyWorkspace) -> Contact:
    try:
        return job.contact_from(text, workspace)
    except BadContact:
        hint = "" if workspace.country else " For numbers without a prefix, set SURVEY_COUNTRY."
        raise CommandError(f"Neither an address nor a mobile number.{hint}") from None


def _row(one: OptOut) -> tuple[object, ...]:
    return (one.since, one.source, one.contact or "(erased)")
